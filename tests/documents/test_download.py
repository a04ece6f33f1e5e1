"""The way out: who may, who may not, and what the browser is told (SPEC D3, G3)."""

import logging
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from ilo_cms.audit.models import AuditDetail, AuditEvent
from ilo_cms.core.middleware import ReadOnlyGetMiddleware, WriteOnGetError
from ilo_cms.directory.models import Contact
from ilo_cms.documents import services, storage
from ilo_cms.documents.models import Document, Scan
from tests.factories import ContactFactory, OfficerFactory, UserFactory
from tests.helpers import files
from tests.helpers.intranet import an_administrator, an_officer, as_, open_intranet


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wired")]


@pytest.fixture
def world(deposit):
    """A provider's CV, Kbis and deliverable, and people of every role."""
    marina = ContactFactory(organisation__name="Conseil Sol")
    two_hats = ContactFactory(user=marina.user, organisation__name="Atelier Rhizome")
    documents = {
        "cv": deposit(marina, name="CV d’été – Marina.pdf")[0],
        "kbis": deposit(marina, code="kbis", name="kbis.pdf")[0],
        "livrable": deposit(marina, code="livrable", name="livrable.pdf")[0],
    }
    contacts = {
        "depositor": marina,
        "colleague": ContactFactory(organisation=marina.organisation),
        "as another organisation": two_hats,
        "stranger": ContactFactory(),
        "beneficiary": ContactFactory(organisation__beneficiary=True),
        "former": ContactFactory(organisation=marina.organisation, former=True),
        "without access": ContactFactory(organisation=marina.organisation, without_access=True),
    }
    people = {role: (contact.user, contact) for role, contact in contacts.items()}
    people |= {
        "referent": (an_officer(), None),
        "officer": (an_officer(), None),
        "administrator": (an_administrator(), None),
        "analyst": (UserFactory(analyst=True), None),
        "gone officer": (open_intranet(OfficerFactory(gone=True).user), None),
    }
    return documents, people


def client_of(user, contact: Contact | None) -> Client:
    client = as_(user)
    if contact:
        session = client.session
        session["contact_id"] = str(contact.pk)
        session.save()
    return client


def address(document) -> str:
    return reverse("document_download", args=[getattr(document, "pk", document)])


def read(response) -> bytes:
    """The whole body, after which the test client closes the file."""
    return b"".join(response) if response.streaming else response.content


#: Who may read what: the documents of a record are read by its people and by every officer; those
#: of an engagement by the organisation that deposited them, until its parties are known.
MAY = {
    "depositor": {"cv", "kbis", "livrable"},
    "colleague": {"cv", "kbis", "livrable"},
    "referent": {"cv", "kbis"},
    "officer": {"cv", "kbis"},
    "administrator": {"cv", "kbis"},
}


def test_every_role_gets_what_is_theirs_and_404_for_the_rest_all_logged(world):
    documents, people = world
    wrong = {}
    for role, (user, contact) in people.items():
        client = client_of(user, contact)
        for name, asked in [*documents.items(), ("guess", uuid4())]:
            before = AuditEvent.objects.count()
            response = client.get(address(asked))
            may = name in MAY.get(role, set())
            logged = AuditEvent.objects.order_by("-sequence").first()
            right = [
                response.status_code == (200 if may else 404),
                AuditEvent.objects.count() == before + 1,
                logged.action == ("document.read" if may else "document.refused"),
                logged.actor_id == str(user.pk),
            ]
            read(response)
            if not all(right):
                wrong[role, name] = (response.status_code, right)
    assert not wrong


def test_a_visitor_is_led_to_the_sign_in_page(world, client):
    documents, _ = world
    response = client.get(address(documents["cv"]))
    assert response.status_code == 302 and "/compte/connexion/" in response.url


@pytest.mark.parametrize("method", ["post", "put", "delete", "head"])
def test_only_get_reads(world, method):
    documents, people = world
    assert getattr(as_(people["officer"][0]), method)(address(documents["cv"])).status_code == 405


def test_somebody_who_left_a_minute_ago_reads_nothing_more(world):
    documents, people = world
    user, contact = people["colleague"]
    client = client_of(user, contact)
    assert read(client.get(address(documents["kbis"]))) == files.pdf()
    Contact.objects.filter(pk=contact.pk).update(ended_on="2026-01-31")
    assert client.get(address(documents["kbis"])).status_code == 404


def test_a_guess_and_another_s_document_are_answered_alike(world):
    documents, people = world
    client = client_of(*people["stranger"])
    known, guessed = client.get(address(documents["cv"])), client.get(address(uuid4()))
    assert known.status_code == guessed.status_code == 404
    assert known.content == guessed.content
    asked = AuditDetail.objects.order_by("-event_id").values_list("content", flat=True)[:2]
    assert [set(words) for words in asked] == [{"actor", "target", "asked"}] * 2
    events = AuditEvent.objects.filter(action="document.refused")
    assert not events.exclude(target_id="").exists()


def test_the_browser_is_told_to_save_and_to_trust_nothing(world):
    documents, people = world
    response = client_of(*people["depositor"]).get(address(documents["cv"]))
    assert response["Content-Type"] == "application/pdf"
    name = quote("CV d’été – Marina.pdf")
    assert response["Content-Disposition"] == f"attachment; filename*=utf-8''{name}"
    policy = response["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert "no-store" in response["Cache-Control"] and "public" not in response["Cache-Control"]
    assert response["Content-Length"] == str(documents["cv"].size)
    assert read(response) == files.pdf()


def test_files_have_no_other_address(world, client, store):
    documents, people = world
    client.force_login(people["administrator"][0])
    digest = documents["cv"].digest
    for path in (f"/media/documents/{digest}", f"/files/documents/{digest[:2]}/{digest}",
                 f"/static/documents/{digest[:2]}/{digest}", f"/documents/{digest}/"):  # fmt: skip
        assert client.get(path).status_code == 404


def test_a_replaced_document_can_still_be_read_by_its_address(world, deposit):
    documents, people = world
    deposit(people["depositor"][1], files.pdf(pages=2), replaces=documents["cv"])
    assert read(client_of(*people["officer"]).get(address(documents["cv"]))) == files.pdf()


@pytest.mark.parametrize("state", [Scan.PENDING, Scan.ERROR])
def test_until_it_is_scanned_only_the_organisation_that_sent_it_reads_a_file(world, state):
    documents, people = world
    Document.objects.update(scan=state)
    assert read(client_of(*people["colleague"]).get(address(documents["cv"])))
    page = client_of(*people["officer"]).get(address(documents["cv"]))
    assert page.status_code == 403 and "pas encore analysé" in page.content.decode()
    assert client_of(*people["stranger"]).get(address(documents["cv"])).status_code == 404


def test_nobody_reads_an_infected_file(world):
    documents, people = world
    Document.objects.update(scan=Scan.INFECTED)
    for role in ("depositor", "colleague", "officer", "administrator"):
        page = client_of(*people[role]).get(address(documents["cv"]))
        assert page.status_code == 403 and "refusé ce fichier" in page.content.decode()
    assert AuditEvent.objects.filter(action="document.refused").count() == 4
    assert not AuditEvent.objects.filter(action="document.read").exists()


def test_a_lost_content_is_a_page_and_not_a_failure(world, caplog):
    documents, people = world
    storage.remove(documents["cv"].digest)
    page = client_of(*people["officer"]).get(address(documents["cv"]))
    assert page.status_code == 503 and "ne peut pas être lu" in page.content.decode()
    assert "is missing" in caplog.text
    assert not AuditEvent.objects.filter(action="document.read").exists()


def test_a_reading_that_cannot_be_logged_does_not_happen(world, monkeypatch):
    documents, people = world

    def fail(*_: object, **__: object) -> None:
        raise PermissionDenied

    monkeypatch.setattr(services, "record", fail)
    with pytest.raises(PermissionDenied):
        services.open_for_reading(document=documents["cv"], acting_user=people["officer"][0])


def test_guessing_does_not_flood_the_log(world, caplog):
    _, people = world
    client = client_of(*people["stranger"])
    with caplog.at_level(logging.WARNING):
        answers = {client.get(address(uuid4())).status_code for _ in range(40)}
    assert answers == {404}
    refused = AuditEvent.objects.filter(action="document.refused")
    assert refused.count() == services.REFUSALS_AN_HOUR
    assert caplog.text.count("refused readings") == 1
    client_of(*people["former"]).get(address(uuid4()))
    assert refused.count() == services.REFUSALS_AN_HOUR + 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE documents_document SET name = 'audit_auditevent'",
        'UPDATE "documents_document" SET "name" = \'INSERT INTO "audit_auditevent" \'',
        'UPDATE "audit_auditevent" SET "action" = \'x\'',
        'DELETE FROM "audit_auditdetail"',
        'INSERT INTO "documents_document" SELECT * FROM "audit_auditevent" ',
    ],
)
def test_while_a_page_is_read_only_the_log_may_grow(statement):
    def view(request):
        with connection.cursor() as cursor:
            cursor.execute(statement)
        return HttpResponse()

    with pytest.raises(WriteOnGetError):
        ReadOnlyGetMiddleware(view)(RequestFactory().get("/"))
