"""What the page of an engagement shows: read once for all, whatever the number of rows."""

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Prefetch, Q
from django.http import HttpRequest

from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.readable import act, actor, changes, target
from ilo_cms.core.admin.buttons import buttons_of
from ilo_cms.core.policies import Decision
from ilo_cms.directory.models import Organisation
from ilo_cms.engagements.models import (
    ActionState,
    Engagement,
    Resource,
    ResourceShare,
    Stage,
    StageEntry,
)
from ilo_cms.engagements.panels import engagement_panels
from ilo_cms.engagements.parties import parties
from ilo_cms.engagements.policies import can_change_engagement, can_edit_engagement
from ilo_cms.engagements.transitions import Transition, transitions_from


#: How many acts of the log the page shows.
LAST_ACTS = 20


@dataclass
class Step:
    """One of the five stages, on the line."""

    stage: Stage
    entered_on: list[date] = field(default_factory=list)
    is_current: bool = False


@dataclass
class Line:
    """One line of the plan, with what may follow."""

    action: object
    steps: list[Transition]


def stage_line(entries: list[StageEntry]) -> tuple[list[Step], Stage | None]:
    """The five stages with the days on which each was entered, and the one that comes next."""
    steps = {stage: Step(stage) for stage in Stage}
    for entry in entries:
        steps[Stage(entry.stage)].entered_on.append(entry.entered_on)
    order = list(Stage)
    if not entries:
        return list(steps.values()), order[0]
    current = Stage(entries[-1].stage)
    steps[current].is_current = True
    after = order.index(current) + 1
    return list(steps.values()), order[after] if after < len(order) else None


def page_of(request: HttpRequest, engagement: Engagement) -> dict:
    """The context of the page."""
    entries = list(engagement.stage_entries.in_force().order_by("entered_on", "rank"))
    steps, following = stage_line(entries)
    actions = list(
        engagement.actions.select_related(
            "kind", "assignment__provider", "assignment__contact__user"
        )
    )
    resources = resources_of(engagement)
    participants = list(
        engagement.participants.select_related("contact__user", "assignment__provider")
    )
    may_change = can_change_engagement(request.user, engagement)
    return {
        "engagement": engagement,
        "steps": steps,
        "seen": entries[-1].pk if entries else "",
        "following": following,
        "lines": [lines_of(action, bool(may_change), request) for action in actions],
        "unplanned": unplanned(engagement, request),
        "states": ActionState.choices,
        "participants": participants,
        "resources": with_parties(resources, parties(engagement)),
        "may_edit": can_edit_engagement(request.user, engagement),
        "may_change": may_change,
        "panels": list(engagement_panels(request, engagement)),
        "buttons": buttons_of(engagement, request.user),
        "history": history(engagement, actions, resources, participants),
    }


def lines_of(action, may_change: bool, request: HttpRequest) -> Line:
    """A line and the steps of its assignment."""
    steps = transitions_from(action.assignment.status) if action.assignment else []
    return Line(action, [step for step in steps if may_change or step.name == "close"])


def unplanned(engagement: Engagement, request: HttpRequest) -> list:
    """Assignments without a line of the plan: made before every one had its own."""
    rows = engagement.assignments.filter(action=None).select_related("provider")
    may: Decision = can_edit_engagement(request.user, engagement)
    return [(row, transitions_from(row.status) if may else []) for row in rows]


def resources_of(engagement: Engagement) -> list[Resource]:
    """The resources that were not withdrawn, with their shares."""
    shares = ResourceShare.objects.in_force().select_related("organisation")
    rows = engagement.resources.filter(withdrawn_at=None).select_related(
        "document__type", "assignment", "organisation", "deposited_by"
    )
    return list(rows.prefetch_related(Prefetch("shares", queryset=shares)))


def with_parties(
    resources: list[Resource], everyone: list[Organisation]
) -> list[tuple[Resource, list[Organisation]]]:
    """Each resource with the parties to whom it may still be shown."""
    found = []
    for resource in resources:
        known = {share.organisation_id for share in resource.shares.all()}
        known.add(resource.organisation_id)
        found.append((resource, [party for party in everyone if party.pk not in known]))
    return found


def history(engagement: Engagement, *groups: list) -> list[dict]:
    """The last acts on the engagement and on what it holds."""
    rows = [engagement, *(row for group in groups for row in group)]
    rows += [row.assignment for row in groups[0] if row.assignment]
    keys: dict[str, list[str]] = {}
    for row in rows:
        keys.setdefault(row._meta.label_lower, []).append(str(row.pk))
    mine = Q()
    for kind, found in keys.items():
        mine |= Q(target_type=kind, target_id__in=found)
    events = AuditEvent.objects.filter(mine).select_related("detail").order_by("-sequence")
    return [
        {
            "at": event.at,
            "act": act(event),
            "actor": actor(event),
            "target": target(event),
            "changes": list(changes(event)),
        }
        for event in events[:LAST_ACTS]
    ]
