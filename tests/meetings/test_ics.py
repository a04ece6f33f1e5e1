"""The calendars that leave, read by another parser than the one that wrote them (RFC 5545)."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
import vobject
from django.core import mail
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from ilo_cms.accounts.models import User
from ilo_cms.meetings.ics import Event, clean, clean_name, feed_of, invitation_of
from ilo_cms.meetings.models import Answer, Meeting, Participant, Slot
from ilo_cms.meetings.services import Moment, answer, cancel, confirm, move
from ilo_cms.notifications.delivery import deliver
from ilo_cms.notifications.models import OutboxMessage
from tests.factories import (
    AssignmentFactory,
    ContactFactory,
    EngagementFactory,
    MeetingFactory,
    OfficerFactory,
)


START = datetime(2027, 3, 27, 23, 30, tzinfo=UTC)


def an_event(**fields) -> Event:
    return Event(
        **{
            "key": "cle",
            "title": "Point d’étape",
            "starts_at": START,
            "ends_at": START + timedelta(hours=2),
            "changed_at": START,
        }
        | fields
    )


def check_form(text: str) -> None:
    """What every reader relies on: CRLF, lines of 75 octets at most, no control character."""
    octets = text.encode()
    assert octets.endswith(b"END:VCALENDAR\r\n")
    lines = octets.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert not any(octet < 32 and octet != 9 for line in lines for octet in line)
    for line in lines:
        line.decode()  # no character is cut in two


def read(text: str):
    """The one event of a calendar, as vobject reads it."""
    check_form(text)
    icalendar.Calendar.from_ical(text)
    return vobject.readOne(text)


NASTY = [
    "Gouvernance, budget ; suite \\ fin: 50 %",
    "Réunion 👩🏽‍💻🎉 " + "é" * 80,
    "BEGIN:VEVENT\r\nSUMMARY:faux",
    "tabulation\tet \x00 nul \x1b échappement",
    "ligne \u2028 séparée \x85 autrement",
    '"entre guillemets" ^n ^',
    "\\n n’est pas un saut",
]


@pytest.mark.parametrize("text", NASTY)
def test_nasty_texts_come_back_as_they_were(text):
    event = read(feed_of([an_event(title=text, place=text, description=text)])).vevent
    assert event.summary.value == " ".join(clean(text).split())
    assert event.location.value == clean(text)
    assert event.description.value == clean(text)


@settings(max_examples=60)
@given(st.text(max_size=200), st.text(max_size=400), st.integers(0, 400_000))
def test_any_text_and_time_come_back(title, description, minutes):
    start = START + timedelta(minutes=minutes)
    event = an_event(
        title=title, description=description, starts_at=start, ends_at=start + timedelta(minutes=1)
    )
    found = read(feed_of([event])).vevent
    assert found.summary.value == " ".join(clean(title).split())
    shown = found.description.value if "description" in found.contents else ""
    assert shown == clean(description)
    assert (found.dtstart.value, found.dtend.value) == (start, start + timedelta(minutes=1))


def test_an_empty_feed_is_a_calendar():
    check_form(feed_of([]))
    assert "BEGIN:VEVENT" not in feed_of([])


def test_tentative_events_do_not_keep_anybody_busy():
    event = read(feed_of([an_event(is_tentative=True)])).vevent
    assert (event.status.value, event.transp.value) == ("TENTATIVE", "TRANSPARENT")


# --- invitations ------------------------------------------------------------------------------


@pytest.fixture
def meeting(db):
    engagement = EngagementFactory()
    contact = ContactFactory(
        organisation=engagement.beneficiary,
        user__first_name='Zoé "Zaza"',
        user__last_name="O’Brien; d’Été, 🎈",
    )
    provider = AssignmentFactory(engagement=engagement).contact
    silent = ContactFactory(organisation=engagement.beneficiary, user__no_email=True)
    return MeetingFactory(
        engagement=engagement, contacts=[contact, provider, silent], title="Point, étape"
    )


def sent_to(user) -> list:
    """Deliver what waits; the calendar texts sent to a person, oldest first."""
    for pk in OutboxMessage.objects.filter(sent_at=None).values_list("pk", flat=True):
        deliver(str(pk))
    mails = [found for found in mail.outbox if found.to == [user.email]]
    return [
        text
        for found in mails
        for text, kind in found.alternatives
        if kind.startswith("text/calendar")
    ]


def test_the_life_of_a_meeting_in_a_calendar(meeting):
    """One UID; SEQUENCE rises; REQUEST, REQUEST, CANCEL; then nothing is left out or added."""
    officer = meeting.organiser.user
    person = in_order(meeting)[0].user
    slot = meeting.slots.first()
    confirm(meeting=meeting, slot=slot, seen=0, acting_user=officer)
    (first,) = sent_to(person)
    start = timezone.now().replace(microsecond=0) + timedelta(days=30)
    moment = Moment(start, start + timedelta(hours=1))
    move(meeting=meeting, moment=moment, seen=1, acting_user=officer)
    second = sent_to(person)[1]
    cancel(meeting=meeting, reason="Report.", seen=2, acting_user=officer)
    third = sent_to(person)[2]
    calendars = [read(text) for text in (first, second, third)]
    assert [found.method.value for found in calendars] == ["REQUEST", "REQUEST", "CANCEL"]
    events = [found.vevent for found in calendars]
    assert {event.uid.value for event in events} == {f"{meeting.pk}@testserver"}
    assert [event.sequence.value for event in events] == ["1", "2", "3"]
    assert [event.status.value for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [event.dtstart.value for event in events] == [slot.starts_at, start, start]
    assert events[0].summary.value == "Point, étape"
    assert events[0].organizer.value == f"mailto:{officer.email}"
    assert b"DTSTART:" in first.encode() and "Z\r\n" in first  # UTC, no zone to describe


def test_who_is_named_and_what_they_answered(meeting):
    contact, provider, _ = [participant.contact for participant in in_order(meeting)]
    slot = meeting.slots.first()
    answer(
        meeting=meeting, choices={slot: "si_besoin"}, acting_user=contact.user, acting_as=contact
    )
    confirm(meeting=meeting, slot=slot, seen=0, acting_user=meeting.organiser.user)
    event = read(invitation_of(Meeting.objects.with_people().get())[1]).vevent
    attendees = {found.value: found.params for found in event.attendee_list}
    assert set(attendees) == {f"mailto:{contact.user.email}", f"mailto:{provider.user.email}"}
    mine = attendees[f"mailto:{contact.user.email}"]
    assert mine["PARTSTAT"] == ["TENTATIVE"]
    assert mine["CN"] == [clean_name(str(contact.user))] == ["Zoé ”Zaza” O’Brien; d’Été, 🎈"]
    assert attendees[f"mailto:{provider.user.email}"]["PARTSTAT"] == ["NEEDS-ACTION"]


def in_order(meeting):
    """Participants as the fixture named them."""
    rows = Participant.objects.filter(meeting=meeting)
    return sorted(rows, key=lambda row: ("Zaza" not in str(row), not row.user.email))


def test_a_mail_holds_both_texts_and_the_calendar(meeting):
    person = in_order(meeting)[0].user
    confirm(meeting=meeting, slot=meeting.slots.first(), seen=0, acting_user=meeting.organiser.user)
    sent_to(person)
    (found,) = [each for each in mail.outbox if each.to == [person.email]]
    parts = {part.get_content_type(): part for part in found.message().walk()}
    assert {"text/plain", "text/html", "text/calendar", "application/ics"} <= set(parts)
    calendar = parts["text/calendar"]
    assert calendar.get_param("method") == "REQUEST" and calendar.get_param("charset") == "utf-8"
    shown = calendar.get_payload(decode=True).decode().replace("\r\n", "\n")
    file = parts["application/ics"].get_payload(decode=True).decode()
    assert shown == file.replace("\r\n", "\n")
    assert parts["application/ics"].get_filename() == "rendez-vous.ics"
    read(file)


def test_a_proposal_puts_nothing_into_calendars_nor_does_its_cancellation(meeting):
    person = in_order(meeting)[0].user
    cancel(meeting=meeting, reason="x", seen=0, acting_user=meeting.organiser.user)
    assert sent_to(person) == [] and len(mail.outbox) == 2  # nobody without address


def test_an_overtaken_mail_does_not_leave(meeting):
    officer, person = meeting.organiser.user, in_order(meeting)[0].user
    confirm(meeting=meeting, slot=meeting.slots.first(), seen=0, acting_user=officer)
    cancel(meeting=meeting, reason="x", seen=1, acting_user=officer)
    assert len(sent_to(person)) == 1
    moot = OutboxMessage.objects.filter(recipient=person, notice__kind="meeting.confirmed").get()
    assert moot.is_moot and "a changé" in moot.last_error


def test_who_left_before_the_mail_does_gets_none(meeting):
    participant = in_order(meeting)[0]
    confirm(meeting=meeting, slot=meeting.slots.first(), seen=0, acting_user=meeting.organiser.user)
    participant.contact.ended_on = timezone.localdate()
    participant.contact.save()
    assert sent_to(participant.user) == []
    assert OutboxMessage.objects.get(recipient=participant.user).is_moot


def test_the_answer_of_the_slot_kept_is_told_not_another(meeting):
    participant = in_order(meeting)[0]
    first, second = meeting.slots.all()
    Answer.objects.create(participant=participant, slot=first, choice="non")
    Answer.objects.create(participant=participant, slot=second, choice="oui")
    confirm(meeting=meeting, slot=second, seen=0, acting_user=meeting.organiser.user)
    text = invitation_of(Meeting.objects.with_people().get())[1].replace("\r\n ", "")
    assert "PARTSTAT=ACCEPTED" in text and "DECLINED" not in text


def test_an_organiser_without_address_is_left_out(db):
    officer = OfficerFactory()
    meeting = MeetingFactory(
        engagement__officer=officer, confirmed=True, officers=[OfficerFactory()]
    )
    User.objects.filter(pk=officer.user.pk).update(email=None)
    text = invitation_of(Meeting.objects.with_people().get(pk=meeting.pk))[1]
    assert "ORGANIZER" not in text and Slot.objects.count() == 2
