"""Two acts on one engagement at the same moment: one happens, the other is told (SPEC E1, E3)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from ilo_cms.directory.models import Organisation
from ilo_cms.document_requests.services import ask
from ilo_cms.engagements.assignments import change_status, create_assignment
from ilo_cms.engagements.models import CONSULTING, Engagement, StageEntry, StatusEntry
from ilo_cms.engagements.path import (
    close_engagement,
    current_entry,
    enter_stage,
    open_engagement,
)
from ilo_cms.engagements.plan import add_action
from ilo_cms.engagements.resources import deposit_resource, share_resource
from ilo_cms.evaluations.services import evaluations as services
from ilo_cms.meetings.edits import edit
from ilo_cms.meetings.models import Meeting
from ilo_cms.meetings.reminders import remind
from ilo_cms.meetings.services import Moment, cancel, propose
from ilo_cms.notifications.models import Notification
from tests.engagements.helpers import planned, ready, started
from tests.evaluations.factories import EvaluationFactory
from tests.factories import (
    ActionTypeFactory,
    AssignmentFactory,
    ContactFactory,
    DocumentRequestFactory,
    DocumentTypeFactory,
    MeetingFactory,
    OfficerFactory,
    ResourceFactory,
)
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


def test_one_form_that_opens_an_engagement_sent_twice_at_once(engagement, colleague):
    """By the same officer, and by a colleague on the same screen: one engagement, one beneficiary.

    The second waits for the log's lock, then finds what the first made.
    """
    key, today = uuid4(), timezone.localdate()

    def opening(user):
        return lambda: open_engagement(
            key=key,
            beneficiary=Organisation(siren="732829320", name="Les Jardins partagés"),
            title="Gouvernance",
            opened_on=today,
            acting_user=user,
        )

    assert at_once(opening(engagement.officer.user), opening(colleague), Exception) == []
    assert Engagement.objects.get(pk=key).stage_entries.count() == 1
    assert Organisation.objects.filter(siren="732829320").count() == 1


def test_two_forms_with_one_new_beneficiary_at_once(engagement, colleague):
    today = timezone.localdate()

    def opening(user):
        return lambda: open_engagement(
            key=uuid4(),
            beneficiary=Organisation(siren="732829320", name="Les Jardins partagés"),
            title="Gouvernance",
            opened_on=today,
            acting_user=user,
        )

    assert at_once(opening(engagement.officer.user), opening(colleague), Exception) == []
    assert Organisation.objects.get(siren="732829320").engagements.count() == 2


@pytest.mark.parametrize("code", [CONSULTING, "autre"])
def test_one_form_that_adds_a_line_sent_twice_at_once(engagement, colleague, code):
    key, kind = uuid4(), ActionTypeFactory(code=code)

    def adding(user):
        return lambda: add_action(
            key=key, engagement=engagement, kind=kind, label="Gouvernance", acting_user=user
        )

    assert at_once(adding(engagement.officer.user), adding(colleague), Exception) == []
    assert engagement.actions.count() == 1
    assert engagement.assignments.count() == (code == CONSULTING)


def test_two_lines_at_once_each_have_their_place(engagement, colleague):
    kind = ActionTypeFactory()

    def adding(user):
        return lambda: add_action(
            key=uuid4(), engagement=engagement, kind=kind, label="Réseau", acting_user=user
        )

    assert at_once(adding(engagement.officer.user), adding(colleague), Exception) == []
    assert sorted(engagement.actions.values_list("position", flat=True)) == [0, 1]


@pytest.mark.parametrize("name", ["engagement", "line", "consulting line", "assignment"])
def test_a_key_of_something_else_is_refused_in_words(engagement, name):
    """Such as a form left open while somebody else signed in: never a broken page."""
    kind = ActionTypeFactory(code=CONSULTING if name == "consulting line" else "autre")
    officer, elsewhere = engagement.officer.user, started()
    mine = AssignmentFactory(engagement=engagement)  # without a line, as the legacy ones
    foreign = planned(elsewhere)
    makers = {
        "engagement": lambda: open_engagement(
            key=elsewhere.pk,
            beneficiary=engagement.beneficiary,
            title="Gouvernance",
            opened_on=timezone.localdate(),
            acting_user=officer,
        ),
        "line": lambda: add_action(
            key=foreign.action.pk,
            engagement=engagement,
            kind=kind,
            label="Réseau",
            acting_user=officer,
        ),
        "consulting line": lambda: add_action(
            key=mine.pk, engagement=engagement, kind=kind, label="Réseau", acting_user=officer
        ),
        "assignment": lambda: create_assignment(
            key=foreign.pk, engagement=engagement, label="Réseau", acting_user=officer
        ),
    }
    with pytest.raises(ValidationError, match="n’est plus la bonne") as refused:
        makers[name]()
    assert refused.value.code == "changed"


@pytest.mark.parametrize("name", ["meeting", "resource", "documents"])
def test_so_is_that_of_what_an_engagement_holds(engagement, colleague, name):
    contact = ContactFactory(organisation=engagement.beneficiary)
    resource = ResourceFactory(engagement=started())
    officer = engagement.officer.user
    asked = DocumentRequestFactory(organisation=engagement.beneficiary, asked_by=colleague)
    meeting = Meeting(pk=MeetingFactory().pk, engagement=engagement, title="Bilan")
    tomorrow = timezone.now() + timedelta(days=1)
    makers = {
        "meeting": lambda: propose(
            meeting=meeting,
            moments=[Moment(tomorrow, tomorrow + timedelta(hours=1))],
            contacts=[contact],
            officers=[],
            acting_user=officer,
        ),
        "resource": lambda: deposit_resource(
            key=resource.pk,
            engagement=engagement,
            title="Compte rendu",
            note="Voir plus tard.",
            acting_user=officer,
        ),
        "documents": lambda: ask(
            key=asked.pk,
            organisation=engagement.beneficiary,
            types=[DocumentTypeFactory()],
            message="",
            due_on=timezone.localdate(tomorrow),
            acting_user=officer,
        ),
    }
    with pytest.raises(ValidationError, match="n’est plus la bonne") as refused:
        makers[name]()
    assert refused.value.code == "changed"
