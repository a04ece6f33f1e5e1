"""An officer's edit: only what changed is written, with its origin and one line in the log."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.edits import edit_as_officer, edit_record, record_changes, snapshot
from ilo_cms.directory.models import Establishment, Organisation, Origin
from ilo_cms.referentials.models import Skill, SkillGroup
from tests.factories import (
    ContactFactory,
    DepartmentFactory,
    EstablishmentFactory,
    OfficerFactory,
    OrganisationFactory,
)
from tests.helpers.intranet import an_administrator, an_officer, as_


pytestmark = pytest.mark.django_db


@pytest.fixture
def skill():
    group = SkillGroup.objects.create(code="g", label="Famille")
    return Skill.objects.create(code="s", label="Gouvernance", group=group)


def last_event():
    event = AuditEvent.objects.select_related("detail").first()
    return event.action, event.detail.content


def edit(record, values, user=None, origin=Origin.OFFICER):
    """Edit an organisation."""
    return edit_record(
        record=record,
        values=values,
        acting_user=user or OfficerFactory().user,
        origin=origin,
        organisation=record,
    )


def test_changes_are_logged_with_labels_and_their_origin_is_kept(skill):
    organisation = OrganisationFactory(name="Avant", origins={"name": "enee", "website": "enee"})
    changed = edit(
        organisation, {"name": "Après", "skills": [skill], "acronym": organisation.acronym}
    )
    organisation.refresh_from_db()
    assert set(changed) == {"name", "skills"}
    assert organisation.origins == {"name": "officer", "skills": "officer", "website": "enee"}
    action, words = last_event()
    assert action == "organisation.updated"
    assert words["before"] == {"name": "Avant", "skills": []}
    assert words["after"] == {"name": "Après", "skills": ["Gouvernance"]}
    assert words["origin"] == "Chargé·e d’accompagnement"


def test_nothing_changed_writes_nothing():
    organisation = OrganisationFactory()
    assert edit(organisation, {"name": organisation.name}) == []
    assert not AuditEvent.objects.exists()


def test_what_somebody_else_saved_meanwhile_stays(skill):
    organisation = OrganisationFactory(website="")
    stale = Organisation.objects.get(pk=organisation.pk)
    edit(organisation, {"website": "https://a.example", "skills": [skill]}, origin=Origin.PROVIDER)
    edit(stale, {"name": "Après"})
    organisation.refresh_from_db()
    assert organisation.website == "https://a.example"
    assert organisation.origins == {
        "website": "provider",
        "skills": "provider",
        "name": "officer",
    }
    assert list(organisation.skills.all()) == [skill]


def test_a_persons_names_are_logged_on_the_contact():
    contact = ContactFactory()
    before = snapshot(contact.user, ["last_name"])
    contact.user.last_name = "Petit"
    contact.user.save()
    changed = record_changes(
        record=contact.user,
        before=before,
        acting_user=contact.user,
        origin=Origin.PROVIDER,
        organisation=contact.organisation,
    )
    assert changed == ["last_name"]
    assert last_event()[0] == "account.updated"


def test_only_officers_edit_as_officers():
    contact = ContactFactory()
    with pytest.raises(PermissionDenied):
        edit_as_officer(
            record=contact.organisation,
            values={"name": "Après"},
            acting_user=contact.user,
            organisation=contact.organisation,
        )


def form_of(client, address):
    """The values that an edit form shows, ready to be sent back."""
    form = client.get(address).context["form"]
    return {
        name: "" if value is None else value
        for name in form.fields
        if (value := form[name].value()) is not False
    }


def test_the_screen_sets_origin_and_log_and_shows_the_origin(skill):
    organisation = OrganisationFactory(origins={"name": "insee"})
    client = as_(an_officer())
    address = reverse("organisation:edit", args=[organisation.pk])
    page = client.get(address)
    assert "Origine : INSEE." in page.text
    siren = f"{organisation.siren[:3]} {organisation.siren[3:6]} {organisation.siren[6:]}"
    data = form_of(client, address) | {"siren": siren, "acronym": "CS", "skills": [skill.pk]}
    assert client.post(address, data).status_code == 302
    organisation.refresh_from_db()
    assert organisation.origins == {"name": "insee", "acronym": "officer", "skills": "officer"}
    action, words = last_event()
    assert action == "organisation.updated"
    assert words["after"] == {"acronym": "CS", "skills": ["Gouvernance"]}
    history = client.get(reverse("organisation:history", args=[organisation.pk]))
    assert "Sigle : vide → CS" in history.text
    inspection = client.get(reverse("organisation:inspect", args=[organisation.pk]))
    assert "Sigle (origine : Chargé·e d’accompagnement)" in inspection.text


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("siren", "123456789", "Ce SIREN n’existe pas"),
        ("head_office_nic", "12", "Un NIC a cinq chiffres"),
        ("name", "", "requis"),
    ],
)
def test_the_screen_refuses_what_the_model_refuses(field, value, reason):
    organisation = OrganisationFactory()
    client = as_(an_officer())
    address = reverse("organisation:edit", args=[organisation.pk])
    page = client.post(address, form_of(client, address) | {field: value})
    assert page.status_code == 200
    assert reason in str(page.context["form"].errors)
    assert not AuditEvent.objects.exists()


def test_a_siren_already_known_is_refused():
    known, organisation = OrganisationFactory.create_batch(2)
    client = as_(an_officer())
    address = reverse("organisation:edit", args=[organisation.pk])
    page = client.post(address, form_of(client, address) | {"siren": known.siren})
    assert page.context["form"].errors.keys() == {"siren"}


def test_an_officer_creates_a_provider_and_is_its_first_referent():
    user = an_officer()
    data = {"name": "Nouvelle", "siren": "000 000 018", "is_provider": "on", "is_active": "on"}
    response = as_(user).post(reverse("organisation:add"), data)
    assert response.status_code == 302, response.context["form"].errors
    organisation = Organisation.objects.get(name="Nouvelle")
    assert organisation.siren == "000000018"
    assert organisation.referent == user.officer
    assert organisation.origins["name"] == "officer"


@pytest.mark.parametrize(
    ("who", "may"), [("referent", True), ("officer", False), ("administrator", True)]
)
def test_who_hands_a_record_over(who, may):
    user = an_administrator() if who == "administrator" else an_officer()
    referent = user.officer if who == "referent" else OfficerFactory()
    organisation = OrganisationFactory(referent=referent)
    form = as_(user).get(reverse("organisation:edit", args=[organisation.pk])).context["form"]
    assert ("referent" in form.fields) is may
    assert ("is_operator" in form.fields) is (who == "administrator")


def test_an_establishment_is_edited_with_its_departements_phones():
    reunion = DepartmentFactory(code="974", label="La Réunion")
    place = EstablishmentFactory(department=reunion)
    client = as_(an_officer())
    address = reverse("establishment:edit", args=[place.pk])
    data = form_of(client, address) | {"phone": "0692 12 34 56"}
    assert client.post(address, data).status_code == 302
    place = Establishment.objects.get()
    assert place.phone == "+262692123456"
    assert place.origins == {"phone": "officer"}
    assert last_event()[0] == "establishment.updated"


def test_an_inactive_reference_is_offered_only_where_it_is_chosen(skill):
    with_it, without = OrganisationFactory.create_batch(2)
    with_it.skills.add(skill)
    Skill.objects.update(is_active=False)
    client = as_(an_officer())
    for organisation, offered in ((with_it, True), (without, False)):
        page = client.get(reverse("organisation:edit", args=[organisation.pk]))
        assert (skill in page.context["form"].fields["skills"].queryset) is offered
