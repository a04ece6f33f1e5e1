"""`manage.py load_referentials`: fills the reference lists from fixtures/referentials/.

Safe to run at any time. Rows are matched by code (territories by kind and code) and never deleted.
Official lists are brought up to date; our own lists only receive the rows they miss, because
administrators may have relabelled or retired the others.
"""

import csv
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import models, transaction
from wagtail.search.backends import get_search_backends

from ilo_cms.referentials.models import (
    Approval,
    Certification,
    ContactChannel,
    DocumentType,
    GenericMailbox,
    HeadcountBand,
    LegalForm,
    NafCode,
    Network,
    Opco,
    Sector,
    Skill,
    SkillGroup,
    Territory,
)


#: File (without .csv), model, and whether its codes are official. Parents come before children.
LISTS: list[tuple[str, type[models.Model], bool]] = [
    ("territories", Territory, True),
    ("legal_forms", LegalForm, True),
    ("naf_codes", NafCode, True),
    ("opcos", Opco, True),
    ("headcount_bands", HeadcountBand, True),
    ("skill_groups", SkillGroup, False),
    ("skills", Skill, False),
    ("sectors", Sector, False),
    ("document_types", DocumentType, False),
    ("approvals", Approval, False),
    ("certifications", Certification, False),
    ("networks", Network, False),
    ("contact_channels", ContactChannel, False),
    ("generic_mailboxes", GenericMailbox, False),
]


class Command(BaseCommand):
    """Load every reference list in one transaction and tell what changed."""

    help = "Load the reference lists of fixtures/referentials/ (safe to run again)."

    def handle(self, **options: object) -> None:
        with transaction.atomic():
            for name, model, official in LISTS:
                path = settings.FIXTURES / "referentials" / f"{name}.csv"
                total, added, updated = load(path, model, official)
                self.stdout.write(f"{name}: {total} rows, {added} added, {updated} updated")


def load(path: Path, model: type[models.Model], official: bool) -> tuple[int, int, int]:
    """Upsert one list; return how many rows were read, added and updated."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    added = updated = 0
    # Régions stand before the départements that point to them: one kind is stored at a time.
    for _, kind in groupby(lines, key=lambda cells: cells.get("kind")):
        rows = [attributes(model, cells) for cells in kind]
        new, changed = compare(model, rows, official)
        model.objects.bulk_create(new)
        if changed:
            model.objects.bulk_update(changed, [name for name in rows[0] if name != "code"])
        for backend in get_search_backends(with_auto_update=True):
            backend.add_bulk(model, new + changed)  # bulk writes do not reach the search index
        added, updated = added + len(new), updated + len(changed)
    return len(lines), added, updated


def compare(
    model: type[models.Model], rows: list[dict[str, object]], official: bool
) -> tuple[list[models.Model], list[models.Model]]:
    """The rows to add, and of an official list those to change."""
    known = {key(vars(row)): row for row in model.objects.all()}
    new = [model(**values) for values in rows if key(values) not in known]
    changed = []
    for values in rows if official else []:
        row = known.get(key(values))
        if row and any(getattr(row, name) != value for name, value in values.items()):
            vars(row).update(values)
            changed.append(row)
    return new, changed


def key(values: Mapping[str, object]) -> tuple:
    """What identifies a row: its code, and for a territory its kind too."""
    return values.get("kind"), values["code"]


def attributes(model: type[models.Model], cells: Mapping[str, str]) -> dict[str, object]:
    """The cells of one row as values by attribute name, ready to be stored."""
    fields = {model._meta.get_field(name): cell for name, cell in cells.items()}
    return {field.attname: value(field, cell) for field, cell in fields.items()}


def value(field: models.Field, cell: str) -> object:
    """One cell as the value of a field; a foreign key is written by the code of its row."""
    if cell == "" and field.null:
        return None
    if not field.is_relation:
        return field.to_python(cell)
    parents = field.related_model.objects.all()
    if field.related_model is Territory:
        parents = parents.filter(kind=Territory.Kind.REGION)
    return parents.get(code=cell).pk
