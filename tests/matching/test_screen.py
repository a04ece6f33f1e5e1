"""The officers' screen: who may, what it shows, what it exports (SPEC T3, O2)."""

import csv
import io
from datetime import date

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.models import Organisation
from ilo_cms.matching.figures import Figures
from ilo_cms.matching.services import Criteria, search
from tests.factories import AssignmentFactory, ContactFactory, DepartmentFactory, OfficerFactory
from tests.helpers.intranet import an_administrator, an_officer, as_
from tests.matching.test_search import provider, skill


pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return as_(an_officer())


def page(client, **asked) -> str:
    response = client.get(reverse("provider_search"), asked)
    assert response.status_code == 200
    return response.content.decode()


def test_administrators_search_too():
    provider()
    assert "1 prestataire trouvé" in page(as_(an_administrator()))


def test_an_officer_who_left_is_refused():
    user = an_officer()
    OfficerFactory._meta.model.objects.filter(user=user).update(is_active=False)
    assert as_(user).get(reverse("provider_search")).status_code == 302


def test_it_is_in_the_menu(officer):
    assert reverse("provider_search") in officer.get("/admin/").content.decode()


def test_it_says_why_and_leads_to_the_record(officer):
    rhone = DepartmentFactory()
    found = provider("Atelier & Fils", skills=["emploi"], territories=[rhone])
    provider("Ailleurs", skills=["emploi"])
    text = page(officer, skills=skill("emploi").pk, territory=rhone.pk)
    assert "1 prestataire trouvé" in text
    assert "Thématique : Emploi ; couvre : Rhône (69)" in text
    assert reverse("organisation:inspect", args=[found.pk]) in text
    assert "Atelier &amp; Fils" in text and "Ailleurs" not in text
    assert "Jamais appelé" in text


def test_what_was_chosen_stays_chosen_with_its_count(officer):
    provider(skills=["emploi"])
    text = page(officer, skills=skill("emploi").pk, words="conseil")
    option = f'name="skills" value="{skill("emploi").pk}" checked'
    assert option in text and 'value="conseil"' in text
    assert "(1)" in text


def test_the_last_assignment_is_told(officer):
    contact = ContactFactory(organisation=provider(), establishment=None)
    AssignmentFactory(contact=contact)
    assert "Dernière prestation le 01/02/2026" in page(officer)


def test_invitations_are_told(officer, monkeypatch):
    invited = provider()
    told = Figures(invited_on=date(2026, 5, 1), invited=4, answered=3)
    monkeypatch.setattr("ilo_cms.matching.figures.SOURCES", [lambda keys: [(invited.pk, told)]])
    text = " ".join(page(officer).split())
    assert "Dernière sollicitation le 01/05/2026&nbsp;; réponses&nbsp;: 3 sur 4." in text
    assert "Aucun prestataire trouvé" in page(officer, never="on")


def test_nothing_found_says_what_to_do(officer):
    text = page(officer, words="introuvable")
    assert "Aucun prestataire trouvé" in text and "Retirez un critère" in text


@pytest.mark.parametrize(
    "asked",
    [
        {"skills": "999999"},
        {"skills": "x"},
        {"territory": "0"},
        {"cae": "peut-être"},
        {"words": "x" * 10_000},
        {"bands": "-1"},
    ],
    ids=lambda asked: next(iter(asked)),
)
def test_what_no_list_offers_is_told_and_finds_nothing(officer, asked):
    provider("Conseil Sol")
    response = officer.get(reverse("provider_search"), asked)
    assert response.status_code == 422
    assert "Conseil Sol" not in response.content.decode()
    export = officer.get(reverse("provider_search"), asked | {"export": "csv"})
    assert export.status_code == 422


@pytest.mark.parametrize("asked", ["2", "99", "0", "-1", "x", "9" * 400, ""])
def test_pages(officer, asked):
    for number in range(31):
        provider(f"P{number:02}")
    text = page(officer, p=asked)
    on_last = asked in {"2", "99"}
    assert ("P30" in text) is on_last
    assert ("Page suivante" in text) is not on_last


def test_nothing_is_posted(officer):
    assert officer.post(reverse("provider_search")).status_code == 405


def query_count(client, django_assert_max_num_queries) -> int:
    page(client)
    with django_assert_max_num_queries(40) as asked:
        page(client)
    return len(asked)


def test_the_number_of_queries_is_constant(officer, django_assert_max_num_queries):
    for number in range(2):
        provider(f"P{number}", skills=["emploi"], cae=True)
    few = query_count(officer, django_assert_max_num_queries)
    for number in range(28):
        provider(f"Q{number}", skills=["emploi"], territories=[DepartmentFactory()])
    assert query_count(officer, django_assert_max_num_queries) == few


def rows_of(response) -> list[list[str]]:
    content = b"".join(response.streaming_content)
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_the_export_is_what_is_found_in_its_order(officer):
    for number in range(40):
        provider(f"=P{number:02}", skills=["emploi"] if number % 2 else [])
    asked = {"skills": skill("emploi").pk, "export": "csv"}
    rows = rows_of(officer.get(reverse("provider_search"), asked))
    hits = search(Criteria(skills=(skill("emploi").pk,)), limit=None).hits
    names = Organisation.objects.in_bulk([hit.organisation for hit in hits])
    assert [row[0] for row in rows[1:]] == [f"'{names[hit.organisation].name}" for hit in hits]
    assert len(rows) == 21
    assert rows[1][2] == "Thématique : Emploi"


def test_the_workbook_holds_the_same(officer):
    provider("Conseil Sol")
    response = officer.get(reverse("provider_search"), {"export": "xlsx"})
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    assert [row[0] for row in sheet.values] == ["Structure", "Conseil Sol"]


def test_an_export_is_logged_without_the_words_typed(officer):
    provider()
    asked = {"words": "Introuvable", "territory": DepartmentFactory().pk, "export": "csv"}
    b"".join(officer.get(reverse("provider_search"), asked).streaming_content)
    event = AuditEvent.objects.get(action="records.exported")
    assert event.detail.content["filters"] == ["Recherche", "Territoire : Rhône (69)"]
    assert "Introuvable" not in str(event.detail.content)
