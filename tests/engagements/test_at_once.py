"""Two acts on one engagement at the same moment: one happens, the other is told (SPEC E1, E3)."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from ilo_cms.engagements.assignments import change_status
from ilo_cms.engagements.models import StageEntry, StatusEntry
from ilo_cms.engagements.path import close_engagement, current_entry, enter_stage
from ilo_cms.engagements.resources import share_resource
from ilo_cms.evaluations.services import evaluations as services
from ilo_cms.meetings.edits import edit
from ilo_cms.meetings.models import Meeting
from ilo_cms.meetings.reminders import remind
from ilo_cms.meetings.services import cancel
from ilo_cms.notifications.models import Notification
from tests.engagements.helpers import ready, started
from tests.evaluations.factories import EvaluationFactory
from tests.factories import ContactFactory, MeetingFactory, OfficerFactory, ResourceFactory
from tests.moderation.helpers import at_once


pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def engagement():
    return started()


@pytest.fixture
def colleague(engagement):
    return OfficerFactory(operator=engagement.operator).user


def test_two_officers_move_one_stage(engagement, colleague):
    seen = str(current_entry(engagement).pk)
    today = timezone.localdate()

    def to(stage, user):
        return lambda: enter_stage(
            engagement=engagement, stage=stage, entered_on=today, seen=seen, acting_user=user
        )

    refusals = at_once(
        to("diagnostic", engagement.officer.user), to("plan", colleague), ValidationError
    )
    assert [error.code for error in refusals] == ["changed"]
    assert StageEntry.objects.filter(engagement=engagement).count() == 2
    ranks = StageEntry.objects.filter(engagement=engagement).values_list("rank", flat=True)
    assert len(set(ranks)) == 2


def test_engaging_and_abandoning_at_once(engagement, colleague):
    assignment = ready(engagement)
    before = StatusEntry.objects.filter(assignment=assignment).count()
    refusals = at_once(
        lambda: change_status(
            assignment=assignment, transition="tender", acting_user=engagement.officer.user
        ),
        lambda: change_status(assignment=assignment, transition="tender", acting_user=colleague),
        ValidationError,
    )
    assert [error.code for error in refusals] == ["changed"]
    assert StatusEntry.objects.filter(assignment=assignment).count() == before + 1


def test_a_closing_and_a_stage_at_once(engagement, colleague):
    seen, today = str(current_entry(engagement).pk), timezone.localdate()
    at_once(
        lambda: close_engagement(
            engagement=engagement,
            closed_on=today,
            reason="Terminé.",
            acting_user=engagement.officer.user,
        ),
        lambda: enter_stage(
            engagement=engagement, stage="plan", entered_on=today, seen=seen, acting_user=colleague
        ),
        Exception,
    )
    engagement.refresh_from_db()
    last = current_entry(engagement)
    assert not engagement.closed_on or last.entered_on <= engagement.closed_on


def test_one_share_and_one_sharing(engagement, colleague):
    resource = ResourceFactory(engagement=engagement)
    party, mine = engagement.beneficiary, engagement.officer.user
    acts = [
        lambda user=user: share_resource(resource=resource, organisation=party, acting_user=user)
        for user in (mine, colleague)
    ]
    assert at_once(*acts, Exception) == []
    assert resource.shares.count() == 1
    assignment = ready(engagement)
    evaluation = EvaluationFactory(assignment=assignment, finished=True)
    ContactFactory(organisation=evaluation.provider)
    acts = [
        lambda user=user: services.share(evaluation=evaluation, acting_user=user)
        for user in (mine, colleague)
    ]
    assert len(at_once(*acts, Exception)) == 1


def test_an_edit_and_a_cancellation_of_a_meeting(engagement, colleague):
    contact = ContactFactory(organisation=engagement.beneficiary)
    meeting = MeetingFactory(engagement=engagement, contacts=[contact])
    mine = engagement.officer.user
    refusals = at_once(
        lambda: edit(meeting=meeting, values={"title": "Bilan"}, seen=0, acting_user=mine),
        lambda: cancel(meeting=meeting, reason="Grève", seen=0, acting_user=colleague),
        ValidationError,
    )
    assert [error.code for error in refusals] == ["changed"]
    row = Meeting.objects.get(pk=meeting.pk)
    assert row.sequence == 1 and (row.title == "Bilan") != bool(row.cancelled_at)
    kinds = {"meeting.edited", "meeting.cancelled"}
    assert Notification.objects.filter(kind__in=kinds, recipient=contact.user).count() == 1


def test_two_workers_remind_of_a_meeting_once(engagement):
    contact = ContactFactory(organisation=engagement.beneficiary)
    meeting = MeetingFactory(engagement=engagement, contacts=[contact], confirmed=True)
    eve = meeting.chosen.starts_at - timedelta(days=1)
    acts = [lambda: remind(key=meeting.pk, now=eve)] * 2
    assert at_once(*acts, Exception) == []
    told = Notification.objects.filter(kind="meeting.reminded", recipient=contact.user)
    assert told.count() == 1
