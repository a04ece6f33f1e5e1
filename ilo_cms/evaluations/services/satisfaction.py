"""Asking a beneficiary's contacts how satisfied they are, and their answers (SPEC E10)."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.directory.models import Contact
from ilo_cms.engagements.models import Engagement, Stage
from ilo_cms.evaluations.answers import Values, check_answers, write_answers
from ilo_cms.evaluations.models import Grid, Purpose, SatisfactionRequest
from ilo_cms.evaluations.policies import (
    can_answer,
    can_be_asked,
    can_remind,
    can_send_satisfaction,
)
from ilo_cms.evaluations.recipients import officers_of
from ilo_cms.notifications.services import notify


@logged
def send(
    *,
    engagement: Engagement,
    stage: str,
    grid: Grid,
    contacts: Iterable[Contact],
    acting_user: User,
) -> list[SatisfactionRequest]:
    """Ask chosen contacts of the beneficiary about an engagement or one of its stages.

    Who was asked the same already is left out. Raises PermissionDenied, or ValidationError when
    nobody is left, somebody cannot answer, or the form is not in use.
    """
    engagement = Engagement.objects.select_for_update(of=("self",)).get(pk=engagement.pk)
    can_send_satisfaction(acting_user, engagement, stage).enforce()
    version = grid.current_version
    if version is None or not grid.is_active or grid.purpose != Purpose.SATISFACTION:
        raise ValidationError("Ce formulaire n’est pas proposé.")
    asked = SatisfactionRequest.objects.filter(engagement=engagement, stage=stage, grid=grid)
    known = set(asked.values_list("contact", flat=True))
    requests = [
        ask(engagement, stage, version, contact, acting_user)
        for contact in contacts
        if contact.pk not in known
    ]
    if not requests:
        raise ValidationError("Ces personnes ont déjà reçu ce formulaire.")
    return requests


def ask(engagement, stage, version, contact, acting_user) -> SatisfactionRequest:
    """Ask one person, and tell them. The caller holds the lock and asked the policy."""
    if contact.organisation_id != engagement.beneficiary_id:
        raise ValidationError(f"{contact.user} n’est pas un contact du bénéficiaire.")
    if not (able := can_be_asked(contact)):
        raise ValidationError(able.reason)
    request = SatisfactionRequest.objects.create(
        engagement=engagement,
        stage=stage,
        grid=version.grid,
        version=version,
        contact=contact,
        sent_by=acting_user,
    )
    log("satisfaction.sent", request, acting_user)
    tell("satisfaction.sent", request)
    return request


def tell(kind: str, request: SatisfactionRequest) -> None:
    """Invite the person to answer."""
    stage = f" (étape {Stage(request.stage).label})" if request.stage else ""
    notify(
        kind,
        recipients=[request.contact.user],
        organisation_id=request.contact.organisation_id,
        path=request.path,
        about_id=request.pk,
        officer=request.sent_by,
        engagement=f"{request.engagement.title}{stage}",
    )


@logged
def remind(*, request: SatisfactionRequest, acting_user: User) -> None:
    """Remind who has not answered. Raises PermissionDenied, also when they just did."""
    request = locked(request)
    can_remind(acting_user, request).enforce()
    request.reminded_at = timezone.now()
    request.save()
    log("satisfaction.reminded", request, acting_user)
    tell("satisfaction.reminded", request)


def locked(request: SatisfactionRequest) -> SatisfactionRequest:
    """The row as it is now, locked."""
    rows = SatisfactionRequest.objects.select_for_update(of=("self",))
    return rows.select_related(
        "engagement__operator", "contact__user", "contact__organisation", "version", "sent_by"
    ).get(pk=request.pk)


@logged
def answer(*, request: SatisfactionRequest, values: Values, acting_as: Contact) -> None:
    """Store the answers of the person asked, once, and tell the officer who asked.

    Raises ValidationError by field, PermissionDenied.
    """
    request = locked(request)
    can_answer(acting_as, request).enforce()
    check_answers(request.version, values, complete=True)
    request.answered_at = timezone.now()
    request.save()
    write_answers(request.answers, request.version, values)
    log("satisfaction.answered", request, acting_as.user)
    notify(
        "satisfaction.answered",
        recipients=officers_of(request.engagement, request.sent_by),
        organisation_id=None,
        path=request.admin_path,
        about_id=request.pk,
        person=acting_as.user,
        engagement=request.engagement.title,
    )


def log(action: str, request: SatisfactionRequest, actor: User) -> None:
    """One line of the log, under the beneficiary."""
    record(
        action,
        actor=actor,
        target=request,
        organisation=request.contact.organisation,
        engagement=request.engagement.title,
        about=request.about,
    )
