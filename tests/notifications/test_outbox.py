"""The outbox: nothing is lost, nothing leaves twice by design, failures are kept (SPEC N3)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import timezone

from ilo_cms.notifications.delivery import RETRY_AFTER_MINUTES, claim, deliver, sweep
from ilo_cms.notifications.models import Notification, OutboxMessage
from ilo_cms.notifications.services import mark_read, notify, queue_mail
from tests.factories import UserFactory


pytestmark = pytest.mark.django_db


@pytest.fixture
def message():
    return queue_mail(
        recipient=None, address="marina@conseil-sol.example", subject="Objet\nà part", body="Texte"
    )


def test_a_message_leaves_once_with_its_own_identifier(message):
    assert deliver(str(message.pk)) is True
    assert deliver(str(message.pk)) is False
    (sent,) = mail.outbox
    assert sent.to == ["marina@conseil-sol.example"]
    assert sent.extra_headers["Message-ID"] == message.message_id
    assert sent.subject == "Objet à part"
    message.refresh_from_db()
    assert message.state == "envoyé"


def test_two_workers_cannot_claim_the_same_message(message):
    assert claim(str(message.pk)) is not None
    assert claim(str(message.pk)) is None


def test_a_lease_that_a_dead_worker_left_ends(message):
    claim(str(message.pk))
    assert sweep() == 0
    OutboxMessage.objects.update(locked_until=timezone.now() - timedelta(seconds=1))
    assert sweep() == 1


def test_a_failure_is_kept_and_tried_again_later(message, monkeypatch):
    def refuse(self):
        raise ConnectionRefusedError("le serveur ne répond pas")

    monkeypatch.setattr(mail.EmailMessage, "send", refuse)
    assert deliver(str(message.pk)) is False
    message.refresh_from_db()
    assert "ne répond pas" in message.last_error
    assert message.state == "nouvel essai prévu"
    assert message.next_attempt_at > timezone.now()
    assert sweep() == 0
    for _ in RETRY_AFTER_MINUTES:
        OutboxMessage.objects.update(next_attempt_at=timezone.now())
        deliver(str(message.pk))
    message.refresh_from_db()
    assert message.state == "abandonné"
    monkeypatch.undo()
    assert sweep() == 0


def test_retries_stretch_over_a_day():
    assert sum(RETRY_AFTER_MINUTES) == 24 * 60


def test_a_notice_is_doubled_by_a_mail_that_links_to_base_url(settings):
    person = UserFactory(first_name="Marina")
    settings.BASE_URL = "https://ilo.example"
    (notice,) = notify(
        "email.confirm",
        recipients=[person, person],
        organisation_id=None,
        path="/mes-informations/",
        email="x@y.example",
    )
    assert Notification.objects.get() == notice
    body = OutboxMessage.objects.get().body
    assert body.startswith("Bonjour Marina,")
    assert "https://ilo.example/mes-informations/" in body


def test_a_person_without_address_or_with_a_closed_account_gets_no_mail():
    notify(
        "email.confirm",
        recipients=[UserFactory(no_email=True), UserFactory(closed=True)],
        organisation_id=None,
        path="/",
        email="x",
    )
    assert Notification.objects.count() == 2
    assert not OutboxMessage.objects.exists()


def test_a_notice_without_its_words_is_refused():
    with pytest.raises(KeyError):
        notify("email.confirm", recipients=[UserFactory()], organisation_id=None, path="/")
    assert not Notification.objects.exists()


def test_the_first_reading_is_the_one_that_counts():
    (notice,) = notify(
        "email.confirm", recipients=[UserFactory()], organisation_id=None, path="/", email="x"
    )
    mark_read(Notification.objects.filter(pk=notice.pk))
    notice.refresh_from_db()
    first = notice.read_at
    assert first
    mark_read(Notification.objects.filter(pk=notice.pk))
    notice.refresh_from_db()
    assert notice.read_at == first


@pytest.mark.django_db(transaction=True)
def test_a_mail_wakes_the_worker_only_when_its_transaction_commits(monkeypatch):
    from django.db import transaction

    woken = []
    monkeypatch.setattr("ilo_cms.notifications.services.deliver_message", woken.append)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        queue_mail(recipient=None, address="a@b.example", subject="s", body="b")
        raise ZeroDivisionError
    assert woken == [] and not OutboxMessage.objects.exists()
    message = queue_mail(recipient=None, address="a@b.example", subject="s", body="b")
    assert woken == [str(message.pk)]


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_is_down_does_not_break_the_page(monkeypatch):
    def down(message_id):
        raise ConnectionError("no queue")

    monkeypatch.setattr("ilo_cms.notifications.services.deliver_message", down)
    message = queue_mail(recipient=None, address="a@b.example", subject="s", body="b")
    assert sweep() == 1
    message.refresh_from_db()
    assert message.sent_at


def test_an_account_closed_meanwhile_gets_no_mail():
    person = UserFactory()
    message = queue_mail(recipient=person, address=person.email, subject="s", body="b")
    person.is_active = False
    person.save()
    assert deliver(str(message.pk)) is False
    message.refresh_from_db()
    assert message.state == "sans objet" and not mail.outbox


def test_a_mail_that_kills_its_worker_is_not_claimed_for_ever(message):
    for _ in range(len(RETRY_AFTER_MINUTES) + 1):
        assert claim(str(message.pk))
        OutboxMessage.objects.update(locked_until=None)
    assert deliver(str(message.pk)) is False
    message.refresh_from_db()
    assert message.state == "abandonné" and not mail.outbox


def test_without_a_chosen_organisation_only_personal_notices_show():
    person, organisation_id = UserFactory(), uuid4()
    for where in (None, organisation_id):
        Notification.objects.create(
            recipient=person, organisation_id=where, kind="x", category="x", text="x"
        )
    assert Notification.objects.visible_to(person).count() == 1
    assert Notification.objects.visible_to(person, organisation_id).count() == 2
