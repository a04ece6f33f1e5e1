"""How much each provider was called on: what makes the order fair between equals.

Assignments are counted in assignments.py; an app above us (invitations) registers a source of its
own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True)
class Figures:
    """One organisation's past: when it last had an assignment, what it has in hand, when asked.

    `invited_on`: when it was last asked for an offer, whatever came of it.
    """

    last_on: date | None = None
    open: int = 0
    total: int = 0
    invited_on: date | None = None

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            latest(self.last_on, other.last_on),
            self.open + other.open,
            self.total + other.total,
            latest(self.invited_on, other.invited_on),
        )

    @property
    def called_on(self) -> date | None:
        """The last time it was called on, by an assignment or an invitation."""
        return latest(self.last_on, self.invited_on)


def latest(*days: date | None) -> date | None:
    """The last of some days, None without any."""
    return max((day for day in days if day), default=None)


NOTHING = Figures()
#: Gives the figures of these organisations.
Source = Callable[[list[UUID]], Iterable[tuple[UUID, Figures]]]
SOURCES: list[Source] = []


def register(source: Source) -> None:
    """Add a source; its tables must be watched too (triggers.watch)."""
    SOURCES.append(source)


def figures_of(organisations: list[UUID]) -> Mapping[UUID, Figures]:
    """What all sources know of these organisations."""
    found: dict[UUID, Figures] = {}
    for organisation, figures in told(organisations):
        found[organisation] = found.get(organisation, NOTHING) + figures
    return found


def told(organisations: list[UUID]) -> Iterator[tuple[UUID, Figures]]:
    """Source by source."""
    for source in SOURCES:
        yield from source(organisations)
