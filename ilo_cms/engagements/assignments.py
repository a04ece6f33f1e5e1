"""Assignments: creating with their line of the plan, editing, moving from state to state (E3)."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.directory.confirmation import people_with_access
from ilo_cms.directory.edits import snapshot
from ilo_cms.directory.models import Organisation
from ilo_cms.engagements.changes import (
    check_new,
    clean_reason,
    locked_engagement,
    log_changes,
    log_creation,
    needed,
)
from ilo_cms.engagements.models import (
    CONSULTING,
    SHOWN_TO_PROVIDER,
    Action,
    ActionType,
    Assignment,
    AssignmentStatus,
    Engagement,
    StatusEntry,
)
from ilo_cms.engagements.parties import watched
from ilo_cms.engagements.policies import (
    assignment_faults,
    can_change_engagement,
    can_edit_assignment,
)
from ilo_cms.engagements.transitions import TRANSITIONS, Transition, transitions_from
from ilo_cms.notifications.services import notify


DETAILS = [
    "label",
    "provider",
    "establishment",
    "contact",
    "skill",
    "amount",
    "days",
    "starts_on",
    "ends_on",
]


def locked_assignment(assignment: Assignment) -> Assignment:
    """The assignment read anew under its lock, after that of its engagement."""
    locked_engagement(assignment.engagement)
    rows = Assignment.objects.select_related(
        "engagement__operator", "engagement__beneficiary", "engagement__officer__user", "provider"
    )
    return rows.select_for_update(of=("self",)).get(pk=assignment.pk)


def check(assignment: Assignment, before: Assignment | None = None) -> None:
    """Raise ValidationError by field on what does not hold together."""
    if faults := assignment_faults(assignment, before):
        raise ValidationError(faults)
    assignment.full_clean()


@logged
def create_assignment(
    *, key: UUID, engagement: Engagement, acting_user: User, **values: Any
) -> Assignment:
    """Plan an assignment, with its line of the plan; `values` are some of DETAILS.

    `key` is the assignment's own, made with the form: the same form sent twice plans once. Raises
    PermissionDenied, ValidationError by field.
    """
    row = locked_engagement(engagement)
    can_change_engagement(acting_user, row).enforce()
    if known := Assignment.objects.filter(pk=key, engagement=row).first():
        return known
    check_new(key, Assignment)
    assignment = Assignment(pk=key, engagement=row, **values)
    check(assignment)
    assignment.save(force_insert=True)
    StatusEntry.objects.create(
        assignment=assignment, status=assignment.status, entered_by=acting_user
    )
    Action.objects.create(
        engagement=row,
        kind=consulting(),
        label=assignment.label,
        assignment=assignment,
        position=next_position(row),
    )
    log_creation(
        "assignment.created",
        row=assignment,
        names=DETAILS,
        actor=acting_user,
        organisation=row.beneficiary,
    )
    return assignment


def consulting() -> ActionType:
    """The type of the lines that an assignment carries; made where the list was emptied."""
    kind, _ = ActionType.objects.get_or_create(
        code=CONSULTING, defaults={"label": "Prestation de conseil"}
    )
    return kind


def next_position(engagement: Engagement) -> int:
    """The place after the last line of a plan."""
    last = engagement.actions.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


@logged
def edit_assignment(
    *, assignment: Assignment, values: dict[str, Any], acting_user: User
) -> Assignment:
    """Change what an assignment says of itself; its state changes by `change_status`.

    Its line of the plan takes its label. Raises PermissionDenied, ValidationError by field.
    """
    row = locked_assignment(assignment)
    can_change_engagement(acting_user, row.engagement).enforce()
    stored = Assignment.objects.select_related("provider").get(pk=row.pk)
    before = snapshot(row, values)
    for name, value in values.items():
        setattr(row, name, value)
    check(row, stored)
    row.save(update_fields=[*values, "updated_at"])
    if "label" in values:
        Action.objects.filter(assignment=row).update(label=row.label)
    log_changes(
        "assignment.updated",
        row=row,
        before=before,
        actor=acting_user,
        organisation=row.engagement.beneficiary,
    )
    return row


@logged
def change_status(
    *, assignment: Assignment, transition: str, acting_user: User, reason: str = ""
) -> Assignment:
    """Move an assignment to another state, one of TRANSITIONS; tell whom it concerns.

    A closed engagement lets its assignments be closed, and nothing else. Raises PermissionDenied,
    ValidationError: coded "changed" when somebody moved it first, by field for a missing reason.
    """
    row = locked_assignment(assignment)
    step = TRANSITIONS[transition]
    allowed = can_edit_assignment if step.name == "close" else None
    if allowed:
        allowed(acting_user, row).enforce()
    else:
        can_change_engagement(acting_user, row.engagement).enforce()
    check_source(row, step)
    if not (decision := step.guard(row)):
        raise ValidationError(decision.reason)
    reason = clean_reason(reason)
    if step.needs_reason:
        reason = needed(reason, f"Dites pourquoi, pour : {step.label.lower()}.")
    with watched(row.engagement, acting_user):
        take_step(row, step, acting_user, reason)
    return row


def take_step(assignment: Assignment, step: Transition, acting_user: User, reason: str) -> None:
    """Write the state that a locked assignment enters, in the log too, and tell it."""
    before = assignment.status
    assignment.status = step.target
    assignment.save(update_fields=["status", "updated_at"])
    StatusEntry.objects.create(
        assignment=assignment, status=step.target, entered_by=acting_user, reason=reason
    )
    record(
        "assignment.status_changed",
        actor=acting_user,
        target=assignment,
        organisation=assignment.engagement.beneficiary,
        before={"status": AssignmentStatus(before).label},
        after={"status": step.target.label},
        reason=reason,
    )
    tell_status(assignment, step, before, acting_user, reason)


def check_source(assignment: Assignment, step: Transition) -> None:
    """Raise ValidationError when a step does not start from the state an assignment is in."""
    if assignment.status in step.sources:
        return
    last = assignment.status_entries.select_related("entered_by").order_by("-entered_at").first()
    by = f" par {last.entered_by}" if last and last.entered_by else ""
    state = assignment.get_status_display().lower()
    follows = ", ".join(f"« {found.label} »" for found in transitions_from(assignment.status))
    possible = f" Il reste possible de : {follows}." if follows else ""
    raise ValidationError(f"Cette prestation est {state}{by}.{possible}", code="changed")


def tell_status(
    assignment: Assignment, step: Transition, before: str, acting_user: User, reason: str
) -> None:
    """Tell the officer who follows, and the parties to whom the assignment is or was shown."""
    officer = assignment.engagement.officer
    words = {
        "assignment": assignment,
        "beneficiary": assignment.engagement.beneficiary,
        "status": step.target.label.lower(),
        "author": acting_user,
        "reason": reason,
    }
    if officer and officer.is_in_post and officer.user != acting_user:
        notify(
            "assignment.followed",
            recipients=[officer.user],
            organisation_id=None,
            path=reverse("engagement_page", args=[assignment.engagement_id]),
            about_id=assignment.pk,
            **words,
        )
    if not step.tells_parties or not was_shown(assignment, before):
        return
    for party in dict.fromkeys(parties_of(assignment)):
        # An abandoned one has no page any more for its provider.
        reads = assignment.is_shown_to_provider or party != assignment.provider
        path = reverse("assignment", args=[assignment.pk]) if reads else reverse("home")
        notify(
            "assignment.status_changed",
            recipients=people_with_access(party),
            organisation_id=party.pk,
            path=path,
            about_id=assignment.pk,
            **words,
        )


def was_shown(assignment: Assignment, before: str) -> bool:
    """Whether the parties know of an assignment: it is shown to them, or once was."""
    if {before, assignment.status} & set(SHOWN_TO_PROVIDER):
        return True
    return assignment.status_entries.filter(status__in=SHOWN_TO_PROVIDER).exists()


def parties_of(assignment: Assignment) -> list[Organisation]:
    """The provider and the beneficiary of an assignment."""
    beneficiary = assignment.engagement.beneficiary
    return [assignment.provider, beneficiary] if assignment.provider else [beneficiary]
