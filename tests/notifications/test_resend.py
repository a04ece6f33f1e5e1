"""A mail that failed is seen by administrators and sent again by them alone (SPEC N3)."""

import re
from html import unescape

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from ilo_cms.audit.models import AuditEvent
from ilo_cms.notifications.delivery import claim, deliver, give_up, sweep
from ilo_cms.notifications.models import OutboxMessage
from ilo_cms.notifications.services import queue_mail, resend
from tests.factories import UserFactory
from tests.helpers.intranet import an_administrator, an_officer, as_


pytestmark = pytest.mark.django_db


@pytest.fixture
def dead():
    message = queue_mail(recipient=None, address="a@b.example", subject="Objet", body="Texte")
    give_up(claim(str(message.pk)), "Le serveur a refusé l’adresse.")
    message.refresh_from_db()
    return message


def address(message):
    return reverse("mail_resend", args=[message.pk])


def test_the_list_says_why_and_leads_to_sending_again(dead):
    client = as_(an_administrator())
    page = client.get(reverse("outbox:index") + "?state=trouble").text
    assert "Le serveur a refusé l’adresse." in page and address(dead) in page
    assert address(dead) not in client.get(reverse("outbox:index") + "?state=sent").text
    assert "Le serveur a refusé" in client.get(address(dead)).text


@pytest.mark.parametrize("of_script", ["", "results/"], ids=["page", "filtered by the script"])
def test_it_leads_back_to_the_list_as_it_was_filtered(dead, of_script):
    client = as_(an_administrator())
    shown = reverse("outbox:index") + "?state=trouble"
    page = client.get(
        reverse("outbox:index") + f"{of_script}?state=trouble&_w_filter_fragment=true"
    )
    link = unescape(re.search(rf'href="({address(dead)}[^"]*)"', page.text)[1])
    assert f'href="{shown}"' in client.get(link).text
    assert client.post(link).url == shown


def test_it_leads_nowhere_else(dead):
    away = f"{address(dead)}?next=https://ailleurs.example/"
    assert as_(an_administrator()).post(away).url == reverse("outbox:index")


def test_it_is_the_same_mail_that_leaves(dead):
    administrator = an_administrator()
    response = as_(administrator).post(address(dead))
    assert response.status_code == 302 and response.url == reverse("outbox:index")
    assert sweep() == 1
    assert mail.outbox[0].extra_headers["Message-ID"] == dead.message_id
    event = AuditEvent.objects.get(action="mail.resent")
    assert event.actor_id == str(administrator.pk) and event.target_id == str(dead.pk)
    assert event.detail.content["reason"] == "Le serveur a refusé l’adresse."


def test_looking_sends_nothing(dead):
    as_(an_administrator()).get(address(dead))
    assert sweep() == 0
    dead.refresh_from_db()
    assert dead.state == "abandonné"


def test_it_has_all_its_tries_again(dead):
    OutboxMessage.objects.update(attempts=8)
    message = resend(message=dead, acting_user=an_administrator())
    assert (message.attempts, message.state, message.last_error) == (0, "en attente", "")


@pytest.mark.parametrize("make", [an_officer, UserFactory])
def test_nobody_else_sends_again(dead, make):
    user = make()
    with pytest.raises(PermissionDenied):
        resend(message=dead, acting_user=user)
    assert as_(user).post(address(dead)).status_code == 302  # led away by the intranet
    dead.refresh_from_db()
    assert dead.dead_at


def test_an_administrator_whose_account_is_closed_may_not(dead):
    user = an_administrator()
    user.is_active = False
    with pytest.raises(PermissionDenied):
        resend(message=dead, acting_user=user)


def test_what_waits_or_arrived_is_not_sent_again():
    message = queue_mail(recipient=None, address="a@b.example", subject="Objet", body="Texte")
    administrator = an_administrator()
    with pytest.raises(ValidationError, match="en attente"):
        resend(message=message, acting_user=administrator)
    deliver(str(message.pk))
    response = as_(administrator).post(address(message))
    assert response.status_code == 409 and "n’est plus à renvoyer" in response.text
    assert len(mail.outbox) == 1 and sweep() == 0


def test_a_double_click_sends_once(dead):
    administrator = an_administrator()
    resend(message=dead, acting_user=administrator)
    with pytest.raises(ValidationError):
        resend(message=dead, acting_user=administrator)
    sweep()
    assert len(mail.outbox) == 1


def test_what_came_back_is_sent_again_to_the_new_address(tell):
    person = UserFactory(email="fausse@exemple.example")
    _, message = tell(person)
    deliver(str(message.pk))
    OutboxMessage.objects.update(bounced_at=timezone.now())
    person.email = "juste@exemple.example"
    person.save()
    resend(message=OutboxMessage.objects.get(), acting_user=an_administrator())
    assert sweep() == 1
    assert mail.outbox[-1].to == ["juste@exemple.example"]
    assert OutboxMessage.objects.get().state == "envoyé"


def test_whether_it_is_still_true_is_asked_again(tell):
    person = UserFactory()
    _, message = tell(person)
    give_up(claim(str(message.pk)), "panne")
    person.is_active = False
    person.save()
    resend(message=message, acting_user=an_administrator())
    assert sweep() == 0
    message.refresh_from_db()
    assert message.state == "sans objet" and not OutboxMessage.objects.in_trouble().exists()


def test_an_unknown_mail_is_missing():
    url = reverse("mail_resend", args=["00000000-0000-4000-8000-000000000000"])
    assert as_(an_administrator()).get(url).status_code == 404
