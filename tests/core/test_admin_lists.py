"""Lists: exactly what is filtered and visible is exported, with a constant number of queries."""

import csv
import io
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from ilo_cms.audit.services import record
from ilo_cms.directory.models import OfficerAbsence, Organisation
from ilo_cms.notifications.models import Notification, OutboxMessage
from ilo_cms.referentials.models import Skill, SkillGroup
from tests.factories import (
    AssignmentFactory,
    ChangeRequestFactory,
    ContactFactory,
    DepartmentFactory,
    EngagementFactory,
    EstablishmentFactory,
    OfficerFactory,
    OrganisationFactory,
    ReferencingRequestFactory,
    SupportRequestFactory,
    UserFactory,
)
from tests.helpers.intranet import an_administrator, an_officer, as_


pytestmark = pytest.mark.django_db


def a_skill(number):
    group, _ = SkillGroup.objects.get_or_create(code="g", label="Famille")
    return Skill.objects.create(code=f"s{number}", label=f"Compétence {number}", group=group)


def a_mail(number, user):
    return OutboxMessage.objects.create(
        recipient=user, address="a@b.example", subject="Bonjour", message_id=str(number)
    )


def a_notice(user):
    return Notification.objects.create(recipient=user, kind="k", category="c", text="Bonjour")


def an_absence():
    return OfficerAbsence.objects.create(
        officer=OfficerFactory(),
        deputy=OfficerFactory(),
        starts_on=date(2026, 3, 2),
        ends_on=date(2026, 3, 6),
    )


#: One more row of each list, with every foreign key filled by a row of its own.
MAKERS = {
    "organisation:index": lambda n, user: OrganisationFactory(referent=OfficerFactory()),
    "establishment:index": lambda n, user: EstablishmentFactory(),
    "contact:index": lambda n, user: ContactFactory(),
    "officer:index": lambda n, user: OfficerFactory(),
    "officerabsence:index": lambda n, user: an_absence(),
    "person:index": lambda n, user: UserFactory(),
    "engagement:index": lambda n, user: EngagementFactory(),
    "assignment:index": lambda n, user: AssignmentFactory(),
    "skill:index": lambda n, user: a_skill(n),
    "territory:index": lambda n, user: DepartmentFactory(code=f"9{n}"),
    "outbox:index": lambda n, user: a_mail(n, user),
    "notification:index": lambda n, user: a_notice(user),
    "referencing_request:index": lambda n, user: ReferencingRequestFactory(handled=True),
    "support_request:index": lambda n, user: SupportRequestFactory(handled=True),
    "audit:index": lambda n, user: record("account.created", actor=user, target=user),
    "wagtailsnippets_moderation_changerequest:list": lambda n, user: ChangeRequestFactory(),
}


#: The lists that grow to many pages are measured on several; the others within one.
LONG = {"organisation:index", "contact:index"}


#: What a page of a list may ask. Ten are the frame's: session, person, rights, Wagtail's menu.
MOST_QUERIES = 16


@pytest.mark.parametrize("export", ["", "?export=csv"])
@pytest.mark.parametrize("name", MAKERS)
def test_a_list_makes_as_many_queries_for_many_rows_as_for_two(name, export):
    user = an_administrator()
    client = as_(user)
    counts = []
    for numbers in (range(2), range(2, 200 if name in LONG else 20)):
        for number in numbers:
            MAKERS[name](number, user)
        client.get(reverse(name) + export)  # fills the caches of content types
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = client.get(reverse(name) + export)
            content = response.getvalue() if export else response.content
        assert response.status_code == 200
        assert content
        counts.append(len(queries))
    assert counts[0] == counts[1], [query["sql"] for query in queries]
    assert export or counts[1] <= MOST_QUERIES, [query["sql"] for query in queries]


def exported(client, query, kind="csv"):
    """The rows of an export of organisations, by heading."""
    response = client.get(reverse("organisation:index") + f"?{query}&export={kind}")
    content = response.getvalue()
    if kind == "csv":
        text = content.decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))
    headings, *rows = load_workbook(io.BytesIO(content)).active.values
    return [dict(zip(headings, row, strict=True)) for row in rows]


@pytest.mark.parametrize("name", MAKERS)
def test_a_search_that_finds_nothing_says_so_without_a_gender_in_brackets(name):
    page = as_(an_administrator()).get(reverse(name) + "?q=introuvable")
    said = "Rien ne correspond à votre recherche ou à vos filtres."
    is_searched = 'name="q"' in page.text
    assert (said in page.text) is is_searched
    assert "Aucun(e)" not in page.text


def test_an_icon_says_oui_or_non():
    OrganisationFactory(inactive=True)
    page = as_(an_officer()).get(reverse("organisation:index")).text
    assert ">non<" in "".join(page.split()) and ">False<" not in "".join(page.split())


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_export_holds_exactly_what_is_filtered(kind):
    client = as_(an_officer())
    shown = OrganisationFactory.create_batch(35, is_cae=True, name="=Conseil Sol")
    OrganisationFactory(beneficiary=True)
    OrganisationFactory(inactive=True)
    rows = exported(client, "is_provider=true&is_active=true", kind)
    assert {row["SIREN"] for row in rows} == {row.siren for row in shown}
    assert len(rows) == 35  # more than one page
    assert {row["Dénomination"] for row in rows} == {"'=Conseil Sol"}


def test_the_export_holds_visible_rows_only(monkeypatch):
    client = as_(an_officer())
    OrganisationFactory(name="Ma structure")
    OrganisationFactory(name="Pas à moi")
    manager = type(Organisation.objects.all())
    monkeypatch.setattr(manager, "visible_to", lambda self, user: self.filter(name="Ma structure"))
    assert [row["Dénomination"] for row in exported(client, "")] == ["Ma structure"]


@pytest.mark.usefixtures("indexed")
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("econ", {"Économie solidaire"}),
        ("solid éco", {"Économie solidaire"}),
        ("000123", {"Conseil Sol"}),
        ("conseil", {"Conseil Sol"}),
        ("nulle part", set()),
        ('a"b (*', set()),
        ("l'AND OR", set()),
    ],
)
def test_search_finds_beginnings_of_words_whatever_accents(
    typed, found, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        OrganisationFactory(name="Économie solidaire", siren="000999992")
        OrganisationFactory(name="Conseil Sol", siren="000123455")
        OrganisationFactory(name="conseil inactif", inactive=True)
    client = as_(an_officer())
    page = client.get(reverse("organisation:index"), {"q": typed, "is_active": "true"})
    assert {row.name for row in page.context["object_list"]} == found
    chooser = client.get(reverse("organisation_chooser:choose_results"), {"q": typed})
    assert all(name in chooser.text for name in found)


@pytest.mark.usefixtures("indexed")
def test_a_contact_is_found_by_person_and_organisation(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        contact = ContactFactory(
            user__first_name="Inès", user__last_name="Sol", organisation__name="Coop Atout"
        )
        ContactFactory(user__first_name="Inès")
    page = as_(an_officer()).get(reverse("contact:index"), {"q": "ines atout"})
    assert list(page.context["object_list"]) == [contact]


def test_filters_by_referent_and_territory():
    user = an_officer()
    mine, other = OrganisationFactory(referent=user.officer), OrganisationFactory()
    gone = OrganisationFactory(referent=OfficerFactory(gone=True))
    nord = EstablishmentFactory(department=DepartmentFactory(nord=True)).organisation
    client = as_(user)
    for query, found in (
        ("referent=me", {mine}),
        ("referent=gone", {gone}),
        ("referent=none&is_provider=true", {other, nord}),
        (f"territory={DepartmentFactory(nord=True).pk}", {nord}),
        (f"territory={DepartmentFactory(nord=True).region.pk}", {nord}),
    ):
        page = client.get(reverse("organisation:index") + f"?{query}")
        assert set(page.context["object_list"]) == found, query
