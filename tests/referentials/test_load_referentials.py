"""`manage.py load_referentials`: official lists follow the files, ours the administrators."""

import csv
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command

from ilo_cms.referentials.management.commands.load_referentials import LISTS
from ilo_cms.referentials.models import NafCode, Skill, SkillGroup, Territory


pytestmark = pytest.mark.django_db


def load() -> str:
    """What the command prints."""
    out = StringIO()
    call_command("load_referentials", stdout=out)
    return out.getvalue()


def test_every_list_has_every_row_of_its_file():
    load()
    for name, model, _ in LISTS:
        path = settings.FIXTURES / "referentials" / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            assert model.objects.count() == len(list(csv.DictReader(file))), name


def test_a_second_run_changes_nothing():
    load()
    for line in load().splitlines():
        assert line.endswith(" rows, 0 added, 0 updated")


def test_a_departement_knows_its_region():
    load()
    rhone = Territory.objects.get(kind=Territory.Kind.DEPARTMENT, code="69")
    assert (rhone.label, rhone.region.label) == ("Rhône", "Auvergne-Rhône-Alpes")
    assert Territory.objects.filter(region=rhone.region).count() == 12


def test_an_official_label_comes_back_and_ours_stays_as_an_administrator_wrote_it():
    load()
    NafCode.objects.filter(code="94.99Z").update(label="Autre chose")
    Skill.objects.filter(code="gouvernance").update(label="Gouverner", is_active=False)
    load()
    assert NafCode.objects.get(code="94.99Z").label.startswith("Autres organisations")
    gouvernance = Skill.objects.get(code="gouvernance")
    assert (gouvernance.label, gouvernance.is_active) == ("Gouverner", False)


def test_a_retired_official_code_stays_retired_and_a_missing_row_comes_back():
    load()
    NafCode.objects.filter(code="94.99Z").update(is_active=False)
    Skill.objects.filter(code="fiscalite").delete()
    load()
    assert not NafCode.objects.get(code="94.99Z").is_active
    assert Skill.objects.filter(code="fiscalite").exists()


def test_nothing_is_deleted():
    group = SkillGroup.objects.create(code="maison", label="À nous")
    Skill.objects.create(code="maison", label="À nous", group=group)
    load()
    assert Skill.objects.filter(code="maison").exists()
