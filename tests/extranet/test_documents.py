"""Pièces jointes of the record, as a provider sends them, with the script and without (SPEC D2)."""

import errno
import os
from datetime import timedelta

import pytest
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.urls import reverse
from django.utils import timezone

from ilo_cms.directory.models import Contact
from ilo_cms.documents import uploads
from ilo_cms.documents.checks import sandbox
from ilo_cms.documents.models import Document, Reach, Scan
from ilo_cms.referentials.models import DocumentType
from tests.documents.conftest import kept, upload
from tests.factories import ContactFactory, DocumentFactory, UserFactory
from tests.helpers import files
from tests.helpers.intranet import an_administrator, an_officer, as_


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store", "types")]

PAGE = DEPOSIT = "/mes-informations/pieces/"
SCRIPT = {"X-Requested-With": "upload"}


@pytest.fixture
def contact():
    return ContactFactory(organisation__name="Conseil Sol")


def sent(contact: Contact, content: bytes | None = None, name="cv.pdf", code="cv") -> dict:
    """What a browser posts."""
    file = upload(files.pdf() if content is None else content, name)
    return {"acting_as": str(contact.pk), "type": code, "file": file}


def text(response) -> str:
    return response.content.decode().replace("&nbsp;", " ").replace("\xa0", " ")


def test_the_page_says_formats_and_limits_next_to_each_field(sign_in, contact):
    page = text(sign_in(contact.user).get(PAGE))
    for heading in ("Votre CV", "Kbis de votre structure", "Plaquette de votre structure"):
        assert heading in page
    assert "PDF, DOCX ou ODT, 1 Mo au plus. 100 envois par jour au plus." in page
    assert page.count("Aucune pièce jointe transmise pour le moment.") == 3
    assert 'href="/mes-informations/pieces/"' in text(
        sign_in(contact.user).get("/mes-informations/")
    )


def test_a_file_is_added_replaced_and_removed_by_the_plain_form(sign_in, contact):
    client = sign_in(contact.user)
    page = client.post(DEPOSIT, sent(contact), follow=True)
    assert "Votre fichier est enregistré." in text(page) and "Remplacer" in text(page)
    client.post(DEPOSIT, sent(contact, files.pdf(pages=2), name="cv-2026.pdf"))
    document = Document.objects.current().get()
    page = text(client.get(PAGE))
    assert "cv-2026.pdf" in page and ">cv.pdf<" not in page
    withdraw = reverse("document_withdraw", args=[document.pk])
    other_tab = client.post(withdraw, {"acting_as": str(ContactFactory().pk)})
    assert other_tab.status_code == 409 and "au titre d’une autre structure" in text(other_tab)
    assert Document.objects.current().exists()
    page = client.post(withdraw, {"acting_as": str(contact.pk)}, follow=True)
    assert "retiré de votre fiche" in text(page)
    assert not Document.objects.current().exists()


def test_a_file_that_another_tab_replaced_is_not_replaced_unseen(sign_in, contact):
    client = sign_in(contact.user)
    client.post(DEPOSIT, sent(contact))
    shown = Document.objects.get()
    assert f'name="replaces" value="{shown.pk}"' in text(client.get(PAGE))
    other_tab = sent(contact, files.pdf(pages=2), "autre.pdf") | {"replaces": str(shown.pk)}
    assert client.post(DEPOSIT, other_tab, headers=SCRIPT).status_code == 200
    late = sent(contact, files.pdf(pages=3), "tard.pdf") | {"replaces": str(shown.pk)}
    answer = client.post(DEPOSIT, late, headers=SCRIPT)
    assert answer.status_code == 409 and "vient d’être remplacée" in answer.json()["said"]
    assert "autre.pdf" in answer.json()["html"]
    assert Document.objects.current().get().name == "autre.pdf"


@pytest.mark.parametrize("replaces", ["x", "0" * 32, "somebody else's"])
def test_a_file_takes_the_place_of_none_but_its_own_slot_s(sign_in, contact, replaces):
    other = DocumentFactory()
    claimed = str(other.pk) if replaces == "somebody else's" else replaces
    answer = sign_in(contact.user).post(DEPOSIT, sent(contact) | {"replaces": claimed})
    assert answer.status_code == 409
    assert Document.objects.get() == other and other.is_current


def test_the_script_gets_the_slot_s_new_content(sign_in, contact):
    answer = sign_in(contact.user).post(DEPOSIT, sent(contact), headers=SCRIPT)
    assert answer.status_code == 200 and answer.json()["said"] == "Votre fichier est enregistré."
    assert "cv.pdf" in answer.json()["html"] and "Remplacer" in answer.json()["html"]


def test_the_same_file_twice_is_said(sign_in, contact):
    client = sign_in(contact.user)
    client.post(DEPOSIT, sent(contact), headers=SCRIPT)
    again = client.post(DEPOSIT, sent(contact), headers=SCRIPT)
    assert again.status_code == 200 and "était déjà enregistré" in again.json()["said"]
    assert Document.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "cv.pdf", "est vide"),
        (bytes(21 << 20), "cv.pdf", "dépasse 1 Mo"),
        (b"<html>", "cv.pdf", "son contenu est autre chose"),
        (files.docx(**{"word__vbaProject.bin": b"x"}), "cv.docx", "contient des macros"),
        (files.png(), "cv.png", "PDF, DOCX ou ODT"),
    ],
)
@pytest.mark.parametrize("headers", [{}, SCRIPT], ids=["form", "script"])
def test_a_refusal_is_a_sentence_at_the_field(
    sign_in,
    contact,
    store,
    content,
    name,
    words,
    headers,
):
    client = sign_in(contact.user)
    answer = client.post(DEPOSIT, sent(contact, content, name), headers=headers)
    assert answer.status_code == 422
    page = answer.json()["html"] if headers else answer.content.decode()
    page = page.replace("\xa0", " ").replace("&nbsp;", " ")
    assert words in page and 'aria-invalid="true"' in page and 'class="errorlist"' in page
    assert not kept(store) and not Document.objects.exists()


def test_a_form_without_a_file_says_so(sign_in, contact):
    data = {"acting_as": str(contact.pk), "type": "cv"}
    answer = sign_in(contact.user).post(DEPOSIT, data)
    assert answer.status_code == 422 and "Choisissez d’abord un fichier" in text(answer)


@pytest.mark.parametrize("code", ["livrable", "inconnu", ""])
def test_only_the_record_s_own_types_are_taken(sign_in, contact, code):
    answer = sign_in(contact.user).post(DEPOSIT, sent(contact, code=code))
    assert answer.status_code == 422 and "plus demandée" in text(answer)
    assert not Document.objects.exists()


def test_a_page_opened_for_another_organisation_sends_nothing(sign_in):
    marina = UserFactory()
    sol, rhizome = ContactFactory(user=marina), ContactFactory(user=marina)
    client = sign_in(marina, rhizome)
    for headers in ({}, SCRIPT):
        answer = client.post(DEPOSIT, sent(sol), headers=headers)
        assert answer.status_code == 409
    assert "au titre d’une autre structure" in answer.json()["said"]
    assert not Document.objects.exists()


def test_a_former_contact_sees_no_file_and_no_field(sign_in, contact):
    DocumentFactory(contact=contact, name="ancien.pdf")
    Contact.objects.filter(pk=contact.pk).update(ended_on="2026-01-31")
    client = sign_in(contact.user)
    page = text(client.get(PAGE))
    assert "ancien.pdf" not in page and "Lecture seule." in page and 'type="file"' not in page
    answer = client.post(DEPOSIT, sent(contact), headers=SCRIPT)
    assert answer.status_code == 403 and "Vous avez quitté" in answer.json()["said"]
    assert Document.objects.count() == 1


def test_states_are_said_in_words(sign_in, contact):
    DocumentFactory(contact=contact, name="a.pdf", infected=True)
    DocumentFactory(contact=contact, name="b.pdf", pending=True, is_encrypted=True)
    page = text(sign_in(contact.user).get(PAGE))
    assert "refusé par l’antivirus" in page and "analyse antivirus en cours" in page
    assert "protégé par un mot de passe" in page
    assert page.count("télécharger") == 1


def test_what_is_larger_than_any_type_is_never_read_to_its_end(sign_in, contact, monkeypatch):
    monkeypatch.setattr(uploads, "MAXIMUM_MEGABYTES", 1)
    answer = sign_in(contact.user).post(DEPOSIT, sent(contact, bytes(5 << 20)), headers=SCRIPT)
    assert answer.status_code == 422 and "dépasse 1 Mo" in answer.json()["said"].replace(
        "\xa0", " "
    )


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    "target",
    [
        (TemporaryFileUploadHandler, "receive_data_chunk"),
        (TemporaryFileUploadHandler, "new_file"),
        (os, "replace"),
    ],
    ids=["arriving", "opening", "keeping"],
)
def test_a_full_disk_is_said_and_works_again(sign_in, contact, store, monkeypatch, target):
    client = sign_in(contact.user)
    with monkeypatch.context() as patch:
        patch.setattr(*target, full)
        answer = client.post(DEPOSIT, sent(contact), headers=SCRIPT)
        assert answer.status_code == 503 and "plus de place" in answer.json()["said"]
        assert client.post(DEPOSIT, sent(contact)).status_code == 503
    assert not kept(store)
    assert client.post(DEPOSIT, sent(contact), headers=SCRIPT).status_code == 200


def test_a_machine_that_cannot_check_says_so(sign_in, contact, store, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(sandbox._context.Process, "start", full)
        answer = sign_in(contact.user).post(DEPOSIT, sent(contact), headers=SCRIPT)
    assert answer.status_code == 503 and "ne peuvent pas être vérifiés" in answer.json()["said"]
    assert not kept(store) and not Document.objects.exists()


def test_the_end_of_the_session_sends_to_the_sign_in_page_and_keeps_nothing(client, contact):
    answer = client.post(DEPOSIT, sent(contact), headers={"Origin": "http://testserver"})
    assert answer.status_code == 302 and answer.url.endswith(f"/compte/connexion/?next={PAGE}")
    assert "kept_form" not in client.session and not Document.objects.exists()


def test_the_page_s_queries_do_not_grow(sign_in, contact, django_assert_max_num_queries):
    client = sign_in(contact.user)
    DocumentFactory.create_batch(20, contact=contact)
    with django_assert_max_num_queries(25):
        client.get(PAGE)


# --- the intranet -----------------------------------------------------------------------------


@pytest.fixture
def officer(wired):
    return an_officer()


@pytest.mark.usefixtures("indexed")
def test_officers_find_and_download_the_documents_of_records(officer, contact):
    own = DocumentFactory(contact=contact, name="cv-marina.pdf")
    engagement = DocumentType.objects.get(code="livrable")
    DocumentFactory(type=engagement, name="livrable-secret.pdf")
    client = as_(officer)
    page = text(client.get("/admin/pieces-jointes/"))
    assert "cv-marina.pdf" in page and reverse("document_download", args=[own.pk]) in page
    assert "livrable-secret.pdf" not in page
    assert "cv-marina.pdf" in text(client.get("/admin/pieces-jointes/?q=marina"))
    assert "cv-marina.pdf" not in text(client.get("/admin/pieces-jointes/?current=false"))
    inspected = text(client.get(reverse("document:inspect", args=[own.pk])))
    assert own.digest in inspected and "Télécharger" in inspected


def test_the_list_offers_no_link_to_what_may_not_be_read(officer):
    document = DocumentFactory(infected=True)
    assert document.scan == Scan.INFECTED
    page = text(as_(officer).get("/admin/pieces-jointes/"))
    assert reverse("document_download", args=[document.pk]) not in page
    assert "refusé par l’antivirus" in page


@pytest.mark.parametrize("rows", [2, 20])
def test_the_list_s_queries_do_not_grow(officer, rows, django_assert_max_num_queries):
    DocumentFactory.create_batch(rows)
    client = as_(officer)
    client.get("/admin/pieces-jointes/")
    with django_assert_max_num_queries(30):
        client.get("/admin/pieces-jointes/")


@pytest.mark.usefixtures("wired")
def test_administrators_say_which_types_take_locked_pdfs():
    client = as_(an_administrator())
    row = DocumentType.objects.get(code="cv")
    page = text(client.get(reverse("documenttype:edit", args=[row.pk])))
    assert "accepte les PDF protégés" in page.lower() or "Accepte les PDF protégés" in page


@pytest.fixture
def certificate(types, contact):
    """What an officer asked for once, and that ends in ten days."""
    kind = DocumentType.objects.create(
        code="Attestation été", label="Attestation", formats="pdf", validity_months=6
    )
    last_day = timezone.localdate() + timedelta(days=10)
    return DocumentFactory(
        organisation=contact.organisation,
        contact=None,
        uploaded_by=contact.user,
        type=kind,
        expires_on=last_day,
    )


def test_what_ends_soon_leads_to_where_it_is_renewed(certificate, contact, sign_in):
    client = sign_in(contact.user)
    link = f'href="{PAGE}#piece-attestation-ete"'
    assert link in client.get("/").text
    assert 'id="piece-attestation-ete"' in client.get(PAGE).text
    answer = client.post(
        DEPOSIT, sent(contact, name="neuve.pdf", code=certificate.type.code), follow=True
    )
    assert "Votre fichier est enregistré." in text(answer)
    assert "neuve.pdf" in text(answer) and link not in client.get("/").text
    certificate.refresh_from_db()
    assert certificate.replaced_by.name == "neuve.pdf"


@pytest.mark.parametrize(
    "changes", [{"audience": "engagement"}, {"is_active": False}, {"validity_months": None}]
)
def test_a_type_that_is_not_of_records_is_not_renewed_there(certificate, contact, sign_in, changes):
    DocumentType.objects.filter(pk=certificate.type_id).update(**changes)
    client = sign_in(contact.user)
    assert "#piece-attestation-ete" not in client.get("/").text
    assert "piece-attestation-ete" not in client.get(PAGE).text


def test_what_an_engagement_keeps_has_a_slot_once_it_ends_soon(certificate, contact, sign_in):
    rows = Document.objects.filter(pk=certificate.pk)
    rows.update(reach=Reach.PARTIES, expires_on=timezone.localdate() + timedelta(days=150))
    client = sign_in(contact.user)
    assert "piece-attestation-ete" not in client.get(PAGE).text
    rows.update(expires_on=timezone.localdate())
    assert "#piece-attestation-ete" in client.get("/").text
    page = client.get(PAGE).text
    assert "piece-attestation-ete" in page and certificate.name not in page


def test_a_document_of_somebody_else_makes_no_slot(certificate, sign_in):
    assert "piece-attestation-ete" not in sign_in(ContactFactory().user).get(PAGE).text
