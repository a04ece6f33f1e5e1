"""Calendars as RFC 5545 and RFC 5546 want them: the invitation of a meeting, a person's feed.

Times are in UTC, so that no program needs to know when France changes its clocks.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import icalendar
from django.conf import settings
from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.meetings.models import Answer, Meeting


PARTICIPATION = {
    Answer.Choice.YES: "ACCEPTED",
    Answer.Choice.IF_NEEDED: "TENTATIVE",
    Answer.Choice.NO: "DECLINED",
}


@dataclass(frozen=True)
class Event:
    """One entry of a calendar. `key` names it for ever; `sequence` rises when it changes."""

    key: str
    title: str
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    sequence: int = 0
    place: str = ""
    description: str = ""
    path: str = ""
    is_tentative: bool = False


def clean(text: str) -> str:
    """A text without what a calendar cannot hold: control characters save line ends and tabs."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in text if sign in "\n\t" or not is_control(sign))


def is_control(sign: str) -> bool:
    """Whether a character is a control, a line end that is none in a calendar, or half a pair."""
    code = ord(sign)
    return code < 32 or 127 <= code < 160 or code in (0x2028, 0x2029) or 0xD800 <= code < 0xE000


def clean_name(name: str) -> str:
    """A name for a parameter, which holds neither lines nor double quotes."""
    return " ".join(clean(name).replace('"', "”").split())


def unique_id(key: str) -> str:
    """The identifier that an entry keeps for ever, in the form of an address."""
    return f"{key}@{urlsplit(settings.BASE_URL).hostname}"


def calendar(method: str) -> icalendar.Calendar:
    """An empty calendar of ours."""
    found = icalendar.Calendar()
    found.add("version", "2.0")
    found.add("prodid", "-//ILO//Rendez-vous//FR")
    found.add("calscale", "GREGORIAN")
    found.add("method", method)
    return found


def entry(event: Event, status: str = "") -> icalendar.Event:
    """One event in the library's terms."""
    found = icalendar.Event()
    found.add("uid", unique_id(event.key))
    found.add("sequence", event.sequence)
    found.add("dtstamp", event.changed_at.astimezone(UTC))
    found.add("last-modified", event.changed_at.astimezone(UTC))
    found.add("dtstart", event.starts_at.astimezone(UTC))
    found.add("dtend", event.ends_at.astimezone(UTC))
    found.add("summary", " ".join(clean(event.title).split()))
    if status:
        found.add("status", status)
    found.add("transp", "TRANSPARENT" if event.is_tentative else "OPAQUE")
    if event.place:
        found.add("location", clean(event.place))
    if event.description:
        found.add("description", clean(event.description))
    if event.path:
        found.add("url", settings.BASE_URL + event.path)
    return found


def feed_of(events: Iterable[Event]) -> str:
    """The text of a person's calendar."""
    found = calendar("PUBLISH")
    found.add("name", "ILO")
    found.add("x-wr-calname", "ILO")
    found.add("x-wr-timezone", settings.TIME_ZONE)
    for event in events:
        found.add_component(entry(event, "TENTATIVE" if event.is_tentative else "CONFIRMED"))
    return found.to_ical().decode()


def invitation_of(meeting: Meeting) -> tuple[str, str]:
    """The method and the text of what a mail asks of a calendar: to note a meeting, or drop it.

    The meeting was read `with_people` and its date is fixed. People without address are left out.
    """
    method = "CANCEL" if meeting.cancelled_at else "REQUEST"
    found = calendar(method)
    event = entry(fixed_event(meeting), "CANCELLED" if meeting.cancelled_at else "CONFIRMED")
    organiser = meeting.organiser.user
    if organiser.email:
        event.add("organizer", address_of(organiser))
    for participant in meeting.participants.all():
        if participant.is_valid and participant.user.email:
            attendee = address_of(participant.user)
            given = {each.slot_id: each.choice for each in participant.answers.all()}
            choice = given.get(meeting.chosen_id, "")
            attendee.params["PARTSTAT"] = PARTICIPATION.get(choice, "NEEDS-ACTION")
            attendee.params["ROLE"] = "REQ-PARTICIPANT"
            attendee.params["RSVP"] = "FALSE"
            event.add("attendee", attendee)
    found.add_component(event)
    return method, found.to_ical().decode()


def withdrawal_of(meeting: Meeting, user: User) -> tuple[str, str]:
    """As above, for one person who takes part no more in a meeting that goes on.

    Such an entry has no STATUS and names who is taken off (RFC 5546, 3.2.5); what the meeting is
    about is no longer theirs to read.
    """
    found = calendar("CANCEL")
    event = entry(replace(fixed_event(meeting), place="", description="", path=""))
    if meeting.organiser.user.email:
        event.add("organizer", address_of(meeting.organiser.user))
    event.add("attendee", address_of(user))
    found.add_component(event)
    return "CANCEL", found.to_ical().decode()


def address_of(user: User) -> icalendar.vCalAddress:
    """A person as calendars write one."""
    address = icalendar.vCalAddress(f"mailto:{user.email}")
    address.params["CN"] = clean_name(str(user))
    return address


def fixed_event(meeting: Meeting) -> Event:
    """A meeting whose date is fixed."""
    return Event(
        key=str(meeting.pk),
        title=meeting.title,
        starts_at=meeting.chosen.starts_at,
        ends_at=meeting.chosen.ends_at,
        changed_at=meeting.updated_at,
        sequence=meeting.sequence,
        place=meeting.place,
        description=described(meeting),
        path=reverse("meeting", args=[meeting.pk]),
    )


def proposed_events(meeting: Meeting) -> list[Event]:
    """One tentative event per slot of a meeting whose date is not fixed."""
    return [
        Event(
            key=f"{meeting.pk}-{slot.pk}",
            title=f"À confirmer : {meeting.title}",
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            changed_at=meeting.updated_at,
            sequence=meeting.sequence,
            place=meeting.place,
            description=described(meeting),
            path=reverse("meeting", args=[meeting.pk]),
            is_tentative=True,
        )
        for slot in meeting.slots.all()
        if not slot.is_past
    ]


def described(meeting: Meeting) -> str:
    """What the entry's text says: the engagement, then the agenda."""
    return f"{meeting.engagement.title}\n\n{meeting.agenda}".strip()
