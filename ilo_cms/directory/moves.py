"""Changing structure: a person leaves one organisation for another (SPEC A7).

The old membership ends and stays, read-only unless its reading is ended too; a new one begins.
"""

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged
from ilo_cms.audit.services import record as log
from ilo_cms.core import french
from ilo_cms.core.identifiers import normal_phone
from ilo_cms.directory.activation import give_access
from ilo_cms.directory.contacts import check_email, check_establishment, checked
from ilo_cms.directory.departures import departed
from ilo_cms.directory.edits import create_record, edit_as_officer, record_changes, snapshot
from ilo_cms.directory.models import Contact, Establishment, Organisation, Origin
from ilo_cms.directory.models.activation import Access, access_of
from ilo_cms.directory.policies import can_edit_record
from ilo_cms.notifications.services import notify


#: What follows the person: it is theirs, not the organisation's.
FOLLOWS = ["other_phone", "preferred_channel", "presentation"]
FOLLOWS_LISTS = ["skills", "sectors", "territories"]


@dataclass(frozen=True)
class Move:
    """Where a contact goes, in what function, and what becomes of what they leave.

    `organisation` and `establishment` are stored rows, or new ones that the move stores; an
    establishment that nobody knows yet is None. `phone` is as typed.
    """

    organisation: Organisation
    establishment: Establishment | None
    function: str
    phone: str
    has_access: bool
    ended_on: date
    keeps_access: bool = True
    closes_old: bool = False


def check_departure(contact: Contact, ended_on: date) -> None:
    """Raise ValidationError on a day that cannot be that of leaving an organisation."""
    if ended_on > timezone.localdate():
        raise ValidationError(
            "Cette date n’est pas encore passée : la personne perdrait dès maintenant le droit "
            "d’écrire. Revenez le jour de son départ."
        )
    entered = timezone.localdate(contact.created_at)
    came_from_enee = Origin.ENEE in contact.origins.values()
    if ended_on < entered and not came_from_enee:
        raise ValidationError(
            f"Ce contact a été saisi le {french.date(entered)} : son départ ne peut pas être plus "
            "ancien."
        )


def is_last(contact: Contact) -> bool:
    """Whether the organisation has no other contact who has not left."""
    return not contact.organisation.contacts.current().exclude(pk=contact.pk).exists()


@logged
def change_structure(*, contact: Contact, move: Move, acting_user: User) -> Contact:
    """End a membership and begin another one; return the new one.

    The person is told by mail in which structure they act now; one who cannot sign in yet gets an
    activation link. Raises PermissionDenied unless an officer acts, ValidationError when the person
    has left already or belongs to the other organisation, or a value is refused.
    """
    contact = Contact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
    old = contact.organisation
    can_edit_record(acting_user, old).enforce()
    if contact.is_former:
        raise ValidationError(f"{contact.user} a déjà quitté {old}.")
    check_departure(contact, move.ended_on)
    place = stored_place(move, acting_user)
    new = begin(contact, move, place, acting_user)
    end(contact, move, acting_user)
    log(
        "contact.moved",
        actor=acting_user,
        target=contact,
        organisation=old,
        before=str(old),
        after=str(move.organisation),
    )
    tell(contact, new, move, acting_user)
    return new


def stored_place(move: Move, acting_user: User) -> Establishment | None:
    """The establishment of the move, stored with its organisation where they are new."""
    organisation, place = move.organisation, move.establishment
    if organisation._state.adding:
        organisation.full_clean()
        names = ["siren", "name", "is_provider", "is_beneficiary"]
        values = {name: getattr(organisation, name) for name in names}
        create_record(record=organisation, values=values, acting_user=acting_user)
    if place is not None and place._state.adding:
        place.organisation = organisation
        place.full_clean()
        names = ["nic", "name", "address_line", "address_complement"]
        names += ["postcode", "city", "department"]
        values = {name: getattr(place, name) for name in names}
        create_record(record=place, values=values, acting_user=acting_user)
    return place


def begin(contact: Contact, move: Move, place: Establishment | None, acting_user: User) -> Contact:
    """The person's membership in the other organisation, with what follows them."""
    department = place.department if place else None
    new = Contact(
        user=contact.user,
        organisation=move.organisation,
        establishment=place,
        function=move.function,
        phone=checked("phone", normal_phone, move.phone, department.code if department else ""),
        has_access=move.has_access,
        origins={name: contact.origins[name] for name in FOLLOWS if name in contact.origins},
        **{name: getattr(contact, name) for name in FOLLOWS},
    )
    check_establishment(new)
    if move.has_access:
        check_email(contact.user.email, move.has_access)
    new.full_clean()
    new.save()
    for name in FOLLOWS_LISTS:
        getattr(new, name).set(getattr(contact, name).all())
    log("contact.created", actor=acting_user, target=new, organisation=move.organisation)
    return new


def end(contact: Contact, move: Move, acting_user: User) -> None:
    """End the membership that is left, and make the organisation inactive if that was asked."""
    before = snapshot(contact, ["ended_on", "has_access"])
    contact.ended_on = move.ended_on
    contact.has_access = contact.has_access and move.keeps_access
    contact.save(update_fields=["ended_on", "has_access", "updated_at"])
    record_changes(
        record=contact,
        before=before,
        acting_user=acting_user,
        origin=Origin.OFFICER,
        organisation=contact.organisation,
    )
    departed(contact, acting_user)
    if move.closes_old:
        if not is_last(contact):
            raise ValidationError(
                f"{contact.organisation} a encore d’autres contacts : elle reste active."
            )
        edit_as_officer(
            record=contact.organisation,
            values={"is_active": False},
            acting_user=acting_user,
            organisation=contact.organisation,
        )


def tell(contact: Contact, new: Contact, move: Move, acting_user: User) -> None:
    """Say to the person where they act now: by a link, or in plain words if they can sign in."""
    person = contact.user
    if new.has_access and access_of(new) != Access.OPEN:
        give_access(contact=new, acting_user=acting_user)
    elif person.has_usable_password():
        acts, old = new.has_access and new.organisation.is_active, contact.organisation
        now = "Vous agissez à son titre dès maintenant." if acts else ""
        before = (
            f"Vous pouvez encore lire ce que vous avez fait au titre {french.of(old)}."
            if contact.has_access
            else f"Votre accès à {old} a pris fin."
        )
        notify(
            "contact.moved",
            recipients=[person],
            organisation_id=None,
            path=reverse("structure"),
            officer=acting_user,
            organisation=new.organisation,
            access=f"{now} {before}".strip(),
        )
