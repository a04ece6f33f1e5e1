"""The sample stock: INSEE's columns and order, the export's SIREN, and the special cases."""

import csv
import filecmp
import json

import pytest
from django.conf import settings
from stdnum.fr import siren as siren_number
from stdnum.fr import siret as siret_number

from etl.insee.sample import CASES, generate
from etl.insee.stock_columns import ESTABLISHMENT_COLUMNS, UNIT_COLUMNS


STOCK = settings.FIXTURES / "insee"


@pytest.fixture(scope="module")
def units() -> dict[str, dict[str, str]]:
    """Legal units of the committed stock by SIREN."""
    with (STOCK / "StockUniteLegale_utf8.csv").open(encoding="utf-8", newline="") as file:
        return {row["siren"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def places() -> list[dict[str, str]]:
    """Establishments of the committed stock."""
    with (STOCK / "StockEtablissement_utf8.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def cases() -> dict[str, list[str]]:
    """SIREN of each special case."""
    return json.loads((STOCK / "cases.json").read_text(encoding="utf-8"))


def test_the_committed_stock_is_what_the_generator_writes(tmp_path):
    generate(tmp_path, settings.FIXTURES / "enee")
    names = ["StockUniteLegale_utf8.csv", "StockEtablissement_utf8.csv", "cases.json"]
    same, other, missing = filecmp.cmpfiles(tmp_path, STOCK, names, shallow=False)
    assert (sorted(same), other, missing) == (sorted(names), [], [])


def test_columns_and_order_are_insee_s(units, places):
    assert (len(UNIT_COLUMNS), len(ESTABLISHMENT_COLUMNS)) == (35, 54)
    assert list(next(iter(units.values()))) == UNIT_COLUMNS
    assert list(places[0]) == ESTABLISHMENT_COLUMNS
    assert list(units) == sorted(units)
    sirets = [place["siret"] for place in places]
    assert sirets == sorted(sirets)
    assert len(set(sirets)) == len(sirets)


def test_numbers_are_nobody_s_and_their_keys_hold(units, places):
    assert all(number.startswith("000") and siren_number.is_valid(number) for number in units)
    assert all(siret_number.is_valid(place["siret"]) for place in places)
    assert all(place["siret"] == place["siren"] + place["nic"] for place in places)


def test_every_seat_is_an_establishment(units, places):
    seats = {place["siret"] for place in places if place["etablissementSiege"] == "true"}
    assert seats == {number + row["nicSiegeUniteLegale"] for number, row in units.items()}


def test_the_special_cases_are_there(units, places, cases):
    assert {name: len(numbers) for name, numbers in cases.items()} == CASES
    assert not units.keys() & set(cases["absent"])
    for number in cases["closed"]:
        assert units[number]["etatAdministratifUniteLegale"] == "C"
    for number in cases["partial_diffusion"]:
        assert units[number]["statutDiffusionUniteLegale"] == "P"
    moved = [place for place in places if place["siren"] in cases["moved_head_office"]]
    closed = [place for place in moved if place["etatAdministratifEtablissement"] == "F"]
    assert {place["siren"] for place in closed} == set(cases["moved_head_office"])
    assert all('"' in units[number]["denominationUniteLegale"] or
               units[number]["categorieJuridiqueUniteLegale"] == "1000"
               for number in cases["awkward_name"])  # fmt: skip


def test_a_natural_person_has_a_name_and_no_denomination(units):
    people = [row for row in units.values() if row["categorieJuridiqueUniteLegale"] == "1000"]
    assert people
    assert all(row["nomUniteLegale"] and not row["denominationUniteLegale"] for row in people)


def test_rows_makes_it_larger(tmp_path):
    counts = generate(tmp_path, settings.FIXTURES / "enee", rows=5000)
    assert counts["StockUniteLegale"] > 5000
