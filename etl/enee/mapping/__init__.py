"""The files that a non-developer edits, read and checked against our lists (SPEC L3)."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from etl.enee.clean import department, folded
from etl.enee.errors import ExportError
from ilo_cms.engagements.models import AssignmentStatus, Stage
from ilo_cms.referentials.models import (
    Approval,
    Certification,
    GenericMailbox,
    HeadcountBand,
    LegalForm,
    NafCode,
    Sector,
    Skill,
    Territory,
)


FOLDER = Path(__file__).parent
CLOSED = "clos"


@dataclass
class Mappings:
    """Old codes and names as primary keys of our lists. What is not here has no equivalent."""

    skills: dict[str, list[int]] = field(default_factory=dict)
    sectors: dict[str, list[int]] = field(default_factory=dict)
    territories: dict[str, list[int]] = field(default_factory=dict)
    approvals: dict[str, int] = field(default_factory=dict)
    certifications: dict[str, int] = field(default_factory=dict)
    legal_forms: dict[str, int] = field(default_factory=dict)
    naf: dict[str, int] = field(default_factory=dict)
    departments: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)
    generic_mailboxes: set[str] = field(default_factory=set)
    bands: list[tuple[int, int, int]] = field(default_factory=list)  # minimum, maximum, key

    def department_of(self, postcode: str | None) -> int | None:
        """The département that a postcode points to."""
        return self.departments.get(department(postcode))

    def band_of(self, headcount: int) -> int | None:
        """The band of a number of employees. Zero is two bands of INSEE's: it stays open."""
        for minimum, maximum, key in self.bands:
            if headcount and minimum <= headcount <= maximum:
                return key
        return None


def columns() -> list[dict[str, str]]:
    """Which column of which file feeds which field."""
    return [entry for _, entry in entries("columns")]


def read_mappings() -> Mappings:
    """Every mapping file, checked: a code that our lists do not have stops the load."""
    maps = Mappings(
        skills=several("themes", keys(Skill)),
        sectors=several("sectors", keys(Sector)),
        legal_forms=single("legal_forms", "libelle", keys(LegalForm)),
        naf=keys(NafCode),
        departments=keys(Territory, kind=Territory.Kind.DEPARTMENT),
        statuses=single("statuses", "code", {code: code for code in AssignmentStatus.values}),
        stages=single("stages", "code", {code: code for code in [*Stage.values, CLOSED]}),
        generic_mailboxes=set(GenericMailbox.objects.active().values_list("code", flat=True)),
        bands=[
            (band.minimum or 0, band.maximum if band.maximum is not None else 10**9, band.pk)
            for band in HeadcountBand.objects.exclude(minimum=None)
        ],
    )
    approved = {"agrement": keys(Approval), "certification": keys(Certification)}
    for line, entry in entries("approvals"):
        target = maps.approvals if entry["liste"] == "agrement" else maps.certifications
        known = approved.get(entry["liste"], {})
        target[folded(entry["libelle"])] = found(known, entry["equivalent"], "approvals", line)
    maps.territories = territories(maps.departments)
    return maps


def territories(departments: dict[str, int]) -> dict[str, list[int]]:
    """Département codes with and without their zero, région names of today and of before 2016."""
    zones = {code: [key] for code, key in departments.items()}
    zones |= {code.removeprefix("0"): [key] for code, key in departments.items()}
    for territory in Territory.objects.all():
        zones[folded(territory.label)] = [territory.pk]
    for line, entry in entries("territories"):
        zones[folded(entry["libelle"])] = [
            found(departments, code, "territories", line) for code in entry["departements"].split()
        ]
    return zones


def keys(model, **filters: str) -> dict[str, int]:
    """Primary keys of a reference list by code."""
    return dict(model.objects.filter(**filters).values_list("code", "pk"))


def several(name: str, known: dict[str, int]) -> dict[str, list[int]]:
    """Old codes with certain equivalents, one or more. An uncertain line is only a proposal."""
    get = partial(found, known, name=name)
    return {
        entry["code"]: [get(code=code, line=line) for code in entry["equivalents"].split()]
        for line, entry in entries(name)
        if entry["certain"] == "oui" and entry["equivalents"]
    }


def single(name: str, column: str, known: dict) -> dict:
    """Old codes or labels with the one equivalent they have."""
    return {
        folded(entry[column]): found(known, entry["equivalent"], name, line)
        for line, entry in entries(name)
        if entry["equivalent"]
    }


def found(known: dict, code: str, name: str, line: int):
    """Our key for a code, or a sentence that says which line of which file is wrong."""
    if code not in known:
        raise ExportError(
            f"etl/enee/mapping/{name}.csv, line {line}: our list has no code “{code}” "
            "(correct the line, or run load_referentials first)."
        )
    return known[code]


def entries(name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines of one mapping file with their numbers."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        yield from enumerate(csv.DictReader(file), 2)
