"""Lists to tick, copied from part to part, entered again from Enée (SPEC P2, P3, P6)."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.models import Contact, LegacyValue, Organisation
from ilo_cms.moderation.choices import copy_choices, re_enter
from ilo_cms.moderation.models import ChangeRequest, ModerationRule, Target
from ilo_cms.moderation.services import save_record
from ilo_cms.referentials.models import PlatformSettings, Sector, Skill, SkillGroup
from tests.extranet.test_record import CONTACT, ORGANISATION, typed
from tests.factories import ContactFactory, DepartmentFactory, RegionFactory


pytestmark = pytest.mark.django_db

TO_ORGANISATION = "/mes-informations/copier-vers-structure/"
TO_CONTACT = "/mes-informations/copier-vers-contact/"
OLD_VALUES = "/mes-informations/anciennes-valeurs/"


@pytest.fixture
def contact():
    return ContactFactory(organisation__name="Conseil Sol")


@pytest.fixture
def skills():
    group = SkillGroup.objects.create(code="g", label="Gouvernance et organisation")
    labels = ["Gouvernance", "Modèle économique", "Projet associatif", "Communication"]
    return [
        Skill.objects.create(code=f"s{n}", label=label, group=group, position=n)
        for n, label in enumerate(labels)
    ]


def as_form(contact, **data):
    return {"acting_as": str(contact.pk)} | data


def old(contact, label="Projet (divers)", kind="skill", own=True, **fields):
    return LegacyValue.objects.create(
        organisation=contact.organisation,
        contact=contact if own else None,
        kind=kind,
        label=label,
        **fields,
    )


# --- lists --------------------------------------------------------------------------------------


def test_territories_stand_under_their_region_which_stands_for_them(sign_in, contact):
    DepartmentFactory(nord=True)
    page = sign_in(contact.user).get(CONTACT)
    groups = list(page.context["form"].fields["territories"].choices)
    assert [name for name, _ in groups] == ["Hauts-de-France", "Auvergne-Rhône-Alpes"]
    assert [str(label) for _, label in groups[1][1]] == [
        "Toute la région Auvergne-Rhône-Alpes",
        "Rhône (69)",
    ]
    assert "Une région vaut pour tous ses départements" in page.text


def test_a_chosen_row_that_is_no_longer_proposed_stays_and_is_not_offered_to_others(
    sign_in, contact, skills
):
    sector = Sector.objects.create(code="x", label="Ancien secteur", is_active=False)
    contact.skills.add(skills[0])
    contact.sectors.add(sector)
    Skill.objects.update(is_active=False)
    client = sign_in(contact.user)
    assert client.post(CONTACT, typed(client, CONTACT)).status_code == 302
    assert list(contact.skills.all()) == [skills[0]] and list(contact.sectors.all()) == [sector]
    assert "Modèle économique" not in client.get(CONTACT).text
    assert "Ancien secteur" not in client.get(ORGANISATION).text


def test_too_many_skills_get_a_sentence_and_nothing_is_lost(sign_in, contact, skills):
    PlatformSettings.objects.update_or_create(pk=1, defaults={"maximum_skills": 2})
    client = sign_in(contact.user)
    assert "2 au plus." in client.get(ORGANISATION).text
    data = typed(client, ORGANISATION, presentation="Gardée", skills=[s.pk for s in skills[:3]])
    page = client.post(ORGANISATION, data)
    assert page.status_code == 422
    assert "2 compétences au plus, et 3 sont choisies : décochez-en 1." in page.text
    assert "Gardée" in page.text and page.text.count("checked") == 3
    assert not Organisation.objects.get(pk=contact.organisation_id).skills.exists()


def test_lowering_the_maximum_leaves_the_other_fields_free(sign_in, contact, skills):
    contact.skills.set(skills)
    PlatformSettings.objects.update_or_create(pk=1, defaults={"maximum_skills": 1})
    client = sign_in(contact.user)
    assert client.post(CONTACT, typed(client, CONTACT, function="Gérante")).status_code == 302
    assert Contact.objects.get(pk=contact.pk).function == "Gérante"
    assert contact.skills.count() == 4


# --- copy ---------------------------------------------------------------------------------------


def test_one_click_adds_to_the_organisation_and_says_what(sign_in, contact, skills):
    contact.skills.set(skills[:2])
    contact.territories.add(DepartmentFactory())
    contact.organisation.skills.set(skills[1:3])
    client = sign_in(contact.user)
    page = client.post(TO_ORGANISATION, as_form(contact), follow=True)
    assert "Ajouté à votre structure : compétences : Gouvernance" in page.text
    assert "territoires d’intervention : Rhône (69)." in page.text
    organisation = Organisation.objects.get(pk=contact.organisation_id)
    assert set(organisation.skills.all()) == set(skills[:3])  # nothing was taken away
    assert organisation.origins == {"skills": "provider", "territories": "provider"}
    assert AuditEvent.objects.filter(action="organisation.updated").count() == 1
    again = client.post(TO_ORGANISATION, as_form(contact), follow=True)
    assert "Votre structure avait déjà tout" in again.text
    assert AuditEvent.objects.filter(action="organisation.updated").count() == 1


def test_one_click_adds_to_the_contact(sign_in, contact, skills):
    contact.organisation.skills.set(skills[:1])
    client = sign_in(contact.user)
    assert client.post(TO_CONTACT, as_form(contact)).url == CONTACT
    assert list(contact.skills.all()) == skills[:1]


def test_a_copy_above_the_maximum_copies_nothing(sign_in, contact, skills):
    contact.skills.set(skills[:2])
    contact.sectors.add(Sector.objects.create(code="x", label="Culture"))
    contact.organisation.skills.set(skills[2:])
    PlatformSettings.objects.update_or_create(pk=1, defaults={"maximum_skills": 3})
    page = sign_in(contact.user).post(TO_ORGANISATION, as_form(contact), follow=True)
    assert "Rien n’a été copié. Une fiche a 3 compétences au plus" in page.text
    assert set(contact.organisation.skills.all()) == set(skills[2:])
    assert not contact.organisation.sectors.exists()


def test_a_moderated_list_waits_with_what_was_already_asked(contact, skills):
    ModerationRule.objects.create(target=Target.ORGANISATION, field="skills", is_moderated=True)
    save_record(
        contact=contact,
        target=Target.ORGANISATION,
        record_id=contact.organisation_id,
        values={"skills": [skills[3].pk]},
    )
    contact.skills.set(skills[:1])
    added = copy_choices(contact=contact, to=Target.ORGANISATION)
    assert added.waits and added.rows == {"skills": skills[:1]}
    assert not contact.organisation.skills.exists()
    assert ChangeRequest.objects.get().items.get().new == sorted([skills[0].pk, skills[3].pk])


def test_what_is_no_longer_proposed_is_not_copied(contact, skills):
    contact.skills.set(skills[:2])
    Skill.objects.filter(pk=skills[0].pk).update(is_active=False)
    added = copy_choices(contact=contact, to=Target.ORGANISATION)
    assert added.rows == {"skills": [skills[1]]}


@pytest.mark.parametrize("refusal", ["left", "inactive"])
def test_who_may_only_read_copies_and_enters_nothing(contact, skills, refusal):
    contact.skills.set(skills)
    value = old(contact)
    if refusal == "left":
        Contact.objects.filter(pk=contact.pk).update(ended_on="2026-01-31")
    else:
        Organisation.objects.update(is_active=False)
    with pytest.raises(PermissionDenied):
        copy_choices(contact=contact, to=Target.ORGANISATION)
    for chosen in ([], [skills[0].pk]):
        with pytest.raises(PermissionDenied):
            re_enter(value=value, contact=contact, to=Target.ORGANISATION, chosen=chosen)
    assert not contact.organisation.skills.exists()
    assert not LegacyValue.objects.exclude(handled_at=None).exists()


# --- re-entry -----------------------------------------------------------------------------------


def test_old_values_are_listed_with_proposals_that_nobody_ticked(sign_in, contact, skills):
    old(contact)
    old(contact, "SIREN 123", kind="identifier", own=False)
    old(contact, "Déjà fait", handled_at=timezone.now())
    client = sign_in(contact.user)
    page = client.get(OLD_VALUES)
    assert "Projet (divers)" in page.text and "Projet associatif" in page.text
    assert 'type="checkbox"' in page.text and page.text.count(" checked") == 1  # the part
    assert "À voir avec votre chargé·e" in page.text and "SIREN 123" in page.text
    assert "Déjà fait" not in page.text
    assert "1 valeur de l’ancien outil" in client.get(CONTACT).text
    assert "Ressaisissez vos anciennes valeurs" in client.get("/").text


def test_ticking_adds_to_what_is_there_and_closes_the_old_value(sign_in, contact, skills):
    contact.organisation.skills.set(skills[:1])
    value = old(contact)
    client = sign_in(contact.user)
    data = as_form(contact, chosen=[skills[2].pk], to="organisation")
    page = client.post(reverse("old_value", args=[value.pk]), data, follow=True)
    assert "« Projet (divers) » est traitée. Ajouté : Projet associatif." in page.text
    assert set(contact.organisation.skills.all()) == {skills[0], skills[2]}
    assert not contact.skills.exists()
    assert LegacyValue.objects.get().handled_at
    event = AuditEvent.objects.get(action="contact.reentered")
    assert event.detail.content["before"] == "Compétence : Projet (divers)"
    assert event.detail.content["after"] == "Projet associatif"
    assert "Ressaisissez vos anciennes valeurs" not in client.get("/").text


def test_nothing_fits_is_an_answer(sign_in, contact, skills):
    value = old(contact, own=False)
    data = as_form(contact, to="organisation", none="1", chosen=[skills[0].pk])
    page = sign_in(contact.user).post(reverse("old_value", args=[value.pk]), data, follow=True)
    assert "est traitée. Rien de plus à ajouter." in page.text
    assert LegacyValue.objects.get().handled_at and not contact.organisation.skills.exists()
    event = AuditEvent.objects.get(action="organisation.reentered")
    assert event.detail.content["after"] == "aucun équivalent"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"to": "contact"}, "Cochez au moins un équivalent"),
        ({"to": "contact", "chosen": ["999999"]}, "Sélectionnez un choix valide"),
        ({"to": "contact", "chosen": ["x' OR 1"]}, "x&#x27; OR 1"),
        ({"to": "establishment", "chosen": ["1"]}, "Sélectionnez un choix valide"),
    ],
)
def test_a_bad_answer_gets_a_sentence_beside_the_whole_list(
    sign_in, contact, skills, data, sentence
):
    value = old(contact)
    page = sign_in(contact.user).post(
        reverse("old_value", args=[value.pk]), as_form(contact, **data)
    )
    assert page.status_code == 422
    assert sentence in page.text and "Communication" in page.text
    assert not LegacyValue.objects.exclude(handled_at=None).exists()


def test_too_many_skills_leave_the_old_value_open(sign_in, contact, skills):
    contact.skills.set(skills[:1])
    PlatformSettings.objects.update_or_create(pk=1, defaults={"maximum_skills": 1})
    value = old(contact)
    page = sign_in(contact.user).post(
        reverse("old_value", args=[value.pk]),
        as_form(contact, to="contact", chosen=[skills[2].pk]),
    )
    assert page.status_code == 422 and "une seule compétence" in page.text
    assert LegacyValue.objects.get().handled_at is None


def test_an_old_value_is_dealt_with_once(sign_in, contact, skills):
    value = old(contact)
    re_enter(value=value, contact=contact, to=Target.CONTACT, chosen=[skills[0].pk])
    with pytest.raises(ValidationError, match="déjà traitée"):
        re_enter(value=value, contact=contact, to=Target.CONTACT, chosen=[skills[1].pk])
    page = sign_in(contact.user).post(
        reverse("old_value", args=[value.pk]),
        as_form(contact, to="contact", chosen=[skills[1].pk]),
        follow=True,
    )
    assert "est déjà traitée" in page.text
    assert list(contact.skills.all()) == skills[:1]


def test_other_peoples_old_values_are_not_found(sign_in, contact):
    colleague = ContactFactory(organisation=contact.organisation)
    client = sign_in(contact.user)
    for value in (old(ContactFactory()), old(colleague), old(contact, kind="identifier")):
        address = reverse("old_value", args=[value.pk])
        assert client.get(address).status_code == 404
        assert client.post(address, as_form(contact, none="1", to="contact")).status_code == 404
    assert not LegacyValue.objects.exclude(handled_at=None).exists()


@pytest.mark.parametrize("kind", ["sector", "territory"])
def test_sectors_and_territories_too(sign_in, contact, kind):
    row = RegionFactory() if kind == "territory" else Sector.objects.create(code="c", label="Sport")
    value = old(contact, str(row), kind=kind)
    client = sign_in(contact.user)
    assert str(row) in client.get(OLD_VALUES).text
    client.post(
        reverse("old_value", args=[value.pk]), as_form(contact, to="contact", chosen=[row.pk])
    )
    assert list(getattr(contact, LegacyValue.LISTS[kind]).all()) == [row]


def test_who_has_left_reads_them_without_a_button(sign_in, contact):
    value = old(contact)
    Contact.objects.filter(pk=contact.pk).update(ended_on="2026-01-31")
    client = sign_in(contact.user)
    page = client.get(OLD_VALUES)
    assert "Projet (divers)" in page.text and "Aucun équivalent" not in page.text
    answer = client.post(
        reverse("old_value", args=[value.pk]), as_form(contact, none="1", to="contact")
    )
    assert answer.status_code == 403 and "Vous avez quitté" in answer.text


def test_the_queries_of_old_values_do_not_grow(sign_in, contact, skills):
    client = sign_in(contact.user)
    counts = []
    for more in (2, 198):
        for n in range(more):
            old(contact, f"Projet {more} {n}")
        client.get(OLD_VALUES)
        with CaptureQueriesContext(connection) as queries:  # fmt: skip
            assert client.get(OLD_VALUES).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
