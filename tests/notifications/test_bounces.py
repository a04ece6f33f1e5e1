"""The mail provider tells of mails that came back; nobody else may (SPEC N3)."""

import json
from base64 import b64encode
from importlib import import_module

import pytest
from django.core import mail
from django.urls import include, path, reverse

from ilo_cms.notifications import delivery
from ilo_cms.notifications.bounces import webhook_routes
from ilo_cms.notifications.delivery import deliver, mark_sent
from ilo_cms.notifications.models import OutboxMessage
from ilo_cms.notifications.services import queue_mail
from tests.helpers.intranet import an_administrator, as_


pytestmark = pytest.mark.django_db

SECRET = "facteur:" + "q8" * 20
URL = "/courriels/evenements/brevo/"


@pytest.fixture
def opened(settings, monkeypatch):
    """The site as it is where a secret is set."""
    settings.ANYMAIL_WEBHOOK_SECRET = SECRET
    module = import_module("config.urls")
    routes = [*module.urlpatterns, path("", include(webhook_routes()))]
    settings.ROOT_URLCONF = type("urls", (), {"urlpatterns": routes})


@pytest.fixture
def sent(opened):
    message = queue_mail(recipient=None, address="a@b.example", subject="Objet", body="Texte")
    assert deliver(str(message.pk))
    return message


def tell_event(client, body, url=URL, secret=SECRET):
    return client.post(
        url,
        body if isinstance(body, str) else json.dumps(body),
        content_type="application/json",
        headers={"authorization": "Basic " + b64encode(secret.encode()).decode()},
    )


def brevo(message, event="hard_bounce", **more):
    reference = mail.outbox[-1].extra_headers["X-Mailin-custom"]
    return {"event": event, "email": message.address, "X-Mailin-custom": reference} | more


def test_without_a_secret_there_is_no_such_address(client):
    assert webhook_routes() == []
    assert tell_event(client, {}).status_code == 404


def test_a_mail_that_came_back_is_seen_with_its_reason(client, sent):
    assert tell_event(client, brevo(sent, reason="550 boîte inconnue")).status_code == 200
    sent.refresh_from_db()
    assert sent.state == "revenu" and "550 boîte inconnue" in sent.last_error
    page = as_(an_administrator()).get(reverse("outbox:index") + "?state=trouble").text
    assert "550 boîte inconnue" in page and reverse("mail_resend", args=[sent.pk]) in page


def test_mailjet_too(client, sent):
    reference = mail.outbox[-1].extra_headers["X-MJ-EventPayload"]
    event = {"event": "bounce", "hard_bounce": True, "Payload": reference, "error": "user unknown"}
    assert tell_event(client, [event], "/courriels/evenements/mailjet/").status_code == 200
    sent.refresh_from_db()
    assert sent.state == "revenu"


@pytest.mark.parametrize("event", ["delivered", "deferred", "opened", "something new"])
def test_other_events_change_nothing(client, sent, event):
    assert tell_event(client, brevo(sent, event)).status_code == 200
    sent.refresh_from_db()
    assert sent.state == "envoyé"


def test_told_twice_the_first_time_counts(client, sent):
    tell_event(client, brevo(sent, reason="première"))
    sent.refresh_from_db()
    first = sent.bounced_at
    tell_event(client, brevo(sent, reason="seconde"))
    sent.refresh_from_db()
    assert sent.bounced_at == first and "première" in sent.last_error


@pytest.mark.parametrize("secret", ["facteur:faux", "", ":"])
def test_nobody_else_may_tell(client, sent, secret):
    assert tell_event(client, brevo(sent), secret=secret).status_code == 400
    sent.refresh_from_db()
    assert sent.state == "envoyé"


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"items": []}', '"x"', "\x00"])
def test_nonsense_is_refused_and_breaks_nothing(client, opened, body):
    assert tell_event(client, body).status_code == 400


@pytest.mark.parametrize("reference", [None, "{}", '{"outbox": "x"}', '{"outbox": null}', "[1]"])
def test_an_event_about_no_mail_of_ours_changes_nothing(client, sent, reference):
    event = {"event": "hard_bounce", "X-Mailin-custom": reference}
    assert tell_event(client, event).status_code in {200, 400}
    assert not OutboxMessage.objects.exclude(bounced_at=None).exists()


def test_an_unknown_provider_is_missing(client, opened):
    assert tell_event(client, {}, "/courriels/evenements/ailleurs/").status_code == 404


def test_it_is_not_read(client, opened):
    assert client.get(URL).status_code == 405


def test_a_mail_refused_before_the_worker_wrote_that_it_left_is_seen(client, opened, monkeypatch):
    message = queue_mail(recipient=None, address="a@b.example", subject="Objet", body="Texte")

    def told_at_once(left):
        event = brevo(message, "blocked", reason="550 boîte inconnue")
        assert tell_event(client, event).status_code == 200
        mark_sent(left)

    monkeypatch.setattr(delivery, "mark_sent", told_at_once)
    assert deliver(str(message.pk))
    message.refresh_from_db()
    assert message.state == "revenu" and "550 boîte inconnue" in message.last_error
    assert message.sent_at
