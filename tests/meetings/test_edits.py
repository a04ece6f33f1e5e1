"""Changing what a meeting says, and telling a slower colleague what really happened (SPEC E8)."""

from datetime import timedelta

import icalendar
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from ilo_cms.audit.models import AuditEvent
from ilo_cms.meetings.edits import edit
from ilo_cms.meetings.ics import unique_id
from ilo_cms.meetings.models import Answer, Meeting, Slot, State
from ilo_cms.meetings.notices import invitation
from ilo_cms.meetings.services import answer, cancel, confirm, move
from ilo_cms.notifications.conditions import still_true
from ilo_cms.notifications.models import Notification
from tests.factories import ContactFactory, EngagementFactory, MeetingFactory, OfficerFactory
from tests.helpers.intranet import an_officer, as_
from tests.meetings.test_services import in_days


pytestmark = pytest.mark.django_db


@pytest.fixture
def engagement():
    return EngagementFactory()


@pytest.fixture
def contact(engagement):
    return ContactFactory(organisation=engagement.beneficiary)


@pytest.fixture
def proposed(engagement, contact):
    return MeetingFactory(engagement=engagement, contacts=[contact], title="Étape")


@pytest.fixture
def fixed(engagement, contact):
    return MeetingFactory(engagement=engagement, contacts=[contact], confirmed=True, title="Étape")


def edited(meeting, seen, user=None, values=None, **dates):
    user = user or meeting.engagement.officer.user
    return edit(meeting=meeting, values=values or {}, seen=seen, acting_user=user, **dates)


def test_a_new_place_reaches_people_and_their_calendars(fixed, contact):
    link = "https://visio.example/1"
    edited(fixed, 1, values={"title": " Bilan ", "place": link, "agenda": "Chiffres"})
    fixed.refresh_from_db()
    assert (fixed.title, fixed.place, fixed.agenda, fixed.sequence) == (
        "Bilan",
        link,
        "Chiffres",
        2,
    )
    notice = Notification.objects.get(kind="meeting.edited")
    assert notice.recipient == contact.user and still_true(notice)
    for word in ("l’objet, le lieu ou le lien, l’ordre du jour", str(fixed.chosen), link):
        assert word in notice.text
    mailed, attached = invitation(notice)
    event = icalendar.Calendar.from_ical(mailed.content).events[0]
    assert (event["uid"], event["sequence"]) == (unique_id(str(fixed.pk)), 2)
    assert (event["location"], event["dtstart"].dt) == (link, fixed.chosen.starts_at)
    assert attached.name == "rendez-vous.ics"
    assert AuditEvent.objects.get(action="meeting.edited").detail.content["after"]["place"] == link


def test_nothing_changed_tells_nobody(fixed):
    for values in ({}, {"title": "Étape"}, {"title": " Étape "}, {"place": fixed.place}):
        with pytest.raises(ValidationError, match="Rien n’a changé"):
            edited(fixed, 1, values=values)
    with pytest.raises(ValidationError):
        edited(fixed, 1, values={"title": "  "})
    with pytest.raises(ValidationError):
        edited(fixed, 1, values={"place": "x" * 256})
    fixed.refresh_from_db()
    assert fixed.sequence == 1 and not Notification.objects.exists()


def test_dates_proposed_are_added_and_withdrawn_with_their_answers(proposed, contact):
    first, second = Slot.objects.filter(meeting=proposed)
    choices = {first: "oui", second: "non"}
    answer(meeting=proposed, choices=choices, acting_user=contact.user, acting_as=contact)
    new = in_days(20)
    edited(proposed, 0, added=[new], withdrawn=[first])
    left = Slot.objects.filter(meeting=proposed)
    assert [slot.starts_at for slot in left] == [second.starts_at, new.starts_at]
    assert [given.slot for given in Answer.objects.all()] == [second]
    notice = Notification.objects.get(kind="meeting.edited")
    assert str(left[1]) in notice.text and str(first) not in notice.text
    assert invitation(notice) == []  # no date yet to put into a calendar


def test_dates_that_cannot_be(proposed, fixed):
    slots = list(Slot.objects.filter(meeting=proposed))
    same = in_days(30)
    refusals = {
        "au moins un créneau à venir": {"withdrawn": slots},
        "autre rendez-vous": {"withdrawn": [fixed.chosen]},
        "est passée": {"added": [in_days(-1)]},
        "doit suivre": {"added": [in_days(3, -60)]},
        "deux fois": {"added": [same, same]},
        "10 créneaux": {"added": [in_days(day) for day in range(20, 29)]},
    }
    for reason, dates in refusals.items():
        with pytest.raises(ValidationError, match=reason):
            edited(proposed, 0, **dates)
    with pytest.raises(ValidationError, match="déplacez plutôt"):
        edited(fixed, 1, added=[same])
    proposed.refresh_from_db()
    assert proposed.sequence == 0 and Slot.objects.filter(meeting=proposed).count() == 2
    assert edited(proposed, 0, added=[in_days(day) for day in range(20, 28)]).slots.count() == 10


def test_a_new_date_opens_a_lapsed_proposal_again(proposed):
    then = timezone.now() - timedelta(days=2)
    Slot.objects.filter(meeting=proposed)[1].delete()
    Slot.objects.filter(meeting=proposed).update(starts_at=then, ends_at=then + timedelta(hours=1))
    assert Meeting.objects.get(pk=proposed.pk).state == State.LAPSED
    assert edited(proposed, 0, added=[in_days(3)]).state == State.PROPOSED


def test_who_may_not_edit_and_when(fixed, contact):
    for user in (OfficerFactory().user, contact.user):
        with pytest.raises(PermissionDenied):
            edited(fixed, 1, user, {"title": "x"})
    cancel(meeting=fixed, reason="Grève", seen=1, acting_user=fixed.engagement.officer.user)
    with pytest.raises(PermissionDenied, match="annulé"):
        edited(fixed, 2, values={"title": "x"})


def test_the_slower_one_is_told_what_really_happened(proposed, engagement):
    colleague = OfficerFactory(operator=engagement.operator).user
    slot = Slot.objects.filter(meeting=proposed)[0]
    common = {"meeting": proposed, "acting_user": colleague}
    acts = [
        ("vient de modifier", lambda: edited(proposed, 0, colleague, {"title": "Bilan"})),
        ("vient de fixer", lambda: confirm(slot=slot, seen=1, **common)),
        ("vient de déplacer", lambda: move(moment=in_days(20), seen=2, **common)),
        ("vient de modifier", lambda: edited(proposed, 3, colleague, {"place": "Lyon"})),
        (
            "vient d’annuler ce rendez-vous : Grève",
            lambda: cancel(reason="Grève", seen=4, **common),
        ),
    ]
    with pytest.raises(ValidationError, match="vient de proposer"):
        edited(proposed, 9, values={"title": "x"})
    for seen, (said, act) in enumerate(acts):
        act()
        for slower in (
            lambda seen=seen: edited(proposed, seen, values={"title": "x"}),
            lambda seen=seen: cancel(
                meeting=proposed, reason="x", seen=seen, acting_user=engagement.officer.user
            ),
        ):
            with pytest.raises(ValidationError, match=f"{colleague} {said}") as refused:
                slower()
            assert refused.value.code == "changed"


# --- the page -----------------------------------------------------------------------------------


def act(user, meeting, name, seen, **values):
    address = reverse("meeting:inspect", args=[meeting.pk])
    return as_(user).post(address, {"act": name, "seen": seen} | values)


def test_an_officer_edits_on_the_page(proposed, fixed):
    user = an_officer(operator=proposed.engagement.operator)
    first = Slot.objects.filter(meeting=proposed)[0]
    values = {"title": "Bilan", "place": "Lyon", "agenda": ""}
    when = {"day": "2030-03-30", "start": "10:00", "end": "11:30"}
    answered = act(user, proposed, "edit", 0, **values, **when, withdrawn=[first.pk])
    assert answered.status_code == 302
    proposed.refresh_from_db()
    assert (proposed.title, proposed.slots.count(), proposed.sequence) == ("Bilan", 2, 1)
    assert "30/03/2030 de 10:00 à 11:30" in [str(slot) for slot in proposed.slots.all()]
    assert act(user, fixed, "edit", 1, **values).status_code == 302
    address = reverse("meeting:inspect", args=[fixed.pk])
    start = timezone.localtime(fixed.chosen.starts_at)
    assert f'value="{start:%Y-%m-%d}"' in as_(user).get(address).text  # one changes the end alone


@pytest.mark.parametrize(
    "values",
    [
        {"title": ""},
        {"title": "x" * 151},
        {"title": "a\0b"},
        {"place": "x" * 256},
        {"agenda": "x" * 4001},
        {"day": "2030-03-30"},
        {"day": "2030-03-31", "start": "02:30", "end": "04:00"},
        {"day": "9999-12-31", "start": "23:59", "end": "00:00"},
        {"day": "0001-01-01", "start": "00:00", "end": "01:00"},
        {"day": "2030-03-30", "start": "11:00", "end": "10:00"},
        {"withdrawn": "x"},
        {"withdrawn": "\0"},
        {"withdrawn": "9" * 400},
    ],
)
def test_bad_input_is_said_and_what_was_typed_stays(proposed, values):
    user = an_officer(operator=proposed.engagement.operator)
    page = act(user, proposed, "edit", 0, **{"title": "Bilan", "place": "Gardé ici"} | values)
    assert page.status_code == 422
    assert "Gardé ici" in page.text or "place" in values
    proposed.refresh_from_db()
    assert (proposed.title, proposed.sequence) == ("Étape", 0)
