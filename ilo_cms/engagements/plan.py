"""The support plan: adding, editing, ordering its lines (SPEC E2)."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.engagements.assignments import create_assignment, next_position
from ilo_cms.engagements.changes import (
    check_new,
    locked_engagement,
    log_changes,
    log_creation,
    write,
)
from ilo_cms.engagements.models import (
    CONSULTING,
    Action,
    ActionState,
    ActionType,
    Assignment,
    Engagement,
)
from ilo_cms.engagements.policies import can_change_engagement


DETAILS = ["kind", "label", "description", "starts_on", "ends_on"]
CARRIED = "Cette action est portée par une prestation : c’est elle qui change d’état et de dates."


def locked_action(action: Action) -> Action:
    """The line read anew, under its engagement's lock."""
    engagement = locked_engagement(action.engagement)
    row = Action.objects.select_related("assignment", "kind").get(pk=action.pk)
    row.engagement = engagement
    return row


@logged
def add_action(
    *, key: UUID, engagement: Engagement, kind: ActionType, acting_user: User, **values: Any
) -> Action:
    """Add a line at the end of the plan; a consulting line plans its assignment.

    `key` is the line's own, or its assignment's: the same form sent twice adds once. Raises
    PermissionDenied, ValidationError by field.
    """
    row = locked_engagement(engagement)
    can_change_engagement(acting_user, row).enforce()
    if known := row.actions.filter(Q(pk=key) | Q(assignment=key)).first():
        return known
    check_new(key, Action, Assignment)
    if kind.code == CONSULTING:
        return add_consulting(key, row, acting_user, values)
    action = Action(pk=key, engagement=row, kind=kind, position=next_position(row), **values)
    action.full_clean()
    action.save(force_insert=True)
    log_creation(
        "action.added",
        row=action,
        names=DETAILS,
        actor=acting_user,
        organisation=row.beneficiary,
    )
    return action


def add_consulting(
    key: UUID, engagement: Engagement, acting_user: User, values: dict[str, Any]
) -> Action:
    """The line of a new assignment."""
    description = values.pop("description", "")
    assignment = create_assignment(
        key=key, engagement=engagement, acting_user=acting_user, **values
    )
    action = assignment.action
    if description:
        action.description = description
        action.save(update_fields=["description", "updated_at"])
    return action


@logged
def edit_action(*, action: Action, values: dict[str, Any], acting_user: User) -> Action:
    """Change a line; of one that an assignment carries, its description only.

    Raises PermissionDenied, ValidationError by field.
    """
    row = locked_action(action)
    can_change_engagement(acting_user, row.engagement).enforce()
    if row.assignment and set(values) - {"description"}:
        raise ValidationError(CARRIED)
    kind = values.get("kind")
    if kind and kind.code == CONSULTING and row.kind != kind:
        raise ValidationError({"kind": "Ajoutez plutôt une prestation : elle aura son action."})
    before = write(row, values)
    row.save(update_fields=[*values, "updated_at"])
    log_changes(
        "action.updated",
        row=row,
        before=before,
        actor=acting_user,
        organisation=row.engagement.beneficiary,
    )
    return row


def set_action_state(*, action: Action, state: ActionState, acting_user: User) -> Action:
    """Say where a line stands. Raises as `edit_action`."""
    return edit_action(action=action, values={"state": state}, acting_user=acting_user)


@logged
def move_action(*, action: Action, up: bool, acting_user: User) -> list[Action]:
    """Put a line one place up or down; return the plan in its order.

    Raises PermissionDenied.
    """
    row = locked_action(action)
    can_change_engagement(acting_user, row.engagement).enforce()
    lines = list(row.engagement.actions.order_by("position", "created_on", "id"))
    here = lines.index(row)
    there = here - 1 if up else here + 1
    if not 0 <= there < len(lines):
        return lines
    lines[here], lines[there] = lines[there], lines[here]
    for position, line in enumerate(lines):
        line.position = position
    Action.objects.bulk_update(lines, ["position"])
    record(
        "action.moved",
        actor=acting_user,
        target=row,
        organisation=row.engagement.beneficiary,
        place=f"Place {there + 1} du plan",
    )
    return lines
