"""Who takes part on each side of an engagement: adding, removing, naming the main one (SPEC E4)."""

from django.core.exceptions import ValidationError

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.directory.models import Contact
from ilo_cms.engagements.changes import locked_engagement
from ilo_cms.engagements.models import Assignment, Engagement, EngagementContact
from ilo_cms.engagements.policies import can_change_engagement


def side(participant: EngagementContact):
    """The participants of the same side: the beneficiary's, or those of the same assignment."""
    return EngagementContact.objects.filter(
        engagement=participant.engagement_id, assignment=participant.assignment_id
    )


@logged
def add_participant(
    *,
    engagement: Engagement,
    contact: Contact,
    acting_user: User,
    assignment: Assignment | None = None,
    is_main: bool = False,
) -> EngagementContact:
    """Have a person take part: of the beneficiary, or of the provider of an assignment.

    The first of a side is its main one. One who takes part already is returned. Raises
    PermissionDenied, ValidationError by field.
    """
    row = locked_engagement(engagement)
    can_change_engagement(acting_user, row).enforce()
    if assignment and assignment.engagement_id != row.pk:
        raise ValidationError({"assignment": "Cette prestation est d’un autre accompagnement."})
    owner = assignment.provider_id if assignment else row.beneficiary_id
    if contact.organisation_id != owner:
        raise ValidationError({"contact": "Cette personne n’est pas de la structure concernée."})
    if contact.is_former:
        raise ValidationError({"contact": f"{contact.user} a quitté {contact.organisation}."})
    made = EngagementContact(engagement=row, assignment=assignment, contact=contact)
    if known := side(made).filter(contact=contact).first():
        return known
    made.save()
    record("participant.added", actor=acting_user, target=made, organisation=contact.organisation)
    if is_main or not side(made).filter(is_main=True).exists():
        make_main(participant=made, acting_user=acting_user)
        made.is_main = True
    return made


@logged
def make_main(*, participant: EngagementContact, acting_user: User) -> None:
    """Make a person the main one of their side. Raises PermissionDenied."""
    row = locked_engagement(participant.engagement)
    can_change_engagement(acting_user, row).enforce()
    side(participant).filter(is_main=True).exclude(pk=participant.pk).update(is_main=False)
    if side(participant).filter(pk=participant.pk, is_main=False).update(is_main=True):
        record(
            "participant.main",
            actor=acting_user,
            target=participant,
            organisation=participant.contact.organisation,
        )


@logged
def remove_participant(*, participant: EngagementContact, acting_user: User) -> None:
    """End a person's part; the log keeps it. Raises PermissionDenied."""
    row = locked_engagement(participant.engagement)
    can_change_engagement(acting_user, row).enforce()
    record(
        "participant.removed",
        actor=acting_user,
        target=participant,
        organisation=participant.contact.organisation,
    )
    EngagementContact.objects.filter(pk=participant.pk).delete()
