"""Whom a tender will be sent to, and by which way each person is reached (SPEC T3, T4)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Max, Q

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.notifications.models import OutboxMessage
from ilo_cms.tenders.changes import locked_tender
from ilo_cms.tenders.models import Invitation, Tender
from ilo_cms.tenders.policies import can_receive, can_run


@dataclass(frozen=True)
class Person:
    """One contact who will be told, and what to mind."""

    contact: Contact
    has_bounced: bool = False

    @property
    def has_address(self) -> bool:
        """Whether a mail would arrive, as far as we know."""
        return bool(self.contact.user.email) and not self.has_bounced

    @property
    def channel(self) -> str:
        """By which way this person is told, in words."""
        user = self.contact.user
        ways = "extranet" if user.has_usable_password() else "extranet (compte jamais ouvert)"
        if not user.email:
            return f"{ways} ; sans adresse électronique"
        if self.has_bounced:
            return f"{ways} ; les courriels à {user.email} reviennent"
        return f"{ways} et courriel ({user.email})"


@dataclass(frozen=True)
class Reached:
    """One recipient: who of it will be told."""

    organisation: Organisation
    people: list[Person] = field(default_factory=list)
    invitation: Invitation | None = None

    @property
    def warning(self) -> str:
        """What an officer should know before sending; empty when all is well."""
        if not self.organisation.is_active:
            return "Structure inactive : retirez-la, elle ne peut pas être sollicitée."
        if not self.people:
            return "Aucun contact n’a accès à l’extranet : personne ne sera prévenu."
        if not any(person.has_address for person in self.people):
            return (
                "Aucune adresse électronique qui fonctionne : prévenez cette structure autrement."
            )
        return ""


def current_contacts(organisations: Iterable[UUID]) -> dict[UUID, list[Contact]]:
    """Every contact with access and an account not closed, by organisation, in one query."""
    rows = Contact.objects.current().filter(
        organisation__in=list(organisations),
        organisation__is_active=True,
        has_access=True,
        user__is_active=True,
    )
    found: dict[UUID, list[Contact]] = defaultdict(list)
    ordered = rows.select_related("user").order_by("user__last_name", "user__first_name", "pk")
    for contact in ordered:
        found[contact.organisation_id].append(contact)
    return found


def returned_addresses(addresses: Iterable[str]) -> set[str]:
    """Those whose latest mail came back, in lower case."""
    rows = (
        OutboxMessage.objects.filter(address__in=list(addresses))
        .order_by()
        .values("address")
        .annotate(
            returned=Max("bounced_at"),
            arrived=Max("sent_at", filter=Q(bounced_at=None)),
        )
    )
    return {
        row["address"].lower()
        for row in rows
        if row["returned"] and not (row["arrived"] and row["arrived"] > row["returned"])
    }


def reached(organisations: Iterable[Organisation]) -> list[Reached]:
    """Who would be told of each organisation; as many queries whatever their number."""
    rows = list(organisations)
    contacts = current_contacts(row.pk for row in rows)
    people = [contact for found in contacts.values() for contact in found]
    returned = returned_addresses(person.user.email for person in people if person.user.email)
    return [
        Reached(
            row,
            [
                Person(contact, (contact.user.email or "").lower() in returned)
                for contact in contacts.get(row.pk, [])
            ],
        )
        for row in rows
    ]


def reach_of(tender: Tender) -> list[Reached]:
    """Who would receive what if the tender were sent now, for the page before sending (T4)."""
    invitations = {
        row.organisation_id: row
        for row in tender.invitations.filter(entered_outside=False).select_related("organisation")
    }
    rows = reached(row.organisation for row in invitations.values())
    return [Reached(row.organisation, row.people, invitations[row.organisation.pk]) for row in rows]


@logged
def add_recipients(
    *,
    tender: Tender,
    organisations: Iterable[Organisation],
    because: Mapping[UUID, str],
    acting_user: User,
) -> list[Invitation]:
    """Choose organisations before a tender is sent; those chosen already are left as they are.

    `because` says why, by organisation. Raises PermissionDenied, ValidationError when one cannot
    be invited: then none is added.
    """
    row, _ = locked_tender(tender)
    can_run(acting_user, row).enforce()
    check_draft(row)
    made = choose(row, organisations, because, acting_user)
    if made:
        record(
            "tender.recipients_added",
            actor=acting_user,
            target=row,
            organisation=row.engagement.beneficiary,
            recipients=[str(each.organisation) for each in made],
        )
    return made


def check_draft(tender: Tender) -> None:
    """Raise ValidationError once a tender was sent or given up."""
    if tender.cancelled_at:
        raise ValidationError("Cette mise en concurrence est annulée.", code="changed")
    if tender.published_at:
        raise ValidationError(
            "Cette mise en concurrence vient d’être diffusée : sollicitez de nouveaux prestataires "
            "depuis sa page.",
            code="changed",
        )


def choose(
    tender: Tender,
    organisations: Iterable[Organisation],
    because: Mapping[UUID, str],
    acting_user: User,
) -> list[Invitation]:
    """Make the rows of those not chosen yet. Raises ValidationError when one cannot be invited."""
    chosen = set(tender.invitations.values_list("organisation", flat=True))
    wanted = {row.pk for row in organisations} - chosen
    rows = Organisation.objects.filter(pk__in=wanted).order_by("name", "pk")
    rows = list(rows.select_for_update(of=("self",)))
    faults = [d.reason for row in rows if not (d := can_receive(tender, row))]
    if faults:
        raise ValidationError(faults)
    made = [
        Invitation(
            tender=tender,
            organisation=row,
            chosen_because=because.get(row.pk, ""),
            added_by=acting_user,
        )
        for row in rows
    ]
    return Invitation.objects.bulk_create(made)


@logged
def remove_recipient(*, invitation: Invitation, acting_user: User) -> None:
    """Take an organisation off the list before the tender is sent.

    Raises PermissionDenied, ValidationError once it was sent.
    """
    row, _ = locked_tender(invitation.tender)
    can_run(acting_user, row).enforce()
    check_draft(row)
    found = row.invitations.filter(pk=invitation.pk).select_related("organisation").first()
    if found is None:
        return
    record(
        "tender.recipient_removed",
        actor=acting_user,
        target=row,
        organisation=row.engagement.beneficiary,
        recipients=[str(found.organisation)],
    )
    found.delete()
