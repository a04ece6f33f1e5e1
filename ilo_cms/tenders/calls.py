"""Preparing a tender: making it, changing it before it is sent, copying one (SPEC T2)."""

from collections.abc import Iterable
from datetime import datetime
from html import unescape
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.core.clock import database_now
from ilo_cms.directory.edits import Reading, snapshot
from ilo_cms.directory.models import Officer
from ilo_cms.directory.policies import active_officer
from ilo_cms.engagements.changes import locked_engagement
from ilo_cms.engagements.models import Assignment, AssignmentStatus, Engagement
from ilo_cms.tenders.changes import raise_revision, to_change
from ilo_cms.tenders.models import Criterion, Tender, TenderAttachment, TenderTemplate
from ilo_cms.tenders.policies import can_prepare
from ilo_cms.tenders.rules import Weighted, check_criteria, check_deadlines


#: What a tender says, by whoever prepares it.
CONTENT = [
    "title",
    "need",
    "themes",
    "sector",
    "territory",
    "days",
    "budget",
    "is_budget_shown",
    "decision_on",
    "starts_on",
    "required_types",
]
DEADLINES = ["participation_deadline", "questions_deadline", "deposit_deadline"]
#: The days that follow the deadlines, and must follow them when they move.
DAYS = ["decision_on", "starts_on"]
FIELDS = [*CONTENT, *DEADLINES]
#: What a copy takes over: not the dates, which are of their time.
COPIED = [name for name in CONTENT if name not in DAYS]
ALREADY_SENT = (
    "Cette mise en concurrence est déjà diffusée : modifiez-la par un avis aux sollicités."
)


@logged
def create_tender(
    *,
    key: UUID,
    engagement: Engagement,
    acting_user: User,
    assignment: Assignment | None = None,
    criteria: Iterable[Weighted] = (),
    **values: Any,
) -> Tender:
    """Prepare a tender for an engagement; `values` are some of FIELDS.

    `key` is the tender's own, made with the form: the same form sent twice makes one. Raises
    PermissionDenied, ValidationError by field.
    """
    row = locked_engagement(engagement)
    if known := own_tender(key, row):
        return known
    officer = preparing_officer(acting_user, row)
    check_assignment(assignment, row)
    tender = Tender(pk=key, engagement=row, officer=officer, assignment=assignment)
    write_values(tender, values, database_now())
    write_criteria(tender, criteria)
    log_made(tender, acting_user, values)
    return tender


def own_tender(key: UUID, engagement: Engagement) -> Tender | None:
    """The tender that this form made already, if it was sent before."""
    return Tender.objects.filter(pk=key, engagement=engagement).first()


def preparing_officer(user: User, engagement: Engagement) -> Officer:
    """The officer who prepares. Raises PermissionDenied to anybody else."""
    can_prepare(user, engagement).enforce()
    officer = active_officer(user)
    if officer is None:
        raise PermissionDenied("Cette personne n’est pas chargée d’accompagnement.")
    return officer


def check_assignment(assignment: Assignment | None, engagement: Engagement) -> None:
    """Raise ValidationError unless an assignment of this engagement still looks for its provider.

    And for no other tender that goes on.
    """
    if assignment is None:
        return
    fault = ""
    if assignment.engagement_id != engagement.pk:
        fault = "Cette prestation est d’un autre accompagnement."
    elif assignment.status not in {AssignmentStatus.PLANNED, AssignmentStatus.TENDERED}:
        fault = f"Cette prestation est déjà {assignment.get_status_display().lower()}."
    elif Tender.objects.filter(assignment=assignment, cancelled_at=None, decision=None).exists():
        fault = "Cette prestation a déjà une mise en concurrence qui n’est pas terminée."
    if fault:
        raise ValidationError({"assignment": fault})


def write_values(tender: Tender, values: dict[str, Any], now: datetime) -> dict[str, Reading]:
    """Set fields of a tender and save it; return the readings before. Raises ValidationError."""
    if unknown := values.keys() - set(FIELDS):
        raise TypeError(f"Not a field of a tender: {sorted(unknown)}")
    is_new = tender._state.adding
    lists = [name for name in values if many(tender, name)]
    plain = {name: value for name, value in values.items() if name not in lists}
    before = {} if is_new else snapshot(tender, values)
    for name, value in plain.items():
        setattr(tender, name, value)
    new = [
        name for name in DEADLINES if name in plain and (is_new or before[name].key != plain[name])
    ]
    check_deadlines(tender, now, new)
    tender.full_clean()
    tender.save(force_insert=is_new)
    for name in lists:
        getattr(tender, name).set(values[name])
    return before


def many(tender: Tender, name: str) -> bool:
    """Whether a field holds several rows."""
    field: models.Field = tender._meta.get_field(name)
    return bool(field.many_to_many)


def write_criteria(tender: Tender, criteria: Iterable[Weighted]) -> None:
    """Put criteria in the place of those of a tender. Raises ValidationError."""
    rows = list(criteria)
    check_criteria(rows, complete=tender.published_at is not None)
    tender.criteria.all().delete()
    Criterion.objects.bulk_create(
        Criterion(
            tender=tender,
            label=row.label.strip(),
            help_text=row.help_text.strip(),
            weight=row.weight,
            position=position,
        )
        for position, row in enumerate(rows)
    )


def criteria_of(tender: Tender | TenderTemplate) -> list[Weighted]:
    """The criteria of a tender or template, as a form takes them."""
    return [Weighted(row.label, row.weight, row.help_text) for row in tender.criteria.all()]


def log_made(tender: Tender, acting_user: User, names: Iterable[str], **words: Any) -> None:
    """Say in the log with which values a tender was made."""
    after = {name: reading.label for name, reading in snapshot(tender, names).items()}
    record(
        "tender.created",
        actor=acting_user,
        target=tender,
        organisation=tender.engagement.beneficiary,
        after={name: label for name, label in after.items() if label not in (None, "", [])},
        **words,
    )


@logged
def edit_tender(
    *,
    tender: Tender,
    values: dict[str, Any],
    seen: int,
    acting_user: User,
    criteria: Iterable[Weighted] | None = None,
) -> Tender:
    """Change a tender that was not sent yet; `values` are some of FIELDS.

    Raises PermissionDenied, ValidationError by field, or coded "changed".
    """
    row, now = to_change(tender, seen, acting_user)
    if row.published_at or row.cancelled_at:
        raise ValidationError(ALREADY_SENT, code="changed")
    before = write_values(row, values, now)
    changed = changed_words(row, before)
    if criteria is not None and (rows := list(criteria)) != criteria_of(row):
        was = [str(line) for line in row.criteria.all()]
        write_criteria(row, rows)
        changed["criteria"] = (was, [str(line) for line in row.criteria.all()])
    if not changed:
        return row
    raise_revision(row)
    record(
        "tender.updated",
        actor=acting_user,
        target=row,
        organisation=row.engagement.beneficiary,
        before={name: pair[0] for name, pair in changed.items()},
        after={name: pair[1] for name, pair in changed.items()},
    )
    return row


def changed_words(tender: Tender, before: dict[str, Reading]) -> dict[str, tuple[Any, Any]]:
    """What changed since these readings: the words before and after, by field."""
    after = snapshot(tender, before)
    return {
        name: (before[name].label, after[name].label)
        for name in before
        if as_read(name, before[name].key) != as_read(name, after[name].key)
    }


def as_read(name: str, value: Any) -> Any:
    """A value as its readers see it: of a need the editor writes what was an entity in its own way.

    A need that nobody changed would otherwise be told to all invited as changed.
    """
    return unescape(value) if name == "need" else value


@logged
def copy_tender(*, tender: Tender, engagement: Engagement, key: UUID, acting_user: User) -> Tender:
    """Prepare a tender from a past one of the team: all it says, save dates and recipients.

    Raises PermissionDenied, also for a tender of another team.
    """
    row = locked_engagement(engagement)
    if known := own_tender(key, row):
        return known
    officer = preparing_officer(acting_user, row)
    source = Tender.objects.visible_to(acting_user).filter(pk=tender.pk).first()
    if source is None:
        raise PermissionDenied("Cette mise en concurrence est d’une autre équipe.")
    copy = Tender(pk=key, engagement=row, officer=officer, copied_from=source)
    values = {
        name: getattr(source, name).all() if many(source, name) else getattr(source, name)
        for name in COPIED
    }
    values["required_types"] = values["required_types"].filter(is_active=True)
    write_values(copy, values, database_now())
    write_criteria(copy, criteria_of(source))
    TenderAttachment.objects.bulk_create(
        TenderAttachment(tender=copy, title=each.title, document=each.document)
        for each in source.attachments.filter(withdrawn_at=None).select_related("document")
    )
    log_made(copy, acting_user, COPIED, copied_from=str(source))
    return copy
