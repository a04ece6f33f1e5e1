"""The path of an engagement: opening, stages, handing over, closing, reopening (SPEC E1).

Every service takes the log's lock first, so that two officers on one engagement follow each other;
the second is told what the first did.
"""

from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.core import french
from ilo_cms.directory.edits import create_record, edit_as_officer
from ilo_cms.directory.models import Officer, Organisation
from ilo_cms.directory.policies import active_officer
from ilo_cms.engagements.changes import (
    check_new,
    locked_engagement,
    log_changes,
    log_creation,
    needed,
    write,
)
from ilo_cms.engagements.models import PENDING, Engagement, Stage, StageEntry
from ilo_cms.engagements.parties import watched
from ilo_cms.engagements.policies import (
    can_change_engagement,
    can_create_engagement,
    can_edit_engagement,
    nothing_goes_on,
)
from ilo_cms.notifications.services import notify


DETAILS = ["title", "beneficiary", "officer", "territory", "sector", "opened_on"]


@logged
def open_engagement(
    *,
    key: UUID,
    beneficiary: Organisation,
    title: str,
    opened_on: date,
    acting_user: User,
    officer: Officer | None = None,
    **place: Any,
) -> Engagement:
    """Open an engagement of the officer's operator, in its first stage.

    `key` is the engagement's own, made with the form: the same form sent twice opens once. A
    beneficiary that is not stored yet is created, to be synchronised with INSEE; `place` may hold
    `territory` and `sector`. Raises PermissionDenied, ValidationError by field.
    """
    can_create_engagement(acting_user).enforce()
    acting = active_officer(acting_user)
    if known := Engagement.objects.filter(pk=key, operator=acting.operator_id).first():
        return known
    check_new(key, Engagement)
    check_not_future(opened_on, "opened_on")
    engagement = Engagement(
        pk=key,
        beneficiary=stored_beneficiary(beneficiary, acting_user),
        operator=acting.operator,
        officer=officer or acting,
        title=title.strip(),
        opened_on=opened_on,
        **place,
    )
    check_colleague(engagement, engagement.officer)
    engagement.full_clean()
    engagement.save(force_insert=True)
    StageEntry.objects.create(
        engagement=engagement,
        stage=Stage.RECEPTION,
        entered_on=opened_on,
        entered_by=acting_user,
    )
    log_creation(
        "engagement.opened",
        row=engagement,
        names=DETAILS,
        actor=acting_user,
        organisation=engagement.beneficiary,
    )
    if engagement.officer != acting:
        tell_officer(engagement, engagement.officer, acting_user, "")
    return engagement


def stored_beneficiary(beneficiary: Organisation, acting_user: User) -> Organisation:
    """The beneficiary, created where it is new, and said to be one."""
    if beneficiary._state.adding:
        # Somebody may have created it since the form was read.
        known = Organisation.objects.filter(siren=beneficiary.siren or "").first()
        if known is None:
            beneficiary.is_beneficiary = True
            beneficiary.full_clean()
            values = {"siren": beneficiary.siren, "name": beneficiary.name, "is_beneficiary": True}
            create_record(record=beneficiary, values=values, acting_user=acting_user)
            return beneficiary
        beneficiary = known
    if not beneficiary.is_beneficiary:
        edit_as_officer(
            record=beneficiary,
            values={"is_beneficiary": True},
            acting_user=acting_user,
            organisation=beneficiary,
        )
    return beneficiary


def check_not_future(day: date, field: str) -> None:
    """Raise ValidationError on a day that has not come yet, in Paris."""
    if day > timezone.localdate():
        raise ValidationError({field: "Cette date n’est pas encore venue."})


def check_colleague(engagement: Engagement, officer: Officer) -> None:
    """Raise ValidationError unless this officer works for the operator today."""
    if officer.operator_id != engagement.operator_id:
        raise ValidationError(
            {"officer": "Cette personne ne travaille pas pour la structure porteuse."}
        )
    if not officer.is_in_post:
        raise ValidationError({"officer": "Cette personne n’est plus en poste."})


def check_beneficiary(engagement: Engagement, beneficiary: Organisation) -> None:
    """Raise ValidationError unless an engagement may become this organisation's.

    Who takes part for the former one would be read by the new one.
    """
    fault = ""
    if not beneficiary.is_active:
        fault = "Cette structure est inactive : elle ne peut pas être choisie."
    if engagement.assignments.filter(provider=beneficiary).exists():
        fault = f"{beneficiary} est prestataire de cet accompagnement."
    if engagement.participants.filter(assignment=None).exists():
        fault = (
            f"Des interlocuteur·rices de {engagement.beneficiary} y participent : retirez-les "
            "d’abord."
        )
    if fault:
        raise ValidationError({"beneficiary": fault})


@logged
def edit_engagement(
    *, engagement: Engagement, values: dict[str, Any], acting_user: User
) -> Engagement:
    """Change what an engagement says of itself; only the given fields are written.

    Raises PermissionDenied, ValidationError by field.
    """
    row = locked_engagement(engagement)
    can_change_engagement(acting_user, row).enforce()
    if officer := values.get("officer"):
        if officer.pk != row.officer_id:
            check_colleague(row, officer)
    if beneficiary := values.get("beneficiary"):
        if beneficiary.pk != row.beneficiary_id:
            check_beneficiary(row, beneficiary)
    if opened := values.get("opened_on"):
        check_not_future(opened, "opened_on")
        first = line(row).first()
        if first and first.entered_on < opened and opened != row.opened_on:
            raise ValidationError(
                {"opened_on": f"Une étape est entrée dès le {french.date(first.entered_on)}."}
            )
    with watched(row, acting_user):
        before = write(row, values)
        row.save(update_fields=[*values, "updated_at"])
    log_changes(
        "engagement.updated",
        row=row,
        before=before,
        actor=acting_user,
        organisation=row.beneficiary,
    )
    return row


def line(engagement: Engagement):
    """The stages that count, in the order in which they were entered."""
    return engagement.stage_entries.in_force().order_by("entered_on", "rank")


def current_entry(engagement: Engagement) -> StageEntry | None:
    """The stage in which an engagement is."""
    entries = engagement.stage_entries.in_force().latest_first()
    return entries.select_related("entered_by").first()


def check_unmoved(engagement: Engagement, seen: str) -> StageEntry | None:
    """The current stage, if it is still the one that the officer saw, by its key.

    Raises ValidationError coded "changed" that says who moved it.
    """
    current = current_entry(engagement)
    if seen == (str(current.pk) if current else ""):
        return current
    last = engagement.stage_entries.select_related("entered_by").order_by("-rank").first()
    who = last.entered_by if last and last.entered_by else "Quelqu’un"
    where = current.get_stage_display() if current else "aucune étape"
    raise ValidationError(
        f"{who} a changé l’étape entre-temps : l’accompagnement est à « {where} ».",
        code="changed",
    )


@logged
def enter_stage(
    *, engagement: Engagement, stage: str, entered_on: date, seen: str, acting_user: User
) -> StageEntry:
    """Enter a stage, be it an earlier one again.

    `seen` is the key of the current entry that the officer saw, empty for none. Raises
    PermissionDenied, ValidationError by field or coded "changed".
    """
    row = locked_engagement(engagement)
    can_change_engagement(acting_user, row).enforce()
    current = check_unmoved(row, seen)
    if current and current.stage == stage:
        raise ValidationError({"stage": "L’accompagnement est déjà à cette étape."})
    check_not_future(entered_on, "entered_on")
    since = current.entered_on if current else row.opened_on
    if entered_on < since:
        what = "l’entrée dans l’étape actuelle" if current else "l’ouverture"
        raise ValidationError(
            {"entered_on": f"Cette date précède {what}, le {french.date(since)}."}
        )
    last = row.stage_entries.aggregate(last=Max("rank"))["last"]
    entry = StageEntry(
        engagement=row,
        stage=stage,
        entered_on=entered_on,
        rank=0 if last is None else last + 1,
        entered_by=acting_user,
    )
    entry.full_clean()
    entry.save()
    record(
        "engagement.stage_entered",
        actor=acting_user,
        target=row,
        organisation=row.beneficiary,
        before=current.get_stage_display() if current else "",
        after=str(entry),
    )
    return entry


@logged
def correct_stage(
    *, engagement: Engagement, entered_on: date | None, seen: str, acting_user: User
) -> StageEntry | None:
    """Change the date of the current stage, or withdraw it without a date; return the current one.

    Raises PermissionDenied, ValidationError by field or coded "changed".
    """
    row = locked_engagement(engagement)
    can_change_engagement(acting_user, row).enforce()
    current = check_unmoved(row, seen)
    if current is None:
        raise ValidationError("Cet accompagnement n’est encore à aucune étape.")
    before, earlier = str(current), line(row).exclude(pk=current.pk).last()
    if entered_on is None:
        if earlier is None:
            raise ValidationError("La première étape ne se retire pas : corrigez sa date.")
        current.withdrawn_at = timezone.now()
    else:
        check_not_future(entered_on, "entered_on")
        since = earlier.entered_on if earlier else row.opened_on
        if entered_on < since:
            raise ValidationError(
                {"entered_on": f"Cette date précède l’étape d’avant, le {french.date(since)}."}
            )
        current.entered_on = entered_on
    current.save(update_fields=["withdrawn_at", "entered_on"])
    record(
        "engagement.stage_corrected",
        actor=acting_user,
        target=row,
        organisation=row.beneficiary,
        before=before,
        after=str(current) if current.withdrawn_at is None else "étape retirée",
    )
    return current_entry(row)


@logged
def hand_over(
    *, engagement: Engagement, officer: Officer, acting_user: User, message: str = ""
) -> Engagement:
    """Hand an engagement to a colleague of the same operator, who is told.

    Raises PermissionDenied, ValidationError by field.
    """
    row = locked_engagement(engagement)
    can_change_engagement(acting_user, row).enforce()
    check_colleague(row, officer)
    if officer.pk == row.officer_id:
        raise ValidationError({"officer": f"{officer.user} suit déjà cet accompagnement."})
    left = row.officer
    before = write(row, {"officer": officer})
    row.save(update_fields=["officer", "updated_at"])
    log_changes(
        "engagement.handed_over",
        row=row,
        before=before,
        actor=acting_user,
        organisation=row.beneficiary,
        message=message.strip(),
    )
    for person in (officer, left):
        if person and person.is_in_post and person.user != acting_user:
            tell_officer(row, person, acting_user, message.strip())
    return row


def tell_officer(engagement: Engagement, officer: Officer, acting_user: User, message: str) -> None:
    """Tell an officer that an engagement was handed to them, or by them to somebody else."""
    notify(
        "engagement.handed_over",
        recipients=[officer.user],
        organisation_id=None,
        path=reverse("engagement_page", args=[engagement.pk]),
        about_id=engagement.pk,
        engagement=engagement,
        beneficiary=engagement.beneficiary,
        officer=engagement.officer.user,
        author=acting_user,
        message=message,
    )


@logged
def close_engagement(
    *, engagement: Engagement, closed_on: date, reason: str, acting_user: User
) -> Engagement:
    """Close an engagement in which nothing is pending, with a reason.

    Raises PermissionDenied, ValidationError by field.
    """
    row = locked_engagement(engagement)
    can_edit_engagement(acting_user, row).enforce()
    if not row.is_open:
        raise ValidationError(f"Cet accompagnement est déjà clos ({row.closing_reason}).")
    reason = needed(reason, "Dites pourquoi l’accompagnement est clos.")
    check_not_future(closed_on, "closed_on")
    current = current_entry(row)
    since = max(row.opened_on, current.entered_on) if current else row.opened_on
    if closed_on < since:
        raise ValidationError(
            {"closed_on": f"Cette date précède la dernière étape, le {french.date(since)}."}
        )
    pending = row.assignments.filter(status__in=PENDING)
    if pending:
        names = ", ".join(f"« {assignment} »" for assignment in pending[:3])
        raise ValidationError(f"Des prestations sont encore en cours : {names}. Terminez-les.")
    if not (decision := nothing_goes_on(row)):
        raise ValidationError(decision.reason)
    before = write(row, {"closed_on": closed_on, "closing_reason": reason})
    row.save(update_fields=["closed_on", "closing_reason", "updated_at"])
    log_changes(
        "engagement.closed",
        row=row,
        before=before,
        actor=acting_user,
        organisation=row.beneficiary,
    )
    return row


@logged
def reopen_engagement(*, engagement: Engagement, reason: str, acting_user: User) -> Engagement:
    """Open again an engagement that was closed, with a reason; the log keeps both.

    Raises PermissionDenied, ValidationError by field.
    """
    row = locked_engagement(engagement)
    can_edit_engagement(acting_user, row).enforce()
    if row.is_open:
        raise ValidationError("Cet accompagnement est déjà ouvert.")
    reason = needed(reason, "Dites pourquoi l’accompagnement est rouvert.")
    before = write(row, {"closed_on": None, "closing_reason": ""})
    row.save(update_fields=["closed_on", "closing_reason", "updated_at"])
    log_changes(
        "engagement.reopened",
        row=row,
        before=before,
        actor=acting_user,
        organisation=row.beneficiary,
        reason=reason,
    )
    return row
