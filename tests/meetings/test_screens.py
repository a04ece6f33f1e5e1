"""Meetings on the screens of the extranet and of the intranet (SPEC E4, E8)."""

from datetime import timedelta
from uuid import uuid4

import icalendar
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ilo_cms.engagements.panels import engagement_panels
from ilo_cms.meetings.ics import unique_id
from ilo_cms.meetings.models import Answer, Meeting, Slot, State
from ilo_cms.notifications.models import Notification
from tests.factories import (
    ContactFactory,
    EngagementFactory,
    MeetingFactory,
    OfficerFactory,
    UserFactory,
)
from tests.helpers.intranet import an_administrator, an_officer, as_, open_intranet


pytestmark = pytest.mark.django_db


@pytest.fixture
def contact():
    engagement = EngagementFactory()
    return ContactFactory(organisation=engagement.beneficiary)


@pytest.fixture
def meeting(contact):
    return MeetingFactory(
        engagement=contact.organisation.engagements.get(), contacts=[contact], title="Étape"
    )


def post(client, meeting, contact, **values):
    data = {"acting_as": str(contact.pk)} | values
    return client.post(reverse("meeting", args=[meeting.pk]), data)


def answers(meeting, choice="oui"):
    return {f"slot_{slot.pk}": choice for slot in Slot.objects.filter(meeting=meeting)}


# --- extranet ---------------------------------------------------------------------------------


def test_one_answers_and_changes_one_s_mind_on_the_page(sign_in, meeting, contact):
    client = sign_in(contact.user)
    assert "Des dates de rendez-vous attendent" in client.get("/").text
    for choice in ("oui", "si_besoin"):
        assert post(client, meeting, contact, **answers(meeting, choice)).status_code == 302
        page = client.get(reverse("meeting", args=[meeting.pk])).text
        assert page.count(f'value="{choice}"') == page.count("checked") == 2
    assert "Des dates de rendez-vous attendent" not in client.get("/").text
    assert post(client, meeting, contact).status_code == 422
    assert post(client, meeting, contact, **answers(meeting, "peut-être")).status_code == 422
    assert {row.choice for row in Answer.objects.all()} == {"si_besoin"}


def test_an_officer_who_is_a_contact_finds_what_that_contact_finds(meeting):
    officer = open_intranet(meeting.organiser.user)
    ContactFactory(user=officer)
    client = as_(officer)
    assert "Étape" not in client.get(reverse("meetings")).text
    assert client.get(reverse("meeting", args=[meeting.pk])).status_code == 404
    assert "Étape" in client.get(reverse("meeting:index")).text


def test_another_capacity_is_not_answered_for(sign_in, meeting, contact):
    other = ContactFactory(user=contact.user)
    client = sign_in(contact.user, contact)
    assert post(client, meeting, other, **answers(meeting)).status_code == 409
    client = sign_in(contact.user, other)
    assert client.get(reverse("meeting", args=[meeting.pk])).status_code == 404
    assert not Answer.objects.exists()


def test_who_left_sees_what_was_held_meanwhile_and_no_more(sign_in, meeting, contact):
    held = MeetingFactory(
        engagement=meeting.engagement, contacts=[contact], confirmed=True, slots=1, title="Tenu"
    )
    then = timezone.now() - timedelta(days=10)
    Slot.objects.filter(meeting=held).update(starts_at=then, ends_at=then + timedelta(hours=1))
    contact.ended_on = timezone.localdate() - timedelta(days=5)
    contact.save()
    client = sign_in(contact.user)
    page = client.get(reverse("meetings")).text
    assert "Tenu" in page and "Étape" not in page
    assert client.get(reverse("meeting", args=[meeting.pk])).status_code == 404
    assert client.get(reverse("meeting", args=[held.pk])).status_code == 200
    assert post(client, held, contact, **answers(held)).status_code == 403


def test_who_left_sees_no_meeting_that_was_cancelled(sign_in, meeting, contact):
    fields = {"engagement": meeting.engagement, "contacts": [contact], "slots": 1}
    dropped = MeetingFactory(confirmed=True, cancelled=True, title="Annulé", **fields)
    then = timezone.now() - timedelta(days=10)
    Slot.objects.filter(meeting=dropped).update(starts_at=then, ends_at=then + timedelta(hours=1))
    client = sign_in(contact.user)
    assert client.get(reverse("meeting", args=[dropped.pk])).status_code == 200
    contact.ended_on = timezone.localdate() - timedelta(days=5)
    contact.save()
    assert client.get(reverse("meeting", args=[dropped.pk])).status_code == 404


def test_the_queries_of_the_lists_do_not_grow(sign_in, contact):
    client = sign_in(contact.user)
    engagement = contact.organisation.engagements.get()

    def count(path):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    def more(number):
        people = [contact, ContactFactory(organisation=contact.organisation)]
        for _ in range(number):
            MeetingFactory(engagement=engagement, contacts=people)
            MeetingFactory(engagement=engagement, contacts=people, confirmed=True)

    more(1)
    paths = [reverse("meetings"), "/"]
    few = [count(path) for path in paths]
    more(10)
    assert [count(path) for path in paths] == few


# --- intranet ---------------------------------------------------------------------------------


@pytest.fixture
def officer(meeting):
    return an_officer(operator=meeting.engagement.operator)


def act(user, meeting, name, seen=0, **values):
    address = reverse("meeting:inspect", args=[meeting.pk])
    return as_(user).post(address, {"act": name, "seen": seen} | values)


def test_an_officer_fixes_moves_and_cancels(meeting, officer):
    slot = meeting.slots.first()
    assert act(officer, meeting, "confirm", slot=slot.pk).status_code == 302
    when = {"day": "2027-05-04", "start": "10:00", "end": "11:30"}
    assert act(officer, meeting, "move", seen=1, **when).status_code == 302
    meeting.refresh_from_db()
    assert str(meeting.chosen) == "04/05/2027 de 10:00 à 11:30"
    assert act(officer, meeting, "cancel", seen=2, reason="Grève").status_code == 302
    meeting.refresh_from_db()
    assert meeting.state == State.CANCELLED


def test_what_is_refused_is_said_and_what_was_typed_stays(meeting, officer):
    assert act(officer, meeting, "confirm").status_code == 422
    assert act(officer, meeting, "confirm", slot="x").status_code == 422
    assert act(officer, meeting, "dance").status_code == 422
    page = act(officer, meeting, "move", day="2027-03-28", start="02:30", end="04:00")
    assert page.status_code == 422 and "n’existe pas" in page.text and "02:30" in page.text
    page = act(officer, meeting, "cancel", seen=7, reason="Un motif long")
    assert page.status_code == 409 and "Un motif long" in page.text
    for seen in ("", "x", "²"):
        assert act(officer, meeting, "cancel", seen=seen, reason="x").status_code == 409
    assert act(officer, meeting, "answer", **answers(meeting)).status_code == 409
    assert not Answer.objects.exists()


def test_administrators_read_and_other_teams_do_not(meeting):
    address = reverse("meeting:inspect", args=[meeting.pk])
    administrator = an_administrator()
    assert as_(administrator).get(address).status_code == 200
    assert act(administrator, meeting, "cancel", reason="x").status_code == 409
    assert as_(an_officer()).get(address).status_code == 404
    assert act(an_officer(), meeting, "cancel", reason="x").status_code == 404
    assert not Meeting.objects.exclude(cancelled_at=None).exists()


def test_a_colleague_answers_in_the_intranet(meeting, officer):
    meeting.participants.create(officer=officer.officer)
    assert act(officer, meeting, "answer", **answers(meeting)).status_code == 302
    assert Answer.objects.count() == 2


def proposal(contact, **changed):
    empty = {f"slots-{n}-{name}": "" for n in range(5) for name in ("day", "start", "end")}
    return empty | {
        "key": str(uuid4()),
        "title": "Point d’étape",
        "contacts": str(contact.pk),
        "slots-TOTAL_FORMS": "5",
        "slots-INITIAL_FORMS": "0",
        "slots-1-day": "2027-05-04",
        "slots-1-start": "10:00",
        "slots-1-end": "11:00",
    } | changed  # fmt: skip


def test_a_meeting_is_proposed_from_its_engagement(contact):
    engagement = contact.organisation.engagements.get()
    client = as_(an_officer(operator=engagement.operator))
    address = reverse("meeting_propose", args=[engagement.pk])
    choice = client.get(reverse("meeting_choose"), {"engagement": engagement.pk})
    assert choice.status_code == 302 and choice.url == address
    page = client.get(address)
    assert str(contact.user) in page.text
    assert client.post(address, proposal(contact)).status_code == 302
    made = Meeting.objects.get()
    assert [str(slot) for slot in made.slots.all()] == ["04/05/2027 de 10:00 à 11:00"]


def test_the_same_form_sent_twice_proposes_once(contact):
    engagement = contact.organisation.engagements.get()
    client = as_(an_officer(operator=engagement.operator))
    address = reverse("meeting_propose", args=[engagement.pk])
    key = str(client.get(address).context["form"]["key"].value())
    answers = [client.post(address, proposal(contact, key=key)) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {302} and answers[0].url == answers[1].url
    assert str(Meeting.objects.get().pk) == key
    assert Notification.objects.filter(kind="meeting.proposed").count() == 1


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"slots-1-end": "09:00"}, "doit suivre"),
        ({"slots-1-day": ""}, "obligatoire"),
        ({"slots-1-day": "2027-03-28", "slots-1-start": "02:10"}, "n’existe pas"),
        ({"contacts": []}, "au moins une personne"),
        ({"title": ""}, "obligatoire"),
        ({"slots-TOTAL_FORMS": "0"}, "au moins un créneau"),
    ],
)
def test_a_faulty_proposal_is_shown_again(contact, changed, reason):
    engagement = contact.organisation.engagements.get()
    client = as_(an_officer(operator=engagement.operator))
    address = reverse("meeting_propose", args=[engagement.pk])
    page = client.post(address, proposal(contact, **changed))
    assert page.status_code == 422 and reason in page.text
    assert not Meeting.objects.exists()


def test_strangers_are_not_offered_nor_taken(contact):
    engagement = contact.organisation.engagements.get()
    client = as_(an_officer(operator=engagement.operator))
    address = reverse("meeting_propose", args=[engagement.pk])
    stranger = ContactFactory()
    assert str(stranger.user) not in client.get(address).text
    assert client.post(address, proposal(stranger)).status_code == 422
    other = as_(an_officer()).get(reverse("meeting_choose"), {"engagement": engagement.pk})
    assert other.status_code == 422 and "Seule l’équipe" in other.text


def test_the_form_says_how_far_each_is_from_answering(contact):
    engagement = contact.organisation.engagements.get()
    for values in ({"user__email": None}, {"without_access": True}, {}):
        person = ContactFactory(organisation=contact.organisation, **values).user
        person.set_unusable_password()
        person.save()
    client = as_(open_intranet(engagement.officer.user))
    page = client.get(reverse("meeting_propose", args=[engagement.pk])).text
    for note in ("sans adresse électronique", "sans accès à l’extranet", "pas encore activé"):
        assert page.count(note) == 1


def test_the_list_filters_by_state_and_its_queries_do_not_grow(meeting, officer):
    client = as_(officer)
    address = reverse("meeting:index")
    other = MeetingFactory(engagement=meeting.engagement, confirmed=True, title="Fixé")
    MeetingFactory(title="D’une autre équipe")
    page = client.get(address, {"etat": "confirme"})
    assert [row.pk for row in page.context["object_list"]] == [other.pk]
    assert "D’une autre équipe" not in client.get(address).text
    export = client.get(address, {"export": "csv"}).getvalue().decode()
    assert "Fixé" in export and "D’une autre équipe" not in export
    counts = []
    for number in (0, 18):
        MeetingFactory.create_batch(number, engagement=meeting.engagement, confirmed=True)
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_panel_of_an_engagement(meeting, officer, rf):
    def panel(user):
        request = rf.get("/")
        request.user = user
        shown = {found.name: found for found in engagement_panels(request, meeting.engagement)}
        return str(shown["meetings"].content) if "meetings" in shown else ""

    assert "Étape" in panel(officer) and "Proposer un rendez-vous" in panel(officer)
    administrator = panel(an_administrator())
    assert "Étape" in administrator and "Proposer" not in administrator
    assert panel(OfficerFactory().user) == panel(an_officer()) == ""


def test_a_fixed_meeting_is_a_file_for_one_s_calendar(sign_in, contact):
    """The same UID as in the mail, so that a calendar holds it once; none before, none after."""
    fixed = MeetingFactory(contacts=[contact], confirmed=True)
    client = sign_in(contact.user)
    address = reverse("meeting_file", args=[fixed.pk])
    assert address in client.get(reverse("meeting", args=[fixed.pk])).text
    answer = client.get(address)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    event = icalendar.Calendar.from_ical(answer.text).events[0]
    assert event["UID"] == unique_id(str(fixed.pk)) and event["SUMMARY"] == fixed.title
    assert event["DTSTART"].dt == fixed.chosen.starts_at
    fixed.cancelled_at, fixed.cancel_reason = fixed.updated_at, "Personne malade."
    fixed.save()
    for meeting in (fixed, MeetingFactory(contacts=[contact])):
        address = reverse("meeting_file", args=[meeting.pk])
        assert client.get(address).status_code == 404
        assert address not in client.get(reverse("meeting", args=[meeting.pk])).text


def test_whoever_reads_a_meeting_may_open_its_engagement(meeting):
    team = an_officer(operator=meeting.engagement.operator)
    gone = open_intranet(OfficerFactory(operator=meeting.engagement.operator, gone=True).user)
    staff = {
        "team": (team, True),
        "administrator": (an_administrator(), True),
        "elsewhere": (an_officer(), False),
        "gone": (gone, False),
        "superuser": (UserFactory(is_superuser=True), False),
    }
    for role, (user, reads) in staff.items():
        assert Meeting.objects.visible_to(user).exists() == reads, role
        shown = as_(user).get(reverse("engagement_page", args=[meeting.engagement_id]))
        assert (shown.status_code == 200) == reads, role
