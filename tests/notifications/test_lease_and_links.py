"""A slow worker spoils nothing of another's, and no link outlives the mail that carried it."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.core.exceptions import ValidationError
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from ilo_cms.directory.forgotten import answer_forgotten
from ilo_cms.notifications.delivery import (
    LEASE,
    claim,
    deliver,
    give_up,
    mark_sent,
    postpone,
    sweep,
)
from ilo_cms.notifications.models import OutboxMessage
from ilo_cms.notifications.services import notify, queue_mail, resend
from tests.factories import ContactFactory, UserFactory
from tests.helpers.intranet import an_administrator, as_


pytestmark = pytest.mark.django_db

LINK = "https://ilo.example/compte/activation/secret/"
#: Connection, greeting, two EHLO, TLS, three of AUTH, MAIL, RCPT, two of DATA, the text, QUIT.
STEPS = 15


@pytest.fixture
def message():
    return queue_mail(recipient=None, address="a@b.example", subject="Objet", body="Texte")


@pytest.fixture
def linked():
    return queue_mail(
        recipient=None, address="a@b.example", subject="Lien", body=LINK, holds_link=True
    )


def taken_twice(message):
    """The claims of a worker that was too slow, and of the one that came after its lease."""
    slow = claim(str(message.pk))
    gone = LEASE + timedelta(seconds=1)
    OutboxMessage.objects.update(locked_until=F("locked_until") - gone)
    return slow, claim(str(message.pk))


def test_a_mail_server_as_slow_as_it_may_be_is_done_well_before_the_lease():
    assert 2 * STEPS * settings.EMAIL_TIMEOUT <= LEASE.total_seconds()


@pytest.mark.parametrize("end", [lambda m: give_up(m, "panne"), lambda m: postpone(m, OSError())])
def test_a_worker_that_lost_its_lease_does_not_undo_what_was_sent(message, end):
    slow, second = taken_twice(message)
    mark_sent(second)
    end(slow)
    message.refresh_from_db()
    assert (message.state, message.last_error) == ("envoyé", "")
    assert sweep() == 0


@pytest.mark.parametrize("end", [lambda m: give_up(m, "panne"), lambda m: postpone(m, OSError())])
def test_nor_does_it_end_the_try_of_the_other(message, end):
    slow, second = taken_twice(message)
    end(slow)
    message.refresh_from_db()
    assert message.locked_until == second.locked_until and message.dead_at is None
    assert sweep() == 0


def test_what_it_sent_is_said_whoever_holds_it(message):
    slow, second = taken_twice(message)
    mark_sent(slow)
    postpone(second, OSError("occupé"))
    message.refresh_from_db()
    assert message.state == "envoyé" and sweep() == 0


def test_what_it_sent_is_said_though_the_other_gave_up(message):
    slow, second = taken_twice(message)
    give_up(second, "panne")
    mark_sent(slow)
    message.refresh_from_db()
    assert message.state == "envoyé" and not OutboxMessage.objects.in_trouble().exists()


def test_a_lost_object_is_not_told_by_a_worker_without_lease(tell):
    person = UserFactory()
    _, message = tell(person)
    slow, _ = taken_twice(message)
    assert give_up(slow, "plus vrai", is_moot=True) is False
    message.refresh_from_db()
    assert not message.is_moot


def test_a_link_leaves_and_is_erased(linked):
    assert deliver(str(linked.pk))
    assert LINK in mail.outbox[0].body
    linked.refresh_from_db()
    assert linked.body == ""


def test_other_texts_stay(message):
    deliver(str(message.pk))
    message.refresh_from_db()
    assert message.body == "Texte"


def test_a_link_stays_while_its_mail_is_tried_again(linked):
    postpone(claim(str(linked.pk)), OSError("occupé"))
    linked.refresh_from_db()
    assert linked.body == LINK


def test_what_is_given_up_loses_its_link_and_says_how_to_get_another(linked):
    give_up(claim(str(linked.pk)), "Le serveur a refusé l’adresse.")
    linked.refresh_from_db()
    assert linked.body == "" and not linked.can_be_resent
    assert linked in OutboxMessage.objects.in_trouble()
    administrator = an_administrator()
    with pytest.raises(ValidationError, match="effacé"):
        resend(message=linked, acting_user=administrator)
    page = as_(administrator).get(reverse("mail_resend", args=[linked.pk]))
    assert "Un nouveau lien s’envoie" in page.text and "<form" not in page.text.split("<dl>")[1]
    assert as_(administrator).post(reverse("mail_resend", args=[linked.pk])).status_code == 409


def test_after_a_week_nobody_is_asked_to_look_at_it(linked):
    give_up(claim(str(linked.pk)), "panne")
    OutboxMessage.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert not OutboxMessage.objects.in_trouble().exists()


def test_a_mail_for_the_mailbox_only_holds_a_link():
    """The mail that cancels a change of address acts for whoever reads it."""
    person = UserFactory()
    notify(
        "email.confirm",
        recipients=[person],
        organisation_id=None,
        path="/mes-informations/",
        mail_path="/compte/adresse/annuler/secret/",
        email="x@y.example",
    )
    assert sweep() == 1 and "secret" in mail.outbox[0].body
    assert OutboxMessage.objects.get().body == ""


@pytest.mark.parametrize("is_open", [True, False])
def test_a_link_to_a_first_or_a_new_password_is_erased(is_open):
    contact = ContactFactory() if is_open else ContactFactory(user__password=None)
    answer_forgotten(email=contact.user.email)
    message = OutboxMessage.objects.get()
    assert f"{settings.BASE_URL}/compte/" in message.body
    assert sweep() == 1 and f"{settings.BASE_URL}/compte/" in mail.outbox[0].body
    message.refresh_from_db()
    assert message.body == ""
