"""The officers' pages: asking, deciding, reminding, ZIPs, and who may (SPEC A10, D4–D7)."""

import io
import zipfile
from uuid import uuid4

import pytest
from django.urls import reverse

from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.models import Organisation
from ilo_cms.document_requests import answers
from ilo_cms.document_requests.models import DocumentRequest, ItemState, Reminder
from ilo_cms.documents import storage
from ilo_cms.documents.archive import archived, unique
from ilo_cms.documents.models import Document, Scan
from ilo_cms.engagements.panels import engagement_panels
from ilo_cms.notifications.models import Notification
from tests.document_requests.conftest import in_days, judge, put, row
from tests.documents.conftest import upload
from tests.factories import (
    AssignmentFactory,
    ContactFactory,
    DocumentFactory,
    DocumentRequestFactory,
    EngagementFactory,
    OrganisationFactory,
)
from tests.helpers import files
from tests.helpers.intranet import an_administrator, an_officer, as_


pytestmark = pytest.mark.django_db

LIST = "/admin/demandes-de-pieces/"


def text(response) -> str:
    return response.content.decode().replace("&nbsp;", " ").replace("\xa0", " ")


def address(asked, act="check") -> str:
    return reverse(f"document_request_{act}", args=[asked.pk])


def asking(organisation, types, **more) -> dict:
    return {
        "key": str(uuid4()),
        "organisation": str(organisation.pk),
        "types": [types["cv"].pk, types["kbis"].pk],
        "message": "Merci.",
        "due_on": f"{in_days(10)}",
        **more,
    }


def test_an_officer_asks_from_the_record(officer, contact, store, types):
    client = as_(officer)
    record = client.get(reverse("organisation:inspect", args=[contact.organisation_id]))
    form = f"{reverse('document_request_ask')}?structure={contact.organisation_id}"
    assert form in text(record).replace("&amp;", "&")
    assert "Extrait Kbis" in text(client.get(form))
    data = asking(contact.organisation, types)
    page = text(client.post(form, data, follow=True))
    assert "Demande envoyée à Conseil Sol : 1 contact prévenu." in page
    client.post(form, data)
    assert DocumentRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"due_on": f"{in_days(-1)}"}, "date est passée"),
        ({"due_on": "demain"}, "date valide"),
        ({"types": []}, "Choisissez au moins une pièce"),
        ({"message": "x" * 2001}, "2000"),
    ],
)
def test_a_bad_form_says_so_and_keeps_what_was_typed(officer, contact, store, types, change, words):
    form = f"{reverse('document_request_ask')}?structure={contact.organisation_id}"
    page = as_(officer).post(form, asking(contact.organisation, types) | change)
    assert page.status_code == 422 and words in text(page)
    assert not DocumentRequest.objects.exists()
    assert "Merci." in text(page) or "message" in change


def test_the_team_asks_from_engagement_and_assignment_and_nobody_else(
    officer, contact, store, types
):
    engagement = EngagementFactory(officer=officer.officer)
    assignment = AssignmentFactory(engagement=engagement, contact=contact)
    ask = reverse("document_request_ask")
    pages = {
        f"{ask}?accompagnement={engagement.pk}": engagement.beneficiary,
        f"{ask}?prestation={assignment.pk}": contact.organisation,
    }
    far = as_(an_officer())
    for form, organisation in pages.items():
        assert far.get(form).status_code == 404
        assert far.post(form, asking(organisation, types)).status_code == 404
        assert as_(officer).get(form).status_code == 200
        assert as_(officer).post(form, asking(organisation, types)).status_code == 302
    assert DocumentRequest.objects.filter(engagement=engagement).count() == 2
    button = "Demander des pièces"
    inspected = reverse("engagement:inspect", args=[engagement.pk])
    assert button in text(as_(officer).get(inspected)) and button not in text(far.get(inspected))
    for key in ("", "?structure=x", f"?structure={uuid4()}", f"?prestation={uuid4()}"):
        assert far.get(ask + key).status_code == 404


def test_the_engagement_s_page_lists_them_for_the_team(officer, store, rf):
    engagement = EngagementFactory(officer=officer.officer)
    asked = DocumentRequestFactory(organisation=engagement.beneficiary, engagement=engagement)

    def panel(user) -> str:
        request = rf.get("/")
        request.user = user
        shown = {each.name: each.content for each in engagement_panels(request, engagement)}
        return shown.get("document_requests", "")

    assert address(asked) in panel(officer) and "0 sur 1" in panel(officer)
    assert "Demander des pièces" in panel(officer)
    assert panel(an_officer()) == ""


def test_all_rows_are_in_one_form(officer, contact, asked):
    put(asked, contact)
    put(asked, contact, code="cv", name="cv.pdf", content=files.pdf(pages=2))
    answers.send(request=asked, acting_as=contact)
    client = as_(officer)
    kbis, cv = row(asked), row(asked, "cv")
    data = {f"seen_{item.pk}": item.stamp for item in (kbis, cv)}
    data |= {f"verdict_{kbis.pk}": "yes", f"verdict_{cv.pk}": "no"}
    page = client.post(address(asked), data)
    assert page.status_code == 422 and "Expliquez votre refus" in text(page)
    assert client.post(address(asked), {}).status_code == 422
    data |= {f"reason_{cv.pk}": "Il manque une page.", f"issued_on_{kbis.pk}": f"{in_days(-5)}"}
    page = text(client.post(address(asked), data, follow=True))
    assert "Décision enregistrée" in page and "Il manque une page." in page
    assert row(asked).document.issued_on == in_days(-5)
    assert row(asked, "cv").state == ItemState.REFUSED


def test_the_second_officer_is_shown_the_first_decision_and_their_words(officer, contact, asked):
    put(asked, contact)
    put(asked, contact, code="cv", name="cv.pdf", content=files.pdf(pages=2))
    answers.send(request=asked, acting_as=contact)
    item = row(asked)
    data = {f"seen_{item.pk}": item.stamp, f"verdict_{item.pk}": "no"}
    data |= {f"reason_{item.pk}": "Page illisible."}
    cv = row(asked, "cv")
    judge(asked, officer)
    data |= {f"seen_{cv.pk}": cv.stamp, f"verdict_{cv.pk}": "yes"}
    second = as_(an_officer())
    page = second.post(address(asked), data)
    assert row(asked).state == ItemState.ACCEPTED
    assert page.status_code == 409, text(page)[-2000:]
    assert "n’est pas enregistrée" in text(page) and "Page illisible." in text(page)
    assert row(asked, "cv").state == ItemState.SENT


def test_the_team_s_requests_and_files_are_hidden_from_others(officer, contact, store, types):
    engagement = EngagementFactory(officer=officer.officer, beneficiary=contact.organisation)
    asked = DocumentRequestFactory(
        organisation=contact.organisation, engagement=engagement, asked_by=officer, items=["kbis"]
    )
    put(asked, contact)
    answers.send(request=asked, acting_as=contact)
    document = reverse("document_download", args=[row(asked).document.pk])
    far, team = as_(an_officer()), as_(an_officer(operator=officer.officer.operator))
    for act in ("check", "archive"):
        assert far.get(address(asked, act)).status_code == 404
        assert team.get(address(asked, act)).status_code == 200
    for act in ("check", "cancel", "reopen", "remind", "deposit"):
        assert far.post(address(asked, act)).status_code == 404
    assert far.get(document).status_code == 404
    assert b"".join(team.get(document)) == files.pdf()
    assert AuditEvent.objects.filter(action="document.refused").count() == 8
    assert address(asked) not in text(far.get(LIST)) and address(asked) in text(team.get(LIST))
    assert "kbis.pdf" not in text(far.get("/admin/pieces-jointes/"))
    export = far.get(f"{LIST}?export=csv")
    assert "Conseil Sol" not in b"".join(export).decode()
    seen = as_(an_administrator()).get(address(asked))
    assert seen.status_code == 200 and "Seule l’équipe" in text(seen)


def test_the_list_filters_by_state_and_exports(officer, contact, asked):
    other = DocumentRequestFactory(late=True, items=["cv"])
    done = DocumentRequestFactory(cancelled=True)
    client = as_(officer)

    def shown(state: str) -> set:
        page = text(client.get(f"{LIST}?etat={state}"))
        return {each for each in (asked, other, done) if address(each) in page}

    assert "En cours" in client.get(LIST).context["header_title"]
    assert shown("en-cours") == {asked, other} == shown("en-attente")
    assert shown("en-retard") == {other} and shown("annulees") == {done}
    assert shown("completes") == shown("a-verifier") == shown("refus") == set()
    put(asked, contact, issued_on=in_days(-80))
    answers.send(request=asked, acting_as=contact)
    assert shown("a-verifier") == {asked}
    assert "à vérifier" in text(client.get("/admin/"))
    mine = text(client.get(f"{LIST}?etat=toutes&pour_moi=true"))
    assert address(asked) in mine and address(other) not in mine
    judge(asked, officer)
    assert shown("expire-bientot") == {asked} and shown("a-verifier") == set()
    export = b"".join(client.get(f"{LIST}?etat=toutes&export=csv")).decode()
    assert export.count("\n") == 4 and "Conseil Sol" in export and "1 sur 2" in export


@pytest.mark.parametrize("rows", [2, 20])
def test_the_list_s_queries_do_not_grow(officer, store, rows, django_assert_max_num_queries):
    DocumentRequestFactory.create_batch(rows, asked_by=officer, items=["cv", "kbis"])
    client = as_(officer)
    client.get(LIST)
    with django_assert_max_num_queries(30):
        client.get(LIST)
    with django_assert_max_num_queries(30):
        client.get(reverse("document_request_remind_all"))


def test_a_dry_run_comes_before_any_reminder(officer, contact, asked):
    second = DocumentRequestFactory(organisation=contact.organisation, late=True)
    silent = DocumentRequestFactory(organisation__name="Muette")
    gone = DocumentRequestFactory(organisation__name="Éteinte", organisation__is_active=False)
    done = DocumentRequestFactory(organisation=ContactFactory().organisation, cancelled=True)
    client = as_(officer)
    bulk = reverse("document_request_remind_all")
    page = text(client.get(bulk))
    assert "1 structure" in page and "1 personne" in page and not Reminder.objects.exists()
    assert "Muette : aucun contact" in page and "Éteinte : structure inactive" in page
    shown = [str(each.pk) for each in (asked, second, silent, gone, done)] + ["x"]
    page = text(client.post(bulk, {"shown": shown}))
    assert "1 structure relancée" in page
    notice = Notification.objects.get(kind="document_request.reminded")
    assert notice.recipient == contact.user and "date dépassée" in notice.text
    page = text(client.post(bulk, {"shown": shown}))
    assert "Aucune structure relancée" in page and "déjà relancée aujourd’hui" in page
    page = text(client.post(address(asked, "remind"), follow=True))
    assert "déjà relancée aujourd’hui" in page
    assert Notification.objects.filter(kind="document_request.reminded").count() == 1


def test_who_has_answered_everything_is_not_reminded(officer, contact, asked):
    put(asked, contact)
    put(asked, contact, code="cv", name="cv.pdf", content=files.pdf(pages=2))
    answers.send(request=asked, acting_as=contact)
    page = text(as_(officer).post(address(asked, "remind"), follow=True))
    assert "Plus rien n’est attendu" in page and not Reminder.objects.exists()


def test_cancel_reopen_and_deposit_from_the_page(officer, contact, asked):
    client = as_(officer)
    page = text(client.post(address(asked, "cancel"), {"reason": " "}, follow=True))
    assert "Dites pourquoi" in page
    client.post(address(asked, "cancel"), {"reason": "Plus utile."})
    assert "Plus utile." in text(client.get(address(asked)))
    data = {"reason": "Utile.", "due_on": f"{in_days(-2)}"}
    assert "date est passée" in text(client.post(address(asked, "reopen"), data, follow=True))
    client.post(address(asked, "reopen"), data | {"due_on": f"{in_days(4)}"})
    assert DocumentRequest.objects.get().due_on == in_days(4)
    item = {"item": str(row(asked).pk)}
    page = text(client.post(address(asked, "deposit"), item, follow=True))
    assert "Choisissez d’abord un fichier" in page
    bad = item | {"file": upload(b"<html>", "kbis.pdf")}
    assert "autre chose" in text(client.post(address(asked, "deposit"), bad, follow=True))
    good = item | {"file": upload(files.pdf(), "kbis.pdf")}
    page = text(client.post(address(asked, "deposit"), good, follow=True))
    assert "déposée à la place de la structure" in page


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "Choisissez d’abord un fichier"),
        (bytes(22 << 20), "dépasse 1 Mo"),
        (b"<html>", "autre chose"),
    ],
    ids=["none", "too large", "html"],
)
def test_a_refused_deposit_keeps_the_piece_that_was_chosen(officer, asked, content, words):
    for code in ("cv", "kbis"):  # one of them is not the first of the list
        key = row(asked, code).pk
        data = {"item": str(key)}
        data |= {"file": upload(content, "a.pdf")} if content else {}
        answer = as_(officer).post(address(asked, "deposit"), data)
        assert answer.status_code == 422
        assert f'<option value="{key}" selected>' in answer.text
        field = answer.text.split('id="deposit_form_file"', 1)[1].split("</div>", 1)[0]
        assert words in field.replace("\xa0", " ")


def test_lateness_is_said_once_and_beside_another_state_too(officer, contact, asked):
    DocumentRequest.objects.update(due_on=in_days(-3))
    page = text(as_(officer).get(address(asked)))
    assert "<strong>en retard</strong>, validées" in page
    put(asked, contact)
    answers.send(request=asked, acting_as=contact)
    page = text(as_(officer).get(address(asked)))
    assert "<strong>à vérifier</strong> (en retard), validées" in page


def test_a_zip_holds_what_is_accepted_and_tells_the_rest(officer, contact, asked):
    put(asked, contact)
    put(asked, contact, code="cv", name="cv.pdf", content=files.pdf(pages=2))
    answers.send(request=asked, acting_as=contact)
    judge(asked, officer)
    response = as_(officer).get(address(asked, "archive"))
    assert response.streaming and response["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(b"".join(response))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["Extrait Kbis - kbis.pdf", "index.txt"]
        assert archive.read("Extrait Kbis - kbis.pdf") == files.pdf()
        assert row(asked).document.digest in archive.read("index.txt").decode()
    assert AuditEvent.objects.filter(action="document.read").count() == 1


def test_infected_and_vanished_files_are_told_in_the_index(officer, contact, store, types, caplog):
    kept = [DocumentFactory(contact=contact, name="CV.pdf", content=b"a" * n) for n in (5, 6)]
    infected = DocumentFactory(contact=contact, name="virus.pdf", scan=Scan.INFECTED, content=b"v")
    lost = DocumentFactory(contact=contact, name="../../perdu.pdf", content=b"perdu")
    storage.remove(lost.digest)
    response = as_(officer).get(reverse("organisation_archive", args=[contact.organisation_id]))
    with zipfile.ZipFile(io.BytesIO(b"".join(response))) as archive:
        names = sorted(archive.namelist())
        label = str(types["cv"])
        assert names == [f"{label} - CV (2).pdf", f"{label} - CV.pdf", "index.txt"]
        index = archive.read("index.txt").decode()
    assert "L’antivirus a refusé ce fichier" in index and "ne peut pas lire ce fichier" in index
    assert infected.digest in index and kept[0].digest in index
    assert AuditEvent.objects.filter(action="document.read").count() == 2
    assert "cannot be archived" in caplog.text


def test_names_are_safe_and_numbered():
    taken = {"index.txt"}
    assert unique("Index.txt", taken) == "Index (2).txt"
    assert unique("a/b\\..\x00c.pdf", taken) == "a-b-.. c.pdf"
    assert unique("CON.pdf", taken) == "_CON.pdf"


def test_a_zip_is_written_piece_by_piece(officer, contact, store):
    rows = [DocumentFactory(contact=contact, content=bytes(3 << 20)) for _ in range(3)]
    documents = Document.objects.filter(pk__in=[each.pk for each in rows])
    largest = max(map(len, archived(documents.select_related("organisation", "type"), officer)))
    assert largest <= 70_000


def test_an_inactive_structure_is_not_asked(officer, contact, store, types):
    Organisation.objects.filter(pk=contact.organisation_id).update(is_active=False)
    form = f"{reverse('document_request_ask')}?structure={contact.organisation_id}"
    assert "est inactive" in text(as_(officer).get(form, follow=True))
    silent = OrganisationFactory()
    form = f"{reverse('document_request_ask')}?structure={silent.pk}"
    assert "personne ne serait prévenu" in text(as_(officer).get(form))
