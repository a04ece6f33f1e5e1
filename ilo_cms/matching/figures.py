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
    """One organisation's past: assignments given, and invitations sent to it with its answers."""

    last_on: date | None = None
    open: int = 0
    total: int = 0
    invited_on: date | None = None
    invited: int = 0
    answered: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            latest(self.last_on, other.last_on),
            self.open + other.open,
            self.total + other.total,
            latest(self.invited_on, other.invited_on),
            self.invited + other.invited,
            self.answered + other.answered,
        )

    @property
    def called_on(self) -> date | None:
        """The last time it was called on, in whichever way."""
        return latest(self.last_on, self.invited_on)

    @property
    def never(self) -> bool:
        """Whether it was given no assignment and sent no invitation, ever."""
        return not (self.total or self.invited or self.invited_on)


def latest(one: date | None, other: date | None) -> date | None:
    """The later of two days that may be missing."""
    return max((day for day in (one, other) if day), default=None)


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
