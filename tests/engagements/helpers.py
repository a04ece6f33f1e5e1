"""An engagement with one object of each kind, and the people of A10 around it."""

from decimal import Decimal
from uuid import uuid4

from ilo_cms.engagements.assignments import create_assignment
from ilo_cms.engagements.models import (
    Action,
    Assignment,
    Engagement,
    EngagementContact,
    Resource,
    ResourceShare,
)
from tests.factories import (
    ActionFactory,
    ActionTypeFactory,
    AssignmentFactory,
    ContactFactory,
    DocumentFactory,
    DocumentRequestFactory,
    EngagementContactFactory,
    EngagementFactory,
    MeetingFactory,
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


def crowd(engagement: Engagement, size: int) -> None:
    """`size` of each thing that an engagement holds, written at once: a test of 200 stays short."""
    provider = ContactFactory()
    officer, kind = engagement.officer.user, ActionTypeFactory()
    assignments = Assignment.objects.bulk_create(
        AssignmentFactory.build_batch(
            size, engagement=engagement, contact=provider, establishment=provider.establishment
        )
    )
    Action.objects.bulk_create(
        Action(engagement=engagement, kind=kind, assignment=row, label=row.label, position=place)
        for place, row in enumerate(assignments)
    )
    EngagementContact.objects.bulk_create(
        EngagementContact(engagement=engagement, contact=contact)
        for contact in ContactFactory.create_batch(size, organisation=engagement.beneficiary)
    )
    resources = Resource.objects.bulk_create(
        ResourceFactory.build_batch(
            size, engagement=engagement, document=DocumentFactory(contact=provider), note=""
        )
    )
    ResourceShare.objects.bulk_create(
        ResourceShare(resource=row, organisation=provider.organisation, shared_by=officer)
        for row in resources
    )
    for _ in range(size):
        MeetingFactory(engagement=engagement, contacts=[provider])
        DocumentRequestFactory(
            organisation=engagement.beneficiary, engagement=engagement, asked_by=officer
        )
