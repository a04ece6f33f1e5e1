"""SPEC A10 as a table: each kind of object of an engagement, by each role."""

from datetime import date

import pytest

from ilo_cms.engagements.models import (
    Action,
    Assignment,
    Budget,
    Engagement,
    EngagementContact,
    Resource,
    StageEntry,
)
from ilo_cms.engagements.resources import share_resource
from tests.engagements.helpers import full_engagement
from tests.factories import AssignmentFactory, ContactFactory, OfficerFactory, UserFactory
from tests.helpers.intranet import open_intranet


pytestmark = pytest.mark.django_db

QUERYSETS = {
    "engagement": Engagement.objects.visible_to,
    "engagement in full": Engagement.objects.read_by,
    "stage": StageEntry.objects.visible_to,
    "assignment": Assignment.objects.visible_to,
    "assignment in full": Assignment.objects.read_by,
    "planned assignment": Assignment.objects.visible_to,
    "action": Action.objects.visible_to,
    "carried action": Action.objects.visible_to,
    "beneficiary's contact": EngagementContact.objects.visible_to,
    "unshared resource": Resource.objects.visible_to,
    "shared resource": Resource.objects.visible_to,
}
ROLES = [
    "team",
    "gone",
    "elsewhere",
    "administrator",
    "provider",
    "other provider",
    "provider of the other assignment",
    "former of the provider",
    "former before",
    "beneficiary",
    "other beneficiary",
    "analyst",
]
#               team gone else admin prov other plan former before benef other analyst
TABLE = {
    "engagement": "x . x x x . . x . x . .",
    "engagement in full": "x . . x . . . . . x . .",
    "stage": "x . . x . . . . . x . .",
    "assignment": "x . x x x . . x . x . .",
    "assignment in full": "x . . x x . . x . x . .",
    "planned assignment": "x . x x . . . . . x . .",
    "action": "x . . x . . . . . x . .",
    "carried action": "x . . x x . . x . x . .",
    "beneficiary's contact": "x . . x x . . x . x . .",
    "unshared resource": "x . . x . . . . . . . .",
    "shared resource": "x . . x x . . x . . . .",
}


@pytest.fixture
def world():
    """Objects by kind, and (user, contact) by role."""
    objects = full_engagement()
    engagement, assignment = objects["engagement"], objects["assignment"]
    provider = assignment.provider
    share_resource(
        resource=objects["shared resource"],
        organisation=provider,
        acting_user=engagement.officer.user,
    )
    objects["engagement in full"], objects["assignment in full"] = engagement, assignment
    staff = {
        "team": OfficerFactory(operator=engagement.operator).user,
        "gone": OfficerFactory(operator=engagement.operator, gone=True).user,
        "elsewhere": OfficerFactory().user,
        "administrator": UserFactory(administrator=True),
        "analyst": UserFactory(analyst=True),
    }
    contacts = {
        "provider": ContactFactory(organisation=provider),
        "other provider": AssignmentFactory().contact,
        "provider of the other assignment": objects["planned assignment"].contact,
        "former of the provider": ContactFactory(
            organisation=provider, ended_on=date(2099, 12, 31)
        ),
        "former before": ContactFactory(organisation=provider, ended_on=date(2025, 12, 31)),
        "beneficiary": objects["beneficiary's contact"].contact,
        "other beneficiary": ContactFactory(organisation__beneficiary=True),
    }
    people = {role: (open_intranet(user), None) for role, user in staff.items()}
    people |= {role: (contact.user, contact) for role, contact in contacts.items()}
    return objects, people


def test_the_table(world):
    objects, people = world
    for kind, cells in TABLE.items():
        expected = {role for role, cell in zip(ROLES, cells.split(), strict=True) if cell == "x"}
        for acting in (True, False):  # in one capacity, or in all that the person has
            found = {
                role
                for role in ROLES
                if QUERYSETS[kind](people[role][0], people[role][1] if acting else None)
                .filter(pk=objects[kind].pk)
                .exists()
            }
            assert found == expected, kind


def test_somebody_else_s_capacity_opens_nothing(world):
    objects, people = world
    stranger, _ = people["other provider"]
    _, contact = people["provider"]
    for kind, rows in QUERYSETS.items():
        assert not rows(stranger, contact).filter(pk=objects[kind].pk).exists(), kind


def test_a_capacity_without_access_reads_nothing(world):
    objects, people = world
    user, contact = people["beneficiary"]
    contact.has_access = False
    contact.save()
    for kind, rows in QUERYSETS.items():
        assert not rows(user, contact).filter(pk=objects[kind].pk).exists(), kind
        assert not rows(user).filter(pk=objects[kind].pk).exists(), kind


def test_one_capacity_does_not_show_what_the_other_reads(world):
    objects, people = world
    user, _ = people["provider"]
    elsewhere = ContactFactory(user=user)
    assert Assignment.objects.visible_to(user).exists()
    assert not Assignment.objects.visible_to(user, elsewhere).exists()
    assert not Resource.objects.visible_to(user, elsewhere).exists()


def test_the_team_and_administrators_see_a_budget(world):
    objects, people = world
    Budget.objects.create(operator=objects["engagement"].operator, year=2026, amount=1)
    found = {role for role in ROLES if Budget.objects.visible_to(people[role][0]).exists()}
    assert found == {"team", "administrator"}
