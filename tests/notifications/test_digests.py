"""The daily digest: once a day, at seven in Paris, of what is unread and still true (SPEC N2)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ilo_cms.core.policies import ALLOWED, refused
from ilo_cms.moderation.models import ChangeRequest
from ilo_cms.notifications import conditions, digests
from ilo_cms.notifications.delivery import sweep
from ilo_cms.notifications.digests import send_digests
from ilo_cms.notifications.models import Digest, Notification, OutboxMessage
from ilo_cms.notifications.preferences import Mode, set_modes
from ilo_cms.notifications.services import mark_read
from tests.factories import ContactFactory, UserFactory


pytestmark = pytest.mark.django_db

KIND = "moderation.decided"
#: An ordinary day: seven in Paris is six in UTC.
EVENING = datetime(2026, 11, 9, 17, 0, tzinfo=UTC)
SEVEN = datetime(2026, 11, 10, 6, 0, tzinfo=UTC)


def at(when, act):
    with time_machine.travel(when, tick=False):
        return act()


@pytest.fixture
def reader():
    person = UserFactory(first_name="Marina")
    set_modes(person=person, modes={KIND: Mode.DIGEST})
    return person


@pytest.fixture
def told(tell, reader):
    """Two notices of the evening before."""
    return [
        at(
            EVENING + number * timedelta(hours=1),
            lambda outcome=outcome: tell(reader, outcome=outcome)[0],
        )
        for number, outcome in enumerate(["Décision 1.", "Décision 2."])
    ]


def test_one_mail_lists_what_is_unread(told):
    assert at(SEVEN, send_digests) == 1
    assert at(SEVEN, sweep) == 1
    (sent,) = mail.outbox
    assert sent.subject == "Votre récapitulatif ILO : 2 notifications"
    assert sent.body.startswith("Bonjour Marina,")
    assert sent.body.index("Décision 1.") < sent.body.index("Décision 2.")
    assert sent.body.count("http://testserver/suite/") == 2
    assert sent.extra_headers["List-Unsubscribe"]
    assert not Notification.objects.filter(awaits_digest=True).exists()


def test_it_is_written_once_a_day(told, tell, reader):
    assert at(SEVEN, send_digests) == 1
    at(SEVEN + timedelta(minutes=1), lambda: tell(reader))
    assert at(SEVEN + timedelta(minutes=5), send_digests) == 0
    assert at(SEVEN + timedelta(hours=16), send_digests) == 0
    assert at(SEVEN + timedelta(days=1), send_digests) == 1
    assert [digest.notices.count() for digest in Digest.objects.order_by("day")] == [2, 1]


def test_nothing_leaves_before_seven_and_a_late_worker_loses_nothing(told):
    assert at(SEVEN - timedelta(seconds=1), send_digests) == 0
    assert at(SEVEN + timedelta(hours=9), send_digests) == 1


@pytest.mark.parametrize(
    ("night", "seven"),
    [
        # Seven in Paris is six in UTC in winter and five in summer, also on the days of change.
        (datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 3, 29, 5, tzinfo=UTC)),
        (datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 25, 6, tzinfo=UTC)),
        (datetime(2026, 7, 1, 20, tzinfo=UTC), datetime(2026, 7, 2, 5, tzinfo=UTC)),
    ],
)
def test_it_is_seven_in_paris_whatever_the_clocks_do(tell, reader, night, seven):
    at(night, lambda: tell(reader))
    assert at(seven - timedelta(seconds=1), send_digests) == 0
    assert at(seven, send_digests) == 1
    runs = [at(seven + timedelta(minutes=5 * number), send_digests) for number in range(1, 288)]
    assert sum(runs) == 0  # every run of the worker until the next morning


def test_nobody_is_written_to_for_nothing(reader):
    assert at(SEVEN, send_digests) == 0
    assert not OutboxMessage.objects.exists()


def test_what_was_read_meanwhile_is_left_out(told):
    mark_read(Notification.objects.filter(pk=told[0].pk))
    at(SEVEN, send_digests)
    at(SEVEN, sweep)
    assert "Décision 2." in mail.outbox[0].body and "Décision 1." not in mail.outbox[0].body
    assert mail.outbox[0].subject.endswith(": 1 notification")


def test_what_was_all_read_is_no_mail(told):
    mark_read(Notification.objects.all())
    assert at(SEVEN, send_digests) == 0
    assert not Digest.objects.exists()
    assert not Notification.objects.filter(awaits_digest=True).exists()


def test_what_is_true_no_more_is_left_out(told, monkeypatch):
    monkeypatch.setattr(conditions, "_checks", {KIND: [lambda notice: refused("plus vrai")]})
    assert at(SEVEN, send_digests) == 0


def test_what_was_read_between_writing_and_sending_is_left_out(told):
    at(SEVEN, send_digests)
    mark_read(Notification.objects.filter(pk=told[0].pk))
    at(SEVEN, sweep)
    assert "Décision 1." not in mail.outbox[0].body
    assert OutboxMessage.objects.get().body == mail.outbox[0].body


def test_what_was_all_read_between_writing_and_sending_does_not_leave(told):
    at(SEVEN, send_digests)
    mark_read(Notification.objects.all())
    assert at(SEVEN, sweep) == 0
    assert OutboxMessage.objects.get().state == "sans objet"


def test_an_account_closed_meanwhile_gets_none(told, reader):
    reader.is_active = False
    reader.save()
    assert at(SEVEN, send_digests) == 0
    reader.is_active = True
    reader.save()
    assert at(SEVEN, send_digests) == 1
    reader.is_active = False
    reader.save()
    assert at(SEVEN, sweep) == 0 and not mail.outbox


def test_a_kind_switched_to_the_platform_only_is_left_out(told, reader):
    set_modes(person=reader, modes={KIND: Mode.IN_APP})
    assert at(SEVEN, send_digests) == 0


def test_a_kind_switched_to_immediate_still_tells_what_waited(told, reader):
    set_modes(person=reader, modes={KIND: Mode.IMMEDIATE})
    assert at(SEVEN, send_digests) == 1


def test_a_mail_whose_kind_was_switched_to_the_digest_is_in_it(tell):
    person = UserFactory()
    _, message = at(EVENING, lambda: tell(person))
    set_modes(person=person, modes={KIND: Mode.DIGEST})
    assert at(EVENING, sweep) == 0
    assert at(SEVEN, send_digests) == 1
    assert at(SEVEN, sweep) == 1


def test_it_goes_to_the_address_of_now(told, reader):
    at(SEVEN, send_digests)
    reader.email = "neuve@exemple.example"
    reader.save()
    at(SEVEN, sweep)
    assert mail.outbox[0].to == ["neuve@exemple.example"]


def test_a_crash_while_writing_leaves_all_for_the_next_run(told, monkeypatch):
    def killed(**fields):
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(digests, "write_mail", killed)
        at(SEVEN, send_digests)
    assert Notification.objects.filter(awaits_digest=True).count() == 2
    assert at(SEVEN, send_digests) == 1


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_write_one(tell):
    people = UserFactory.create_batch(4)
    for person in people:
        set_modes(person=person, modes={KIND: Mode.DIGEST})
        tell(person)
    Notification.objects.update(created_at=timezone.now() - timedelta(days=2))
    now = timezone.now().replace(hour=12)

    def worker(_):
        try:
            return send_digests(now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(worker, range(8))) == 4
    assert OutboxMessage.objects.count() == Digest.objects.count() == 4


def test_one_digest_that_fails_does_not_stop_those_of_the_others(tell, monkeypatch, caplog):
    people = UserFactory.create_batch(3)
    for person in people:
        set_modes(person=person, modes={KIND: Mode.DIGEST})
        at(EVENING, lambda person=person: tell(person))

    def check(notice):
        if notice.recipient == people[1]:
            raise LookupError("The row is gone")
        return ALLOWED

    monkeypatch.setattr(conditions, "_checks", {KIND: [check]})
    assert at(SEVEN, send_digests) == 2
    assert {message.recipient for message in OutboxMessage.objects.all()} == {people[0], people[2]}
    assert "digest" in caplog.text
    monkeypatch.setattr(conditions, "_checks", {})
    assert at(SEVEN, send_digests) == 1


def waiting_notices(contact, count: int) -> int:
    """Queries that a digest of so many notices of two kinds, all still true, takes."""
    for number in range(count):
        request = ChangeRequest.objects.create(
            organisation=contact.organisation, contact=contact, decided_at=EVENING
        )
        kind = [KIND, "contact.moved"][number % 2]
        Notification.objects.create(
            recipient=contact.user,
            organisation_id=contact.organisation_id,
            kind=kind,
            category="x",
            text=f"Fait {number}.",
            about_id=request.pk,
            created_at=EVENING,
            awaits_digest=True,
        )
    with CaptureQueriesContext(connection) as queries:
        assert at(SEVEN, send_digests) == 1
    with CaptureQueriesContext(connection) as sending:
        assert at(SEVEN, sweep) == 1
    assert mail.outbox[-1].body.count("Fait ") == count
    return len(queries) + len(sending)


@pytest.mark.usefixtures("wired")
def test_a_long_digest_asks_no_more_than_a_short_one():
    assert waiting_notices(ContactFactory(), 2) == waiting_notices(ContactFactory(), 20)
