"""From the register's columns to our values: names, codes, addresses, what is hidden."""

import pytest

from etl.insee.mapping import department_code, establishment_values, organisation_values
from tests.insee.conftest import PERSON, PLACE, UNIT


NAF = {"70.22Z", "70.20Y"}


def test_a_legal_person_has_its_denomination_and_codes():
    assert organisation_values(UNIT, NAF) == {
        "name": "CONSEIL SOL",
        "acronym": "CS",
        "legal_form": "9220",
        "naf": "70.22Z",
        "headcount_band": "01",
        "head_office_nic": "00012",
        "insee_closed": False,
        "insee_restricted": False,
    }


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({}, "NINA DURAND"),
        ({"nomUsageUniteLegale": ""}, "NINA MARTIN"),
        ({"prenomUsuelUniteLegale": ""}, "JEANNE DURAND"),
        ({"nomUniteLegale": "[ND]", "nomUsageUniteLegale": "[ND]"}, None),
        ({"prenomUsuelUniteLegale": "[ND]", "prenom1UniteLegale": "[ND]"}, None),
        ({"nomUniteLegale": "", "nomUsageUniteLegale": ""}, None),
    ],
)
def test_a_natural_person_has_the_names_in_use(change, name):
    assert organisation_values(PERSON | change, NAF)["name"] == name


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"denominationUniteLegale": "[ND]"}, None),
        ({"denominationUniteLegale": ""}, None),
        ({"denominationUniteLegale": "", "denominationUsuelle1UniteLegale": "LE SOL"}, "LE SOL"),
        ({"denominationUniteLegale": '  SOL, DIT "LE SOL" '}, 'SOL, DIT "LE SOL"'),
    ],
)
def test_a_legal_person_without_denomination(change, name):
    assert organisation_values(UNIT | change, NAF)["name"] == name


@pytest.mark.parametrize(
    ("main", "other", "naf"),
    [
        ("70.22Z", "70.20Y", "70.22Z"),
        ("74.1J", "70.20Y", "70.20Y"),  # NAF 1993, which closed units keep
        ("74.1J", "", None),
        ("[ND]", "", None),
    ],
)
def test_only_codes_of_the_two_nomenclatures_in_force_count(main, other, naf):
    change = {"activitePrincipaleUniteLegale": main, "activitePrincipaleNAF25UniteLegale": other}
    assert organisation_values(UNIT | change, NAF)["naf"] == naf


def test_an_older_stock_has_no_naf_2025():
    older = {name: value for name, value in UNIT.items() if "NAF25" not in name}
    assert organisation_values(older, NAF)["naf"] == "70.22Z"


@pytest.mark.parametrize(("state", "closed"), [("A", False), ("C", True)])
def test_a_closed_unit(state, closed):
    change = {"etatAdministratifUniteLegale": state}
    assert organisation_values(UNIT | change, NAF)["insee_closed"] is closed


@pytest.mark.parametrize(("status", "restricted"), [("O", False), ("P", True), ("N", True)])
def test_a_restricted_unit(status, restricted):
    change = {"statutDiffusionUniteLegale": status}
    assert organisation_values(UNIT | change, NAF)["insee_restricted"] is restricted


def test_an_establishment_has_its_address():
    more = {"complementAdresseEtablissement": "", "distributionSpecialeEtablissement": "BP 12"}
    assert establishment_values(PLACE | more) == {
        "name": "ATELIER SOL",
        "address_complement": "BP 12",
        "address_line": "4 B RUE DES LILAS",
        "postcode": "69002",
        "city": "LYON 2EME",
        "city_code": "69382",
        "department": "69",
        "is_active": True,
    }


def test_half_an_address_is_no_address():
    hidden = PLACE | {"numeroVoieEtablissement": "[ND]", "codePostalEtablissement": "[ND]"}
    values = establishment_values(hidden)
    assert (values["address_line"], values["postcode"], values["city"]) == (None, None, "LYON 2EME")


@pytest.mark.parametrize(
    ("sign", "usual", "name"),
    [("A", "B", "A"), ("", "B", "B"), ("", "", ""), ("[ND]", "B", "B"), ("[ND]", "", None)],
)
def test_an_establishment_is_called_by_its_sign_or_usual_name(sign, usual, name):
    change = {"enseigne1Etablissement": sign, "denominationUsuelleEtablissement": usual}
    assert establishment_values(PLACE | change)["name"] == name


@pytest.mark.parametrize(
    ("city_code", "department"),
    [("69382", "69"), ("2A004", "2A"), ("2B033", "2B"), ("97416", "974"), ("98736", "987"),
     ("01004", "01"), ("", "")],
)  # fmt: skip
def test_the_department_of_a_commune(city_code, department):
    assert department_code(city_code) == department


def test_the_mask_never_comes_through():
    values = organisation_values(dict.fromkeys(PERSON, "[ND]") | {"siren": "000123455"}, NAF)
    values |= establishment_values(dict.fromkeys(PLACE, "[ND]"))
    assert "[ND]" not in str(values)
