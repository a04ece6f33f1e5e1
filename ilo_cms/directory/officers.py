"""Appointing officers, and the groups that open the intranet (SPEC A10)."""

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged
from ilo_cms.audit.services import record as log
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.edits import record_changes, snapshot
from ilo_cms.directory.models import Officer, Organisation, Origin
from ilo_cms.directory.policies import active_officer


OFFICERS_GROUP = "Chargé·es d’accompagnement"
ADMINISTRATORS_GROUP = "Administration nationale"
PERSON_FIELDS = [
    "last_name",
    "first_name",
    "email",
    "is_active",
    "is_administrator",
    "is_analyst",
]


def can_appoint(user: User) -> Decision:
    """Administrators appoint officers."""
    if user.is_superuser or user.is_administrator:
        return ALLOWED
    return refused("Seule l’administration nationale nomme les chargé·es d’accompagnement.")


def can_change_referent(user: User, organisation: Organisation) -> Decision:
    """Administrators and the referent hand a record over; others register if none answers (M4)."""
    officer = active_officer(user)
    if user.is_administrator or (officer and organisation.referent_id == officer.pk):
        return ALLOWED
    return refused("Seul·es l’administration ou la ou le référent·e confient la fiche à quelqu’un.")


def sync_groups(user: User) -> None:
    """Put a person in the groups that their roles open, and take them out of the others."""
    officer = Officer.objects.active().filter(user=user).exists()
    roles = {
        OFFICERS_GROUP: officer,
        ADMINISTRATORS_GROUP: user.is_active and user.is_administrator,
    }
    for name, belongs in roles.items():
        group, _ = Group.objects.get_or_create(name=name)
        (user.groups.add if belongs else user.groups.remove)(group)


@logged
def save_person(*, person: User, acting_user: User) -> User:
    """Store a person's names and national roles, and open or close the intranet accordingly.

    Raises PermissionDenied unless an administrator acts, ValidationError when nobody would be left
    to administer.
    """
    can_appoint(acting_user).enforce()
    stored = User.objects.filter(pk=person.pk).first()
    before = snapshot(stored or User(), PERSON_FIELDS)
    others = User.objects.filter(is_active=True, is_administrator=True).exclude(pk=person.pk)
    if stored and stored.is_administrator and not others.exists():
        if not (person.is_active and person.is_administrator):
            raise ValidationError(
                "Il doit rester au moins une personne à l’administration nationale."
            )
    if stored is None:
        person.set_unusable_password()
    person.save()
    sync_groups(person)
    record_changes(
        record=person,
        before=before,
        acting_user=acting_user,
        origin=Origin.OFFICER,
        organisation=None,
        act="updated" if stored else "created",
    )
    return person


@logged
def appoint_officer(
    *,
    user: User,
    operator: Organisation,
    acting_user: User,
    phone: str = "",
    is_active: bool = True,
) -> Officer:
    """Employ a person as officer of an operator, move them there, or end their employment.

    `phone` is in E.164. Raises PermissionDenied unless an administrator acts, ValidationError when
    the organisation is no operator.
    """
    can_appoint(acting_user).enforce()
    if not operator.is_operator:
        raise ValidationError({"operator": "Cette structure n’est pas une structure porteuse."})
    officer, _ = Officer.objects.select_for_update(of=("self",)).update_or_create(
        user=user, defaults={"operator": operator, "phone": phone, "is_active": is_active}
    )
    sync_groups(user)
    log(
        "officer.appointed",
        actor=acting_user,
        target=officer,
        organisation=operator,
        after={"operator": str(operator), "is_active": is_active},
    )
    return officer
