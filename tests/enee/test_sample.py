"""The sample export: the same bytes every time, fictional throughout, and what its README says."""

import csv
import filecmp
import re
from collections import Counter

import pytest
from stdnum import luhn

from etl.enee.sample import generate
from etl.enee.sample.layout import COLUMNS
from etl.enee.sample.numbers import PHONE_PREFIXES


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A new export, made as the repository's was."""
    folder = tmp_path_factory.mktemp("enee")
    return folder, generate(folder)


def text_of(folder, name: str) -> str:
    return (folder / f"{name}.csv").read_bytes().decode("cp1252", "ignore")


def test_the_committed_export_is_what_the_generator_writes(made, export):
    folder, _ = made
    names = [f"{name}.csv" for name in COLUMNS] + ["faults.json"]
    same, other, missing = filecmp.cmpfiles(folder, export, names, shallow=False)
    assert (sorted(same), other, missing) == (sorted(names), [], [])


def test_it_has_the_size_that_the_demonstration_promises(made):
    _, counts = made
    assert counts["prestataires"] >= 300
    assert counts["intervenants"] >= 600
    assert counts["accompagnements"] >= 900
    assert counts["prestations"] >= 1500


def test_numbers_addresses_and_phones_belong_to_nobody(made):
    folder, _ = made
    everything = "\n".join(text_of(folder, name) for name in COLUMNS)
    assert all(
        address.endswith(".example") for address in re.findall(r"\S+@[^\s;\"]+", everything.lower())
    )
    for name, column in [("prestataires", "SIREN"), ("beneficiaires", "SIRET")]:
        for row in csv.DictReader(text_of(folder, name).splitlines(), delimiter=";"):
            digits = row[column] or ""
            if len(digits) in {9, 14} and digits.isdecimal() and luhn.is_valid(digits):
                assert digits.startswith("000")
    for cell in re.findall(r"(?<!\d)0[1-9](?:[ .]?\d\d){4}(?!\d)", text_of(folder, "responsables")):
        assert re.sub(r"\D", "", cell)[:6] in PHONE_PREFIXES


def test_the_readme_counts_the_faults_exactly(export, faults):
    readme = (export / "README.md").read_text(encoding="utf-8")
    for fault in faults:
        name = fault["fault"].replace("_", " ")
        assert f"| {name} | {fault['file']} | {fault['count']} | {fault['outcome']} |" in readme
        assert len(fault["lines"]) == fault["count"]


def test_no_row_has_two_faults(faults):
    places = Counter((fault["file"], line) for fault in faults for line in fault["lines"])
    assert set(places.values()) == {1}


def test_scale_makes_it_larger(tmp_path):
    assert generate(tmp_path, scale=2.0, seed=7)["prestations"] > 3000
