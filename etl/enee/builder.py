"""What every part of a load shares: reading a cell, and keeping aside what has no place."""

from collections.abc import Callable
from functools import lru_cache

from etl.enee import clean
from etl.enee.errors import Rejected
from etl.enee.extract import Row
from etl.enee.ledger import Ledger
from etl.enee.mapping import Mappings
from etl.enee.store import Table, identifier
from ilo_cms.directory.models import LegacyValue


Kind = LegacyValue.Kind


class Builder:
    """Turns rows into tuples of ILO's tables. Nothing is written before every file was read."""

    def __init__(self, maps: Mappings, ledger: Ledger) -> None:
        self.maps = maps
        self.ledger = ledger
        self.legacy = Table(LegacyValue, "id organisation_id contact_id kind code label")
        self.kept: set[str] = set()
        # Exports repeat dates, codes and cities thousands of times: each is read once a load.
        remember = lru_cache(maxsize=100_000)
        self.day = remember(clean.day)
        self.number = remember(clean.number)
        self.phones = remember(clean.phones)
        self.naf = remember(clean.naf)
        self.postcode = remember(clean.postcode)
        self.flag = remember(clean.flag)
        self.folded = remember(clean.folded)
        self.codes = remember(clean.codes)

    def value(self, row: Row, field: str, read: Callable, *more: str):
        """A clean cell; an unreadable one is noted and left out."""
        try:
            return read(row[field], *more)
        except clean.Unreadable as error:
            self.ledger.keep(row, field, str(error))
            return read("", *more)

    def text(self, row: Row, field: str, limit: int = 255) -> str:
        """A text cut at the length of its field; a cut is noted."""
        cell = clean.text(row[field])
        if len(cell) > limit:
            self.ledger.keep(row, field, f"longer than {limit} characters: cut")
        return cell[:limit]

    def required(self, row: Row, field: str) -> str:
        """A text without which the row cannot be loaded."""
        text = self.text(row, field)
        if not text:
            raise Rejected(field, "this cell is empty and cannot be")
        return text

    def linked(self, row: Row, field: str, known: dict, file: str):
        """What another file holds under this identifier, without which the row cannot be loaded."""
        key = row[field].strip()
        if key not in known:
            raise Rejected(field, f"no loaded row of {file} has this identifier")
        return known[key]

    def optional(self, row: Row, field: str, known: dict, file: str):
        """The same when the row can be loaded without it; an unknown identifier is noted."""
        key = row[field].strip()
        if key and key not in known:
            self.ledger.keep(row, field, f"no loaded row of {file} has this identifier")
        return known.get(key)

    def equivalents(
        self, row: Row, field: str, known: dict[str, list[int]]
    ) -> tuple[set[int], list[str]]:
        """Our keys for the old codes of a cell, and the codes that have no certain equivalent."""
        found: set[int] = set()
        unknown: list[str] = []
        if not row[field]:
            return found, unknown
        for code in self.codes(row[field]):
            keys = known.get(code) or known.get(self.folded(code))
            if keys:
                found.update(keys)
            else:
                unknown.append(code)
                self.ledger.keep(row, field, f"{code} has no certain equivalent")
        return found, unknown

    def keep_value(
        self, organisation: str, kind: str, code: str, label: str, contact: str | None = None
    ) -> None:
        """Show an old value to its owner until it is entered again (SPEC P6). Once each."""
        key = identifier("legacy", organisation, contact or "", kind, code, label)
        if key not in self.kept:
            self.kept.add(key)
            row = (key, organisation, contact, str(kind), code[:60], label[:255])
            self.legacy.add(row)
