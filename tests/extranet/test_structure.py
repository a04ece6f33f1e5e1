"""In which capacity a person acts (SPEC A6–A8)."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.directory.moves import Move, change_structure
from ilo_cms.moderation.models import Target
from ilo_cms.moderation.services import save_record
from tests.factories import PASSWORD, ContactFactory, OrganisationFactory, UserFactory
from tests.helpers.intranet import an_officer


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


# --- at every sign-in (A6) ------------------------------------------------------------------------


def signed_in(user) -> Client:
    """A browser that has just signed in by the page, with address and password."""
    client = Client()
    client.post("/compte/connexion/", {"login": user.email, "password": PASSWORD})
    return client


def test_the_choice_is_asked_at_every_sign_in(marina):
    sol = membership(marina, "Conseil Sol")
    for _ in range(2):
        client = signed_in(marina)
        page = client.get("/", follow=True)
        assert page.request["PATH_INFO"] == "/structure/"
        assert "Valider" in page.text and "Annuler et se déconnecter" in page.text
        client.post("/structure/", {"contact": sol.pk})
        assert client.get("/").status_code == 200
        client.post("/compte/deconnexion/")


def test_signing_in_again_on_the_same_browser_asks_again(marina):
    client = signed_in(marina)
    client.post("/structure/", {"contact": membership(marina, "Conseil Sol").pk})
    client.post("/compte/deconnexion/")
    client.post("/compte/connexion/", {"login": marina.email, "password": PASSWORD})
    assert client.get("/").url == "/structure/?next=%2F"


def test_one_s_choice_is_not_the_next_person_s(marina):
    """Two people at one computer, without signing out in between."""
    client = signed_in(marina)
    client.post("/structure/", {"contact": membership(marina, "Conseil Sol").pk})
    other = UserFactory()
    ContactFactory(user=other, organisation=Organisation.objects.get(name="Conseil Sol"))
    ContactFactory(user=other)
    client.force_login(other)
    assert client.get("/").url == "/structure/?next=%2F"


def test_the_header_switches_and_cancelling_keeps_the_choice(sign_in, marina):
    client = sign_in(marina, membership(marina, "Conseil Sol"))
    assert "changer de structure" in client.get("/").text
    page = client.get("/structure/", {"next": "/notifications/"})
    assert '<a class="button" href="/notifications/">Annuler</a>' in page.text
    assert "Conseil Sol" in client.get("/").text
    client.post("/structure/", {"contact": membership(marina, "Atelier Rhizome").pk})
    assert "Atelier Rhizome" in client.get("/").text


def test_confirming_one_s_password_keeps_the_choice(sign_in, marina):
    client = sign_in(marina, membership(marina, "Conseil Sol"))
    client.post("/compte/confirmation/", {"password": PASSWORD, "next": "/compte/securite/"})
    assert "Conseil Sol" in client.get("/").text


def test_the_session_gets_a_new_key_with_the_choice(marina):
    client = signed_in(marina)
    before = client.session.session_key
    client.post("/structure/", {"contact": membership(marina, "Conseil Sol").pk})
    assert client.session.session_key != before


def test_another_organisation_s_pages_are_missing(sign_in, marina, wired):
    sol = membership(marina, "Conseil Sol")
    request = save_record(
        contact=sol,
        target=Target.ORGANISATION,
        record_id=sol.organisation_id,
        values={"name": "Conseil Sol SCOP"},
    )
    address = reverse("change_request", args=[request.pk])
    assert sign_in(marina, sol).get(address).status_code == 200
    assert sign_in(marina, membership(marina, "Atelier Rhizome")).get(address).status_code == 404


# --- when a choice ends between two clicks --------------------------------------------------------


@pytest.mark.parametrize("others", [0, 1, 2])
def test_access_that_ends_never_turns_into_another_capacity(sign_in, others):
    user = UserFactory()
    chosen = ContactFactory(user=user, organisation__name="Conseil Sol")
    for number in range(others):
        ContactFactory(user=user, organisation__name=f"Autre {number}")
    client = sign_in(user, chosen)
    assert client.get("/mes-informations/").status_code == 200
    Contact.objects.filter(pk=chosen.pk).update(has_access=False)
    page = client.get("/mes-informations/", follow=True)
    if others:
        assert page.request["PATH_INFO"] == "/structure/"
        assert "Autre 0" in page.text and "Conseil Sol" not in page.text
    else:
        assert page.status_code == 403 and "aucune structure" in page.text
    posted = client.post("/mes-informations/", {"function": "Piège"})
    assert posted.status_code in {302, 403, 409}
    assert not Contact.objects.filter(function="Piège").exists()


def test_a_membership_that_ends_becomes_read_only_at_the_next_click(sign_in):
    contact = ContactFactory()
    client = sign_in(contact.user, contact)
    assert "Lecture seule" not in client.get("/").text
    assert "(obligatoire)" in client.get("/mes-informations/").text
    Contact.objects.filter(pk=contact.pk).update(ended_on=timezone.localdate())
    for path in ("/", "/mes-informations/", "/mes-informations/structure/", "/notifications/"):
        page = client.get(path)
        assert page.status_code == 200 and "Vous avez quitté cette structure" in page.text
        assert "(obligatoire)" not in page.text
    form = {"acting_as": str(contact.pk), "function": "Piège"}
    assert client.post("/mes-informations/", form).status_code == 403


def test_an_inactive_organisation_says_so_everywhere_and_takes_nothing(sign_in):
    contact = ContactFactory(organisation__inactive=True)
    client = sign_in(contact.user, contact)
    for path in ("/", "/mes-informations/", "/mes-informations/etablissement/", "/notifications/"):
        assert "Votre structure est inactive" in client.get(path).text
    form = {"acting_as": str(contact.pk), "presentation": "Texte gardé"}
    page = client.post("/mes-informations/structure/", form)
    assert page.status_code == 403 and "Texte gardé" in page.text
    assert Organisation.objects.get(pk=contact.organisation_id).presentation == ""
    Organisation.objects.filter(pk=contact.organisation_id).update(is_active=True)
    assert "inactive" not in client.get("/").text


# --- after a change of structure (A7) -------------------------------------------------------------


def test_open_tabs_on_the_old_organisation_become_read_only(sign_in):
    contact = ContactFactory(organisation__name="Atelier Rhizome")
    client = sign_in(contact.user, contact)
    move = Move(
        organisation=OrganisationFactory(name="Conseil Sol"),
        establishment=None,
        function="",
        phone="",
        has_access=True,
        ended_on=timezone.localdate(),
    )
    change_structure(contact=contact, move=move, acting_user=an_officer())
    form = {"acting_as": str(contact.pk), "function": "Piège"}
    page = client.post("/mes-informations/", form)
    assert page.status_code == 403 and "Vous avez quitté cette structure" in page.text
    assert not Contact.objects.filter(function="Piège").exists()
    choice = client.get("/structure/").text
    assert "Conseil Sol" in choice
    assert "Atelier Rhizome (structure quittée, lecture seule)" in choice


def test_one_who_had_one_structure_is_asked_after_the_change(sign_in):
    """Nothing was in the session, which acted for the one there was: now there are two."""
    contact = ContactFactory()
    client = sign_in(contact.user)
    assert client.get("/").status_code == 200
    ContactFactory(user=contact.user)
    assert client.get("/").url == "/structure/?next=%2F"
