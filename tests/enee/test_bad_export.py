"""What is not an export is refused with one sentence, and nothing is left half-loaded."""

import shutil
import zipfile
from io import StringIO
from pathlib import Path

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from etl.enee import load as loading
from etl.enee import mapping
from etl.enee.errors import ExportError
from etl.enee.load import load
from etl.enee.models import Run, SourceRow
from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.models import Organisation


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]


@pytest.fixture
def copy(export: Path, tmp_path: Path) -> Path:
    """A copy of the sample export to damage."""
    return shutil.copytree(export, tmp_path / "export")


def refused(folder: Path) -> str:
    """The sentence with which an export is refused; nothing may be left of the load."""
    with pytest.raises(ExportError) as caught:
        load(folder)
    assert not Run.objects.exists()
    assert not SourceRow.objects.exists()
    assert not Organisation.objects.exists()
    assert not AuditEvent.objects.filter(action="enee.loaded").exists()
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_a_folder_that_is_not_there(tmp_path):
    assert "is not a folder" in refused(tmp_path / "nowhere")


def test_a_missing_file(copy):
    (copy / "prestations.csv").unlink()
    assert refused(copy).startswith("prestations.csv is missing")


def test_a_missing_column(copy):
    path = copy / "prestations.csv"
    path.write_bytes(path.read_bytes().replace(b"STATUT", b"ETAT", 1))
    assert "prestations.csv has no column STATUT" in refused(copy)


def test_utf_16(copy):
    path = copy / "prestations.csv"
    path.write_text(path.read_bytes().decode("cp1252", "ignore"), encoding="utf-16")
    assert "prestations.csv is written in UTF-16" in refused(copy)


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50, b"PK\x03\x04" + b"\x00" * 5000]
)
def test_a_file_that_is_no_csv(copy, content):
    (copy / "prestations.csv").write_bytes(content)
    assert refused(copy).startswith("prestations.csv ")


def test_an_empty_file(copy):
    (copy / "prestations.csv").write_bytes(b"")
    assert "prestations.csv has no column" in refused(copy)


def test_a_broken_spreadsheet(copy):
    (copy / "prestations.csv").unlink()
    (copy / "prestations.xlsx").write_bytes(b"not a zip")
    assert "prestations.xlsx is not a readable XLSX file" in refused(copy)


def test_a_spreadsheet_whose_sheet_is_damaged(copy):
    (copy / "prestations.csv").unlink()
    path = copy / "prestations.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["ID"])
    book.save(path)
    with zipfile.ZipFile(path) as good:
        parts = {name: good.read(name) for name in good.namelist()}
    with zipfile.ZipFile(path, "w") as bad:
        for name, content in parts.items():
            bad.writestr(name, content[:200] if name.startswith("xl/worksheets/") else content)
    assert "prestations.xlsx is not a readable XLSX file" in refused(copy)


def test_a_cell_without_end(copy):
    path = copy / "prestations.csv"
    path.write_bytes(path.read_bytes() + b'1;"' + b"x" * 200_000)
    assert "prestations.csv stops being CSV near line" in refused(copy)


def test_a_mapping_to_a_code_that_does_not_exist(export, monkeypatch, tmp_path):
    folder = shutil.copytree(mapping.FOLDER, tmp_path / "mapping")
    themes = folder / "themes.csv"
    themes.write_text(themes.read_text().replace("projet-strategique", "projet-stratosphere", 1))
    monkeypatch.setattr(mapping, "FOLDER", folder)
    sentence = refused(export)
    assert "themes.csv, line 2" in sentence
    assert "projet-stratosphere" in sentence


def test_an_error_in_the_middle_leaves_nothing(export, monkeypatch):
    def broken(*_):
        raise ExportError("The disk is full.")

    monkeypatch.setattr(loading, "write_account", broken)
    assert refused(export) == "The disk is full."


def test_the_command_says_it_in_one_line(tmp_path):
    with pytest.raises(CommandError, match="is not a folder"):
        call_command("enee", "load", str(tmp_path / "nowhere"), stdout=StringIO())


def test_a_row_that_ends_nowhere_stops_the_load(export, monkeypatch):
    honest = loading.place_all
    monkeypatch.setattr(loading, "place_all", lambda *args: honest(*args) + 1)
    assert "does not balance" in refused(export)


def test_a_quote_that_nobody_closes(copy):
    """One cell would swallow the rows below, and the balance would prove a load that lost them."""
    path = copy / "prestataires.csv"
    lines = path.read_bytes().split(b"\n")
    lines[3] = lines[3].replace(b";", b';"', 1)
    path.write_bytes(b"\n".join(lines))
    assert "prestataires.csv: a quote opened at line 4" in refused(copy)
