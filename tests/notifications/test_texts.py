"""Administrators write the mails' texts; nothing but plain merge fields gets in (SPEC N4)."""

from html import unescape

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from ilo_cms.audit.models import AuditEvent
from ilo_cms.notifications.delivery import deliver
from ilo_cms.notifications.examples import EXAMPLES
from ilo_cms.notifications.kinds import KINDS
from ilo_cms.notifications.models import MailTemplate
from ilo_cms.notifications.texts import faults, reset_mail_text, save_mail_text, words_of
from tests.factories import UserFactory
from tests.helpers.intranet import an_administrator, an_officer, as_


pytestmark = pytest.mark.django_db

KIND = KINDS["moderation.decided"]
URL = "/admin/courriels/textes/moderation.decided/"
GOOD = {"subject": "Décision pour {organisation}", "text": "{officer} a décidé.\n\n{outcome}"}


def save(**texts):
    return save_mail_text(kind_name=KIND.name, acting_user=an_administrator(), **GOOD | texts)


@pytest.mark.parametrize(
    "text",
    [
        "{inconnu}",
        "{organisation.__class__}",
        "{organisation.__init__.__globals__}",
        "{organisation[0]}",
        "{organisation!r}",
        "{organisation:>1000000000}",
        "{organisation:{officer}}",
        "{0}",
        "{}",
        "{ organisation }",
        "{organisation",
        "organisation}",
        "{{organisation}",
        "{",
    ],
)
@pytest.mark.parametrize("field", ["subject", "text"])
def test_nothing_but_plain_fields_gets_in(field, text):
    with pytest.raises(ValidationError) as refusal:
        save(**{field: f"Bonjour {text}"})
    assert set(refusal.value.message_dict) == {field}
    assert not MailTemplate.objects.exists()


@given(st.text(alphabet="{}!:.[]orgfice 0a\n", max_size=30))
def test_what_is_accepted_can_be_filled(text):
    words = dict.fromkeys(KIND.field_names, "<valeur>")
    if not list(faults(text, KIND.field_names)):
        filled = text.format(**words)
        assert "<class" not in filled and "object at" not in filled


def test_the_refusal_says_which_fields_there_are():
    (fault,) = faults("{nom}", ["officer", "outcome"])
    assert fault == (
        "{nom} n’est pas un champ de ce courriel. Champs possibles : {officer}, {outcome}."
    )


@pytest.mark.parametrize("subject", ["Deux\nlignes", "Retour\r\nBcc: x@y.example", "a\u2028b"])
def test_a_subject_has_one_line(subject):
    with pytest.raises(ValidationError):
        save(subject=subject)
    response = as_(an_administrator()).post(URL, GOOD | {"subject": subject, "act": "save"})
    assert response.status_code == 422 and not MailTemplate.objects.exists()


@pytest.mark.parametrize("empty", [{"subject": " "}, {"text": "\n"}, {"subject": "x" * 201}])
def test_an_empty_or_endless_text_is_refused(empty):
    with pytest.raises(ValidationError):
        save(**empty)


def test_the_mail_says_it_and_the_notice_stays_short(tell):
    save(text="{{note}} {officer} a décidé.\n\n{outcome}")
    notice, message = tell(UserFactory(), outcome="{officer.__class__}")
    assert deliver(str(message.pk))
    assert mail.outbox[0].subject == "Décision pour Conseil Sol"
    assert "{note} Claire Aubry a décidé.\n\n{officer.__class__}" in mail.outbox[0].body
    assert notice.text.startswith("Claire Aubry a traité votre demande")


def test_a_text_that_no_longer_fits_its_kind_does_not_stop_what_is_told(tell):
    MailTemplate.objects.create(kind=KIND.name, subject="{parti}", text="x")
    _, message = tell(UserFactory())
    assert message.subject == "Votre demande de modification a été traitée"


def test_both_texts_are_checked_apart():
    MailTemplate.objects.create(kind=KIND.name, subject="{officer", text="}")
    words = dict.fromkeys(KIND.field_names, "x")
    assert words_of(KIND, words)[0] == KIND.subject


def test_changes_are_logged_with_both_texts():
    save()
    event = AuditEvent.objects.get(action="mail_text.changed")
    assert event.detail.content["before"] == [KIND.subject, KIND.text]
    assert event.detail.content["after"] == [GOOD["subject"], GOOD["text"]]
    save(subject="Encore")
    reset_mail_text(kind_name=KIND.name, acting_user=an_administrator())
    reset_mail_text(kind_name=KIND.name, acting_user=an_administrator())  # nothing to reset
    event = AuditEvent.objects.get(action="mail_text.reset")
    assert event.detail.content["before"][0] == "Encore"
    assert not MailTemplate.objects.exists()


@pytest.mark.parametrize("make", [an_officer, UserFactory])
def test_nobody_else_writes_them(make):
    user = make()
    with pytest.raises(PermissionDenied):
        save_mail_text(kind_name=KIND.name, acting_user=user, **GOOD)
    with pytest.raises(PermissionDenied):
        reset_mail_text(kind_name=KIND.name, acting_user=user)
    client = as_(user)
    for url in (URL, reverse("mail_texts")):
        assert client.get(url).status_code == 302
        assert client.post(url, GOOD | {"act": "save"}).status_code == 302
    assert not MailTemplate.objects.exists()


def test_the_list_names_every_kind_and_what_is_changed():
    client = as_(an_administrator())
    page = client.get(reverse("mail_texts")).text
    assert all(kind.title in page for kind in KINDS.values())
    assert "<td>modifié</td>" not in page
    save()
    assert "<td>modifié</td>" in client.get(reverse("mail_texts")).text


def test_the_preview_uses_the_latest_real_words_and_keeps_nothing(tell):
    client = as_(an_administrator(first_name="Nadia"))
    assert "Décision pour Conseil Sol" in client.post(URL, GOOD | {"act": "preview"}).text
    tell(UserFactory(), organisation="Les Jardins <partagés>")
    page = client.post(URL, GOOD | {"act": "preview"}).text
    assert "Décision pour Les Jardins &lt;partagés&gt;" in page
    assert "Bonjour Nadia," in page
    assert "<partagés>" not in page
    # The page holds the mail as text, which the frame alone reads as HTML: escaped twice there.
    assert 'srcdoc="&lt;!DOCTYPE html&gt;' in page and "&amp;lt;partagés&amp;gt;" in page
    assert not MailTemplate.objects.exists() and not AuditEvent.objects.exists()


def test_every_field_of_every_kind_has_an_example_and_no_other():
    names = {name for kind in KINDS.values() for name in kind.field_names}
    assert names == EXAMPLES.keys() and all(EXAMPLES.values())


def test_the_page_saves_and_resets():
    client = as_(an_administrator())
    page = client.get(URL).text
    assert "d’origine" in page and "{outcome}" in page and "Rétablir le texte" not in page
    texts = GOOD | {"text": "Première ligne\r\n{outcome}"}
    assert client.post(URL, texts | {"act": "save"}).status_code == 302
    assert MailTemplate.objects.get().text == "Première ligne\n{outcome}"
    assert "modifié par l’administration" in client.get(URL).text
    assert client.post(URL, {"act": "reset"}).status_code == 302
    assert "d’origine" in client.get(URL).text


def test_the_page_says_what_is_wrong_beside_the_field():
    client = as_(an_administrator())
    response = client.post(URL, GOOD | {"text": "{organisation.pk}", "act": "save"})
    assert response.status_code == 422
    assert "{organisation.pk} n’est pas un champ de ce courriel" in response.text
    assert "Aperçu du courriel" not in response.text
    assert client.post(URL, {"act": "save"}).status_code == 422


def test_an_unknown_kind_is_missing():
    assert as_(an_administrator()).get("/admin/courriels/textes/rien/").status_code == 404


@pytest.mark.parametrize("text", ["{parti}", "{officer", "{0}", "{officer.x}"])
def test_the_page_of_a_text_that_no_longer_fits_opens_to_be_mended(text):
    MailTemplate.objects.create(kind=KIND.name, subject="Décision", text=text)
    client = as_(an_administrator())
    response = client.get(URL)
    assert response.status_code == 200
    assert text in response.text and "Aperçu du courriel" not in response.text
    assert client.post(URL, GOOD | {"act": "save"}).status_code == 302
    assert "Aperçu du courriel" in client.get(URL).text


def test_an_empty_text_is_refused_with_what_to_do_instead():
    page = as_(an_administrator()).post(URL, GOOD | {"text": "", "act": "save"}).text
    assert "rétablissez celui d’origine" in page and "Champ requis" not in page


def test_each_field_is_shown_with_what_it_last_held_or_an_example(tell):
    client = as_(an_administrator())
    assert "<code>{officer}</code>\xa0: Camille Durand" in unescape(client.get(URL).text)
    tell(UserFactory())
    assert "<code>{officer}</code>\xa0: Claire Aubry" in unescape(client.get(URL).text)
