"""Proposing, answering, fixing, moving and cancelling a meeting (SPEC E8)."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from ilo_cms.audit.models import AuditEvent
from ilo_cms.engagements.models import AssignmentStatus
from ilo_cms.meetings.models import Answer, Meeting, Slot, State
from ilo_cms.meetings.services import Moment, answer, cancel, confirm, move, propose
from ilo_cms.notifications.models import Notification
from tests.factories import (
    AssignmentFactory,
    ContactFactory,
    EngagementFactory,
    MeetingFactory,
    OfficerFactory,
)


pytestmark = pytest.mark.django_db


@pytest.fixture
def engagement():
    return EngagementFactory()


@pytest.fixture
def beneficiary(engagement):
    return ContactFactory(organisation=engagement.beneficiary)


@pytest.fixture
def provider(engagement):
    return AssignmentFactory(engagement=engagement).contact


def in_days(days: float, minutes: int = 60) -> Moment:
    start = timezone.now().replace(microsecond=0) + timedelta(days=days)
    return Moment(start, start + timedelta(minutes=minutes))


def a_proposal(engagement, *, contacts=(), officers=(), moments=None, user=None, **fields):
    return propose(
        meeting=Meeting(engagement=engagement, title="Point d’étape", **fields),
        moments=[in_days(7), in_days(8)] if moments is None else moments,
        contacts=contacts,
        officers=officers,
        acting_user=user or engagement.officer.user,
    )


def told(kind: str) -> set:
    return {notice.recipient for notice in Notification.objects.filter(kind=kind)}


def choose(meeting, contact, choice="oui"):
    slots = dict.fromkeys(Slot.objects.filter(meeting=meeting), choice)
    user = contact.user
    return answer(meeting=meeting, choices=slots, acting_user=user, acting_as=contact)


def test_a_proposal_reaches_both_sides_and_colleagues(engagement, beneficiary, provider):
    colleague = OfficerFactory(operator=engagement.operator)
    meeting = a_proposal(engagement, contacts=[beneficiary, provider], officers=[colleague])
    assert meeting.state == State.PROPOSED
    assert told("meeting.proposed") == {beneficiary.user, provider.user, colleague.user}
    notices = Notification.objects.in_bulk(field_name="pk").values()
    capacities = {notice.recipient: (notice.organisation_id, notice.path) for notice in notices}
    page = f"/rendez-vous/{meeting.pk}/"
    assert capacities[beneficiary.user] == (engagement.beneficiary.pk, page)
    assert capacities[provider.user] == (provider.organisation.pk, page)
    assert capacities[colleague.user][0] is None
    assert AuditEvent.objects.get(action="meeting.proposed").target_id == str(meeting.pk)


@pytest.mark.parametrize(
    ("moments", "reason"),
    [
        ([], "au moins un créneau"),
        ([in_days(-1)], "est passée"),
        ([in_days(0, 60)], "est passée"),
        ([in_days(3, -60)], "doit suivre"),
        ([in_days(3, 0)], "doit suivre"),
        ([in_days(3)] * 2, "deux fois"),
        ([in_days(day) for day in range(1, 12)], "10 créneaux au plus"),
    ],
)
def test_slots_that_cannot_be(engagement, beneficiary, moments, reason):
    with pytest.raises(ValidationError, match=reason):
        a_proposal(engagement, contacts=[beneficiary], moments=moments)
    assert not Meeting.objects.exists() and not Notification.objects.exists()


def strangers(engagement):
    there = {"organisation": engagement.beneficiary}
    yield "elsewhere", ContactFactory()
    yield "left", ContactFactory(former=True, **there)
    yield "closed account", ContactFactory(user__is_active=False, **there)
    yield (
        "inactive",
        AssignmentFactory(engagement=engagement, contact__organisation__inactive=True).contact,
    )
    yield (
        "of an abandoned assignment",
        AssignmentFactory(engagement=engagement, status=AssignmentStatus.ABANDONED).contact,
    )


def test_who_is_not_of_the_engagement_is_not_invited(engagement, beneficiary):
    for case, contact in strangers(engagement):
        with pytest.raises(ValidationError, match="ne peut pas être invité"):
            a_proposal(engagement, contacts=[beneficiary, contact])
            pytest.fail(case)
    for officer in (OfficerFactory(), OfficerFactory(operator=engagement.operator, gone=True)):
        with pytest.raises(ValidationError, match="ne peut pas être invité"):
            a_proposal(engagement, officers=[officer])
    with pytest.raises(ValidationError, match="au moins une personne"):
        a_proposal(engagement, officers=[engagement.officer])
    assert not Meeting.objects.exists()


def test_only_the_team_proposes_and_not_for_what_is_closed(engagement, beneficiary):
    for user in (OfficerFactory().user, beneficiary.user):
        with pytest.raises(PermissionDenied):
            a_proposal(engagement, contacts=[beneficiary], user=user)
    for days in (1, 0):  # closed is closed, be it today
        engagement.closed_on = timezone.localdate() - timedelta(days=days)
        with pytest.raises(PermissionDenied, match="clos"):
            a_proposal(engagement, contacts=[beneficiary])


def test_the_assignment_is_of_the_engagement(engagement, beneficiary):
    with pytest.raises(ValidationError, match="autre accompagnement"):
        a_proposal(engagement, contacts=[beneficiary], assignment=AssignmentFactory())


def test_answers_change_until_the_date_is_fixed(engagement, beneficiary):
    meeting = MeetingFactory(engagement=engagement, contacts=[beneficiary])
    assert choose(meeting, beneficiary, "oui")
    assert not choose(meeting, beneficiary, "oui")  # nothing new: neither logged nor told
    assert choose(meeting, beneficiary, "si_besoin")
    assert set(Answer.objects.values_list("choice", flat=True)) == {"si_besoin"}
    assert Notification.objects.filter(kind="meeting.answered").count() == 2
    assert AuditEvent.objects.filter(action="meeting.answered").count() == 2
    assert told("meeting.answered") == {engagement.officer.user}
    slot = Slot.objects.filter(meeting=meeting)[0]
    confirm(meeting=meeting, slot=slot, seen=0, acting_user=engagement.officer.user)
    with pytest.raises(PermissionDenied, match="déjà fixée"):
        choose(meeting, beneficiary, "non")


def test_who_may_not_answer(engagement, beneficiary):
    meeting = MeetingFactory(engagement=engagement, contacts=[beneficiary])
    colleague = ContactFactory(organisation=engagement.beneficiary)
    with pytest.raises(PermissionDenied, match="personnes invitées"):
        choose(meeting, colleague)
    slots = dict.fromkeys(Slot.objects.all(), "oui")
    with pytest.raises(PermissionDenied):  # somebody else's capacity
        answer(meeting=meeting, choices=slots, acting_user=colleague.user, acting_as=beneficiary)
    with pytest.raises(ValidationError, match="n’est pas proposée"):
        choose(meeting, beneficiary, "peut-être")
    foreign = dict.fromkeys(MeetingFactory().slots.all(), "oui")
    with pytest.raises(ValidationError, match="n’est pas proposée"):
        answer(
            meeting=meeting, choices=foreign, acting_user=beneficiary.user, acting_as=beneficiary
        )
    beneficiary.ended_on = timezone.localdate()
    beneficiary.save()
    with pytest.raises(PermissionDenied, match="quitté"):
        choose(meeting, beneficiary)
    assert not Answer.objects.exists()


def test_a_colleague_answers_as_an_officer(engagement):
    colleague = OfficerFactory(operator=engagement.operator)
    meeting = MeetingFactory(engagement=engagement, officers=[colleague])
    slots = dict.fromkeys(Slot.objects.all(), "oui")
    assert answer(meeting=meeting, choices=slots, acting_user=colleague.user)
    with pytest.raises(PermissionDenied):
        answer(meeting=meeting, choices=slots, acting_user=engagement.officer.user)


def test_of_two_officers_the_second_is_told(engagement, beneficiary):
    meeting = MeetingFactory(engagement=engagement, contacts=[beneficiary])
    first, second = Slot.objects.filter(meeting=meeting)
    colleague = OfficerFactory(operator=engagement.operator)
    confirm(meeting=meeting, slot=first, seen=0, acting_user=colleague.user)
    with pytest.raises(ValidationError, match=str(colleague.user)) as refused:
        confirm(meeting=meeting, slot=second, seen=0, acting_user=engagement.officer.user)
    assert refused.value.code == "changed"
    meeting.refresh_from_db()
    assert (meeting.chosen, meeting.sequence) == (first, 1)
    # The organiser learns what the colleague did; who acts is told nothing.
    assert told("meeting.confirmed") == {beneficiary.user, engagement.officer.user}
    with pytest.raises(ValidationError, match=f"{colleague.user} vient de fixer"):
        cancel(meeting=meeting, reason="x", seen=0, acting_user=engagement.officer.user)


def test_a_date_that_passed_or_is_foreign_is_not_fixed(engagement):
    meeting = MeetingFactory(engagement=engagement)
    officer = engagement.officer.user
    past = Slot.objects.create(
        meeting=meeting,
        starts_at=timezone.now() - timedelta(hours=2),
        ends_at=timezone.now() + timedelta(hours=2),
    )
    with pytest.raises(ValidationError, match="est passée"):
        confirm(meeting=meeting, slot=past, seen=0, acting_user=officer)
    foreign = MeetingFactory().slots.first()
    with pytest.raises(ValidationError, match="autre rendez-vous"):
        confirm(meeting=meeting, slot=foreign, seen=0, acting_user=officer)


def test_a_meeting_is_moved_then_cancelled(engagement, beneficiary):
    officer = engagement.officer.user
    meeting = MeetingFactory(engagement=engagement, contacts=[beneficiary], confirmed=True)
    new = in_days(20)
    move(meeting=meeting, moment=new, seen=1, acting_user=officer)
    meeting.refresh_from_db()
    assert (meeting.chosen.starts_at, meeting.sequence) == (new.starts_at, 2)
    with pytest.raises(ValidationError, match="déjà la date"):
        move(meeting=meeting, moment=new, seen=2, acting_user=officer)
    with pytest.raises(ValidationError, match="est passée"):
        move(meeting=meeting, moment=in_days(-2), seen=2, acting_user=officer)
    with pytest.raises(ValidationError, match="pourquoi"):
        cancel(meeting=meeting, reason="  ", seen=2, acting_user=officer)
    cancel(meeting=meeting, reason="Grève des trains.", seen=2, acting_user=officer)
    meeting.refresh_from_db()
    assert (meeting.state, meeting.sequence) == (State.CANCELLED, 3)
    for kind in ("meeting.moved", "meeting.cancelled"):
        assert told(kind) == {beneficiary.user}
    for act in (
        lambda: move(meeting=meeting, moment=in_days(9), seen=3, acting_user=officer),
        lambda: cancel(meeting=meeting, reason="x", seen=3, acting_user=officer),
    ):
        with pytest.raises(PermissionDenied, match="annulé"):
            act()


def test_another_team_changes_nothing(engagement):
    meeting = MeetingFactory(engagement=engagement, confirmed=True)
    other = OfficerFactory().user
    with pytest.raises(PermissionDenied):
        move(meeting=meeting, moment=in_days(9), seen=1, acting_user=other)
    with pytest.raises(PermissionDenied):
        cancel(meeting=meeting, reason="x", seen=1, acting_user=other)


def test_who_left_is_told_nothing_more(engagement, beneficiary, provider):
    meeting = MeetingFactory(engagement=engagement, contacts=[beneficiary, provider])
    beneficiary.ended_on = timezone.localdate()
    beneficiary.save()
    move(meeting=meeting, moment=in_days(9), seen=0, acting_user=engagement.officer.user)
    assert told("meeting.confirmed") == {provider.user}


def test_states_and_their_twin(engagement):
    now = timezone.now()
    meetings = {
        State.PROPOSED: MeetingFactory(),
        State.CONFIRMED: MeetingFactory(confirmed=True),
        State.CANCELLED: MeetingFactory(confirmed=True, cancelled=True),
        State.LAPSED: MeetingFactory(slots=1),
        State.HELD: MeetingFactory(slots=1, confirmed=True),
    }
    over = Slot.objects.filter(meeting__in=[meetings[State.LAPSED], meetings[State.HELD]])
    over.update(starts_at=now - timedelta(hours=3), ends_at=now - timedelta(hours=2))
    for state, meeting in meetings.items():
        assert Meeting.objects.get(pk=meeting.pk).state == state
        assert list(Meeting.objects.in_state(state)) == [meeting]
    ahead = {meetings[State.PROPOSED], meetings[State.CONFIRMED]}
    assert set(Meeting.objects.coming()) == ahead


def test_a_closed_account_is_told_nothing_more(engagement, beneficiary, provider):
    colleague = OfficerFactory(operator=engagement.operator)
    meeting = MeetingFactory(
        engagement=engagement, contacts=[beneficiary, provider], officers=[colleague]
    )
    for user in (beneficiary.user, colleague.user):
        user.is_active = False
        user.save()
    move(meeting=meeting, moment=in_days(9), seen=0, acting_user=engagement.officer.user)
    assert told("meeting.confirmed") == {provider.user}
