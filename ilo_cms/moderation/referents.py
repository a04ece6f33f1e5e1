"""Whom a request concerns, and registering as referent where nobody answers (SPEC M3, M4)."""

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.directory.absences import deputies_on, is_available, today
from ilo_cms.directory.models import Officer, Organisation
from ilo_cms.moderation.models import ChangeRequest
from ilo_cms.moderation.policies import can_take_over, unanswered
from ilo_cms.notifications.services import notify


def answering_officers(change_request: ChangeRequest) -> list[User]:
    """Whom a request is put before: the referent if present, else their deputy, else the officers
    of the territory, and the administrators where nobody covers it. Never the person who asks (M6).
    """
    organisation, author = change_request.organisation, change_request.contact.user
    referent = organisation.referent
    covering = Officer.objects.active().covering(organisation).select_related("user")
    groups = [
        [referent.user] if referent and is_available(referent, today()) else [],
        [deputy.user for deputy in deputies_on(referent, today())] if referent else [],
        [officer.user for officer in covering],
        User.objects.filter(is_active=True, is_administrator=True),
    ]
    # Two absences at once may name the same deputy.
    others = ([person for person in dict.fromkeys(group) if person != author] for group in groups)
    return next(filter(None, others), [])


@logged
def take_over(*, change_request: ChangeRequest, acting_user: User) -> Organisation:
    """Register as referent of a request's organisation; tell the former one who and why (M4).

    Raises PermissionDenied when the officer may not.
    """
    Organisation.objects.select_for_update().get(pk=change_request.organisation_id)
    request = ChangeRequest.objects.select_for_update().get(pk=change_request.pk)
    can_take_over(acting_user, request).enforce()
    organisation, reason = request.organisation, unanswered(request)
    former, organisation.referent = organisation.referent, acting_user.officer
    organisation.save(update_fields=["referent", "updated_at"])
    record(
        "referent.changed",
        actor=acting_user,
        target=organisation,
        organisation=organisation,
        before=str(former or ""),
        after=str(organisation.referent),
        reason=reason,
    )
    if former:
        notify(
            "referent.replaced",
            recipients=[former.user],
            organisation_id=None,
            path=request.decision_path,
            officer=acting_user,
            organisation=organisation,
            reason=reason,
        )
    return organisation
