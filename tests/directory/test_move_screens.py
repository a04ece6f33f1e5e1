"""The guided screen of a change of structure (SPEC A7, A8)."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.directory.models import Contact, Establishment, Organisation
from tests.factories import (
    ContactFactory,
    DepartmentFactory,
    EstablishmentFactory,
    OrganisationFactory,
    fictional_siren,
)
from tests.helpers.intranet import as_


pytestmark = pytest.mark.django_db

UNKNOWN_SIREN = fictional_siren(98_765)
SPACED = f"{UNKNOWN_SIREN[:3]} {UNKNOWN_SIREN[3:6]}\u00a0{UNKNOWN_SIREN[6:]}"


def hidden(page) -> dict[str, list[str]]:
    """What a browser sends back of a page's form: every field that the page shows or carries."""
    fields: dict[str, list[str]] = {}
    form = page.text.split('<form method="post" novalidate>')[1].split("</form>")[0]
    for tag in re.findall(r"<input[^>]*>", form):
        given = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        ticks = given.get("type") in {"checkbox", "radio"}
        if given.get("name") and (not ticks or "checked" in tag):
            fields.setdefault(given["name"], []).append(given.get("value", "on" if ticks else ""))
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'value="([^"]*)" selected', options)
        fields[name] = chosen or [""]
    return fields


class Walk:
    """An officer on the guided screen: what they see, and what they do next."""

    def __init__(self, contact: Contact, user: User) -> None:
        self.client = as_(user)
        self.address = reverse("contact_move", args=[contact.pk])
        self.page = self.client.get(self.address)
        assert self.page.status_code == 200

    def go(self, button: str, **typed):
        """Fill in fields of the page shown, and press a button."""
        data = hidden(self.page) | typed | {"go": button}
        data = {name: value for name, value in data.items() if value is not None}
        self.page = self.client.post(self.address, data)
        return self.page

    @property
    def step(self) -> str:
        """The title of the page shown."""
        return re.search(r'aria-current="step">([^<]+)', self.page.text).group(1)


def test_the_way_to_a_known_structure(contact, sol, officer):
    place = EstablishmentFactory(organisation=sol, name="Bureau de Lyon")
    walk = Walk(contact, officer)
    walk.go("2", siren=f"{sol.siren[:3]} {sol.siren[3:6]} {sol.siren[6:]}")
    assert walk.step == "Établissement" and "Conseil Sol" in walk.page.text
    assert "Collègue" in walk.page.text and "Bureau de Lyon" in walk.page.text
    walk.go("3", place=str(place.pk))
    walk.go("4", function="Directrice", phone="0692 12 34 56")
    assert walk.step == "Vérification"
    assert "Marina Roche devient contact de Conseil Sol" in walk.page.text
    assert "Atelier Rhizome prend fin" in walk.page.text
    assert not Contact.objects.filter(organisation=sol, user=contact.user).exists()
    done = walk.go("confirmer")
    new = Contact.objects.get(organisation=sol, user=contact.user)
    assert done.url == reverse("contact:inspect", args=[new.pk])
    assert (new.function, new.phone, new.establishment) == ("Directrice", "+262692123456", place)
    contact.refresh_from_db()
    assert contact.is_former and contact.has_access


def test_the_way_to_a_new_structure_and_place(contact, officer):
    rhone = DepartmentFactory()
    walk = Walk(contact, officer)
    walk.go("2", siren=SPACED)
    assert walk.page.status_code == 422 and walk.step == "Structure"
    assert "elle sera créée, « à synchroniser »" in walk.page.text
    walk.go("2", name="Coop L’Été 🌱", roles=["is_provider"])
    assert "n’existe pas encore" in walk.page.text
    walk.go(
        "3",
        place="nouveau",
        nic=f"{UNKNOWN_SIREN} 00027",
        postcode="69 002",
        city="Lyon",
        department=rhone.pk,
    )
    walk.go("4")
    assert "est créée" in walk.page.text and "L’établissement 00027 est ajouté" in walk.page.text
    assert not Organisation.objects.filter(siren=UNKNOWN_SIREN).exists()
    walk.go("confirmer")
    new = Contact.objects.get(organisation__siren=UNKNOWN_SIREN)
    organisation, place = new.organisation, new.establishment
    assert organisation.name == "Coop L’Été 🌱" and organisation.is_provider
    assert organisation.awaits_insee and organisation.referent == officer.officer
    assert (place.nic, place.postcode, place.department) == ("00027", "69002", rhone)
    assert place.origins["nic"] == "officer"


def test_an_establishment_may_be_unknown(contact, sol, officer):
    walk = Walk(contact, officer)
    walk.go("2", siren=sol.siren)
    walk.go("3", place="inconnu")
    walk.go("4")
    assert "sans établissement pour le moment" in walk.page.text
    walk.go("confirmer")
    assert Contact.objects.get(organisation=sol, user=contact.user).establishment is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Saisissez le SIREN"),
        ("12345678", "neuf chiffres"),
        ("123456789", "clé de contrôle est fausse"),
        ("lettres", "neuf chiffres"),
        (f"{UNKNOWN_SIREN}00012", "C’est un SIRET"),
    ],
)
def test_a_siren_that_cannot_be(typed, said, contact, officer):
    walk = Walk(contact, officer)
    walk.go("2", siren=typed)
    assert walk.page.status_code == 422 and walk.step == "Structure"
    assert said in walk.page.text
    assert not typed or f'value="{typed}"' in walk.page.text  # nothing is lost


def test_one_s_own_structure_and_one_where_one_is_already(contact, sol, officer):
    walk = Walk(contact, officer)
    walk.go("2", siren=contact.organisation.siren)
    assert "C’est déjà sa structure" in walk.page.text
    ContactFactory(user=contact.user, organisation=sol)
    walk.go("2", siren=sol.siren)
    assert "est déjà contact de Conseil Sol" in walk.page.text


def test_an_inactive_or_closed_structure_is_said_to_be_so(contact, officer):
    organisation = OrganisationFactory(inactive=True, insee_closed=True)
    walk = Walk(contact, officer)
    walk.go("2", siren=organisation.siren)
    assert "Cette structure est inactive" in walk.page.text
    assert "L’INSEE dit cette structure cessée" in walk.page.text


def test_what_stands_in_the_fields_of_a_new_place_is_of_no_matter_for_another(
    contact, sol, officer
):
    walk = Walk(contact, officer)
    walk.go("2", siren=sol.siren)
    walk.go("3", place="inconnu", nic="12", postcode="lyon")
    assert walk.step == "Fonction et départ"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"place": "nouveau", "nic": ""}, "Saisissez le NIC"),
        ({"place": "nouveau", "nic": "12"}, "cinq chiffres"),
        ({"place": "nouveau", "nic": "00012"}, "déjà dans la liste"),
        ({"place": "nouveau", "nic": "00027", "postcode": "6900"}, "cinq chiffres"),
        ({"place": "ailleurs"}, "ailleurs"),
    ],
)
def test_a_place_that_cannot_be(typed, said, contact, sol, officer):
    Establishment.objects.filter(organisation=sol).update(nic="00012")
    walk = Walk(contact, officer)
    walk.go("2", siren=sol.siren)
    walk.go("3", **typed)
    assert walk.page.status_code == 422 and walk.step == "Établissement"
    assert said in walk.page.text


def test_what_was_typed_survives_going_back_and_mistakes(contact, sol, officer):
    walk = Walk(contact, officer)
    walk.go("2", siren=sol.siren)
    walk.go("3", place="nouveau", nic="00027", city="Villeurbanne")
    walk.go("4", function="Directrice", phone="12", has_access=None, ended_on="2020-13-45")
    assert walk.page.status_code == 422 and walk.step == "Fonction et départ"
    walk.go("2", keeps_access=None)  # back
    assert walk.step == "Établissement" and 'value="Villeurbanne"' in walk.page.text
    walk.go("1")
    assert walk.step == "Structure" and f'value="{sol.siren}"' in walk.page.text
    walk.go("2")
    walk.go("3")
    assert walk.step == "Fonction et départ"
    assert 'value="Directrice"' in walk.page.text and 'value="2020-13-45"' in walk.page.text
    walk.go("4", phone="", ended_on=timezone.localdate().isoformat())
    assert walk.step == "Vérification"
    assert "Sans accès à l’extranet" in walk.page.text
    assert "ne lit plus rien d’Atelier Rhizome" in walk.page.text


def test_a_day_to_come_is_refused_in_words(contact, sol, officer):
    walk = Walk(contact, officer)
    walk.go("2", siren=sol.siren)
    walk.go("3", place="inconnu")
    walk.go("4", ended_on=(timezone.localdate() + timedelta(days=1)).isoformat())
    assert walk.page.status_code == 422
    assert "n’est pas encore passée" in walk.page.text


def test_leaving_an_organisation_empty_offers_to_make_it_inactive(contact, sol, officer):
    walk = Walk(contact, officer)
    walk.go("2", siren=sol.siren)
    walk.go("3", place="inconnu")
    assert "Rendre l’ancienne structure inactive" in walk.page.text
    walk.go("4", closes_old="on")
    assert "Atelier Rhizome devient inactive" in walk.page.text
    walk.go("confirmer")
    assert not Organisation.objects.get(name="Atelier Rhizome").is_active


def test_an_organisation_that_keeps_somebody_is_not_offered_to_be_closed(contact, sol, officer):
    ContactFactory(organisation=contact.organisation)
    walk = Walk(contact, officer)
    walk.go("2", siren=sol.siren)
    walk.go("3", place="inconnu")
    assert "Rendre l’ancienne structure inactive" not in walk.page.text
    walk.go("4", closes_old="on")
    walk.go("confirmer")
    assert Organisation.objects.get(name="Atelier Rhizome").is_active


def test_nothing_is_confirmed_that_was_not_checked(contact, sol, officer):
    walk = Walk(contact, officer)
    walk.go("confirmer")
    assert walk.step == "Structure"
    walk.go("2", siren=UNKNOWN_SIREN)
    walk.go("2", name="Nouvelle", roles=["is_provider"])
    walk.go("3", place="inconnu")
    walk.go("4")
    OrganisationFactory(siren=UNKNOWN_SIREN, name="Créée entre-temps")
    walk.go("confirmer")
    assert walk.page.status_code == 422 and "relisez, confirmez" in walk.page.text
    assert "Créée entre-temps" in walk.page.text
    walk.go("confirmer")
    assert Contact.objects.get(organisation__siren=UNKNOWN_SIREN).user == contact.user


def test_a_double_click_moves_once(contact, sol, officer):
    walk = Walk(contact, officer)
    walk.go("2", siren=sol.siren)
    walk.go("3", place="inconnu")
    walk.go("4")
    data = hidden(walk.page) | {"go": "confirmer"}
    walk.client.post(walk.address, data)
    again = walk.client.post(walk.address, data, follow=True)
    assert "a déjà quitté Atelier Rhizome" in again.text
    assert Contact.objects.filter(user=contact.user).count() == 2


def test_a_contact_that_went_meanwhile_is_said_so(contact, sol, officer):
    client = as_(officer)
    Contact.objects.filter(pk=contact.pk).update(ended_on=timezone.localdate())
    page = client.get(reverse("contact_move", args=[contact.pk]), follow=True)
    assert "a déjà quitté Atelier Rhizome" in page.text


def test_the_screen_is_reached_from_the_contact(contact, officer):
    client = as_(officer)
    for name in ("contact:inspect", "contact:edit"):
        page = client.get(reverse(name, args=[contact.pk])).text
        assert reverse("contact_move", args=[contact.pk]) in page
    former = ContactFactory(former=True)
    for name in ("contact:inspect", "contact:edit"):
        page = client.get(reverse(name, args=[former.pk])).text
        assert reverse("contact_move", args=[former.pk]) not in page
