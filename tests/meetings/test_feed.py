"""A person's calendar at a secret address: what it shows, to whom, and how it ends (SPEC T17)."""

from datetime import timedelta

import icalendar
import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.services import assistant
from ilo_cms.meetings import feeds
from ilo_cms.meetings.ics import Event
from ilo_cms.meetings.models import CalendarFeed, Slot
from tests.factories import (
    ContactFactory,
    EngagementFactory,
    MeetingFactory,
    OfficerFactory,
    UserFactory,
)


pytestmark = pytest.mark.django_db


def read(token, method="get"):
    return getattr(Client(), method)(reverse("calendar_feed", args=[token]))


def titles(user) -> list[str]:
    calendar = icalendar.Calendar.from_ical(feeds.calendar_text(user))
    return sorted(str(event["SUMMARY"]) for event in calendar.walk("VEVENT"))


def test_a_feed_shows_one_s_own_coming_meetings_and_nothing_of_others():
    contact = ContactFactory()
    MeetingFactory(contacts=[contact], confirmed=True, title="Fixé")
    MeetingFactory(contacts=[contact], title="Proposé", slots=2)
    MeetingFactory(contacts=[contact], confirmed=True, cancelled=True, title="Annulé")
    MeetingFactory(contacts=[ContactFactory(organisation=contact.organisation)], title="Collègue")
    old = MeetingFactory(contacts=[contact], confirmed=True, title="Ancien", slots=1)
    then = timezone.now() - timedelta(days=120)
    Slot.objects.filter(meeting=old).update(starts_at=then, ends_at=then + timedelta(hours=1))
    assert titles(contact.user) == ["Fixé", "À confirmer : Proposé", "À confirmer : Proposé"]
    text = feeds.calendar_text(contact.user)
    assert "ATTENDEE" not in text and "ORGANIZER" not in text
    assert titles(UserFactory()) == []


def test_a_membership_that_ended_shows_nothing():
    contact = ContactFactory()
    MeetingFactory(contacts=[contact], confirmed=True)
    for field, value in (("ended_on", timezone.localdate()), ("has_access", False)):
        changed = ContactFactory(user=contact.user, **{field: value})
        MeetingFactory(contacts=[changed], confirmed=True)
    assert len(titles(contact.user)) == 1


def test_officers_see_what_they_organise_or_are_invited_to_while_in_post():
    officer = OfficerFactory()
    MeetingFactory(engagement=EngagementFactory(officer=officer), title="À moi", confirmed=True)
    MeetingFactory(officers=[officer], title="Invitée", confirmed=True)
    assert titles(officer.user) == ["Invitée", "À moi"]
    officer.is_active = False
    officer.save()
    assert titles(officer.user) == []


def test_the_address_is_renewed_and_ended():
    contact = ContactFactory()
    first = feeds.renew(user=contact.user)
    assert read(first).status_code == 200
    assert first not in str(CalendarFeed.objects.values_list())
    second = feeds.renew(user=contact.user)
    assert (read(first).status_code, read(second).status_code) == (404, 200)
    assert feeds.revoke(user=contact.user) and not feeds.revoke(user=contact.user)
    assert read(second).status_code == 404
    acts = AuditEvent.objects.filter(action__startswith="calendar.").order_by("sequence")
    assert [act.action for act in acts] == ["calendar.renewed"] * 2 + ["calendar.revoked"]
    assert not AuditEvent.objects.filter(detail__content__icontains=first).exists()


def test_a_closed_account_shows_nothing():
    contact = ContactFactory()
    token = feeds.renew(user=contact.user)
    User.objects.filter(pk=contact.user.pk).update(is_active=False)
    assert read(token).status_code == 404


def test_only_reading_and_never_stored():
    token = feeds.renew(user=ContactFactory().user)
    for method in ("post", "put", "delete", "patch"):
        assert read(token, method).status_code == 405
    response = read(token)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in response["Cache-Control"] and "private" in response["Cache-Control"]
    assert not response.cookies
    assert read(token, "head").content == b""
    assert read("x" * 5000).status_code == 404


def test_readings_are_counted():
    token = feeds.renew(user=ContactFactory().user)
    with override_settings(ACCOUNT_RATE_LIMITS={"calendar": "3/h/ip,2/h/key"}):
        assert [read(token).status_code for _ in range(3)] == [200, 200, 429]
    with override_settings(ACCOUNT_RATE_LIMITS={"calendar": "1/h/ip"}):
        assert read("autre").status_code in {404, 429}


def test_the_queries_of_a_feed_do_not_grow():
    contact = ContactFactory()
    token = feeds.renew(user=contact.user)
    counts = []
    for number in (1, 20):
        for _ in range(number):
            MeetingFactory(contacts=[contact], confirmed=True)
            MeetingFactory(contacts=[contact])
        with CaptureQueriesContext(connection) as captured:
            read(token)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_apps_above_add_their_events(monkeypatch):
    monkeypatch.setattr(feeds, "_sources", [])
    now = timezone.now()
    feeds.register(lambda user: [Event("offre", "Dépôt des offres", now, now, now)])
    assert titles(UserFactory()) == ["Dépôt des offres"]


def test_the_page_shows_the_address_once(sign_in):
    client = sign_in(ContactFactory().user)
    page = reverse("calendar")
    assert "Aucune adresse" in client.get(page).text
    made = client.post(page, {"renew": ""}).text
    address = made.split('value="http://testserver')[1].split('"')[0]
    assert Client().get(address).status_code == 200
    assert address not in client.get(page).text
    assert client.post(page, {"revoke": ""}).status_code == 302
    assert Client().get(address).status_code == 404


def test_the_support_does_not_touch_the_address():
    user = ContactFactory().user
    token = assistant.set("Anne Martin")
    try:
        for act in (feeds.renew, feeds.revoke):
            with pytest.raises(PermissionDenied):
                act(user=user)
    finally:
        assistant.reset(token)
