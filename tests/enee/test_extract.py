"""Files as they come: encodings, line numbers, spreadsheets."""

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from etl.enee.extract import Source


def source(path: Path) -> Source:
    """A file with two columns, one of them required."""
    file = Source(path)
    file.columns = {"key": "ID", "note": "NOTE"}
    file.required = {"key"}
    return file


def rows(path: Path, content: bytes) -> list[tuple]:
    """Line, identifier and note of each row."""
    path.write_bytes(content)
    return [(row.line, row["key"], row["note"]) for row in source(path).rows()]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_accents_survive_every_encoding(tmp_path, encoding):
    content = "ID;NOTE\r\n1;Élodie œuvre à l’étape\r\n".encode(encoding)
    assert rows(tmp_path / "a.csv", content) == [(2, "1", "Élodie œuvre à l’étape")]


def test_a_row_is_known_by_the_line_where_it_starts(tmp_path):
    content = b'ID;NOTE\r\n1;"one\r\ntwo"\n\n2;x\r\n;\r\n3;y'
    found = rows(tmp_path / "a.csv", content)
    assert [(line, key) for line, key, _ in found] == [(2, "1"), (5, "2"), (6, ""), (7, "3")]


def test_columns_are_found_by_name_in_any_order(tmp_path):
    assert rows(tmp_path / "a.csv", b"OTHER; note ;id\nx;n;1\n") == [(2, "1", "n")]


def test_a_column_that_is_not_required_reads_as_empty(tmp_path):
    assert rows(tmp_path / "a.csv", b"ID;X\n1;2\n") == [(2, "1", "")]


def test_stray_bytes_are_taken_out_and_told(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"ID;NOTE\n1;a\x00b\n2;\x81\xe9\n")
    file = source(path)
    assert [row["note"] for row in file.rows()] == ["ab", "é"]
    assert file.stray == [(2, 0x00), (3, 0x81)]


def test_a_row_that_does_not_fit_keeps_what_it_held(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"ID;NOTE\n1\n2;b;c\n")
    first, second = source(path).rows()
    assert (dict(first), first.raw) == ({}, ["1"])
    assert (dict(second), second.raw) == ({}, ["2", "b", "c"])


def test_a_spreadsheet_reads_like_a_csv(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["ID", "NOTE"])
    book.active.append([12.0, datetime(2017, 3, 12)])  # noqa: DTZ001 (a spreadsheet has no zone)
    book.active.append(["0123", None])
    book.save(tmp_path / "a.xlsx")
    found = [(row.line, row["key"], row["note"]) for row in source(tmp_path / "a.xlsx").rows()]
    assert found == [(2, "12", "12/03/2017"), (3, "0123", "")]
