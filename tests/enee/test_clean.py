"""Cleaners: whatever the way of writing, the same value; whatever the cell, never a crash."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.enee import clean
from etl.enee.clean import Unreadable
from etl.enee.sample.numbers import luhn_digit


SEPARATORS = st.sampled_from(["", " ", ".", "\u00a0", "\u202f"])
CLEANERS = [
    clean.siren, clean.siret, clean.email, clean.phones, clean.day, clean.number, clean.postcode,
    clean.naf, clean.website, clean.flag, clean.codes, clean.text, clean.folded,
]  # fmt: skip


@st.composite
def sirens(draw: st.DrawFn) -> str:
    """Any SIREN that passes Luhn and keeps a digit after up to three leading zeros."""
    digits = draw(st.from_regex(r"[0-9]{3}[1-9][0-9]{4}", fullmatch=True))
    return digits + luhn_digit(digits)


@pytest.mark.parametrize("read", CLEANERS)
@given(cell=st.text(max_size=60))
def test_a_cell_is_read_or_refused_and_never_crashes(read, cell):
    try:
        read(cell)
    except Unreadable as error:
        assert str(error)


@pytest.mark.parametrize("read", CLEANERS)
@pytest.mark.parametrize("cell", ["", "   "])
def test_an_empty_cell_is_no_fault(read, cell):
    assert not any(read(cell) or ())


@given(sirens(), SEPARATORS)
def test_a_siren_is_read_however_it_is_grouped(siren, separator):
    assert clean.siren(separator.join([siren[:3], siren[3:6], siren[6:]])) == siren


@given(sirens())
def test_a_siren_gets_back_the_zeros_that_a_spreadsheet_dropped(siren):
    assert clean.siren(siren.lstrip("0")) == siren
    assert clean.siren(f"{int(siren)}.0") == siren


@given(sirens(), st.integers(1, 9))
def test_a_siren_with_a_false_key_is_refused(siren, shift):
    wrong = siren[:-1] + str((int(siren[-1]) + shift) % 10)
    with pytest.raises(Unreadable, match="check digit"):
        clean.siren(wrong)


@given(sirens(), st.integers(1, 9999), SEPARATORS)
def test_a_siret_is_read_however_it_is_written(siren, rank, separator):
    digits = f"{siren}{rank:04d}"
    siret = digits + luhn_digit(digits)
    assert clean.siret(separator.join([siret[:9], siret[9:]])) == siret
    assert clean.siret(siret.lstrip("0")) == siret


@pytest.mark.parametrize("cell", ["7,75672E+13", "7.75672e13", "7,75672 E+13"])
def test_scientific_notation_is_lost_not_guessed(cell):
    with pytest.raises(Unreadable, match="scientific"):
        clean.siret(cell)


@given(st.dates(date(1955, 1, 1), date(2049, 12, 31)))
def test_a_date_is_read_in_every_form(day):
    serial = (day - date(1899, 12, 30)).days
    for cell in [f"{day:%d/%m/%Y}", f"{day:%d.%m.%Y}", day.isoformat(), f"{day:%d/%m/%Y} 00:00"]:
        assert clean.day(cell) == day.isoformat()
    assert clean.day(str(serial)) == day.isoformat()


@given(st.dates(date(1950, 1, 1), date(2049, 12, 31)))
def test_a_short_year_is_of_this_century_until_2049(day):
    assert clean.day(f"{day:%d/%m/%y}") == day.isoformat()


@pytest.mark.parametrize("cell", ["31/02/2016", "00/00/0000", "31/11/2020", "29/02/2019"])
def test_a_day_that_does_not_exist_is_refused(cell):
    with pytest.raises(Unreadable, match="does not exist"):
        clean.day(cell)


@given(st.integers(0, 10**11 - 1))
def test_an_amount_is_read_in_every_form(cents):
    value = Decimal(cents) / 100
    french = f"{value:,.2f}".replace(",", " ").replace(".", ",")
    dotted = f"{value:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")
    for cell in [f"{french} €", french.replace(" ", "\u202f"), dotted, f"{value:.2f}"]:
        assert Decimal(clean.number(cell)) == value


@pytest.mark.parametrize(
    "cell", ["à définir", "5400 + frais", "-5", "10000000000", "1" + "0" * 26, "1.2.3"]
)
def test_what_is_not_an_amount_is_refused(cell):
    with pytest.raises(Unreadable):
        clean.number(cell)


@pytest.mark.parametrize("between", [" / ", "/", " ou ", ";", " - ", ","])
def test_two_phones_of_one_cell_are_two(between):
    cell = f"01 99 00 12 34{between}04.65.71.00.01"
    assert clean.phones(cell) == ("+33199001234", "+33465710001")


@given(st.integers(0, 999))
def test_a_mainland_number_is_what_the_library_says(last):
    number = f"0199001{last:03d}"
    assert clean.phones(number)[0] == clean.normal_phone(number)


def test_an_overseas_number_is_read_with_its_own_plan():
    assert clean.phones("0262 20 00 00", "974")[0] == "+262262200000"


@pytest.mark.parametrize(
    ("postcode", "department"),
    [
        ("01000", "01"),
        ("20000", "2A"),
        ("20200", "2B"),
        ("20600", "2B"),
        ("97400", "974"),
        ("", ""),
    ],
)
def test_the_departement_of_a_postcode(postcode, department):
    assert clean.department(postcode) == department


def test_an_email_is_stored_as_accounts_store_it():
    assert clean.email("  Marina@Conseil-Sol.EXAMPLE ") == "marina@conseil-sol.example"
    assert clean.email("o'neil@x-y.example") == "o'neil@x-y.example"
    with pytest.raises(Unreadable):
        clean.email("marina(at)conseil-sol.example")


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing_more(name):
    once = clean.folded(name)
    assert clean.folded(clean.folded(once)) == clean.folded(once)


def test_near_equal_names_fold_to_the_same():
    assert clean.folded("L’Étape, Conseil") == clean.folded("l'etapes CONSEILS")


def test_a_serial_outside_any_career_is_no_date():
    with pytest.raises(Unreadable):
        clean.day("12")
    assert clean.day("42806") == (date(1899, 12, 30) + timedelta(days=42806)).isoformat()
