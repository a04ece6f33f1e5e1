"""A change of structure: the guided screen, the service, and what is left behind (SPEC A7, A8)."""

import re
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.models import Activation, Contact, Establishment, Organisation
from ilo_cms.directory.moves import Move, change_structure
from ilo_cms.moderation.models import Target
from ilo_cms.moderation.services import save_record
from ilo_cms.notifications.models import Notification, OutboxMessage
from ilo_cms.referentials.models import GenericMailbox
from tests.factories import (
    ContactFactory,
    DepartmentFactory,
    EstablishmentFactory,
    OfficerFactory,
    OrganisationFactory,
    UserFactory,
    fictional_siren,
)
from tests.helpers.intranet import an_officer, as_
from tests.moderation.test_services import decide_all


pytestmark = pytest.mark.django_db

UNKNOWN_SIREN = fictional_siren(98_765)
SPACED = f"{UNKNOWN_SIREN[:3]} {UNKNOWN_SIREN[3:6]}\u00a0{UNKNOWN_SIREN[6:]}"


@pytest.fixture
def contact():
    return ContactFactory(
        user__first_name="Marina", user__last_name="Roche", organisation__name="Atelier Rhizome"
    )


@pytest.fixture
def sol():
    """Where Marina goes: an organisation with one place in Lyon and a contact."""
    organisation = OrganisationFactory(name="Conseil Sol")
    ContactFactory(organisation=organisation, user__last_name="Collègue")
    return organisation


@pytest.fixture
def officer():
    return an_officer()


def a_move(organisation: Organisation, **values) -> Move:
    """A plain move to an organisation, today."""
    usual = {
        "establishment": None,
        "function": "Consultante",
        "phone": "06 12 34 56 78",
        "has_access": True,
        "ended_on": timezone.localdate(),
    }
    return Move(organisation=organisation, **usual | values)


# --- the service ----------------------------------------------------------------------------------


def test_the_old_membership_ends_and_the_new_one_begins(contact, sol, officer):
    place = EstablishmentFactory(organisation=sol)
    contact.presentation = "Vingt ans de coopératives"
    contact.save()
    new = change_structure(
        contact=contact, move=a_move(sol, establishment=place), acting_user=officer
    )
    contact.refresh_from_db()
    assert contact.is_former and contact.has_access and contact.ended_on == timezone.localdate()
    assert (new.user, new.organisation, new.establishment) == (contact.user, sol, place)
    assert (new.function, new.phone) == ("Consultante", "+33612345678")
    assert new.presentation == "Vingt ans de coopératives" and not new.is_former
    assert contact.organisation.is_active
    assert User.objects.filter(contacts__in=[contact, new]).distinct().count() == 1


def test_it_is_logged_and_told(contact, sol, officer):
    new = change_structure(contact=contact, move=a_move(sol), acting_user=officer)
    moved = AuditEvent.objects.get(action="contact.moved")
    assert (moved.target_id, moved.organisation_id) == (
        str(contact.pk),
        str(contact.organisation_id),
    )
    assert (moved.detail.content["before"], moved.detail.content["after"]) == (
        "Atelier Rhizome",
        "Conseil Sol",
    )
    created = AuditEvent.objects.get(action="contact.created")
    assert (created.target_id, created.organisation_id) == (str(new.pk), str(sol.pk))
    mail = OutboxMessage.objects.get()
    assert mail.address == contact.user.email
    assert "Vous agissez à son titre dès maintenant" in mail.body
    assert "encore lire ce que vous avez fait au titre d’Atelier Rhizome" in mail.body
    assert Notification.objects.get().organisation_id is None


def test_who_cannot_sign_in_yet_gets_a_link(contact, sol, officer):
    contact.user.set_unusable_password()
    contact.user.save()
    change_structure(contact=contact, move=a_move(sol), acting_user=officer)
    assert Activation.objects.get().contact.organisation == sol
    assert OutboxMessage.objects.count() == 1 and not Notification.objects.exists()


def test_the_officer_may_end_the_reading_too(contact, sol, officer):
    change_structure(contact=contact, move=a_move(sol, keeps_access=False), acting_user=officer)
    contact.refresh_from_db()
    assert contact.is_former and not contact.has_access
    assert "Votre accès à Atelier Rhizome a pris fin" in OutboxMessage.objects.get().body


def test_the_old_organisation_may_become_inactive_with_its_last_contact(contact, sol, officer):
    change_structure(contact=contact, move=a_move(sol, closes_old=True), acting_user=officer)
    contact.organisation.refresh_from_db()
    assert not contact.organisation.is_active


def test_an_organisation_with_other_contacts_stays_active(contact, sol, officer):
    ContactFactory(organisation=contact.organisation)
    with pytest.raises(ValidationError, match="reste active"):
        change_structure(contact=contact, move=a_move(sol, closes_old=True), acting_user=officer)
    assert Contact.objects.current().filter(pk=contact.pk).exists()
    assert not Contact.objects.filter(user=contact.user, organisation=sol).exists()


def test_only_officers_move_people(contact, sol):
    for user in (contact.user, UserFactory(analyst=True), OfficerFactory(gone=True).user):
        with pytest.raises(PermissionDenied):
            change_structure(contact=contact, move=a_move(sol), acting_user=user)
    assert Contact.objects.filter(user=contact.user).count() == 1


def test_nobody_leaves_twice(contact, sol, officer):
    change_structure(contact=contact, move=a_move(sol), acting_user=officer)
    with pytest.raises(ValidationError, match="a déjà quitté"):
        change_structure(contact=contact, move=a_move(OrganisationFactory()), acting_user=officer)
    assert Contact.objects.filter(user=contact.user).count() == 2


def test_nobody_is_a_contact_of_one_organisation_twice(contact, sol, officer):
    ContactFactory(user=contact.user, organisation=sol)
    for organisation in (sol, contact.organisation):
        with pytest.raises(ValidationError, match="déjà contact"):
            change_structure(contact=contact, move=a_move(organisation), acting_user=officer)
    contact.refresh_from_db()
    assert not contact.is_former


def test_an_organisation_created_meanwhile_is_not_created_twice(contact, sol, officer):
    new = Organisation(siren=sol.siren, name="Conseil Sol bis", is_provider=True)
    with pytest.raises(ValidationError, match="SIREN"):
        change_structure(contact=contact, move=a_move(new), acting_user=officer)
    assert Organisation.objects.filter(siren=sol.siren).count() == 1


@pytest.mark.parametrize("change", [{"email": None}, {"email": "contact@sol.example"}])
def test_access_needs_an_address_of_one_s_own(change, contact, sol, officer):
    GenericMailbox.objects.create(code="contact", label="contact")
    User.objects.filter(pk=contact.user_id).update(**change)
    contact = Contact.objects.get(pk=contact.pk)
    with pytest.raises(ValidationError):
        change_structure(contact=contact, move=a_move(sol), acting_user=officer)
    change_structure(contact=contact, move=a_move(sol, has_access=False), acting_user=officer)


@pytest.mark.parametrize(
    ("entered", "origins", "ended_on", "accepted"),
    [
        ("2026-03-10", {}, "2026-11-23", True),  # today
        ("2026-03-10", {}, "2026-11-24", False),  # tomorrow
        ("2026-03-10", {}, "2026-03-10", True),  # the day they were entered
        ("2026-03-10", {}, "2026-03-09", False),
        ("2026-03-10", {"phone": "enee"}, "2021-06-30", True),  # known from Enée long before
    ],
)
def test_the_day_of_leaving(
    entered, origins, ended_on, accepted, contact, sol, officer, time_machine
):
    time_machine.move_to("2026-11-23 12:00+01:00")
    Contact.objects.filter(pk=contact.pk).update(
        created_at=f"{entered}T09:00+01:00", origins=origins
    )
    move = a_move(sol, ended_on=date.fromisoformat(ended_on))
    if accepted:
        change_structure(contact=contact, move=move, acting_user=officer)
    else:
        with pytest.raises(ValidationError):
            change_structure(contact=contact, move=move, acting_user=officer)


@pytest.mark.parametrize("keeps_access", [True, False])
def test_a_request_that_waited_is_still_decided(wired, contact, sol, officer, keeps_access):
    old = contact.organisation
    old.referent = OfficerFactory()
    old.save()
    request = save_record(
        contact=contact,
        target=Target.ORGANISATION,
        record_id=old.pk,
        values={"name": "Atelier Rhizome SCOP"},
    )
    change_structure(
        contact=contact, move=a_move(sol, keeps_access=keeps_access), acting_user=officer
    )
    request.refresh_from_db()
    assert request.is_pending
    decide_all(request, old.referent.user)
    old.refresh_from_db()
    assert old.name == "Atelier Rhizome SCOP"
    told = OutboxMessage.objects.filter(address=contact.user.email)
    assert told.filter(body__contains="a traité votre demande").exists()


# --- the edit form --------------------------------------------------------------------------------


def edit(contact: Contact, officer: User, **values):
    """Save a contact's edit form with some values changed."""
    data = {"last_name": contact.user.last_name, "first_name": contact.user.first_name}
    data |= {"has_access": "on", "establishment": contact.establishment_id or ""}
    return as_(officer).post(reverse("contact:edit", args=[contact.pk]), data | values)


def test_ending_a_membership_by_hand(contact, officer):
    tomorrow = timezone.localdate() + timedelta(days=1)
    page = edit(contact, officer, ended_on=tomorrow.strftime("%d/%m/%Y"))
    assert page.status_code == 200 and "n’est pas encore passée" in page.text
    assert edit(contact, officer, ended_on=timezone.localdate()).status_code == 302
    contact.refresh_from_db()
    assert contact.is_former and contact.has_access


def test_taking_an_end_back_needs_that_the_person_did_not_return(contact, officer):
    Contact.objects.filter(pk=contact.pk).update(ended_on=timezone.localdate())
    contact.refresh_from_db()
    again = ContactFactory(user=contact.user, organisation=contact.organisation)
    page = edit(contact, officer, ended_on="")
    assert page.status_code == 200 and "de nouveau contact de cette structure" in page.text
    again.delete()
    assert edit(contact, officer, ended_on="").status_code == 302
    contact.refresh_from_db()
    assert not contact.is_former


def test_making_an_organisation_inactive_by_hand_makes_its_contacts_readers(contact, officer):
    organisation = contact.organisation
    data = {"name": organisation.name, "siren": organisation.siren, "is_provider": "on"}
    client = as_(officer)
    page = client.post(reverse("organisation:edit", args=[organisation.pk]), data)
    assert page.status_code == 302
    organisation.refresh_from_db()
    assert not organisation.is_active
    assert "Votre structure est inactive" in as_(contact.user).get("/").text


# --- the guided screen ----------------------------------------------------------------------------


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
