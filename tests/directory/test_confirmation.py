"""The stamp and its yearly reminder: once, on time, to those who can answer (SPEC P4)."""

from datetime import UTC, datetime, timedelta
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.services import assistant
from ilo_cms.directory.confirmation import (
    add_months,
    ask_for_confirmation,
    confirm_record,
    is_due,
)
from ilo_cms.directory.models import Activation, Contact, Organisation
from ilo_cms.notifications.models import Notification, OutboxMessage
from ilo_cms.referentials.models import PlatformSettings
from tests.factories import ContactFactory, OrganisationFactory, UserFactory


pytestmark = pytest.mark.django_db

PARIS = ZoneInfo("Europe/Paris")
SECOND = timedelta(seconds=1)
CONFIRMED = datetime(2025, 3, 10, 9, 30, tzinfo=PARIS)
DUE = datetime(2026, 3, 10, 9, 30, tzinfo=PARIS)


@pytest.fixture
def contact():
    return ContactFactory(organisation__name="Conseil Sol", organisation__confirmed_at=CONFIRMED)


def live(contact) -> Organisation:
    return Organisation.objects.get(pk=contact.organisation_id)


def created(contact, moment):
    Contact.objects.filter(pk=contact.pk).update(created_at=moment)


def test_confirming_stamps_the_record_and_logs_it(contact, time_machine):
    time_machine.move_to(DUE, tick=False)
    confirm_record(contact=contact)
    assert live(contact).confirmed_at == DUE
    event = AuditEvent.objects.get(action="record.confirmed")
    assert event.actor_id == str(contact.user_id)
    assert event.organisation_id == str(contact.organisation_id)


@pytest.mark.parametrize("refusal", ["left", "inactive"])
def test_who_may_only_read_does_not_confirm(contact, refusal):
    if refusal == "left":
        Contact.objects.filter(pk=contact.pk).update(ended_on="2026-01-31")
    else:
        Organisation.objects.update(is_active=False)
    with pytest.raises(PermissionDenied):
        confirm_record(contact=contact)
    assert live(contact).confirmed_at == CONFIRMED


def test_the_support_does_not_confirm_in_somebody_s_place(contact):
    mark = assistant.set("Agnès")
    try:
        with pytest.raises(PermissionDenied, match="L’assistance"):
            confirm_record(contact=contact)
    finally:
        assistant.reset(mark)


@pytest.mark.parametrize(
    ("now", "asked"),
    [(DUE - SECOND, 0), (DUE, 1), (DUE + SECOND, 1)],
    ids=["before", "at", "after"],
)
def test_a_record_is_due_at_the_second(contact, now, asked):
    assert is_due(live(contact), now) is bool(asked)
    assert ask_for_confirmation(now) == asked
    assert Notification.objects.count() == OutboxMessage.objects.count() == asked
    assert live(contact).confirmation_asked_at == (now if asked else None)


def test_all_current_contacts_who_can_sign_in_are_told_once(contact):
    organisation = contact.organisation
    colleague = ContactFactory(organisation=organisation)
    ContactFactory(organisation=organisation, former=True)
    ContactFactory(organisation=organisation, without_access=True)
    ContactFactory(organisation=organisation, user__closed=True)
    unopened = UserFactory()
    unopened.set_unusable_password()
    unopened.save()
    ContactFactory(organisation=organisation, user=unopened)
    assert ask_for_confirmation(DUE) == 1
    told = [notice.recipient for notice in Notification.objects.all()]
    assert sorted(told, key=str) == sorted([contact.user, colleague.user], key=str)
    notice = Notification.objects.first()
    assert notice.path == "/mes-informations/" and notice.organisation_id == organisation.pk
    assert AuditEvent.objects.filter(action="record.confirmation_asked").count() == 1


def test_running_again_asks_nobody_twice_until_the_next_year(contact):
    next_year = add_months(DUE, 12)
    runs = [DUE, DUE, DUE + timedelta(days=1), next_year - SECOND, next_year]
    assert [ask_for_confirmation(now) for now in runs] == [1, 0, 0, 0, 1]


def test_confirming_starts_the_year_again(contact, time_machine):
    ask_for_confirmation(DUE)
    time_machine.move_to(DUE + timedelta(days=30), tick=False)
    confirm_record(contact=contact)
    again = add_months(timezone.now(), 12)
    assert not is_due(live(contact), again - SECOND)
    assert ask_for_confirmation(again - SECOND) == 0
    assert ask_for_confirmation(again) == 1


def test_never_confirmed_counts_from_the_first_account_opened(contact):
    Organisation.objects.update(confirmed_at=None)
    late = ContactFactory(organisation=contact.organisation)
    for own, spent in [(late, CONFIRMED + timedelta(days=90)), (contact, CONFIRMED)]:
        created(own, CONFIRMED - timedelta(days=400))
        Activation.objects.create(
            contact=own, address=own.user.email, sent_at=CONFIRMED, spent_at=spent
        )
    assert ask_for_confirmation(DUE - SECOND) == 0
    assert ask_for_confirmation(DUE) == 1


def test_an_account_older_than_its_links_counts_from_its_contact(contact):
    Organisation.objects.update(confirmed_at=None)
    created(contact, CONFIRMED)
    assert not is_due(live(contact), DUE - SECOND)
    assert is_due(live(contact), DUE)


def test_before_anyone_can_sign_in_nobody_is_asked(contact):
    Organisation.objects.update(confirmed_at=None)
    created(contact, CONFIRMED)
    contact.user.set_unusable_password()
    contact.user.save()
    assert not is_due(live(contact), DUE)
    assert ask_for_confirmation(DUE) == 0
    assert live(contact).confirmation_asked_at is None


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_provider": False}])
def test_only_active_providers_are_asked(contact, change):
    Organisation.objects.filter(pk=contact.organisation_id).update(**change)
    assert not is_due(live(contact), DUE)
    assert ask_for_confirmation(DUE) == 0


def test_administrators_set_the_delay(contact):
    PlatformSettings.objects.update_or_create(pk=1, defaults={"confirmation_months": 1})
    due = datetime(2025, 4, 10, 9, 30, tzinfo=PARIS)  # summer time came meanwhile: same hour
    assert ask_for_confirmation(due - SECOND) == 0
    assert ask_for_confirmation(due) == 1


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (datetime(2024, 2, 29, 10, tzinfo=PARIS), 12, datetime(2025, 2, 28, 10, tzinfo=PARIS)),
        (datetime(2023, 2, 28, 10, tzinfo=PARIS), 12, datetime(2024, 2, 28, 10, tzinfo=PARIS)),
        (datetime(2024, 2, 29, 10, tzinfo=PARIS), 48, datetime(2028, 2, 29, 10, tzinfo=PARIS)),
        (datetime(2025, 1, 31, 10, tzinfo=PARIS), 1, datetime(2025, 2, 28, 10, tzinfo=PARIS)),
        (datetime(2025, 12, 15, 10, tzinfo=PARIS), 1, datetime(2026, 1, 15, 10, tzinfo=PARIS)),
        # 23:30 UTC is the next day in Paris
        (datetime(2025, 2, 28, 23, 30, tzinfo=UTC), 12, datetime(2026, 3, 1, 0, 30, tzinfo=PARIS)),
    ],
)
def test_months_are_those_of_the_calendar_in_paris(start, months, end):
    assert add_months(start, months) == end


@pytest.mark.parametrize("day", [28, 29])
def test_a_record_confirmed_on_a_leap_day_is_due_and_stays_due(contact, day):
    Organisation.objects.update(confirmed_at=datetime(2027, 2, 28, 10, tzinfo=PARIS))
    # Twelve months before 29 February 2028 at 9 would be 28 February at 9: not yet, if one
    # counted backwards.
    assert is_due(live(contact), datetime(2028, 2, 28, 10, tzinfo=PARIS))
    assert is_due(live(contact), datetime(2028, 2, 29, 9, tzinfo=PARIS))


@given(
    start=st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    months=st.integers(1, 60),
    later=st.timedeltas(timedelta(0), timedelta(days=400)),
)
def test_a_later_start_is_never_due_earlier(start, months, later):
    assert add_months(start, months) <= add_months(start + later, months)
    # What the query leaves out is not due.
    assert add_months(start, months) - start >= timedelta(days=28 * months)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_ask_once():
    contacts = [
        ContactFactory(organisation__confirmed_at=CONFIRMED - timedelta(days=n)) for n in range(5)
    ]
    answers = []

    def work():
        try:
            answers.append(ask_for_confirmation(DUE))
        finally:
            connection.close()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(answers) == 5 and len(answers) == 2
    assert Notification.objects.count() == OutboxMessage.objects.count() == len(contacts)
    assert OrganisationFactory._meta.model.objects.filter(confirmation_asked_at=DUE).count() == 5
