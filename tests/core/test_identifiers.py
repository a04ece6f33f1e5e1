"""Identifiers and phones: what is accepted, what is refused and in which words."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from ilo_cms.core.identifiers import (
    compact,
    normal_phone,
    readable_phone,
    validate_nic,
    validate_siren,
    validate_siret,
)


def with_key(body: str) -> str:
    return body + luhn.calc_check_digit(body)


@given(st.from_regex(r"[0-9]{8}", fullmatch=True))
def test_a_siren_with_its_key_passes_and_any_other_key_fails(body):
    siren = with_key(body)
    validate_siren(siren)
    wrong = body + str((int(siren[-1]) + 1) % 10)
    with pytest.raises(ValidationError):
        validate_siren(wrong)


@given(st.text(max_size=20))
def test_any_text_is_either_a_siren_or_refused_in_french(text):
    try:
        validate_siren(text)
    except ValidationError as error:
        assert "SIREN" in error.message
    else:
        assert len(text) == 9 and text.isascii() and text.isdigit()


def test_la_poste_has_its_own_rule():
    validate_siret("35600000000048")
    validate_siret("35600000049837")
    with pytest.raises(ValidationError):
        validate_siret("35600000049838")


@pytest.mark.parametrize("nic", ["1234", "0001a", "", "000123", "٠٠٠١٢"])
def test_a_nic_has_five_digits(nic):
    with pytest.raises(ValidationError):
        validate_nic(nic)


@pytest.mark.parametrize(
    ("typed", "department", "stored"),
    [
        ("04 65 71 00 01", "69", "+33465710001"),
        ("04.65.71.00.01", "", "+33465710001"),
        ("+33 4 65 71 00 01", "69", "+33465710001"),
        ("0033465710001", "69", "+33465710001"),
        ("0262 12 34 56", "974", "+262262123456"),
        ("0590 27 12 34", "971", "+590590271234"),
        ("0596 71 12 34", "972", "+596596711234"),
        ("0594 30 12 34", "973", "+594594301234"),
        ("0639 69 12 34", "976", "+262639691234"),
        ("+687 27 12 34", "988", "+687271234"),
        ("", "69", ""),
    ],
)
def test_phones_of_every_place(typed, department, stored):
    assert normal_phone(typed, department) == stored


@pytest.mark.parametrize("typed", ["12", "bonjour", "04 65 71 00", "0465710001 / 0465710002"])
def test_a_phone_that_is_none_is_refused(typed):
    with pytest.raises(ValidationError, match="téléphone"):
        normal_phone(typed)


def test_a_phone_is_read_as_people_write_it():
    assert readable_phone("+33465710001") == "04 65 71 00 01"
    assert readable_phone("+262262123456") == "+262 262 12 34 56"
    assert readable_phone("poste 12") == "poste 12"


def test_separators_of_all_kinds_are_dropped():
    assert compact("123 456\u00a0782\u202f000.12-") == "12345678200012"
