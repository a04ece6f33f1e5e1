"""Proposed equivalents of old values: near words only, never more than five (SPEC P6, L3)."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from ilo_cms.directory.legacy import MAXIMUM_PROPOSALS, offered, proposals, resemble, words
from ilo_cms.directory.models import LegacyValue
from ilo_cms.referentials.models import Skill
from tests.factories import ContactFactory, OrganisationFactory
from tests.helpers.intranet import an_officer, as_


pytestmark = pytest.mark.django_db


@pytest.fixture
def lists():
    call_command("load_referentials", stdout=StringIO())


def proposed(kind, label):
    value = LegacyValue(kind=kind, label=label)
    return [str(row) for row in proposals(value, offered(kind))]


@pytest.mark.parametrize(
    ("kind", "label", "first", "also"),
    [
        ("skill", "Développement durable", "Projet stratégique et plan de développement", None),
        ("skill", "Appui au projet (consolidation)", "Projet associatif ou coopératif",
         "Projet stratégique et plan de développement"),
        ("skill", "Regroupement et mutualisation", "Mutualisation et groupement d’employeurs",
         None),
        ("skill", "GESTION FINANCIERE", "Gestion financière et comptable", None),
        ("sector", "Insertion / emploi", "Insertion par l’activité économique",
         "Accueil et accompagnement vers l’emploi"),
        ("sector", "Multimédia", "Médias et information locale", None),
        ("territory", "rhone", "Rhône (69)", "Bouches-du-Rhône (13)"),
        ("territory", "Dépt 974", "La Réunion (974)", None),
    ],
)  # fmt: skip
def test_near_words_are_proposed_best_first(lists, kind, label, first, also):
    found = proposed(kind, label)
    assert found[0] == first
    assert also is None or also in found
    assert len(found) <= MAXIMUM_PROPOSALS


@pytest.mark.parametrize("label", ["Divers", "Autre", "T40", "…", "", "🦉", "de la à l’"])
def test_where_nothing_resembles_nothing_is_proposed(lists, label):
    assert proposed("skill", label) == []


def test_an_inactive_row_is_not_proposed(lists):
    Skill.objects.filter(code="gestion-financiere").update(is_active=False)
    assert "Gestion financière et comptable" not in proposed("skill", "Gestion financière")


def test_words_forget_accents_capitals_plurals_and_link_words():
    assert words("Réponse à la Commande PUBLIQUE des réseaux, 69") == {
        "reponse", "commande", "publique", "reseau", "69",
    }  # fmt: skip


def test_numbers_resemble_only_themselves():
    assert resemble("974", "974") and not resemble("97", "974") and not resemble("1974", "974")


@given(label=st.text(max_size=255))
def test_any_label_is_read(label):
    rows = [Skill(label=text) for text in ("Gouvernance", "Projet associatif", label or "x")]
    found = proposals(LegacyValue(kind="skill", label=label), rows)
    assert set(map(id, found)) <= set(map(id, rows))


def test_who_may_see_and_enter_again():
    contact = ContactFactory()
    colleague = ContactFactory(organisation=contact.organisation)
    stranger = ContactFactory()
    rows = {
        name: LegacyValue.objects.create(
            organisation=owner.organisation, contact=own, kind=kind, label=name
        )
        for name, owner, own, kind in [
            ("shared", contact, None, "skill"),
            ("mine", contact, contact, "sector"),
            ("hers", contact, colleague, "sector"),
            ("theirs", stranger, None, "skill"),
            ("other", contact, None, "identifier"),
        ]
    }
    of = LegacyValue.objects.of(contact)
    assert {row.label for row in of} == {"shared", "mine", "other"}
    assert {row.label for row in of.of_lists()} == {"shared", "mine"}
    assert rows["theirs"] not in LegacyValue.objects.visible_to(contact.user)
    assert LegacyValue.objects.visible_to(an_officer()).count() == 5


def test_officers_read_what_remains_on_the_organisations_page():
    contact = ContactFactory(organisation=OrganisationFactory())
    for own, label, handled in [
        (None, "Divers", None),
        (contact, "Emplois jeunes", None),
        (None, "Déjà fait", "2026-01-01T00:00Z"),
    ]:
        LegacyValue.objects.create(
            organisation=contact.organisation,
            contact=own,
            kind="skill",
            label=label,
            handled_at=handled,
        )
    page = as_(an_officer()).get(reverse("organisation:inspect", args=[contact.organisation_id]))
    assert "Anciennes valeurs d’Enée à ressaisir" in page.text
    assert "Compétence : Divers" in page.text
    assert f"Compétence : Emplois jeunes ({contact.user})" in page.text
    assert "Déjà fait" not in page.text
