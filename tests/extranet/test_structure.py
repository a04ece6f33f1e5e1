"""In which capacity a person acts (SPEC A6–A8)."""

import pytest
from django.urls import reverse

from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.models import Contact
from tests.factories import ContactFactory, UserFactory


pytestmark = pytest.mark.django_db


@pytest.fixture
def marina():
    user = UserFactory(first_name="Marina")
    ContactFactory(user=user, organisation__name="Conseil Sol")
    ContactFactory(user=user, organisation__name="Atelier Rhizome", former=True)
    return user


def membership(user, name: str) -> Contact:
    return Contact.objects.get(user=user, organisation__name=name)


def test_one_membership_needs_no_choice(sign_in):
    contact = ContactFactory(organisation__name="Conseil Sol")
    page = sign_in(contact.user).get("/")
    assert page.status_code == 200 and "Conseil Sol" in page.content.decode()


def test_several_memberships_lead_to_the_choice_and_back(sign_in, marina):
    client = sign_in(marina)
    page = client.get("/mes-informations/")
    assert page.url == "/structure/?next=%2Fmes-informations%2F"
    choice = client.post(
        page.url, {"contact": membership(marina, "Conseil Sol").pk, "next": "/mes-informations/"}
    )
    assert choice.url == "/mes-informations/"
    assert client.get("/mes-informations/").status_code == 200
    assert AuditEvent.objects.filter(action="contact.chosen").count() == 1


def test_a_former_membership_is_choosable_and_says_so(sign_in, marina):
    page = sign_in(marina).get("/structure/").content.decode()
    assert "Atelier Rhizome (structure quittée, lecture seule)" in page


def test_nobody_chooses_somebody_else_s_membership(sign_in, marina):
    other = ContactFactory()
    client = sign_in(marina)
    page = client.post("/structure/", {"contact": other.pk})
    assert page.status_code == 200
    assert "contact_id" not in client.session


@pytest.mark.parametrize(
    "address", ["https://ailleurs.example/", "//ailleurs.example/", "javascript:x"]
)
def test_the_choice_leads_nowhere_else(sign_in, marina, address):
    client = sign_in(marina)
    page = client.post(
        "/structure/", {"contact": membership(marina, "Conseil Sol").pk, "next": address}
    )
    assert page.url == reverse("home")


def test_a_choice_that_is_no_longer_theirs_is_forgotten(sign_in, marina):
    contact = membership(marina, "Conseil Sol")
    client = sign_in(marina, contact)
    assert client.get("/mes-informations/").status_code == 200
    Contact.objects.filter(pk=contact.pk).update(has_access=False)
    page = client.get("/mes-informations/")
    assert page.status_code == 302 and page.url.startswith("/structure/")


def test_notices_of_another_organisation_stay_there(sign_in, marina):
    from ilo_cms.notifications.models import Notification

    sol, rhizome = membership(marina, "Conseil Sol"), membership(marina, "Atelier Rhizome")
    for contact, text in [(sol, "avis-sol"), (rhizome, "avis-rhizome")]:
        Notification.objects.create(
            recipient=marina,
            organisation_id=contact.organisation_id,
            kind="x",
            category="x",
            text=text,
        )
    page = sign_in(marina, sol).get("/notifications/").content.decode()
    assert "avis-sol" in page and "avis-rhizome" not in page
    assert "1 <span" in page


def test_an_account_without_organisation_is_told_whom_to_ask(sign_in):
    page = sign_in(UserFactory()).get("/mes-informations/")
    assert page.status_code == 403
