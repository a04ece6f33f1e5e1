"""Dealing with requests in the intranet: who may, what is said, what the list shows (SPEC A9)."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ilo_cms.audit.models import AuditEvent
from ilo_cms.desk.todo import todos
from ilo_cms.notifications.models import OutboxMessage
from ilo_cms.referencing.admin import referencing_viewset
from ilo_cms.referencing.models import ReferencingRequest
from ilo_cms.referencing.services import handle
from tests.factories import (
    ContactFactory,
    DepartmentFactory,
    OfficerFactory,
    OrganisationFactory,
    ReferencingRequestFactory,
    UserFactory,
    fictional_siren,
)
from tests.helpers.intranet import an_administrator, an_officer, as_


pytestmark = pytest.mark.django_db

LIST = "referencing_request:index"


def page_of(found):
    return reverse("referencing_request:inspect", args=[found.pk])


def test_a_request_is_dealt_with_once_and_logged():
    found, officer = ReferencingRequestFactory(), OfficerFactory().user
    handle(found=found, outcome=" Structure créée. ", write=False, acting_user=officer)
    found.refresh_from_db()
    assert (found.outcome, found.handled_by, found.state) == (
        "Structure créée.",
        officer,
        "traitée",
    )
    assert AuditEvent.objects.get().action == "referencing.handled"
    assert not OutboxMessage.objects.exists()
    with pytest.raises(ValidationError, match="déjà traitée"):
        handle(found=found, outcome="Encore", write=True, acting_user=OfficerFactory().user)
    assert not OutboxMessage.objects.exists()


def test_the_outcome_is_mailed_when_asked():
    found = ReferencingRequestFactory()
    handle(found=found, outcome="Accès ouvert.", write=True, acting_user=OfficerFactory().user)
    mail = OutboxMessage.objects.get()
    assert mail.address == found.email
    assert "Accès ouvert." in mail.body


@pytest.mark.parametrize("who", ["contact", "analyst", "gone"])
def test_the_others_do_not_deal_with_requests(who):
    user = {
        "contact": lambda: ContactFactory().user,
        "analyst": lambda: UserFactory(analyst=True),
        "gone": lambda: OfficerFactory(gone=True).user,
    }[who]()
    found = ReferencingRequestFactory()
    with pytest.raises(PermissionDenied):
        handle(found=found, outcome="Non", write=True, acting_user=user)
    found.refresh_from_db()
    assert found.handled_at is None


@pytest.mark.parametrize("outcome", ["", "   ", "\n"])
def test_an_outcome_is_compulsory(outcome):
    with pytest.raises(ValidationError):
        handle(
            found=ReferencingRequestFactory(),
            outcome=outcome,
            write=False,
            acting_user=OfficerFactory().user,
        )


def test_one_request_waits_per_address_and_siren():
    first = ReferencingRequestFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        ReferencingRequestFactory(email=first.email, siren=first.siren)
    handle(found=first, outcome="Fait", write=False, acting_user=OfficerFactory().user)
    ReferencingRequestFactory(email=first.email, siren=first.siren)


def test_an_officer_reads_and_handles_a_request_on_its_page():
    officer, found = an_officer(), ReferencingRequestFactory()
    client = as_(officer)
    page = client.get(page_of(found)).text
    assert "Aucune structure de l’annuaire n’a ce SIREN" in page
    assert "Personne n’a cette adresse" in page
    assert f"siren={found.siren}" in page
    refused = client.post(page_of(found), {"outcome": ""})
    assert refused.status_code == 422
    assert "obligatoire" in refused.text
    done = client.post(page_of(found), {"outcome": "Créée", "write": "on"}, follow=True)
    assert "La demande est traitée." in done.text
    assert OutboxMessage.objects.get().address == found.email
    late = client.post(page_of(found), {"outcome": "Encore"})
    assert late.status_code == 422
    assert "déjà traitée" in late.text


def test_the_page_tells_moments_in_paris_time():
    found = ReferencingRequestFactory()
    ReferencingRequest.objects.update(created_at="2026-11-23T17:30:00Z")
    assert "18:30" in as_(an_officer()).get(page_of(found)).text


def test_the_page_says_who_is_known():
    contact = ContactFactory(
        organisation__siren=fictional_siren(5), user__email="connue@sol.example"
    )
    client = as_(an_officer())
    both = ReferencingRequestFactory(siren=fictional_siren(5), email="connue@sol.example")
    page = client.get(page_of(both)).text
    assert reverse("organisation:inspect", args=[contact.organisation.pk]) in page
    assert reverse("contact:inspect", args=[contact.pk]) in page
    person = ReferencingRequestFactory(email="connue@sol.example")
    page = client.get(page_of(person)).text
    assert reverse("person:inspect", args=[contact.user.pk]) in page


def test_the_link_to_a_new_structure_brings_siren_and_name():
    found = ReferencingRequestFactory(organisation_name='Les "Ateliers" & Cie 🌿')
    client = as_(an_officer())
    link = client.get(page_of(found)).context["add_url"]
    form = client.get(link).context["form"]
    assert (form["siren"].value(), form["name"].value()) == (found.siren, found.organisation_name)


@pytest.mark.usefixtures("indexed")
def test_the_list_filters_by_state_and_place():
    rhone, nord = DepartmentFactory(), DepartmentFactory(nord=True)
    here = ReferencingRequestFactory(department=rhone, organisation_name="Ici")
    ReferencingRequestFactory(department=nord, organisation_name="Ailleurs")
    ReferencingRequestFactory(department=rhone, organisation_name="Faite", handled=True)
    client = as_(an_officer(operator__operated_territories=[rhone.region]))

    def names(query):
        rows = client.get(f"{reverse(LIST)}?{query}").context["page_obj"].object_list
        return {row.organisation_name for row in rows}

    assert names("") == {"Ici", "Ailleurs", "Faite"}
    assert names("etat=a-traiter") == {"Ici", "Ailleurs"}
    assert names("etat=a-moi") == {"Ici"}
    assert names("etat=sans-charge") == {"Ailleurs"}
    assert names("etat=traitees") == {"Faite"}
    assert names(f"territory={rhone.region.pk}") == {"Ici", "Faite"}
    assert names(f"q={here.last_name}") == {"Ici", "Ailleurs", "Faite"}
    assert names(f"q={here.siren}") == {"Ici"}


def test_the_desk_counts_what_waits_on_my_territory():
    rhone, nord = DepartmentFactory(), DepartmentFactory(nord=True)
    officer = an_officer(operator__operated_territories=[rhone])
    administrator = an_administrator()
    ReferencingRequestFactory(department=nord)
    assert [todo.count for todo in todos(officer)] == []
    found = ReferencingRequestFactory(department=rhone)
    assert [(todo.count, todo.label) for todo in todos(officer)] == [
        (1, "demande de référencement à traiter")
    ]
    assert [todo.count for todo in todos(administrator)] == [1]
    handle(found=found, outcome="Fait", write=False, acting_user=officer)
    assert todos(officer) == []


def test_a_request_page_makes_a_bounded_number_of_queries():
    client, found = as_(an_officer()), ReferencingRequestFactory()
    client.get(page_of(found))
    with CaptureQueriesContext(connection) as queries:
        client.get(page_of(found))
    assert len(queries) < 25


def test_requests_are_not_made_nor_edited_in_the_intranet():
    assert {route.name for route in referencing_viewset.get_urlpatterns()} == {
        "index",
        "index_results",
        "inspect",
        "history",
        "history_results",
    }


def test_nobody_outside_the_intranet_sees_a_request():
    ReferencingRequestFactory()
    for user in (ContactFactory().user, UserFactory(analyst=True)):
        assert not ReferencingRequest.objects.visible_to(user).exists()


def test_a_known_structure_is_not_offered_twice():
    organisation = OrganisationFactory()
    found = ReferencingRequestFactory(siren=organisation.siren)
    assert "Créer la structure" not in as_(an_officer()).get(page_of(found)).text
