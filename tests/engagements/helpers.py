"""An engagement with one object of each kind, and the people of A10 around it."""

from decimal import Decimal
from uuid import uuid4

from ilo_cms.engagements.assignments import create_assignment
from ilo_cms.engagements.models import Assignment, Engagement
from tests.factories import (
    ActionFactory,
    AssignmentFactory,
    ContactFactory,
    EngagementContactFactory,
    EngagementFactory,
    ResourceFactory,
    StageEntryFactory,
)


def started(**fields) -> Engagement:
    """An engagement in its first stage."""
    engagement = EngagementFactory(**fields)
    StageEntryFactory(engagement=engagement)
    return engagement


def planned(engagement: Engagement, **values) -> Assignment:
    """An assignment planned by the service, hence with its line of the plan."""
    return create_assignment(
        key=uuid4(),
        engagement=engagement,
        acting_user=engagement.officer.user,
        **{"label": "Gouvernance"} | values,
    )


def ready(engagement: Engagement, **values) -> Assignment:
    """A planned assignment of which everything is known, so that it may be engaged."""
    contact = ContactFactory()
    known = {
        "provider": contact.organisation,
        "establishment": contact.establishment,
        "contact": contact,
        "amount": Decimal("5400.10"),
        "starts_on": engagement.opened_on,
    }
    return planned(engagement, **known | values)


def full_engagement() -> dict:
    """One object of each kind in one engagement, by kind."""
    engagement = started()
    mine = AssignmentFactory(engagement=engagement)
    hidden = AssignmentFactory(engagement=engagement, status="prevue")
    return {
        "engagement": engagement,
        "stage": engagement.stage_entries.get(),
        "assignment": mine,
        "planned assignment": hidden,
        "action": ActionFactory(engagement=engagement),
        "carried action": ActionFactory(engagement=engagement, assignment=mine),
        "beneficiary's contact": EngagementContactFactory(engagement=engagement),
        "unshared resource": ResourceFactory(engagement=engagement),
        "shared resource": ResourceFactory(engagement=engagement, assignment=mine),
    }
