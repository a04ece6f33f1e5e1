"""Applies the register to the directory (SPEC I1–I3), whatever the register was read from.

What an officer or the provider has settled by hand is never overwritten: the register's value then
only goes to the record's `insee` JSON, which moderation shows beside it. What the register hides or
does not know changes nothing. Only what differs is written.
"""

import re
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path

from anyascii import anyascii
from django.db import transaction
from django.utils import timezone

from etl.insee import mapping, stock
from etl.insee.mapping import Values
from ilo_cms.audit.services import record
from ilo_cms.directory.models import Establishment, Organisation, Origin
from ilo_cms.referentials.models import HeadcountBand, LegalForm, NafCode, Territory


#: Organisations per transaction: short, because on SQLite each holds the only write lock.
BATCH = 200
SETTLED_BY_HAND = {Origin.OFFICER, Origin.PROVIDER}
#: The register's own word, which nobody else could settle.
REGISTER_ONLY = {"insee_closed", "insee_restricted"}
EMPTY = {"", None}


@dataclass
class Register:
    """What was read: one entry per legal unit found, its establishments by NIC."""

    units: dict[str, Values] = field(default_factory=dict)
    places: dict[str, dict[str, Values]] = field(default_factory=lambda: defaultdict(dict))


@dataclass
class Summary:
    """What one run did, in organisations unless the name says otherwise."""

    wanted: int = 0
    found: int = 0
    updated: int = 0
    unchanged: int = 0
    closed: int = 0
    restricted: int = 0
    unknown: int = 0
    establishments_created: int = 0
    establishments_updated: int = 0
    values_kept: int = 0


def apply_stock(folder: Path) -> Summary:
    """Find the directory's SIREN in the two stock files and apply what they say.

    Raises StockError before anything is written when a file is missing or damaged.
    """
    known = Organisation.objects.exclude(siren=None)
    sirens = sorted(filter(None, known.values_list("siren", flat=True)))
    return apply(read_stock(folder, sirens), sirens)


def read_stock(folder: Path, sirens: list[str]) -> Register:
    """What the stock files say of these SIREN, as our values."""
    register, naf_codes = Register(), set(NafCode.objects.values_list("code", flat=True))
    for row in stock.scan(folder, stock.UNITS, sirens, mapping.UNIT_COLUMNS):
        register.units[row["siren"]] = mapping.organisation_values(row, naf_codes)
    columns = mapping.ESTABLISHMENT_COLUMNS
    for row in stock.scan(folder, stock.ESTABLISHMENTS, sirens, columns):
        register.places[row["siren"]][row["nic"]] = mapping.establishment_values(row)
    return register


def apply(register: Register, sirens: list[str]) -> Summary:
    """Write what differs, batch by batch, then log the figures."""
    summary, lists = Summary(wanted=len(sirens)), reference_keys()
    for start in range(0, len(sirens), BATCH):
        with transaction.atomic():
            batch = Organisation.objects.select_for_update(of=("self",))
            batch = batch.filter(siren__in=sirens[start : start + BATCH])
            for organisation in batch.prefetch_related("establishments"):
                if organisation.siren in register.units:
                    apply_to(organisation, register, lists, summary)
                else:
                    summary.unknown += 1
    record("insee.applied", actor=None, **asdict(summary))
    return summary


def reference_keys() -> dict[str, dict[str, int]]:
    """Primary keys by code, for each field that points to a reference list."""
    departments = Territory.objects.filter(kind=Territory.Kind.DEPARTMENT)
    lists = {
        "legal_form": LegalForm.objects.all(),
        "naf": NafCode.objects.all(),
        "headcount_band": HeadcountBand.objects.all(),
        "department": departments,
    }
    return {name: dict(rows.values_list("code", "pk")) for name, rows in lists.items()}


def apply_to(
    organisation: Organisation,
    register: Register,
    lists: dict[str, dict[str, int]],
    summary: Summary,
) -> None:
    """Bring one organisation and its establishments up to what the register says."""
    values = register.units[organisation.siren or ""]
    changed = settle(organisation, values, lists, summary)
    if changed or organisation.insee_synced_at is None:
        organisation.insee_synced_at = timezone.now()
        # save(), not an UPDATE: the search index follows the signal.
        organisation.save(update_fields=[*changed, "insee_synced_at", "updated_at"])
    created, updated = apply_to_places(organisation, register, lists, summary)
    summary.found += 1
    summary.closed += organisation.insee_closed
    summary.restricted += organisation.insee_restricted
    summary.establishments_created += created
    summary.establishments_updated += updated
    if changed or created or updated:
        summary.updated += 1
    else:
        summary.unchanged += 1


def apply_to_places(
    organisation: Organisation,
    register: Register,
    lists: dict[str, dict[str, int]],
    summary: Summary,
) -> tuple[int, int]:
    """Update the establishments we have, create the seat we lack; return how many of each."""
    ours = {place.nic: place for place in organisation.establishments.all() if place.nic}
    siren = organisation.siren or ""
    seat = register.units[siren]["head_office_nic"]
    created = updated = 0
    for nic, values in register.places[siren].items():
        place = ours.get(nic)
        if place is None and nic == seat:
            place = Establishment(organisation=organisation, nic=nic, origins={"nic": Origin.INSEE})
            settle(place, values, lists, summary)
            place.save()
            created += 1
        elif place and (changed := settle(place, values, lists, summary)):
            place.save(update_fields=[*changed, "updated_at"])
            updated += 1
    return created, updated


def spelling(value: object) -> object:
    """A text without what the register drops: case, accents, punctuation; other values as is."""
    return re.sub(r"\W+", " ", anyascii(value)).strip().lower() if isinstance(value, str) else value


def settle(
    target: Organisation | Establishment,
    values: Values,
    lists: dict[str, dict[str, int]],
    summary: Summary,
) -> list[str]:
    """Give a record the register's values where it may have them; return the fields changed."""
    origins, changed = dict(target.origins), []
    for name, value in values.items():
        new = lists[name].get(str(value)) if name in lists and value else value
        if value is None or (value and new is None):
            continue  # hidden, or a code that is in no list of ours
        attribute = f"{name}_id" if name in lists else name
        new = None if name in lists and new == "" else new
        old, origin = getattr(target, attribute), origins.get(name)
        if spelling(old) == spelling(new):
            new = old  # the register writes in capitals without accents: our spelling reads better
        if name in REGISTER_ONLY:
            origin = Origin.INSEE
        if old != new and origin in SETTLED_BY_HAND:
            summary.values_kept += 1
        elif old != new and (new not in EMPTY or origin == Origin.INSEE):
            setattr(target, attribute, new)
            changed.append(attribute)
            origins[name] = Origin.INSEE.value
        elif old == new and old not in EMPTY and origin not in SETTLED_BY_HAND:
            origins[name] = Origin.INSEE.value
    said = {name: value for name, value in values.items() if isinstance(value, str)}
    for name, content in [("insee", said), ("origins", origins)]:
        if getattr(target, name) != content:
            setattr(target, name, content)
            changed.append(name)
    return changed
