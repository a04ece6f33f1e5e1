"""Who is of a meeting follows who is of its engagement: leaving, and coming back (SPEC E4, E8)."""

from datetime import timedelta

import icalendar
import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.readable import changes
from ilo_cms.directory.contacts import edit_contact
from ilo_cms.directory.models import Contact
from ilo_cms.directory.moves import Move, change_structure
from ilo_cms.engagements.assignments import change_status
from ilo_cms.engagements.models import AssignmentStatus
from ilo_cms.engagements.parties import parties
from ilo_cms.engagements.path import edit_engagement
from ilo_cms.meetings import feeds
from ilo_cms.meetings.models import Act, Meeting, Participant
from ilo_cms.meetings.services import answer, cancel, move
from ilo_cms.notifications.attachments import parts_of
from ilo_cms.notifications.conditions import still_true
from ilo_cms.notifications.models import Notification
from tests.factories import (
    AssignmentFactory,
    ContactFactory,
    EngagementFactory,
    MeetingFactory,
    OfficerFactory,
    OrganisationFactory,
)
from tests.meetings.test_services import in_days


pytestmark = pytest.mark.django_db

WITHDRAWN = "meeting.withdrawn"


@pytest.fixture
def engagement():
    return EngagementFactory()


@pytest.fixture
def beneficiary(engagement):
    return ContactFactory(organisation=engagement.beneficiary)


@pytest.fixture
def assignment(engagement):
    return AssignmentFactory(engagement=engagement)


@pytest.fixture
def meeting(engagement, beneficiary, assignment):
    return MeetingFactory(
        engagement=engagement, contacts=[beneficiary, assignment.contact], confirmed=True
    )


def step(assignment, name: str) -> None:
    change_status(
        assignment=assignment,
        transition=name,
        acting_user=assignment.engagement.officer.user,
        reason="Budget refusé.",
    )


def told(kind: str) -> list:
    return [notice.recipient for notice in Notification.objects.filter(kind=kind)]


def event_of(notice: Notification):
    """The method and the event of what a mail carries for calendars."""
    parts = parts_of(notice)
    calendar = icalendar.Calendar.from_ical(parts[0].content)
    assert parts[0].media_type == f"text/calendar; method={calendar['METHOD']}"
    return str(calendar["METHOD"]), calendar.walk("VEVENT")[0]


def test_a_provider_whose_assignment_is_abandoned_loses_page_feed_and_file(
    sign_in, meeting, assignment
):
    contact = assignment.contact
    client = sign_in(contact.user, contact)
    pages = [reverse("meeting", args=[meeting.pk]), reverse("meeting_file", args=[meeting.pk])]
    assert [client.get(page).status_code for page in pages] == [200, 200]
    assert meeting.title in client.get(reverse("meetings")).content.decode()
    assert "VEVENT" in feeds.calendar_text(contact.user)
    step(assignment, "abandon")
    assert [client.get(page).status_code for page in pages] == [404, 404]
    assert meeting.title not in client.get(reverse("meetings")).content.decode()
    assert "VEVENT" not in feeds.calendar_text(contact.user)


def test_a_meeting_to_answer_leaves_the_home_page_and_takes_no_answer(engagement, assignment):
    contact = assignment.contact
    proposed = MeetingFactory(engagement=engagement, contacts=[contact])
    assert Meeting.objects.awaiting(contact).exists()
    step(assignment, "abandon")
    assert not Meeting.objects.awaiting(contact).exists()
    choices = dict.fromkeys(proposed.slots.all(), "oui")
    with pytest.raises(PermissionDenied, match="ne participe plus"):
        answer(meeting=proposed, choices=choices, acting_user=contact.user, acting_as=contact)


def test_who_leaves_is_told_once_and_their_calendar_drops_the_meeting(
    meeting, assignment, beneficiary
):
    step(assignment, "abandon")
    notice = Notification.objects.get(kind=WITHDRAWN)
    assert notice.recipient == assignment.contact.user
    assert notice.organisation_id == assignment.provider.pk
    assert notice.path == reverse("home")
    assert meeting.title in notice.text and "[" not in notice.text
    assert still_true(notice)
    method, event = event_of(notice)
    assert method == "CANCEL" and "STATUS" not in event
    assert event["ATTENDEE"] == f"mailto:{assignment.contact.user.email}"
    assert int(event["SEQUENCE"]) == 2
    assert "LOCATION" not in event and "URL" not in event and "DESCRIPTION" not in event


def test_those_who_stay_receive_the_people_anew(meeting, assignment, beneficiary):
    step(assignment, "abandon")
    assert told("meeting.edited") == [beneficiary.user]  # and not the officer, who acts
    notice = Notification.objects.get(kind="meeting.edited")
    assert "les personnes invitées" in notice.text and still_true(notice)
    method, event = event_of(notice)
    assert (method, int(event["SEQUENCE"])) == ("REQUEST", 2)
    assert event["ATTENDEE"] == f"mailto:{beneficiary.user.email}"
    meeting.refresh_from_db()
    assert meeting.last_act == Act.EDITED
    logged = AuditEvent.objects.get(action="meeting.edited")
    assert f"Ne participe plus : {assignment.contact}" in list(changes(logged))


def test_what_follows_is_not_told_to_who_left(engagement, meeting, assignment, beneficiary):
    step(assignment, "abandon")
    meeting.refresh_from_db()
    common = {"meeting": meeting, "acting_user": engagement.officer.user}
    move(moment=in_days(9), seen=2, **common)
    cancel(reason="Grève.", seen=3, **common)
    for kind in ("meeting.moved", "meeting.cancelled"):
        assert told(kind) == [beneficiary.user]


def test_a_mail_that_has_not_left_yet_stays_with_who_takes_part(meeting, assignment, engagement):
    """What was told while they took part no longer leaves; nor a withdrawal undone since."""
    move(moment=in_days(9), seen=1, meeting=meeting, acting_user=engagement.officer.user)
    moved = Notification.objects.get(kind="meeting.moved", recipient=assignment.contact.user)
    step(assignment, "abandon")
    assert not still_true(moved)
    withdrawn = Notification.objects.get(kind=WITHDRAWN)
    assert still_true(withdrawn)
    step(assignment, "resume")
    assert still_true(withdrawn)  # planned: not shown to the provider yet
    step(assignment, "engage")
    assert not still_true(withdrawn)


def test_who_is_back_receives_a_later_request_than_the_cancellation(sign_in, meeting, assignment):
    contact = assignment.contact
    for name in ("abandon", "resume", "engage"):
        step(assignment, name)
    notice = Notification.objects.get(kind="meeting.edited", recipient=contact.user)
    assert still_true(notice)
    method, event = event_of(notice)
    assert (method, int(event["SEQUENCE"])) == ("REQUEST", 3)
    assert f"mailto:{contact.user.email}" in event["ATTENDEE"]
    page = sign_in(contact.user, contact).get(reverse("meeting", args=[meeting.pk]))
    assert page.status_code == 200
    assert "VEVENT" in feeds.calendar_text(contact.user)
    logged = AuditEvent.objects.filter(action="meeting.edited").order_by("-sequence").first()
    assert f"Participe de nouveau : {contact}" in list(changes(logged))


def test_a_provider_with_another_assignment_at_work_stays(meeting, assignment, engagement):
    AssignmentFactory(engagement=engagement, contact=assignment.contact)
    step(assignment, "abandon")
    assert not told(WITHDRAWN) and not told("meeting.edited")
    assert Meeting.objects.known_to(assignment.contact).get() == meeting


def test_whoever_is_invited_in_another_capacity_too_is_not_told_that_they_left(
    engagement, assignment
):
    person = assignment.contact.user
    other = ContactFactory(user=person, organisation=engagement.beneficiary)
    MeetingFactory(engagement=engagement, contacts=[assignment.contact, other], confirmed=True)
    step(assignment, "abandon")
    assert not told(WITHDRAWN) and told("meeting.edited") == [person]


@pytest.mark.parametrize("case", ["over", "cancelled", "left", "closed account"])
def test_nothing_is_told_of_what_is_over_nor_to_who_is_gone(engagement, assignment, case):
    meeting = MeetingFactory(
        engagement=engagement,
        contacts=[assignment.contact],
        confirmed=True,
        slots=1,
        cancelled=case == "cancelled",
    )
    if case == "over":
        then = in_days(-2)
        meeting.slots.update(starts_at=then.starts_at, ends_at=then.ends_at)
    elif case == "left":
        assignment.contact.ended_on = "2026-03-01"
        assignment.contact.save()
    elif case == "closed account":
        assignment.contact.user.is_active = False
        assignment.contact.user.save()
    step(assignment, "abandon")
    assert not told(WITHDRAWN) and not told("meeting.edited")
    meeting.refresh_from_db()
    assert meeting.sequence == 1


def test_a_beneficiary_entered_by_mistake_leaves_too(meeting, engagement, beneficiary, assignment):
    other = OrganisationFactory(beneficiary=True)
    edit_engagement(
        engagement=engagement,
        values={"beneficiary": other},
        acting_user=engagement.officer.user,
    )
    assert told(WITHDRAWN) == [beneficiary.user]
    assert told("meeting.edited") == [assignment.contact.user]
    assert not Meeting.objects.known_to(beneficiary).exists()


def test_who_left_a_provider_keeps_what_its_engagement_page_keeps(engagement, assignment):
    """Their history, as long as the engagement is one of their organisation's (SPEC A7, E4)."""
    former = ContactFactory(organisation=assignment.provider, ended_on="2099-12-31")
    MeetingFactory(engagement=engagement, contacts=[assignment.contact], confirmed=True)
    former.refresh_from_db()
    assert Meeting.objects.known_to(former).exists()
    step(assignment, "abandon")
    assert not Meeting.objects.known_to(former).exists()


@pytest.mark.parametrize("status", AssignmentStatus.values)
def test_the_rows_say_what_the_list_of_parties_says(engagement, beneficiary, status):
    assignment = AssignmentFactory(engagement=engagement)
    meeting = MeetingFactory(engagement=engagement, contacts=[beneficiary, assignment.contact])
    type(assignment).objects.filter(pk=assignment.pk).update(status=status)
    of_rows = Participant.objects.with_party().filter(meeting=meeting, is_party=True)
    assert {each.organisation for each in of_rows} == set(parties(engagement))


# --- a person who leaves --------------------------------------------------------------------------


def leave(contact, on=None) -> None:
    """An officer enters the day on which a contact left, or takes it back."""
    edit_contact(
        contact=contact, values={"ended_on": on}, names={}, acting_user=OfficerFactory().user
    )


def today():
    return timezone.localdate()


@pytest.mark.parametrize("keeps_access", [True, False])
def test_who_leaves_an_organisation_leaves_its_coming_meetings(
    meeting, assignment, beneficiary, keeps_access
):
    contact = assignment.contact
    move = Move(
        organisation=OrganisationFactory(),
        establishment=None,
        function="",
        phone="",
        has_access=False,
        ended_on=today(),
        keeps_access=keeps_access,
    )
    change_structure(contact=contact, move=move, acting_user=OfficerFactory().user)
    notice = Notification.objects.get(kind=WITHDRAWN)
    assert notice.recipient == contact.user and still_true(notice)
    assert f"Vous avez quitté {contact.organisation}." in notice.text and "[" not in notice.text
    method, event = event_of(notice)
    assert (method, int(event["SEQUENCE"])) == ("CANCEL", 2)
    assert event["ATTENDEE"] == f"mailto:{contact.user.email}"
    stays = Notification.objects.get(kind="meeting.edited", recipient=beneficiary.user)
    assert event_of(stays)[1]["ATTENDEE"] == f"mailto:{beneficiary.user.email}"
    assert contact.user not in told("meeting.edited")


def test_who_never_had_an_account_is_not_written_to_when_they_leave(meeting, assignment):
    person = assignment.contact.user
    person.set_unusable_password()
    person.save()
    leave(assignment.contact, today())
    assert not told(WITHDRAWN)


def test_who_did_not_leave_after_all_is_invited_again(meeting, assignment):
    contact = assignment.contact
    leave(contact, today())
    leave(contact)
    withdrawn = Notification.objects.get(kind=WITHDRAWN)
    assert not still_true(withdrawn)
    notice = Notification.objects.get(kind="meeting.edited", recipient=contact.user)
    method, event = event_of(notice)
    assert (method, int(event["SEQUENCE"])) == ("REQUEST", 3)


def test_a_day_of_leaving_that_is_corrected_is_told_once(meeting, assignment):
    Contact.objects.update(created_at="2026-01-05T10:00:00Z")
    leave(assignment.contact, today())
    leave(assignment.contact, today() - timedelta(days=1))
    assert len(told(WITHDRAWN)) == 1
    meeting.refresh_from_db()
    assert meeting.sequence == 2


def test_who_leaves_an_organisation_that_left_before_is_not_told_twice(meeting, assignment):
    step(assignment, "abandon")
    leave(assignment.contact, today())
    assert len(told(WITHDRAWN)) == 1
