"""Where each value comes from: INSEE, provider, officer, Enée, set and shown (SPEC P7)."""

import json

import pytest
from django.urls import reverse

from etl.enee.organisations import origins
from etl.insee.apply import Register, apply
from ilo_cms.directory.contacts import create_contact, edit_contact
from ilo_cms.directory.models import Contact, Establishment, Organisation
from ilo_cms.moderation.email_change import confirm
from ilo_cms.moderation.models import ModerationRule, Target
from ilo_cms.moderation.services import save_record
from tests.factories import ContactFactory, EstablishmentFactory, OrganisationFactory
from tests.helpers.intranet import an_officer, as_


pytestmark = pytest.mark.django_db

WORDS = {
    "insee": "INSEE",
    "provider": "Structure",
    "officer": "Chargé·e d’accompagnement",
    "enee": "Enée",
}


@pytest.fixture
def officer(wired):
    return an_officer()


@pytest.fixture
def contact():
    """A contact as the migration leaves it."""
    migrated = json.loads(
        origins({"name": "Conseil Sol", "website": "https://sol.example", "legal_form_id": 7})
    )
    organisation = OrganisationFactory(name="Conseil Sol", siren="000123455", origins=migrated)
    place = EstablishmentFactory(
        organisation=organisation, nic="00012", origins=json.loads(origins({"city": "Lyon"}))
    )
    own = json.loads(origins({"function": "x", "last_name": "x", "first_name": "", "email": "x"}))
    return ContactFactory(organisation=organisation, establishment=place, origins=own)


def shown(client, noun, record, name, label, origin):
    """The origin stands beside the value on the inspection and on the form."""
    inspection = client.get(reverse(f"{noun}:inspect", args=[record.pk]))
    assert f"{label} (origine : {WORDS[origin]})" in inspection.text
    form = client.get(reverse(f"{noun}:edit", args=[record.pk])).context["form"]
    assert f"Origine : {WORDS[origin]}." in str(form.fields[name].help_text)


def test_the_four_origins_are_set_by_their_services_and_shown(contact, officer):
    unit = {
        "name": "CONSEIL SOL",
        "head_office_nic": "00012",
        "insee_closed": False,
        "insee_restricted": False,
    }
    seat = {"nic": "00012", "address_line": "4 B RUE DES LILAS", "city": "LYON 2EME"}
    apply(Register({"000123455": unit}, {"000123455": {"00012": seat}}), ["000123455"])
    save_record(
        contact=contact,
        target=Target.ORGANISATION,
        record_id=contact.organisation_id,
        values={"presentation": "Nous conseillons."},
    )
    organisation = Organisation.objects.get(pk=contact.organisation_id)
    client = as_(officer)
    address = reverse("organisation:edit", args=[organisation.pk])
    form = client.get(address).context["form"]
    data = {
        name: value
        for name in form.fields
        if (value := form[name].value()) not in (None, False, [])
    }
    assert client.post(address, data | {"acronym": "CS"}).status_code == 302
    organisation.refresh_from_db()
    for name, label, origin in [
        ("head_office_nic", "SIRET du siège", "insee"),
        ("presentation", "Présentation", "provider"),
        ("acronym", "Sigle", "officer"),
        ("website", "Site internet", "enee"),
    ]:
        assert organisation.origins[name] == origin
        shown(client, "organisation", organisation, name, label, origin)
    place = Establishment.objects.get(pk=contact.establishment_id)
    assert place.origins["address_line"] == place.origins["nic"] == "insee"
    shown(client, "establishment", place, "address_line", "Adresse", "insee")
    shown(client, "establishment", place, "nic", "SIRET", "insee")


def test_the_names_of_a_person_have_an_origin_too(contact, officer):
    client = as_(officer)
    shown(client, "contact", contact, "last_name", "Nom", "enee")
    shown(client, "contact", contact, "email", "Adresse électronique", "enee")
    elsewhere = ContactFactory(user=contact.user)
    edit_contact(
        contact=contact, values={}, names={"first_name": "Prénom corrigé"}, acting_user=officer
    )
    ModerationRule.objects.create(target=Target.CONTACT, field="last_name", is_moderated=False)
    save_record(
        contact=contact,
        target=Target.CONTACT,
        record_id=contact.pk,
        values={"last_name": "Petit", "function": "Gérante"},
    )
    contact = Contact.objects.get(pk=contact.pk)
    shown(client, "contact", contact, "first_name", "Prénom", "officer")
    shown(client, "contact", contact, "last_name", "Nom", "provider")
    shown(client, "contact", contact, "function", "Fonction", "provider")
    elsewhere.refresh_from_db()  # the same person in another organisation
    assert elsewhere.origins == {"first_name": "officer", "last_name": "provider"}


def test_what_an_officer_enters_for_a_new_contact_comes_from_an_officer(contact, officer):
    new = create_contact(
        organisation=contact.organisation,
        establishment=None,
        last_name="Girard",
        first_name="Paul",
        email="paul@sol.example",
        phone="",
        function="Associé",
        has_access=False,
        acting_user=officer,
    )
    assert new.origins == dict.fromkeys(["last_name", "first_name", "email", "function"], "officer")
    again = create_contact(
        organisation=OrganisationFactory(),
        establishment=None,
        last_name="Ignoré",
        first_name="",
        email=contact.user.email,
        phone="",
        function="",
        has_access=False,
        acting_user=officer,
    )
    assert again.origins == {"last_name": "enee", "email": "enee"}  # as on the other record


def test_an_address_that_its_owner_confirmed_comes_from_them(contact, officer, mailoutbox):
    from django.core import signing

    from ilo_cms.moderation.email_change import CONFIRM_SALT, mark_of
    from tests.factories import ChangeItemFactory, ChangeRequestFactory

    item = ChangeItemFactory(
        request=ChangeRequestFactory(contact=contact, decided=True),
        approved=True,
        target=Target.CONTACT,
        target_id=contact.pk,
        field="email",
        old=contact.user.email,
        new="nouvelle@sol.example",
    )
    confirm(signing.dumps([str(item.pk), mark_of(contact.user)], salt=CONFIRM_SALT))
    contact.refresh_from_db()
    assert contact.origins["email"] == "provider"
