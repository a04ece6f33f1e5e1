"""The queue: what it says, what it filters, what it costs (SPEC M4, O2)."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.desk.todo import todos
from ilo_cms.directory.models import (
    Contact,
    Establishment,
    Officer,
    OfficerAbsence,
    Organisation,
)
from ilo_cms.moderation.models import ChangeRequest
from tests.factories import (
    ChangeRequestFactory,
    ContactFactory,
    DepartmentFactory,
    EstablishmentFactory,
    OfficerFactory,
    OrganisationFactory,
)
from tests.helpers.intranet import an_administrator, an_officer, as_


pytestmark = pytest.mark.django_db

QUEUE = reverse("wagtailsnippets_moderation_changerequest:list")
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def now(time_machine):
    """Wednesday 4 March 2026, eleven o'clock in Paris."""
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def user():
    """An officer of the Rhône."""
    return an_officer(operator__operated_territories=[DepartmentFactory()])


def waiting(days=0, department=None, **organisation) -> ChangeRequest:
    """A pending request made some days ago, of an organisation with one place."""
    place = EstablishmentFactory(
        organisation=OrganisationFactory(**organisation),
        department=department or DepartmentFactory(),
    )
    contact = ContactFactory(organisation=place.organisation, establishment=place)
    request = ChangeRequestFactory(contact=contact)
    ChangeRequest.objects.filter(pk=request.pk).update(created_at=NOW - timedelta(days=days))
    return ChangeRequest.objects.get(pk=request.pk)


def shown(client, query="") -> set:
    """The requests of a filtered list."""
    return set(client.get(f"{QUEUE}?{query}").context["object_list"])


def add_requests(numbers) -> None:
    """Late requests, each with its own rows for every column; in bulk, which is faster."""
    department, operator = DepartmentFactory(), OrganisationFactory(operator=True)
    people = User.objects.bulk_create(
        User(email=f"{kind}{n}@exemple.example", last_name=f"Nom {n}")
        for n in numbers
        for kind in ("referent", "contact")
    )
    referents = Officer.objects.bulk_create(
        Officer(user=person, operator=operator) for person in people[::2]
    )
    organisations = Organisation.objects.bulk_create(
        Organisation(name=f"Structure {n}", referent=referent)
        for n, referent in zip(numbers, referents, strict=True)
    )
    Establishment.objects.bulk_create(
        Establishment(organisation=organisation, department=department)
        for organisation in organisations
    )
    contacts = Contact.objects.bulk_create(
        Contact(user=person, organisation=organisation)
        for person, organisation in zip(people[1::2], organisations, strict=True)
    )
    ChangeRequest.objects.bulk_create(
        ChangeRequest(contact=contact, organisation=contact.organisation) for contact in contacts
    )
    ChangeRequest.objects.update(created_at=NOW - timedelta(days=12))


def test_as_many_queries_for_two_hundred_requests_as_for_two(user):
    client = as_(user)
    counts = []
    for numbers in (range(2), range(2, 200)):
        add_requests(numbers)
        for export in ("", "?export=csv"):
            client.get(QUEUE + export)  # fills the caches of content types
            with CaptureQueriesContext(connection) as queries:
                response = client.get(QUEUE + export)
                content = response.getvalue() if export else response.content
            assert content.count(b"12 jours") or export
            counts.append(len(queries))
    assert counts[:2] == counts[2:], [query["sql"] for query in queries]


def test_age_territory_and_what_keeps_a_request_waiting(user):
    away, left = OfficerFactory(), OfficerFactory(gone=True)
    OfficerAbsence.objects.create(officer=away, starts_on=TODAY, ends_on=TODAY + timedelta(days=2))
    waiting(referent=away)
    waiting(days=1, referent=left)
    waiting(days=3, department=DepartmentFactory(nord=True))
    waiting(days=14, referent=OfficerFactory())
    page = as_(user).get(QUEUE).text
    for words in ("aujourd’hui", "hier", "il y a 3 jours", "il y a 14 jours"):
        assert words in page
    assert "Rhône (69)" in page and "Nord (59)" in page
    for badge in (
        "absent·e jusqu’au 06/03/2026",
        "parti·e",
        "sans référent·e",
        "sans réponse depuis 14 jours",
    ):
        assert f'<span class="w-status">{badge}</span>' in page


def test_a_decided_request_has_no_warning(user):
    request = waiting(days=30)
    ChangeRequest.objects.filter(pk=request.pk).update(decided_at=NOW, decided_by=user)
    page = as_(user).get(f"{QUEUE}?etat=traitees")
    assert list(page.context["object_list"]) == [request]
    assert "w-status" not in page.text.split("<tbody>")[1].split("</tbody>")[0]


def test_filters_say_what_they_show(user):
    client = as_(user)
    mine = waiting(referent=user.officer)
    other = waiting(referent=OfficerFactory())
    orphan = waiting()
    late = waiting(days=11, referent=OfficerFactory())
    far = waiting(department=DepartmentFactory(nord=True))
    done, gone = waiting(), waiting()
    ChangeRequest.objects.filter(pk=done.pk).update(decided_at=NOW, decided_by=user)
    ChangeRequest.objects.filter(pk=gone.pk).update(withdrawn_at=NOW)
    pending = {mine, other, orphan, late, far}
    nord = DepartmentFactory(nord=True)
    for query, expected in {
        "": pending,
        "etat=en-attente": pending,
        "etat=sans-reponse": {orphan, far},
        "etat=en-retard": {late},
        "etat=traitees": {done},
        "etat=retirees": {gone},
        "etat=toutes": pending | {done, gone},
        "pour_moi=a-traiter": {mine},
        "pour_moi=a-reprendre": {orphan, late},
        f"territoire={nord.pk}": {far},
        f"territoire={nord.region.pk}": {far},
        f"territoire={nord.pk}&pour_moi=a-reprendre": set(),
    }.items():
        assert shown(client, query) == expected, query


@pytest.mark.usefixtures("indexed")
def test_the_list_is_sorted_by_age_and_searched(user, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        young = waiting(days=1, name="Conseil Sol")
        old = waiting(days=9, name="Coop Atout")
    client = as_(user)
    assert list(client.get(QUEUE).context["object_list"]) == [old, young]
    backwards = client.get(f"{QUEUE}?ordering=-created_at")
    assert list(backwards.context["object_list"]) == [young, old]
    assert shown(client, "q=atout") == {old}


def test_the_export_holds_what_is_filtered_and_why_it_waits(user):
    waiting(days=14, name="Conseil Sol", referent=OfficerFactory())
    waiting(name="Coop Atout", department=DepartmentFactory(nord=True))
    answer = as_(user).get(f"{QUEUE}?etat=en-retard&export=csv").getvalue().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(answer, newline=""), delimiter=";"))
    assert [row["Structure"] for row in rows] == ["Conseil Sol"]
    assert rows[0]["Territoire"] == "Rhône (69)"
    assert (rows[0]["Ancienneté (jours)"], rows[0]["Au-delà du délai de réponse"]) == ("14", "oui")


def test_the_button_carries_the_filters_for_officers_only(user):
    waiting()
    page = as_(user).get(f"{QUEUE}?pour_moi=a-traiter&p=1")
    assert f"{reverse('change_request_accept_all')}?pour_moi=a-traiter" in page.text
    assert "Tout accepter" not in as_(an_administrator()).get(QUEUE).text


def test_the_desk_counts_what_a_deputy_decides_and_what_may_be_taken_over(user):
    away = OfficerFactory()
    OfficerAbsence.objects.create(officer=away, starts_on=TODAY, ends_on=TODAY, deputy=user.officer)
    waiting(referent=away)
    waiting(referent=user.officer)
    waiting(days=11, referent=OfficerFactory())
    lines = {line.label: line for line in todos(user)}
    client = as_(user)
    for label, count in {
        "demandes de modération à traiter": 2,
        "demande sans réponse à reprendre sur votre territoire": 1,
    }.items():
        assert lines[label].count == count
        assert len(client.get(lines[label].url).context["object_list"]) == count
