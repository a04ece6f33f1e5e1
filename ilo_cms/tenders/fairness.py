"""How often each provider was invited and answered: what keeps invitations fair (SPEC T3)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Max, Q
from django.utils import timezone

from ilo_cms.matching.figures import Figures
from ilo_cms.tenders.models import Invitation, Participation


@dataclass(frozen=True)
class Past:
    """What an organisation did with earlier invitations."""

    invited: int = 0
    answered: int = 0
    accepted: int = 0
    last_on: date | None = None

    @property
    def rate(self) -> int:
        """The answers per hundred invitations, rounded; 0 when never invited."""
        return (200 * self.answered + self.invited) // (2 * self.invited) if self.invited else 0


def past_of(organisations: Iterable[UUID]) -> dict[UUID, Past]:
    """The invitations of these organisations, by whichever operator, in one query."""
    sent = Invitation.objects.filter(organisation__in=list(organisations), invited_at__isnull=False)
    rows = (
        sent.order_by()
        .values_list("organisation")
        .annotate(
            invited=Count("pk"),
            answered=Count("pk", filter=~Q(participation=Participation.NONE)),
            accepted=Count("pk", filter=Q(participation=Participation.ACCEPTED)),
            last=Max("invited_at"),
        )
    )
    return {
        key: Past(invited, answered, accepted, timezone.localdate(last))
        for key, invited, answered, accepted, last in rows
    }


def invitation_figures(organisations: list[UUID]) -> Iterator[tuple[UUID, Figures]]:
    """How often each organisation was invited and answered, for what the search suggests."""
    for key, past in past_of(organisations).items():
        yield (
            key,
            Figures(invited_on=past.last_on, invited=past.invited, answered=past.answered),
        )
