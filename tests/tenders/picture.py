"""What the machine of a tender (machine.py) keeps of those who act: how each of them must stand."""

from dataclasses import dataclass, field
from uuid import UUID

from ilo_cms.tenders.models import Participation


@dataclass(frozen=True)
class Click:
    """What one form did: which act of its offer, on a draft of which price; no number if late."""

    row: object
    name: str
    number: int | None
    price: int | None


@dataclass
class Author:
    """One invited organisation, as it must be."""

    contact: object
    place: object
    answer: str = Participation.NONE
    offer: object = None
    standing: dict | None = None
    seen_requirements: int = 0
    price: int | None = None
    acts: int = 0
    changed: int = 0
    late: int = 0
    keys: dict[UUID, Click] = field(default_factory=dict)

    def repeats(self, click: Click) -> bool | None:
        """Whether a click made again is the same act; None when it must be refused."""
        if click.number is None:
            return True
        if self.changed > click.number:
            return None
        return click.name != "deposit" or click.price == self.price


@dataclass
class Evaluator:
    """One member of the team, as they must be."""

    user: object
    has_conflict: bool | None = None
    notes: dict | None = None
    handed_in: bool = False

    @property
    def may_score(self) -> bool:
        """They stated to have no conflict."""
        return self.has_conflict is False
