"""Activation in bulk, for providers that came from Enée (SPEC A9).

Nothing is stored about a run: whoever has a link that works is no candidate any more, so a run
that stops is resumed by starting another, and two at once send no link twice.
"""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged
from ilo_cms.directory.activation import send_link
from ilo_cms.directory.models import Activation, Contact
from ilo_cms.directory.models.activation import Access, with_access
from ilo_cms.directory.policies import can_activate_providers
from ilo_cms.referentials.models import Territory


WAITING = [Access.NEVER.value, Access.EXPIRED.value]
#: How many addresses the dry run shows.
SAMPLE = 20


def in_post(territory: Territory | None = None) -> QuerySet[Contact]:
    """Current contacts of active providers with their `access`, in a territory or everywhere.

    The territory is that of the contact's establishment; a région stands for its départements.
    """
    rows = Contact.objects.current().filter(
        organisation__is_provider=True, organisation__is_active=True
    )
    if territory is not None:
        places = Territory.objects.filter(pk=territory.pk).departments()
        rows = rows.filter(establishment__department__in=places)
    return with_access(rows)


def candidates(territory: Territory | None = None) -> QuerySet[Contact]:
    """The contacts to whom a link would go: one per person, with access, an address of their own,
    no password and no link that works."""
    waiting = in_post(territory).filter(access__in=WAITING)
    first = waiting.filter(user=OuterRef("user")).order_by("pk").values("pk")[:1]
    return waiting.filter(pk=Subquery(first)).order_by("pk")


@dataclass(frozen=True)
class DryRun:
    """What a run would do: how many mails, where, to whom first, and who gets none and why."""

    count: int
    by_territory: list[tuple[str, int]]
    sample: list[Contact]
    excluded: list[tuple[str, int]]


def dry_run(territory: Territory | None = None) -> DryRun:
    """Count the mails of a run without sending any. Candidates and excluded make up everyone."""
    rows = candidates(territory)
    places = rows.order_by().values_list("establishment__department__label")
    by_territory = Counter(
        {label or "Sans établissement": number for label, number in places.annotate(Count("pk"))}
    )
    count = sum(by_territory.values())
    states = in_post(territory).order_by().values_list("access").annotate(Count("pk"))
    excluded = Counter(dict(states))
    again = sum(excluded.pop(word, 0) for word in WAITING) - count
    if again:
        excluded["Même personne, dans une autre structure"] = again
    shown = rows.select_related("user", "organisation", "establishment__department")
    return DryRun(
        count=count,
        by_territory=by_territory.most_common(),
        sample=list(shown[:SAMPLE]),
        excluded=excluded.most_common(),
    )


def invite_candidates(
    *, territory: Territory | None, limit: int | None, acting_user: User | None
) -> int:
    """Send links to the candidates, at most `limit`, each in its own transaction; return how many.

    Without acting user the platform acts (the command). Raises PermissionDenied unless an
    administrator does.
    """
    if acting_user is not None:
        can_activate_providers(acting_user).enforce()
    keys = list(candidates(territory).values_list("pk", flat=True)[:limit])
    return sum(invite(contact_id=key, acting_user=acting_user) for key in keys)


@logged
def invite(*, contact_id: UUID, acting_user: User | None) -> bool:
    """Send a link to a contact who is still a candidate; return whether it left."""
    contact = in_post().filter(pk=contact_id, access__in=WAITING).first()
    if contact is None:
        return False
    send_link(contact, acting_user)
    return True


def sent_today() -> dict[str, int]:
    """How many links were written since midnight in Paris, and what became of their mails."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return Activation.objects.filter(sent_at__gte=midnight).aggregate(
        written=Count("pk"),
        left=Count("pk", filter=Q(mail__sent_at__isnull=False)),
        given_up=Count("pk", filter=Q(mail__dead_at__isnull=False)),
        spent=Count("pk", filter=Q(spent_at__isnull=False)),
    )
