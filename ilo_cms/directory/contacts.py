"""Creating contacts (SPEC A2)."""

from django.core.exceptions import ValidationError

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged
from ilo_cms.audit.services import record as log
from ilo_cms.core.identifiers import normal_phone
from ilo_cms.directory.models import Contact, Establishment, Organisation
from ilo_cms.directory.policies import can_edit_record
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

    The names of a known person stay as they are. Raises PermissionDenied unless an officer acts,
    ValidationError keyed by field when a value is refused.
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
        raise ValidationError({"email": error.messages}) from error
    contact.save()
    log("contact.created", actor=acting_user, target=contact, organisation=organisation)
    return contact


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
            {"establishment": f"Cet établissement n’est pas de {contact.organisation}."}
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
