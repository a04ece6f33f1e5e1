"""What the search finds, in which order, and why (SPEC T3, A8)."""

from datetime import date

import pytest

from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.matching.assignments import assignment_figures
from ilo_cms.matching.catalogue import DEPARTMENT, REGION, SKILL
from ilo_cms.matching.figures import Figures
from ilo_cms.matching.services import Criteria, catalogue, search
from ilo_cms.referentials.models import Sector, Skill, SkillGroup, Territory
from tests.factories import (
    AssignmentFactory,
    ContactFactory,
    DepartmentFactory,
    EstablishmentFactory,
    OrganisationFactory,
)


pytestmark = pytest.mark.django_db


def skill(code: str) -> Skill:
    group, _ = SkillGroup.objects.get_or_create(code="famille", label="Famille")
    return Skill.objects.get_or_create(
        code=code, defaults={"label": code.capitalize(), "group": group}
    )[0]


def sector(code: str) -> Sector:
    return Sector.objects.get_or_create(code=code, defaults={"label": code.capitalize()})[0]


def provider(name: str = "Conseil", *, skills=(), sectors=(), territories=(), **fields):
    """A provider with one person to write to."""
    organisation = OrganisationFactory(name=name, **fields)
    ContactFactory(organisation=organisation, establishment=None)
    organisation.skills.set([skill(code) for code in skills])
    organisation.sectors.set([sector(code) for code in sectors])
    organisation.territories.set(territories)
    return organisation


def names(criteria: Criteria = Criteria(), **page) -> list[str]:  # noqa: B008 (immutable)
    hits = search(criteria, **page).hits
    rows = Organisation.objects.in_bulk([hit.organisation for hit in hits])
    return [rows[hit.organisation].name for hit in hits]


def test_the_more_themes_the_better_and_one_is_needed():
    provider("Une", skills=["gouvernance"])
    provider("Deux", skills=["gouvernance", "finances"])
    provider("Aucune", skills=["emploi"])
    asked = Criteria(skills=(skill("gouvernance").pk, skill("finances").pk))
    assert names(asked) == ["Deux", "Une"]


def test_sectors_raise_the_rank_and_exclude_nobody():
    provider("A sans secteur")
    provider("B du secteur", sectors=["culture"])
    assert names(Criteria(sectors=(sector("culture").pk,))) == ["B du secteur", "A sans secteur"]


def test_themes_weigh_more_than_sectors():
    provider("A", skills=["emploi"], sectors=["culture", "sport"])
    provider("B", skills=["emploi", "finances"])
    asked = Criteria(
        skills=(skill("emploi").pk, skill("finances").pk),
        sectors=(sector("culture").pk, sector("sport").pk),
    )
    assert names(asked) == ["B", "A"]


def test_a_region_stands_for_its_departments_and_nothing_for_nowhere():
    rhone, nord = DepartmentFactory(), DepartmentFactory(nord=True)
    provider("Région", territories=[rhone.region])
    provider("Rhône", territories=[rhone])
    provider("Nord", territories=[nord])
    provider("Nulle part")
    assert names(Criteria(territory=rhone.pk)) == ["Région", "Rhône"]
    assert names(Criteria(territory=rhone.region.pk)) == ["Région", "Rhône"]
    assert names(Criteria(territory=nord.region.pk)) == ["Nord"]


def test_an_overseas_territory_is_one_like_the_others():
    region = Territory.objects.create(kind="region", code="04", label="La Réunion")
    place = Territory.objects.create(
        kind="departement", code="974", label="La Réunion", region=region
    )
    provider("Région", territories=[region])
    assert names(Criteria(territory=place.pk)) == ["Région"]


def test_a_territory_without_provider_finds_nobody():
    provider("Rhône", territories=[DepartmentFactory()])
    empty = Territory.objects.create(kind="region", code="99", label="Sans département")
    assert names(Criteria(territory=DepartmentFactory(nord=True).pk)) == []
    assert names(Criteria(territory=empty.pk)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"is_active": False},
        {"is_provider": False},
    ],
)
def test_the_inactive_and_those_who_do_not_advise_are_never_found(change):
    organisation = provider()
    assert names() == ["Conseil"]
    Organisation.objects.filter(pk=organisation.pk).update(**change)
    assert names() == []


@pytest.mark.parametrize(
    "change",
    [{"ended_on": date(2026, 1, 1)}, {"user__is_active": False}, {"user__email": None}],
    ids=str,
)
def test_somebody_must_be_there_to_write_to(change):
    organisation = provider()
    contact = organisation.contacts.get()
    assert names() == ["Conseil"]
    for path, value in change.items():
        target = contact.user if path.startswith("user__") else contact
        setattr(target, path.removeprefix("user__"), value)
        target.save()
    assert names() == []


def test_what_its_people_offer_counts_for_the_organisation_while_they_are_there():
    organisation = provider("CAE", cae=True)
    person = organisation.contacts.get()
    person.skills.set([skill("emploi")])
    ContactFactory(organisation=organisation, establishment=None)
    asked = Criteria(skills=(skill("emploi").pk,))
    assert names(asked) == ["CAE"]
    Contact.objects.filter(pk=person.pk).update(ended_on=date(2026, 1, 1))
    assert names(asked) == []


@pytest.mark.parametrize(
    "typed",
    [
        "reseaux",
        "RÉSEAU",
        "rése",
        "locaux",
        "local",
        "œuvre",
        "oeuvres",
        "festivals",
        "emploi",
        "sol",
    ],
)
def test_words_ignore_accents_case_and_plurals(typed):
    organisation = provider(
        "Réseau local du Sol", presentation="L’œuvre des Festival d’ici", skills=["emploi"]
    )
    provider("Autre chose")
    assert names(Criteria(words=typed)) == ["Réseau local du Sol"]
    assert organisation


def test_every_word_counts_and_only_beginnings():
    provider("Atelier du Rhône", acronym="ADR")
    provider("Atelier du Nord")
    assert names(Criteria(words="atelier rhone")) == ["Atelier du Rhône"]
    assert names(Criteria(words="adr")) == ["Atelier du Rhône"]
    assert names(Criteria(words="elier")) == []


def test_the_name_of_an_open_place_is_found():
    place = EstablishmentFactory(organisation=provider(), name="Antenne de Givors")
    assert names(Criteria(words="givors")) == ["Conseil"]
    place.is_active = False
    place.save()
    assert names(Criteria(words="givors")) == []


def test_filters_by_kind():
    provider("CAE", cae=True)
    provider("Autre")
    assert names(Criteria(is_cae=True)) == ["CAE"]
    assert names(Criteria(is_cae=False)) == ["Autre"]


def test_between_equals_the_order_is_fair():
    for name, starts in {"A récent": date(2026, 5, 1), "B ancien": date(2024, 5, 1)}.items():
        contact = ContactFactory(organisation=provider(name), establishment=None)
        AssignmentFactory(contact=contact, starts_on=starts, ends_on=None, status="realisee")
    busy = ContactFactory(organisation=provider("A0 ancien, occupé"), establishment=None)
    AssignmentFactory(contact=busy, starts_on=date(2024, 5, 1), ends_on=None)
    provider("Z jamais")
    provider("Y jamais")
    assert names() == ["Y jamais", "Z jamais", "B ancien", "A0 ancien, occupé", "A récent"]


def test_a_plan_or_an_assignment_given_up_does_not_count():
    contact = ContactFactory(organisation=provider("A"), establishment=None)
    AssignmentFactory(contact=contact, status="abandonnee")
    AssignmentFactory(contact=contact, status="prevue")
    assert search(Criteria()).hits[0].never_called_on


def test_an_app_above_tells_of_invitations(monkeypatch):
    """Tenders will: an invitation is a call like an assignment."""
    invited, never = provider("A"), provider("B")

    def source(organisations):
        if invited.pk in organisations:
            yield invited.pk, Figures(invited_on=date(2026, 5, 1), invited=4, answered=3)

    monkeypatch.setattr("ilo_cms.matching.figures.SOURCES", [assignment_figures, source])
    first, second = search(Criteria()).hits
    assert (first.organisation, first.never_called_on) == (never.pk, True)
    assert (second.organisation, second.never_called_on) == (invited.pk, False)
    assert second.figures == Figures(None, 0, 0, date(2026, 5, 1), 4, 3)
    assert names(Criteria(never_called=True)) == ["B"]


def test_figures_of_several_sources_add_up():
    work = Figures(date(2026, 1, 1), 1, 2)
    calls = Figures(invited_on=date(2026, 3, 1), invited=5, answered=4)
    both = work + calls
    assert both == Figures(date(2026, 1, 1), 1, 2, date(2026, 3, 1), 5, 4)
    assert both.called_on == date(2026, 3, 1) and not both.never
    assert (both + Figures(date(2026, 2, 1), invited_on=date(2025, 1, 1))).called_on == date(
        2026, 3, 1
    )


def test_those_never_called_on():
    contact = ContactFactory(organisation=provider("A"), establishment=None)
    AssignmentFactory(contact=contact)
    provider("B")
    assert names(Criteria(never_called=True)) == ["B"]
    work = contact.assignments.get()
    work.status = "abandonnee"
    work.save()
    assert names(Criteria(never_called=True)) == ["A", "B"]


def test_an_outdated_row_is_not_offered_any_more():
    provider(skills=["emploi"])
    old = skill("emploi")
    assert (old.pk, "Emploi") in catalogue().choices[SKILL]
    Skill.objects.filter(pk=old.pk).update(is_active=False)
    assert SKILL not in catalogue().choices
    (facet,) = search(Criteria()).of(SKILL)
    assert (facet.count, facet.offered) == (1, False)


def test_a_suggestion_says_why():
    rhone = DepartmentFactory()
    provider(skills=["emploi"], sectors=["culture"], territories=[rhone])
    asked = Criteria((skill("emploi").pk,), (sector("culture").pk,), rhone.pk)
    (hit,) = search(asked).hits
    assert hit.reasons == "Thématique : Emploi ; couvre : Rhône (69) ; secteur : Culture"


def test_facets_count_what_is_found():
    rhone = DepartmentFactory()
    provider(skills=["emploi", "finances"], territories=[rhone])
    provider(skills=["emploi"], territories=[rhone.region])
    provider(skills=["finances"])
    results = search(Criteria(skills=(skill("emploi").pk,)))
    counts = {(facet.kind, facet.key): facet.count for facet in results.facets}
    assert results.total == 2
    assert counts[SKILL, skill("emploi").pk] == 2
    assert counts[SKILL, skill("finances").pk] == 1
    assert counts[DEPARTMENT, rhone.pk] == counts[REGION, rhone.region.pk] == 2


def test_pages_follow_each_other():
    for number in range(7):
        provider(f"P{number}")
    assert names(limit=3) + names(offset=3, limit=3) + names(offset=6, limit=3) == names(limit=None)
    assert names(offset=99) == []


@pytest.mark.parametrize(
    "criteria",
    [
        Criteria(skills=(999_999,)),
        Criteria(territory=999_999),
        Criteria(bands=(-1,)),
        Criteria(words="x" * 10_000),
    ],
    ids=["skill", "territory", "band", "long word"],
)
def test_what_nobody_has_finds_nobody(criteria):
    provider()
    assert search(criteria).total == 0


def test_what_is_no_word_is_not_looked_for():
    provider()
    for typed in ("", "  ", "…?!", "%_'\"\\", "\0"):
        assert names(Criteria(words=typed)) == ["Conseil"]
    assert names(Criteria(words="conseil " * 2_000)) == ["Conseil"]


def test_an_empty_directory_answers():
    assert search(Criteria(words="x")).total == 0
    assert search(Criteria()).hits == ()
