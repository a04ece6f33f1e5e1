"""Writes a small Sirene stock for the fictional world of the Enée export.

    python -m etl.insee.sample [folder] [--enee fixtures/enee] [--rows 3000] [--seed 2026]

The two files have INSEE's true columns and are sorted like INSEE's. They hold most SIREN of the
export and `rows` unrelated legal units, so that scanning them means something. `cases.json` names
the SIREN of each special case. Nothing here needs Django.
"""

import argparse
import csv
import json
import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from random import Random

from etl.enee.sample import words
from etl.enee.sample.numbers import luhn_digit, siret
from etl.insee.stock_columns import ESTABLISHMENT_COLUMNS, UNIT_COLUMNS


#: The organisations of the demonstration: registered, open, nothing special.
DEMONSTRATION = {"Conseil Sol", "Atelier Rhizome", "Coop Atout", "Les Jardins partagés"}
#: Special cases among the SIREN of the export, and on how many.
CASES = {
    "absent": 15,
    "closed": 12,
    "moved_head_office": 10,
    "partial_diffusion": 10,
    "renamed": 15,
    "awkward_name": 6,
}
LEGAL_CATEGORY = {label: code for label, _, code in words.LEGAL_STATUSES}
SOCIAL_ECONOMY = {"5458", "5558", "9220"}
COMMUNES = {(postcode, city): code for postcode, city, code in words.PLACES}
TREATED = "2026-10-{:02d}T05:{:02d}:38"
MASKED = "[ND]"
Row = dict[str, str]


@dataclass
class Unit:
    """What is known of one legal unit before it becomes rows."""

    siren: str
    name: str
    legal_category: str
    naf: str
    places: list[tuple[str, str, str]] = field(default_factory=list)  # street, postcode, city


def generate(
    folder: Path, enee_folder: Path, *, rows: int = 3000, seed: int = 2026
) -> dict[str, int]:
    """Write both stock files into `folder`; return their number of rows."""
    rng = Random(f"insee {seed}")  # noqa: S311 (another draw than the export's, reproducible)
    known = exported_units(enee_folder)
    cases = draw_cases(rng, known)
    units = [unit for unit in known if unit.siren not in cases["absent"]]
    units += unrelated_units(rng, rows, {unit.siren for unit in known})
    units.sort(key=lambda unit: unit.siren)
    folder.mkdir(parents=True, exist_ok=True)
    places = [row for unit in units for row in establishment_rows(rng, unit, cases)]
    legal = (unit_row(rng, unit, cases) for unit in units)
    counts = {
        "StockUniteLegale": write(folder / "StockUniteLegale_utf8.csv", UNIT_COLUMNS, legal),
        "StockEtablissement": write(
            folder / "StockEtablissement_utf8.csv", ESTABLISHMENT_COLUMNS, places
        ),
    }
    lines = [f'"{name}": {json.dumps(sorted(sirens))}' for name, sirens in cases.items()]
    (folder / "cases.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return counts


def exported_units(folder: Path) -> list[Unit]:
    """The organisations of the export whose SIREN can be read, in the order they come."""
    units: dict[str, Unit] = {}
    providers = {row["ID_PRESTATAIRE"]: row for row in rows_of(folder / "prestataires.csv")}
    for place in rows_of(folder / "etablissements.csv"):
        provider = providers.get(place["ID_PRESTATAIRE"])
        if provider:
            add_place(units, place, provider, provider["RAISON_SOCIALE"])
    for row in rows_of(folder / "beneficiaires.csv"):
        add_place(units, row, row, row["RAISON_SOCIALE"])
    for row in rows_of(folder / "structures_porteuses.csv"):
        add_place(units, row, {"STATUT_JURIDIQUE": "Association loi 1901"}, row["LIBELLE"])
    return list(units.values())


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of one file of the export that have all their cells."""
    text = path.read_bytes().replace(b"\x00", b"").decode("cp1252", "ignore")
    for row in csv.DictReader(text.splitlines(keepends=True), delimiter=";"):
        if None not in row and None not in row.values():
            yield row


def add_place(units: dict[str, Unit], place: Row, owner: Row, name: str) -> None:
    """Note one establishment under its SIREN; an unreadable SIRET says nothing to INSEE."""
    digits = re.sub(r"[ .]", "", place["SIRET"]).zfill(14)
    if not digits.isdecimal() or luhn_digit(digits[:13]) != digits[13] or not int(digits):
        return
    unit = units.setdefault(
        digits[:9],
        Unit(
            siren=digits[:9],
            name=name.strip(),
            legal_category=LEGAL_CATEGORY.get(owner["STATUT_JURIDIQUE"], "9220"),
            naf=dotted(owner.get("CODE_NAF", "94.99Z")),
        ),
    )
    unit.places.append((place["ADRESSE"], place["CODE_POSTAL"].zfill(5), place["VILLE"]))


def dotted(naf: str) -> str:
    """7022Z as 70.22Z."""
    return naf if "." in naf else f"{naf[:2]}.{naf[2:]}"


def draw_cases(rng: Random, known: list[Unit]) -> dict[str, set[str]]:
    """Which SIREN carries which special case; one at most each."""
    free = [
        unit.siren for unit in known if unit.name not in DEMONSTRATION and "DLA" not in unit.name
    ]
    drawn = iter(rng.sample(free, sum(CASES.values())))
    return {case: {next(drawn) for _ in range(count)} for case, count in CASES.items()}


def unrelated_units(rng: Random, count: int, known: set[str]) -> Iterator[Unit]:
    """Legal units nobody asked for. Up to 30,000 stay in the 000 range that INSEE never gives."""
    numbers = rng.sample(range(10_000, 10_000 + max(90_000, 3 * count)), count + len(known))
    drawn = (f"{number:08d}" + luhn_digit(f"{number:08d}") for number in numbers)
    for siren in islice((siren for siren in drawn if siren not in known), count):
        name = f"{rng.choice(words.PROVIDER_NAMES)} {rng.choice(words.LAST_NAMES)}"
        naf = rng.choice(words.PROVIDER_NAF + words.BENEFICIARY_NAF)
        category = rng.choice(["1000", "1000", "5499", "5710", "9220"])
        postcode, city, _ = rng.choice(words.PLACES)
        street = f"{rng.randint(1, 180)} {rng.choice(words.STREETS)}"
        yield Unit(siren, name, category, naf, [(street, postcode, city)])


def unit_row(rng: Random, unit: Unit, cases: dict[str, set[str]]) -> Row:
    """One row of StockUniteLegale."""
    closed = unit.siren in cases["closed"]
    day = rng.randint(1, 28)
    row = dict.fromkeys(UNIT_COLUMNS, "") | {
        "siren": unit.siren,
        "statutDiffusionUniteLegale": "O",
        "dateCreationUniteLegale": f"{rng.randint(1985, 2014)}-{rng.randint(1, 12):02d}-01",
        "trancheEffectifsUniteLegale": "" if closed else rng.choice(["NN", "01", "02", "03", "11"]),
        "anneeEffectifsUniteLegale": "" if closed else "2024",
        "dateDernierTraitementUniteLegale": TREATED.format(day, rng.randint(0, 59)),
        "nombrePeriodesUniteLegale": str(rng.randint(1, 6)),
        "categorieEntreprise": "PME",
        "anneeCategorieEntreprise": "2023",
        "dateDebut": f"2026-09-{day:02d}" if closed else f"{rng.randint(2014, 2025)}-01-01",
        "etatAdministratifUniteLegale": "C" if closed else "A",
        "denominationUniteLegale": registered_name(unit, cases),
        "categorieJuridiqueUniteLegale": unit.legal_category,
        "activitePrincipaleUniteLegale": unit.naf,
        "nomenclatureActivitePrincipaleUniteLegale": "NAFRev2",
        "nicSiegeUniteLegale": head_office(unit, cases)[9:],
        "economieSocialeSolidaireUniteLegale": "O" if unit.legal_category in SOCIAL_ECONOMY else "",
        "activitePrincipaleNAF25UniteLegale": "" if closed else words.NAF_2025[unit.naf],
    }
    if unit.legal_category == "9220":
        row["identifiantAssociationUniteLegale"] = f"W{rng.randrange(10**9):09d}"
    if unit.legal_category == "1000":
        row |= natural_person(rng, row["denominationUniteLegale"])
    if unit.siren in cases["partial_diffusion"]:
        row["statutDiffusionUniteLegale"] = "P"
        row |= {name: MASKED for name in row if masked_in_unit(name, row)}
    return row


def natural_person(rng: Random, trade_name: str) -> Row:
    """A sole trader has a name and no denomination (legal category 1000)."""
    title, first = rng.choice(words.FIRST_NAMES)
    return {
        "sexeUniteLegale": "M" if title == "M." else "F",
        "prenom1UniteLegale": capitals(first),
        "prenomUsuelUniteLegale": capitals(first),
        "nomUniteLegale": capitals(rng.choice(words.LAST_NAMES)),
        "denominationUniteLegale": "",
        "denominationUsuelle1UniteLegale": trade_name,
        "economieSocialeSolidaireUniteLegale": "",
    }


def masked_in_unit(name: str, row: Row) -> bool:
    """What partial diffusion hides: the sigle; of a natural person, the names too."""
    if name == "sigleUniteLegale":
        return True
    personal = name.startswith(("prenom", "nomU", "sexe", "denominationU"))
    return row["categorieJuridiqueUniteLegale"] == "1000" and personal and bool(row[name])


def registered_name(unit: Unit, cases: dict[str, set[str]]) -> str:
    """The name as INSEE writes it; the export's own for most units."""
    if unit.siren in cases["renamed"]:
        return f"NOUVELLE {capitals(unit.name)}"
    if unit.siren in cases["awkward_name"]:
        return f'{capitals(unit.name)}, DITE "LA SUITE", ETUDES'
    return capitals(unit.name)


def capitals(text: str) -> str:
    """Upper case without accents."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return plain.encode("ascii", "ignore").decode().upper()


def head_office(unit: Unit, cases: dict[str, set[str]]) -> str:
    """SIRET of the seat: the first place, or a new one after it moved."""
    moved = unit.siren in cases["moved_head_office"]
    return siret(unit.siren, len(unit.places) + 1 if moved else 1)


def establishment_rows(rng: Random, unit: Unit, cases: dict[str, set[str]]) -> Iterator[Row]:
    """The rows of StockEtablissement of one unit."""
    places = list(unit.places)
    moved = unit.siren in cases["moved_head_office"]
    if moved:
        postcode, city, _ = rng.choice(words.PLACES)
        places.append((f"{rng.randint(1, 99)} rue du Départ", postcode, city))
    for rank, place in enumerate(places, 1):
        closed = unit.siren in cases["closed"] or (moved and rank == 1)
        row = establishment_row(rng, unit, rank, place, closed)
        row["etablissementSiege"] = str(row["siret"] == head_office(unit, cases)).lower()
        if unit.siren in cases["partial_diffusion"]:
            row["statutDiffusionEtablissement"] = "P"
            row |= dict.fromkeys(MASKED_IN_ESTABLISHMENT, MASKED)
        yield row


#: What partial diffusion hides in an address: the commune stays.
MASKED_IN_ESTABLISHMENT = [
    f"{name}Etablissement"
    for name in (
        "complementAdresse numeroVoie typeVoie libelleVoie codePostal "
        "coordonneeLambertAbscisse coordonneeLambertOrdonnee enseigne1"
    ).split()
]


def establishment_row(
    rng: Random, unit: Unit, rank: int, place: tuple[str, str, str], closed: bool
) -> Row:
    """One open or closed place."""
    street, postcode, city = place
    number, _, way = street.partition(" ")
    kind, _, label = way.partition(" ")
    full = siret(unit.siren, rank)
    day = rng.randint(1, 28)
    return dict.fromkeys(ESTABLISHMENT_COLUMNS, "") | {
        "siren": unit.siren,
        "nic": full[9:],
        "siret": full,
        "statutDiffusionEtablissement": "O",
        "dateCreationEtablissement": f"{rng.randint(2000, 2014)}-01-01",
        "dateDernierTraitementEtablissement": TREATED.format(day, rng.randint(0, 59)),
        "nombrePeriodesEtablissement": str(rng.randint(1, 5)),
        "numeroVoieEtablissement": number,
        "typeVoieEtablissement": WAYS.get(kind, kind.upper()),
        "libelleVoieEtablissement": capitals(label),
        "codePostalEtablissement": postcode,
        "libelleCommuneEtablissement": capitals(city),
        "codeCommuneEtablissement": COMMUNES.get((postcode, city), ""),
        "coordonneeLambertAbscisseEtablissement": f"{rng.uniform(200_000, 1_100_000):.2f}",
        "coordonneeLambertOrdonneeEtablissement": f"{rng.uniform(6_200_000, 7_100_000):.2f}",
        "dateDebut": f"2026-09-{day:02d}" if closed else f"{rng.randint(2010, 2025)}-01-01",
        "etatAdministratifEtablissement": "F" if closed else "A",
        "enseigne1Etablissement": capitals(unit.name) if rng.random() < 0.2 else "",
        "activitePrincipaleEtablissement": unit.naf,
        "nomenclatureActivitePrincipaleEtablissement": "NAFRev2",
        "activitePrincipaleNAF25Etablissement": "" if closed else words.NAF_2025[unit.naf],
    }


#: How Sirene shortens the kinds of street of this world.
WAYS = {
    "rue": "RUE", "avenue": "AV", "place": "PL", "chemin": "CHE", "boulevard": "BD",
    "impasse": "IMP", "quai": "QUAI", "allée": "ALL", "route": "RTE", "cours": "CRS",
    "sentier": "SEN", "passage": "PAS",
}  # fmt: skip


def write(path: Path, columns: list[str], rows: Iterator[Row] | list[Row]) -> int:
    """Write one stock file; return its number of rows."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        for count, row in enumerate(rows, 1):  # noqa: B007 (the last count is the result)
            writer.writerow(row)
    return count


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="etl.insee.sample", description="Write a small stock.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("fixtures/insee"))
    parser.add_argument("--enee", type=Path, default=Path("fixtures/enee"))
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args()
    counts = generate(options.folder, options.enee, rows=options.rows, seed=options.seed)
    for name, rows in counts.items():
        sys.stdout.write(f"{name}: {rows} rows\n")


if __name__ == "__main__":
    main()
