"""The request as its organisation answers it: page, upload, script, tabs, rights (SPEC D4–D7)."""

from uuid import uuid4

import pytest
from django.urls import reverse

from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.document_requests import answers, services
from ilo_cms.document_requests.models import DocumentRequest, ItemState
from ilo_cms.documents.models import Document
from tests.document_requests.conftest import in_days, judge, put, row
from tests.documents.conftest import upload
from tests.factories import ContactFactory, DocumentFactory, DocumentRequestFactory, UserFactory
from tests.helpers import files


pytestmark = pytest.mark.django_db

SCRIPT = {"X-Requested-With": "upload"}


def text(response) -> str:
    return response.content.decode().replace("&nbsp;", " ").replace("\xa0", " ")


def page_of(asked, act="") -> str:
    return reverse(f"document_request{act}", args=[asked.pk])


def sent(asked, contact, content=None, name="kbis.pdf", code="kbis", **more) -> dict:
    file = upload(files.pdf() if content is None else content, name)
    own = {"acting_as": str(contact.pk), "item": str(row(asked, code).pk), "file": file}
    return own | more


def posted(asked, contact, code="kbis", **more) -> dict:
    return {"acting_as": str(contact.pk), "item": str(row(asked, code).pk), **more}


def test_the_page_has_a_row_per_document_with_its_limits(sign_in, asked, contact):
    page = text(sign_in(contact.user).get(page_of(asked)))
    assert page.count("Aucune pièce jointe transmise pour le moment.") == 2
    assert "PDF, PNG ou JPG, 1 Mo au plus." in page and "PDF, DOCX ou ODT, 1 Mo au plus." in page
    assert "Pour établir la convention." in page and "Envoyer les pièces jointes" in page
    home = text(sign_in(contact.user).get("/"))
    assert "Envoyez les pièces jointes demandées" in home and page_of(asked) in home


def test_the_plain_form_adds_replaces_and_sends(sign_in, asked, contact):
    client = sign_in(contact.user)
    page = text(client.post(page_of(asked), sent(asked, contact), follow=True))
    assert "Votre fichier est prêt à envoyer." in page and "rien n’est encore envoyé" in page
    client.post(page_of(asked), sent(asked, contact, files.pdf(pages=2), "kbis-2.pdf"))
    assert row(asked).document.name == "kbis-2.pdf"
    page = text(client.post(page_of(asked, "_send"), posted(asked, contact), follow=True))
    assert (
        "1 réponse est envoyée" in page and " la vérifie" in page and "envoyée, à vérifier" in page
    )
    page = text(client.post(page_of(asked, "_send"), posted(asked, contact)))
    assert "Rien n’est prêt à envoyer" in page


def test_the_script_gets_the_row_and_the_summary(sign_in, asked, contact):
    client = sign_in(contact.user)
    answer = client.post(page_of(asked), sent(asked, contact), headers=SCRIPT)
    assert answer.status_code == 200 and "prête à envoyer" in answer.json()["html"]
    assert "1 réponse prête" in answer.json()["summary"]
    again = client.post(page_of(asked), sent(asked, contact), headers=SCRIPT)
    assert "rien n’a changé" in again.json()["said"] and Document.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "name", "code", "words"),
    [
        (b"", "kbis.pdf", "kbis", "est vide"),
        (bytes(21 << 20), "kbis.pdf", "kbis", "dépasse 1 Mo"),
        (b"<html>", "kbis.pdf", "kbis", "son contenu est autre chose"),
        (files.docx(**{"word__vbaProject.bin": b"x"}), "cv.docx", "cv", "contient des macros"),
        (files.pdf(lambda w: w.encrypt("secret")), "kbis.pdf", "kbis", "mot de passe"),
        (files.pdf(), "kbis.exe", "kbis", "ne sont pas acceptés"),
    ],
    ids=["empty", "21 Mo", "html", "macros", "locked", "exe"],
)
@pytest.mark.parametrize("headers", [{}, SCRIPT], ids=["form", "script"])
def test_a_bad_file_is_a_sentence_at_its_row(
    sign_in,
    asked,
    contact,
    content,
    name,
    code,
    words,
    headers,
):
    put(asked, contact, code="cv" if code == "kbis" else "kbis", name="autre.pdf")
    data = sent(asked, contact, content, name, code)
    answer = sign_in(contact.user).post(page_of(asked), data, headers=headers)
    assert answer.status_code == 422
    page = answer.json()["html"] if headers else answer.content.decode()
    assert words in page.replace("\xa0", " ").replace("&nbsp;", " ")
    assert 'aria-invalid="true"' in page
    assert row(asked, code).state == ItemState.MISSING and Document.objects.count() == 1


def test_a_date_that_is_none_is_said_and_nothing_is_lost(sign_in, asked, contact):
    client = sign_in(contact.user)
    for day, words in (("31/02/2026", "date valide"), (f"{in_days(3)}", "dans le futur")):
        page = client.post(page_of(asked), sent(asked, contact, issued_on=day))
        assert page.status_code == 422 and words in text(page)
    answer = client.post(page_of(asked), sent(asked, contact, issued_on=f"{in_days(-9)}"))
    assert answer.status_code == 302 and row(asked).document.issued_on == in_days(-9)


@pytest.mark.parametrize("content", [b"<html>", bytes(22 << 20), None], ids=["html", "22 Mo", "no"])
@pytest.mark.parametrize("headers", [{}, SCRIPT], ids=["form", "script"])
def test_the_date_typed_stays_when_the_file_is_refused(sign_in, asked, contact, content, headers):
    data = posted(asked, contact, issued_on="2026-01-15")
    data |= {"file": upload(content, "kbis.pdf")} if content else {}
    answer = sign_in(contact.user).post(page_of(asked), data, headers=headers)
    page = answer.json()["html"] if headers else answer.text
    assert answer.status_code == 422 and 'name="issued_on" value="2026-01-15"' in page


def test_a_form_without_file_or_row_says_so(sign_in, asked, contact):
    client = sign_in(contact.user)
    page = client.post(page_of(asked), posted(asked, contact))
    assert page.status_code == 422 and "Choisissez d’abord un fichier" in text(page)
    page = client.post(page_of(asked), posted(asked, contact) | {"item": "x"})
    assert page.status_code == 422 and "plus demandée" in text(page)


def test_two_tabs_and_two_structures(sign_in, asked, contact):
    other = ContactFactory(user=contact.user)
    client = sign_in(contact.user, other)
    assert client.get(page_of(asked)).status_code == 404
    client = sign_in(contact.user, contact)
    data = sent(asked, contact) | {"acting_as": str(other.pk)}
    answer = client.post(page_of(asked), data, headers=SCRIPT)
    assert answer.status_code == 409 and "autre structure" in answer.json()["said"]
    for act in ("_reuse", "_cannot", "_take_back", "_send"):
        data = posted(asked, contact) | {"acting_as": str(other.pk)}
        assert client.post(page_of(asked, act), data).status_code == 409
    assert row(asked).state == ItemState.MISSING


def test_cannot_reuse_take_back(sign_in, asked, contact, types):
    client = sign_in(contact.user)
    page = client.post(page_of(asked, "_cannot"), posted(asked, contact, reason=" "))
    assert page.status_code == 422 and "Dites pourquoi" in text(page)
    data = posted(asked, contact, reason="Nous sommes une association.")
    page = text(client.post(page_of(asked, "_cannot"), data, follow=True))
    assert "impossibilité, prête à envoyer" in page and "une association." in page
    page = client.post(page_of(asked, "_take_back"), posted(asked, contact), follow=True)
    assert "rien n’a été envoyé" in text(page) and row(asked).state == ItemState.MISSING
    kept = DocumentFactory(contact=contact, type=types["kbis"], name="kbis-mars.pdf")
    assert "Reprendre kbis-mars.pdf" in text(client.get(page_of(asked)))
    data = posted(asked, contact, document=kept.pk)
    page = text(client.post(page_of(asked, "_reuse"), data, follow=True))
    assert "La pièce de votre fiche est prête" in page and row(asked).document == kept
    foreign = DocumentFactory(type=types["kbis"])
    data = posted(asked, contact, document=foreign.pk)
    assert client.post(page_of(asked, "_reuse"), data).status_code == 409
    assert row(asked).document == kept


def test_locked_rows_offer_nothing(sign_in, asked, contact, officer):
    put(asked, contact)
    answers.send(request=asked, acting_as=contact)
    judge(asked, officer)
    page = text(sign_in(contact.user).get(page_of(asked)))
    assert "validée" in page and page.count('type="file"') == 1
    answer = sign_in(contact.user).post(page_of(asked), sent(asked, contact, files.pdf(pages=2)))
    assert answer.status_code == 409 and "ne change plus" in text(answer)


def test_a_provider_deactivated_meanwhile_loses_nothing(sign_in, asked, contact):
    client = sign_in(contact.user)
    put(asked, contact)
    Organisation.objects.filter(pk=contact.organisation_id).update(is_active=False)
    page = text(client.get(page_of(asked)))
    assert "structure est inactive" in page and "kbis.pdf" in page and 'type="file"' not in page
    data = sent(asked, contact, files.pdf(pages=2))
    answer = client.post(page_of(asked), data, headers=SCRIPT)
    assert answer.status_code == 403 and "inactive" in answer.json()["said"]
    answer = client.post(page_of(asked, "_send"), posted(asked, contact))
    assert answer.status_code == 403 and row(asked).state == ItemState.DRAFT


@pytest.mark.parametrize("who", ["former", "revoked", "stranger", "guess"])
def test_others_get_404_and_a_line_of_log(sign_in, asked, contact, who):
    put(asked, contact)
    person, address = contact, page_of(asked)
    if who == "former":
        Contact.objects.filter(pk=contact.pk).update(ended_on=in_days(-1))
    if who == "revoked":
        Contact.objects.filter(pk=contact.pk).update(has_access=False)
        person = ContactFactory(user=contact.user)
    if who == "stranger":
        person = ContactFactory()
    if who == "guess":
        address = reverse("document_request", args=[uuid4()])
    client = sign_in(person.user, person)
    assert client.get(address).status_code == 404
    assert AuditEvent.objects.filter(action="document.refused").count() == 1
    document = reverse("document_download", args=[row(asked).document.pk])
    if who != "guess":
        assert client.get(document).status_code == 404
        assert client.post(address, sent(asked, person)).status_code in {404, 409}
    assert DocumentRequest.objects.get().state == "en-attente"


def test_signing_in_again_comes_back_to_the_page(client, asked, contact):
    answer = client.get(page_of(asked))
    assert answer.status_code == 302 and answer.url.endswith(f"?next={page_of(asked)}")


def test_a_draft_cannot_be_withdrawn_by_the_record_s_door(sign_in, asked, contact):
    put(asked, contact)
    client = sign_in(contact.user)
    address = reverse("document_withdraw", args=[row(asked).document.pk])
    assert client.post(address, {"acting_as": str(contact.pk)}).status_code == 404
    assert "kbis.pdf" not in text(client.get("/mes-informations/pieces/"))


@pytest.mark.parametrize("count", [2, 20])
def test_the_queries_do_not_grow(sign_in, asked, contact, count, django_assert_max_num_queries):
    person = ContactFactory(organisation=contact.organisation, user=UserFactory())
    DocumentRequestFactory.create_batch(count, organisation=contact.organisation, items=["cv"])
    many = DocumentRequestFactory(
        organisation=contact.organisation, items=[f"piece-{n}" for n in range(count)]
    )
    client = sign_in(person.user)
    with django_assert_max_num_queries(30):
        client.get(page_of(many))
    with django_assert_max_num_queries(45):
        client.get("/")


def test_a_request_cancelled_meanwhile_costs_nobody_their_text(sign_in, asked, contact, officer):
    client = sign_in(contact.user)
    put(asked, contact)
    services.cancel(request=asked, reason="Dossier abandonné.", acting_user=officer)
    typed = posted(asked, contact, reason="Mon motif pesé.")
    page = client.post(page_of(asked, "_cannot"), typed)
    assert page.status_code == 403
    assert "Mon motif pesé." in page.text and "Cette demande a été annulée" in page.text
    page = client.post(page_of(asked, "_send"), posted(asked, contact))
    assert page.status_code == 403 and "Dossier abandonné." in page.text
    assert "Rien n’a été enregistré." in page.text
