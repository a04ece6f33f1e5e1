"""The faults that real exports have, put on purpose into a sound world, each on its own rows.

A row has one fault at most, so that tests know where it must end: loaded, merged or rejected.
Rows that must be rejected are added rather than damaged: nothing else hangs on them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from etl.enee.sample.numbers import excel_serial, luhn_digit, phone, shifted, short_year
from etl.enee.sample.world import Row, World


Change = Callable[[Row, Random], None]


@dataclass
class Fault:
    """One kind of fault: where it is, on which rows, and how those rows must end."""

    name: str
    table: str
    outcome: str
    rows: list[Row] = field(default_factory=list)


def alter(column: str, make: Callable[[str, Random], str]) -> Change:
    """A change of one cell, made from what it held."""

    def change(row: Row, rng: Random) -> None:
        row[column] = make(row[column], rng)

    return change


def put(column: str, *texts: str) -> Change:
    """A change of one cell to one of these texts."""

    def change(row: Row, rng: Random) -> None:
        row[column] = rng.choice(texts)

    return change


def without_zeros(digits: str, rng: Random) -> str:
    """A number as a spreadsheet keeps it."""
    return digits.lstrip("0")


def spaced(digits: str, rng: Random) -> str:
    """A SIREN or SIRET in groups."""
    groups = [digits[:3], digits[3:6], digits[6:9], digits[9:]]
    return rng.choice([" ", "."]).join(filter(None, groups))


def scientific(digits: str, rng: Random) -> str:
    """A number too wide for its column: what was cut off is lost."""
    return f"{int(digits):.5E}".replace(".", ",")


def wrong_key(digits: str, rng: Random) -> str:
    """The same number with a false check digit."""
    return digits[:-1] + str((int(digits[-1]) + rng.randint(1, 9)) % 10)


def generic(email: str, rng: Random) -> str:
    """A shared mailbox of the same domain."""
    return f"{rng.choice(['contact', 'info', 'Accueil', 'direction'])}@{email.partition('@')[2]}"


def typed_otherwise(email: str, rng: Random) -> str:
    """The same address as another hand types it."""
    return rng.choice([f" {email.upper()} ", email.title(), f"{email}  "])


def without_at(email: str, rng: Random) -> str:
    """An address hidden from robots."""
    return email.replace("@", "(at)")


def two_phones(first: str, rng: Random) -> str:
    """Two numbers in one cell."""
    return f"{first}{rng.choice([' / ', ' ou ', ';', ' - '])}{phone(rng)}"


def plain_amount(text: str, rng: Random) -> str:
    """ "5 400,00 €" as 5400."""
    return text.removesuffix(",00 €").replace(" ", "")


def dotted_amount(text: str, rng: Random) -> str:
    """ "5 400,00 €" as 5.400,50."""
    return text.removesuffix(",00 €").replace(" ", ".") + ",50"


def no_break_amount(text: str, rng: Random) -> str:
    """ "5 400,00 €" with spaces that do not break."""
    return text.replace(" ", "\xa0")


def closed_before_opening(row: Row, rng: Random) -> None:
    """The assignment ends before it starts."""
    row["DATE_FIN"] = shifted(row["DATE_DEBUT"], -rng.randint(10, 300))


#: Damage to one cell of a sound row: name, table, count at scale 1, change. All end loaded.
CELL_FAULTS: list[tuple[str, str, int, Change]] = [
    ("siren_lost_zeros", "prestataires", 20, alter("SIREN", without_zeros)),
    ("siren_with_spaces_or_dots", "prestataires", 12, alter("SIREN", spaced)),
    ("siren_false_key", "prestataires", 8, alter("SIREN", wrong_key)),
    ("unknown_theme", "prestataires", 10, alter("THEMES", lambda codes, _: f"{codes},T99")),
    ("unknown_sector", "prestataires", 6, put("SECTEURS", "S98", "S03,S99")),
    ("unknown_zone", "prestataires", 5, put("ZONES", "France entière", "Europe", "69,99")),
    ("note_with_newline", "prestataires", 6, put("OBSERVATIONS", "Vu au salon.\nÀ rappeler ; oui")),
    ("nul_byte", "prestataires", 3, put("OBSERVATIONS", "Dossier papier\x00 archivé")),
    ("byte_outside_cp1252", "prestataires", 3, put("OBSERVATIONS", "Confiance\x81 depuis 2012")),
    ("siret_lost_zeros", "etablissements", 20, alter("SIRET", without_zeros)),
    ("siret_with_spaces_or_dots", "etablissements", 15, alter("SIRET", spaced)),
    ("siret_scientific", "etablissements", 5, alter("SIRET", scientific)),
    ("postcode_lost_zero", "etablissements", 6, put("CODE_POSTAL", "1000", "6000", "7000")),
    ("two_phones", "intervenants", 25, alter("TELEPHONE", two_phones)),
    ("phone_unreadable", "intervenants", 8, put("TELEPHONE", "voir Anne", "01 99", "06.xx.xx.xx")),
    ("email_generic", "intervenants", 20, alter("MEL", generic)),
    ("email_unreadable", "intervenants", 6, alter("MEL", without_at)),
    ("email_missing", "intervenants", 15, put("MEL", "")),
    ("email_other_case", "intervenants", 15, alter("MEL", typed_otherwise)),
    ("siret_missing", "beneficiaires", 10, put("SIRET", "", "en cours")),
    ("siret_lost_zeros", "beneficiaires", 15, alter("SIRET", without_zeros)),
    ("unknown_sector", "accompagnements", 15, put("SECTEUR", "", "S97")),
    ("impossible_date", "accompagnements", 6, put("DATE_DIAGNOSTIC", "31/02/2016", "00/00/0000")),
    ("excel_date", "accompagnements", 20, alter("DATE_ACCUEIL", lambda day, _: excel_serial(day))),
    ("short_year", "accompagnements", 25, alter("DATE_ACCUEIL", lambda day, _: short_year(day))),
    ("amount_plain", "prestations", 40, alter("MONTANT_TTC", plain_amount)),
    ("amount_with_dots", "prestations", 20, alter("MONTANT_TTC", dotted_amount)),
    ("amount_no_break_space", "prestations", 20, alter("MONTANT_TTC", no_break_amount)),
    ("amount_unreadable", "prestations", 8, put("MONTANT_TTC", "à définir", "5400 + frais")),
    ("amount_negative", "prestations", 4, alter("MONTANT_TTC", lambda text, _: f"-{text}")),
    ("end_before_start", "prestations", 10, closed_before_opening),
    ("impossible_date", "prestations", 6, put("DATE_FIN", "31/02/2018", "31/11/2020")),
    ("excel_date", "prestations", 15, alter("DATE_DEBUT", lambda day, _: excel_serial(day))),
    ("unknown_theme", "prestations", 10, put("THEME", "T77", "T99")),
    ("key_with_spaces", "prestations", 12, alter("ID_PRESTATAIRE", lambda key, _: f" {key} ")),
    ("line_feed_only", "prestations", 30, put("_LINE", "lf")),
]

#: Rows added with a fault that no repair can mend: name, table, count at scale 1, change.
REJECTED_ROWS: list[tuple[str, str, int, Change]] = [
    ("name_missing", "prestataires", 4, put("RAISON_SOCIALE", "", "   ")),
    ("too_few_columns", "prestataires", 3, put("_LINE", "short")),
    ("too_many_columns", "prestataires", 3, put("_LINE", "long")),
    ("orphan_establishment", "etablissements", 4, put("ID_PRESTATAIRE", "990001", "990002")),
    ("person_without_name", "intervenants", 4, put("NOM", "", " ")),
    ("orphan_contact", "intervenants", 5, put("ID_PRESTATAIRE", "990003", "")),
    ("too_few_columns", "intervenants", 3, put("_LINE", "short")),
    ("name_missing", "beneficiaires", 3, put("RAISON_SOCIALE", "")),
    ("orphan_engagement", "accompagnements", 5, put("ID_BENEFICIAIRE", "990004", "")),
    ("opening_date_missing", "accompagnements", 4, put("DATE_ACCUEIL", "", "31/02/2017")),
    ("engagement_without_operator", "accompagnements", 3, put("ID_STRUCTURE_PORTEUSE", "", "99")),
    ("orphan_assignment", "prestations", 8, put("ID_ACCOMPAGNEMENT", "990005", "990006")),
    ("assignment_without_label", "prestations", 3, put("INTITULE", "")),
    ("unknown_provider", "prestations", 6, put("ID_PRESTATAIRE", "990007")),
    ("too_many_columns", "prestations", 4, put("_LINE", "long")),
    ("unknown_status", "prestations", 5, put("STATUT", "P42", "??")),
    ("orphan_document", "documents", 6, put("ID_OBJET", "990008", "")),
]


class Damage:
    """Puts every fault into a world and remembers on which rows."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = world.rng
        self.faults: list[Fault] = []
        self.used = set(world.protected)
        self.extra: list[tuple[str, Row]] = []

    def apply(self) -> list[Fault]:
        """Every fault; the added rows join their tables only then."""
        for name, table, count, change in CELL_FAULTS:
            rows = self.sound(table, count)
            self.used.update(map(id, rows))
            self.note(name, table, "loaded", rows, change)
        for name, table, count, change in REJECTED_ROWS:
            rows = [self.copy(table, row) for row in self.sound(table, count)]
            self.note(name, table, "rejected", rows, change)
        self.add_twins()
        self.add_known_people()
        self.mix()
        return self.faults

    def note(
        self, name: str, table: str, outcome: str, rows: list[Row], change: Change | None = None
    ) -> None:
        """Remember one kind of fault after changing its rows."""
        for row in rows:
            if change:
                change(row, self.rng)
        self.faults.append(Fault(name, table, outcome, rows))

    def sound(
        self, table: str, count: int, fits: Callable[[Row], bool] = lambda row: True
    ) -> list[Row]:
        """Some rows of a table that have no fault yet."""
        rows = [row for row in self.world.tables[table] if id(row) not in self.used and fits(row)]
        return self.rng.sample(rows, self.world.sized(count))

    def copy(self, table: str, row: Row, **values: str) -> Row:
        """A new row like another, under its own identifier."""
        key = next(iter(row))
        number = len(self.world.tables[table]) + len(self.extra) + 1001
        twin = row | {key: str(number)} | values
        self.extra.append((table, twin))
        self.used.update([id(twin), id(row)])
        return twin

    def add_twins(self) -> None:
        """Rows that say again what another says: they end merged, or proposed for merging."""
        providers = []
        for row in self.sound("prestataires", 12):
            twin = self.copy("prestataires", row, RAISON_SOCIALE=row["RAISON_SOCIALE"].upper())
            providers.append(twin)
            self.move_contacts(row["ID_PRESTATAIRE"], twin["ID_PRESTATAIRE"])
        self.note("same_siren", "prestataires", "merged", providers)
        # A place is known twice only if its provider's SIREN can be read.
        whole = {
            row["ID_PRESTATAIRE"]
            for row in self.world.tables["prestataires"]
            if id(row) not in self.used
        }
        places = [
            self.copy("etablissements", row)
            for row in self.sound("etablissements", 5, lambda row: row["ID_PRESTATAIRE"] in whole)
        ]
        self.note("same_siret", "etablissements", "merged", places)
        near = [
            self.copy("prestataires", row, SIREN="", RAISON_SOCIALE=f"{row['RAISON_SOCIALE']}s")
            for row in self.sound("prestataires", 10)
        ]
        self.note("near_equal_name", "prestataires", "loaded", near)
        beneficiaries = [self.copy("beneficiaires", row) for row in self.sound("beneficiaires", 8)]
        self.note("same_siret", "beneficiaires", "merged", beneficiaries)
        both = self.beneficiaries_that_advise()
        self.note("beneficiary_and_provider", "beneficiaires", "merged", both)
        repeated = []
        for row in self.sound("prestations", 5):
            twin = dict(row)
            self.extra.append(("prestations", twin))
            self.used.update([id(twin), id(row)])
            repeated.append(twin)
        self.note("row_repeated", "prestations", "merged", repeated)

    def move_contacts(self, old: str, new: str) -> None:
        """Hang a provider's people on its twin: a load must bring them back together."""
        for row in self.world.tables["intervenants"]:
            if row["ID_PRESTATAIRE"] == old:
                row["ID_PRESTATAIRE"] = new

    def beneficiaries_that_advise(self) -> list[Row]:
        """Beneficiaries whose SIREN is a provider's: one organisation, two roles."""
        rows = []
        for provider, model in zip(
            self.sound("prestataires", 5), self.sound("beneficiaires", 5), strict=True
        ):
            digits = f"{provider['SIREN']}0001"
            rows.append(
                self.copy(
                    "beneficiaires",
                    model,
                    RAISON_SOCIALE=provider["RAISON_SOCIALE"],
                    SIRET=digits + luhn_digit(digits),
                )
            )
            self.used.add(id(provider))
        return rows

    def add_known_people(self) -> None:
        """People met twice: in one organisation (merged), in two, or sharing one address."""
        same = [
            self.copy("intervenants", row, MEL=typed_otherwise(row["MEL"], self.rng))
            for row in self.sound("intervenants", 12)
        ]
        self.note("same_person_same_organisation", "intervenants", "merged", same)
        hosts = self.sound("prestataires", 15)
        moved = [
            self.copy(
                "intervenants", row, ID_PRESTATAIRE=host["ID_PRESTATAIRE"], ID_ETABLISSEMENT=""
            )
            for row, host in zip(self.sound("intervenants", 15), hosts, strict=True)
            if row["ID_PRESTATAIRE"] != host["ID_PRESTATAIRE"]
        ]
        self.note("same_person_two_organisations", "intervenants", "loaded", moved)
        shared = [
            self.copy("intervenants", row, NOM="Delaunay-Petit", PRENOM="Maxence")
            for row in self.sound("intervenants", 5)
        ]
        self.note("two_people_one_address", "intervenants", "loaded", shared)

    def mix(self) -> None:
        """Put the added rows at the end of their table: a row said again comes after the first."""
        self.rng.shuffle(self.extra)
        for table, row in self.extra:
            self.world.tables[table].append(row)
