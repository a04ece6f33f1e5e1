"""The gauge: what counts, what does not apply, what is missing (SPEC P4)."""

import pytest
from django.db import connection
from django.db.models import prefetch_related_objects
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ilo_cms.directory.completeness import completeness, organisation_completeness
from ilo_cms.directory.models import Contact
from ilo_cms.referentials.models import (
    HeadcountBand,
    LegalForm,
    NafCode,
    Opco,
    Sector,
    Skill,
    SkillGroup,
)
from tests.factories import (
    ContactFactory,
    DepartmentFactory,
    EstablishmentFactory,
    OrganisationFactory,
)
from tests.helpers.intranet import an_officer, as_


pytestmark = pytest.mark.django_db


@pytest.fixture
def full():
    """A contact whose record lacks nothing."""
    skill = Skill.objects.create(
        code="s", label="Gouvernance", group=SkillGroup.objects.create(code="g", label="Famille")
    )
    sector = Sector.objects.create(code="s", label="Culture")
    organisation = OrganisationFactory(
        presentation="Nous conseillons.",
        naf=NafCode.objects.create(code="70.22Z", label="Conseil", revision="rev2"),
        legal_form=LegalForm.objects.create(code="5499", label="SARL", level=3),
        opco=Opco.objects.create(code="01", label="Atlas"),
        headcount_band=HeadcountBand.objects.create(code="01", label="1 ou 2", maximum=2),
    )
    place = EstablishmentFactory(
        organisation=organisation, phone="+33472000000", email="lyon@sol.example"
    )
    contact = ContactFactory(
        organisation=organisation, establishment=place, presentation="Je conseille."
    )
    for row in (organisation, contact):
        row.skills.add(skill)
        row.sectors.add(sector)
        row.territories.add(DepartmentFactory())
    return contact


def missing(contact, **kwargs):
    return {(field.part, field.field) for field in completeness(fresh(contact), **kwargs).missing}


def fresh(contact):
    return Contact.objects.get(pk=contact.pk)


def test_a_full_record_is_at_a_hundred(full):
    found = completeness(full)
    assert (found.percent, found.missing) == (100, ())


@pytest.mark.parametrize(
    ("part", "field", "empty"),
    [
        ("contact", "function", ""),
        ("contact", "phone", ""),
        ("contact", "presentation", ""),
        ("organisation", "naf", None),
        ("organisation", "opco", None),
        ("organisation", "legal_form", None),
        ("organisation", "headcount_band", None),
        ("organisation", "head_office_nic", ""),
        ("organisation", "presentation", ""),
        ("establishment", "nic", ""),
        ("establishment", "address_line", ""),
        ("establishment", "phone", ""),
        ("establishment", "email", ""),
    ],
)
def test_an_empty_field_is_named(full, part, field, empty):
    owner = full if part == "contact" else getattr(full, part)
    setattr(owner, field, empty)
    owner.save()
    assert missing(full) == {(part, field)}
    assert completeness(fresh(full)).percent < 100


@pytest.mark.parametrize("name", ["skills", "sectors", "territories"])
def test_an_empty_list_is_named_for_each_part(full, name):
    getattr(full, name).clear()
    getattr(full.organisation, name).clear()
    assert missing(full) == {("contact", name), ("organisation", name)}


def test_the_persons_names_count_and_have_french_labels(full):
    full.user.first_name = ""
    full.user.save()
    assert [field.label for field in completeness(fresh(full)).missing] == ["Prénom"]


def test_what_may_rightly_be_empty_does_not_count(full):
    names = ["acronym", "website", "other_characteristics"]
    assert not any(getattr(full.organisation, name) for name in names)
    assert not full.other_phone and completeness(full).percent == 100


@pytest.mark.parametrize("code", ["NN", "00"])
def test_who_employs_nobody_needs_no_opco(full, code):
    organisation = full.organisation
    organisation.opco = None
    organisation.headcount_band = HeadcountBand.objects.create(code=code, label="0", maximum=0)
    organisation.save()
    assert missing(full) == set()


def test_the_seat_is_not_asked_for_while_the_siren_is_unknown(full):
    full.organisation.siren, full.organisation.head_office_nic = None, ""
    full.organisation.save()
    assert missing(full) == set()


def test_who_is_no_provider_needs_no_skills(full):
    full.organisation.is_provider = False
    full.organisation.save()
    for name in ("skills", "sectors", "territories"):
        getattr(full, name).clear()
        getattr(full.organisation, name).clear()
    assert missing(full) == set()


def test_without_establishment_that_is_what_is_missing(full):
    full.establishment = None
    full.save()
    assert missing(full) == {("establishment", "")}


def test_a_value_that_waits_for_an_officer_is_not_missing(full):
    full.organisation.naf = None
    full.organisation.save()
    assert missing(full, asked={("organisation", "naf")}) == set()
    assert missing(full, asked={("contact", "naf")}) == {("organisation", "naf")}


def test_the_percentage_is_rounded_down(full):
    full.function = full.phone = ""
    full.save()
    full.organisation.is_provider = False
    full.organisation.save()
    found = completeness(fresh(full))
    assert (found.total, len(found.missing), found.percent) == (17, 2, 88)  # 88.2


def test_prefetched_lists_cost_nothing(full):
    organisation = full.organisation
    prefetch_related_objects([organisation], "skills", "sectors", "territories")
    with CaptureQueriesContext(connection) as queries:  # fmt: skip
        organisation_completeness(organisation)
    assert len(queries) == 0


def test_officers_see_it_on_the_organisations_page_in_constant_queries(full):
    client = as_(an_officer())
    address = reverse("organisation:inspect", args=[full.organisation_id])
    counts = []
    for more in (1, 198):
        for contact in ContactFactory.create_batch(
            more, organisation=full.organisation, establishment=full.establishment
        ):
            contact.skills.set(Skill.objects.all())
        client.get(address)
        with CaptureQueriesContext(connection) as queries:  # fmt: skip
            page = client.get(address)
        counts.append(len(queries))
    assert "Complétude de la fiche" in page.text and "Structure : complet" in page.text
    assert f"{full.user} : complet" in page.text
    assert "manque : Secteurs, Territoires d’intervention, Présentation" in page.text
    assert counts[0] == counts[1]
