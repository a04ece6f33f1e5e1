"""The path of a beneficiary: engagement, stages, plan, assignments, people, resources, budget."""

from ilo_cms.engagements.models.assignment import Assignment, StatusEntry
from ilo_cms.engagements.models.budget import Budget, Sums, sums_by_year
from ilo_cms.engagements.models.engagement import Engagement, StageEntry
from ilo_cms.engagements.models.people import EngagementContact
from ilo_cms.engagements.models.plan import CONSULTING, Action, ActionType
from ilo_cms.engagements.models.resource import Resource, ResourceShare
from ilo_cms.engagements.models.states import (
    PENDING,
    SHOWN_TO_PROVIDER,
    ActionState,
    AssignmentStatus,
    Stage,
)


__all__ = [
    "CONSULTING",
    "PENDING",
    "SHOWN_TO_PROVIDER",
    "Action",
    "ActionState",
    "ActionType",
    "Assignment",
    "AssignmentStatus",
    "Budget",
    "Engagement",
    "EngagementContact",
    "Resource",
    "ResourceShare",
    "Stage",
    "StageEntry",
    "StatusEntry",
    "Sums",
    "sums_by_year",
]
