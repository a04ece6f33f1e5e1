"""How a mail looks and what its headers say (SPEC N2, N4)."""

import html
import re

import pytest
from django.core import mail

from ilo_cms.notifications.delivery import deliver
from ilo_cms.notifications.mails import html_text
from ilo_cms.notifications.models import OutboxMessage
from ilo_cms.notifications.services import queue_mail
from ilo_cms.referentials.models import PlatformSettings
from tests.factories import UserFactory


pytestmark = pytest.mark.django_db


def leave(message):
    assert deliver(str(message.pk)), OutboxMessage.objects.get(pk=message.pk).last_error
    return mail.outbox[-1]


def test_a_mail_has_both_texts_and_they_say_the_same(tell):
    sent = leave(tell(UserFactory(first_name="Marina"))[1])
    ((drawn, mimetype),) = sent.alternatives
    assert mimetype == "text/html" and '<html lang="fr">' in drawn
    words = html.unescape(re.sub(r"<[^>]+>", " ", drawn.partition("</p>")[2]))
    assert words.split() == sent.body.split()
    assert 'href="http://testserver/suite/"' in drawn


def test_what_people_wrote_is_escaped_and_is_no_link(tell):
    outcome = "<script>x</script> & https://voleur.example/ http://testserver.voleur.example/a"
    ((drawn, _),) = leave(tell(UserFactory(), outcome=outcome)[1]).alternatives
    assert "<script>" not in drawn and "&lt;script&gt;" in drawn
    links = re.findall(r'href="([^"]+)"', drawn)
    assert links == ["http://testserver/suite/", "http://testserver/compte/preferences/"]


def test_a_link_ends_before_the_sentence_does():
    drawn = html_text("Voir (http://testserver/a/?b=1&c=2).\nEt http://testserver/x, puis rien")
    assert 'href="http://testserver/a/?b=1&amp;c=2"' in drawn
    assert 'href="http://testserver/x"' in drawn


def test_headers_of_a_mail_that_can_be_turned_off(tell):
    PlatformSettings.objects.update_or_create(pk=1, defaults={"support_email": "aide@ilo.example"})
    sent = leave(tell(UserFactory())[1])
    assert sent.reply_to == ["aide@ilo.example"]
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"
    assert sent.extra_headers["List-Unsubscribe"] == "<http://testserver/compte/preferences/>"
    assert "X-Mailin-custom" not in sent.extra_headers
    assert sent.message()["Reply-To"] == "aide@ilo.example"


def test_what_is_compulsory_offers_no_way_out(tell):
    sent = leave(tell(UserFactory(), kind="email.confirm")[1])
    assert "List-Unsubscribe" not in sent.extra_headers
    security = queue_mail(recipient=None, address="a@b.example", subject="s", body="b")
    assert "List-Unsubscribe" not in leave(security).extra_headers


def test_the_mail_of_a_notice_follows_the_person_and_a_security_mail_its_address(tell):
    person = UserFactory(email="avant@exemple.example")
    _, of_notice = tell(person)
    explicit = queue_mail(recipient=person, address=person.email, subject="s", body="b")
    person.email = "apres@exemple.example"
    person.save()
    assert leave(of_notice).to == ["apres@exemple.example"]
    of_notice.refresh_from_db()
    assert of_notice.address == "apres@exemple.example"
    assert leave(explicit).to == ["avant@exemple.example"]


def test_a_person_who_lost_their_address_is_not_written_to(tell):
    person = UserFactory()
    _, message = tell(person)
    person.email = None
    person.save()
    assert not deliver(str(message.pk))
    message.refresh_from_db()
    assert message.state == "sans objet" and "n’a plus d’adresse" in message.last_error
