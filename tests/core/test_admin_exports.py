"""Spreadsheets: no cell is a formula, and French Excel reads them as they are."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from ilo_cms.core.exports import FORMULA_STARTS, cell, csv_lines, safe_text, write_xlsx


ANY_TEXT = st.text() | st.builds(str.__add__, st.sampled_from(FORMULA_STARTS), st.text())


@settings(deadline=None)
@given(ANY_TEXT)
def test_no_text_becomes_a_formula(text):
    assert not safe_text(text).startswith(FORMULA_STARTS)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_a_formula_keeps_its_text_behind_an_apostrophe(start):
    assert safe_text(f"{start}1+1") == f"'{start}1+1"


@settings(deadline=None)
@given(st.lists(st.lists(ANY_TEXT, min_size=2, max_size=2), max_size=5))
def test_csv_holds_every_row_and_no_formula(rows):
    text = b"".join(csv_lines(["Un", "Deux"], rows)).decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    assert read == [["Un", "Deux"], *([cell(value) for value in row] for row in rows)]
    assert not any(value.startswith(FORMULA_STARTS) for row in read for value in row)


@settings(deadline=None)
@given(st.lists(ANY_TEXT.filter(bool), min_size=1, max_size=5))
def test_xlsx_opens_and_holds_no_formula(values):
    file = io.BytesIO()
    write_xlsx(file, ["Un"] * len(values), [values])
    cells = list(load_workbook(file).active.iter_rows(min_row=2))
    assert all(found.data_type != "f" for row in cells for found in row)


def test_numbers_and_dates_stay_numbers_and_dates():
    rows = [[Decimal("-5.50"), date(2026, 1, 2), datetime(2026, 7, 1, 10, tzinfo=UTC), True, None]]
    lines = b"".join(csv_lines(["a"], rows)).decode("utf-8-sig").splitlines()
    assert lines[1] == "-5,50;02/01/2026;01/07/2026 12:00;oui;"
    file = io.BytesIO()
    write_xlsx(file, ["a"], rows)
    values = [found.value for found in list(load_workbook(file).active.rows)[1]]
    assert values[0] == -5.5
    assert [value.isoformat() for value in values[1:3]] == [
        "2026-01-02T00:00:00",
        "2026-07-01T12:00:00",
    ]
