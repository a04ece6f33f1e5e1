"""The day before a meeting everyone is reminded of it: once, and never in vain (SPEC E8)."""

from datetime import UTC, datetime, timedelta

import pytest

from ilo_cms.audit.models import AuditEvent
from ilo_cms.meetings.models import Meeting, Slot
from ilo_cms.meetings.reminders import remind, remind_all
from ilo_cms.meetings.services import Moment, cancel, move
from ilo_cms.notifications.conditions import still_true
from ilo_cms.notifications.models import Notification
from tests.factories import ContactFactory, EngagementFactory, MeetingFactory, OfficerFactory


pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def engagement():
    return EngagementFactory()


@pytest.fixture
def contact(engagement):
    return ContactFactory(organisation=engagement.beneficiary)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fixed_at(start: datetime, engagement, **fields) -> Meeting:
    meeting = MeetingFactory(engagement=engagement, slots=1, confirmed=True, **fields)
    Slot.objects.filter(meeting=meeting).update(starts_at=start, ends_at=start + HOUR)
    return Meeting.objects.get(pk=meeting.pk)


def told() -> set:
    return {row.recipient for row in Notification.objects.filter(kind="meeting.reminded")}


@pytest.mark.parametrize(
    ("start", "first", "end"),
    [
        # winter: the eve in Paris is from 23:00 to 23:00 in UTC
        ("2030-01-15T09:00", "2030-01-13T23:00", "2030-01-14T23:00"),
        # a meeting at the first and at the last second of its day
        ("2030-01-14T23:00", "2030-01-13T23:00", "2030-01-14T23:00"),
        ("2030-01-15T22:59:59", "2030-01-13T23:00", "2030-01-14T23:00"),
        # the eve has 23 hours: clocks advance on 31 March 2030
        ("2030-04-01T08:00", "2030-03-30T23:00", "2030-03-31T22:00"),
        # the day itself has 23 hours
        ("2030-03-31T21:59:59", "2030-03-29T23:00", "2030-03-30T23:00"),
        # the eve has 25 hours: clocks go back on 27 October 2030
        ("2030-10-28T08:00", "2030-10-26T22:00", "2030-10-27T23:00"),
        # the day itself has 25 hours
        ("2030-10-27T22:59:59", "2030-10-25T22:00", "2030-10-26T22:00"),
    ],
)
def test_the_eve_to_the_second(engagement, contact, start, first, end):
    meeting = fixed_at(at(start), engagement, contacts=[contact])
    for early_or_late in (at(first) - SECOND, at(end), at(end) + SECOND):
        assert remind_all(early_or_late) == 0
        assert not remind(key=meeting.pk, now=early_or_late)
    assert not Notification.objects.exists()
    Meeting.objects.update(reminded_of=None)
    assert remind_all(at(end) - SECOND) == 1
    Meeting.objects.update(reminded_of=None)
    assert remind_all(at(first)) == 1
    Meeting.objects.update(reminded_of=None)
    assert remind_all(at(first) + SECOND) == 1


def test_everyone_is_told_once(engagement, contact):
    colleague = OfficerFactory(operator=engagement.operator)
    gone = ContactFactory(organisation=engagement.beneficiary, former=True)
    meeting = fixed_at(
        at("2030-05-15T09:00"), engagement, contacts=[contact, gone], officers=[colleague]
    )
    now = at("2030-05-14T05:00")
    assert [remind_all(now + hours * HOUR) for hours in range(10)] == [1] + [0] * 9
    assert not remind(key=meeting.pk, now=now)  # a second worker, which read before the first wrote
    assert told() == {contact.user, colleague.user, engagement.officer.user}
    assert Notification.objects.filter(kind="meeting.reminded").count() == 3
    assert AuditEvent.objects.filter(action="meeting.reminded").count() == 1
    notice = Notification.objects.get(recipient=contact.user)
    assert "15/05/2030 de 11:00 à 12:00" in notice.text and still_true(notice)
    before = (meeting.sequence, meeting.updated_at)
    meeting.refresh_from_db()
    assert (meeting.sequence, meeting.updated_at) == before  # calendars see no new revision


def test_neither_proposed_nor_cancelled(engagement, contact):
    start = at("2030-05-15T09:00")
    meeting = fixed_at(start, engagement, contacts=[contact])
    proposed = fixed_at(start, engagement, contacts=[contact])
    Meeting.objects.filter(pk=proposed.pk).update(chosen=None)
    cancel(meeting=meeting, reason="Grève", seen=1, acting_user=engagement.officer.user)
    now = at("2030-05-14T09:00")
    assert remind_all(now) == 0
    for key in (meeting.pk, proposed.pk):
        assert not remind(key=key, now=now)  # as if it was read a moment before
    assert not told()


def test_one_moved_is_reminded_of_on_its_new_eve(engagement, contact):
    meeting = fixed_at(at("2030-05-15T09:00"), engagement, contacts=[contact])
    assert remind_all(at("2030-05-14T05:00")) == 1
    stale = Notification.objects.get(kind="meeting.reminded", recipient=contact.user)

    def moved(start: datetime, seen: int) -> None:
        moment = Moment(start, start + HOUR)
        move(meeting=meeting, moment=moment, seen=seen, acting_user=engagement.officer.user)

    moved(at("2030-05-15T13:00"), 1)  # the same day: that it moved was told
    assert not still_true(stale)
    assert remind_all(at("2030-05-14T08:00")) == 0
    moved(at("2030-05-20T13:00"), 2)
    assert remind_all(at("2030-05-14T10:00")) == 0
    assert remind_all(at("2030-05-19T10:00")) == 1


def test_a_reminder_that_leaves_after_the_start_is_dropped(engagement, contact):
    meeting = fixed_at(at("2030-05-15T09:00"), engagement, contacts=[contact])
    remind_all(at("2030-05-14T05:00"))
    notice = Notification.objects.get(recipient=contact.user)
    then = at("2020-05-15T09:00")
    Slot.objects.filter(pk=meeting.chosen_id).update(starts_at=then, ends_at=then + HOUR)
    assert not still_true(notice)
