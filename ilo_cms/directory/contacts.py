"""Creating and editing contacts (SPEC A2), and what giving them access sets off (A3)."""

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged
from ilo_cms.audit.services import record as log
from ilo_cms.core.french import of
from ilo_cms.core.identifiers import normal_phone
from ilo_cms.directory.activation import give_access
from ilo_cms.directory.departures import departed
from ilo_cms.directory.edits import OF_PERSON, edit_as_officer
from ilo_cms.directory.models import Contact, Establishment, Organisation, Origin
from ilo_cms.directory.policies import can_edit_record, can_rename
from ilo_cms.referentials.models import GenericMailbox


def check_personal(email: str) -> None:
    """Raise ValidationError, with the reason, on an address that belongs to nobody (SPEC A2)."""
    mailbox = email.partition("@")[0].strip().lower()
    if GenericMailbox.objects.active().filter(code=mailbox).exists():
        raise ValidationError(
            f"« {mailbox}@ » est une adresse générique, lue par plusieurs personnes. "
            "Un compte appartient à une seule personne : saisissez son adresse nominative.",
            code="generic",
        )


@logged
def create_contact(
    *,
    organisation: Organisation,
    establishment: Establishment | None,
    last_name: str,
    first_name: str,
    email: str | None,
    phone: str,
    function: str,
    has_access: bool,
    acting_user: User,
) -> Contact:
    """Make a person a contact of an organisation; an email already known is the same person.

    The names of a known person stay as they are. With access, the person is told by mail. Raises
    PermissionDenied unless an officer acts, ValidationError keyed by field when a value is refused.
    """
    can_edit_record(acting_user, organisation).enforce()
    email = User.normal_email(email)
    check_email(email, has_access)
    place = establishment.department if establishment else None
    contact = Contact(
        organisation=organisation,
        establishment=establishment,
        phone=checked("phone", normal_phone, phone, place.code if place else ""),
        function=function,
        has_access=has_access,
    )
    check_establishment(contact)
    contact.user = find_or_create(email, last_name, first_name, acting_user, organisation)
    try:
        contact.full_clean()
    except ValidationError as error:
        # That the person is a contact here already is said beside the address that told us who.
        faults = error.message_dict
        known = faults.pop(NON_FIELD_ERRORS, None)
        raise ValidationError(faults | ({"email": known} if known else {})) from error
    contact.origins = first_origins(contact)
    contact.save()
    log("contact.created", actor=acting_user, target=contact, organisation=organisation)
    if has_access:
        give_access(contact=contact, acting_user=acting_user)
    return contact


def first_origins(contact: Contact) -> dict[str, str]:
    """Where the values of a contact that an officer makes come from (SPEC P7).

    A person who was known already brings the origin of their names and address along.
    """
    given = {name: Origin.OFFICER.value for name in ("function", "phone") if getattr(contact, name)}
    known = contact.user.contacts.order_by("created_at").last()
    if known is None:
        own = {name: Origin.OFFICER.value for name in OF_PERSON if getattr(contact.user, name)}
    else:
        own = {name: known.origins[name] for name in OF_PERSON if name in known.origins}
    return own | given


@logged
def edit_contact(
    *, contact: Contact, values: dict[str, Any], names: dict[str, Any], acting_user: User
) -> bool:
    """Edit a contact as an officer, with the names and address of the person.

    Returns whether this opened the extranet to them, of which they are told by mail. Raises
    PermissionDenied when the user may edit neither the record nor those names, ValidationError
    when access is given without an address.
    """
    if names:
        can_rename(acting_user, contact.user).enforce()
    was_here = Contact.objects.current().filter(pk=contact.pk).exists()
    both: list[tuple[Contact | User, dict[str, Any]]] = [(contact, values), (contact.user, names)]
    changed: set[str] = set()
    for record, given in both:
        if given:
            changed |= set(
                edit_as_officer(
                    record=record,
                    values=given,
                    acting_user=acting_user,
                    organisation=contact.organisation,
                )
            )
    edited = Contact.objects.select_related("user", "organisation").get(pk=contact.pk)
    if was_here == edited.is_former:
        departed(edited, acting_user)
    if not edited.has_access or edited.is_former:
        return False
    if "has_access" in changed:
        check_email(edited.user.email, edited.has_access)
    # Who had access but no address, or had left, could not be told before.
    if not changed & {"has_access", "ended_on", "email"}:
        return False
    give_access(contact=edited, acting_user=acting_user)
    return True


def check_email(email: str | None, has_access: bool) -> None:
    """Raise ValidationError unless the address, if any, is personal; access needs one."""
    if email:
        checked("email", check_personal, email)
    elif has_access:
        raise ValidationError({"email": "L’accès à l’extranet demande une adresse électronique."})


def check_establishment(contact: Contact) -> None:
    """Raise ValidationError when the place is another organisation's."""
    place = contact.establishment
    if place and place.organisation_id != contact.organisation_id:
        raise ValidationError(
            {"establishment": f"Cet établissement n’est pas {of(contact.organisation)}."}
        )


def checked(field: str, check, *values):
    """What a check returns; its refusal is said at the field."""
    try:
        return check(*values)
    except ValidationError as error:
        raise ValidationError({field: error.messages}) from error


def find_or_create(
    email: str | None,
    last_name: str,
    first_name: str,
    acting_user: User,
    organisation: Organisation,
) -> User:
    """The person whose address this is, or a new one who cannot sign in yet."""
    known = User.objects.filter(email=email).first() if email else None
    if known:
        return known
    user = User(email=email, last_name=last_name, first_name=first_name)
    user.set_unusable_password()
    user.full_clean()
    user.save()
    log("account.created", actor=acting_user, target=user, organisation=organisation)
    return user
