"""`manage.py enee`: what it prints and what a dry run leaves."""

import csv
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from etl.enee.models import Finding, Run
from ilo_cms.directory.models import Organisation


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]


def enee(*arguments: object) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("enee", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_a_report_before_any_load_says_what_to_do():
    with pytest.raises(CommandError, match="enee load FOLDER"):
        enee("report")


def test_a_dry_run_prints_the_balance_and_keeps_nothing(export):
    assert "Dry run: nothing was kept." in enee("load", export, "--dry-run")
    assert not Run.objects.exists()
    assert not Organisation.objects.exists()


def test_load_then_report(export, tmp_path):
    assert "prestataires: " in enee("load", export)
    tables = json.loads(enee("report", "--json"))["tables"]
    assert set(tables["prestataires"]) == {"source", "loaded", "merged", "rejected"}
    for figure in tables.values():
        assert figure["source"] == figure["loaded"] + figure["merged"] + figure["rejected"]
    text = enee("report", "--rejects", tmp_path / "rejects.csv")
    assert "Rows rejected" in text
    assert "prestations.ID_ACCOMPAGNEMENT: no loaded row of accompagnements" in text
    with (tmp_path / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        rejects = list(csv.DictReader(file, delimiter=";"))
    assert len(rejects) == Finding.objects.filter(kind="rejected").count()
    assert set(rejects[0]) == {"fichier", "ligne", "colonne", "valeur", "raison"}
