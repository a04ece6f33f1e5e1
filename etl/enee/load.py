"""One load: read every file, build every row, write all or nothing, account for each row.

extract → map → build (organisations, people, work) → store → check → audit, in one transaction.
A row of the directory that is already there is never written again: what officers and providers
changed since stays, and a second load of the same export changes nothing.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from etl.enee.builder import Builder
from etl.enee.errors import ExportError, Rejected
from etl.enee.extract import Row, Source, digest_of, open_export
from etl.enee.ledger import End, Ledger, Outcome
from etl.enee.mapping import columns, read_mappings
from etl.enee.models import Finding, OldCode, Run, SourceRow
from etl.enee.organisations import Organisations
from etl.enee.people import People
from etl.enee.report import balance
from etl.enee.search import index_missing
from etl.enee.store import Table, roomy_cache
from etl.enee.work import Work
from ilo_cms.audit.services import record
from ilo_cms.matching.triggers import silenced


Place = Callable[[Row], End]
#: Which of our old-code lists names the codes of which field.
CODE_FIELDS = {"THEME": "skills", "SECTEUR": "sectors", "TYPE_DOCUMENT": "type"}


def load(folder: Path, *, dry_run: bool = False) -> Run:
    """Load an export. Returns the run, whose figures are the balance; a dry run leaves no trace.

    Raises ExportError with one sentence when the export cannot be loaded at all.
    """
    run, tables = transfer(folder, dry_run=dry_run)
    if not dry_run:
        index_missing(tables)  # a search that lags for some seconds is no reason to keep a lock
    return run


def transfer(folder: Path, *, dry_run: bool = False) -> tuple[Run, list[Table]]:
    """The load itself, in one transaction: the run and the tables it wrote."""
    sources = open_export(folder, columns())
    with no_collection(), roomy_cache(), transaction.atomic():
        run = Run.objects.create(
            folder=folder.name, digest=digest_of(sources), started_at=timezone.now()
        )
        ledger = Ledger()
        counts, tables, organisations = build(sources, ledger)
        with silenced():
            for table in tables:
                table.write()
            organisations.give_roles()
        write_account(run, ledger)
        finish(run, counts)
        transaction.set_rollback(dry_run)
    return run, tables


@contextmanager
def no_collection() -> Iterator[None]:
    """Pause the search for cycles: a load makes a million tuples that all stay until its end."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def build(
    sources: dict[str, Source], ledger: Ledger
) -> tuple[dict[str, int], list[Table], Organisations]:
    """Read every file, parents first; return the rows read by file and the tables to write."""
    builder = Builder(read_mappings(), ledger)
    codes = OldCodes()
    counts = {sources["codes"].name: place_all(sources["codes"], codes.code, ledger)}
    organisations = Organisations(builder, codes.labels)
    people = People(builder, organisations)
    work = Work(builder, organisations, people, codes.type_labels())
    places: dict[str, Place] = {
        "operators": organisations.operator,
        "officers": people.officer,
        "providers": organisations.provider,
        "establishments": organisations.establishment,
        "contacts": people.contact,
        "beneficiaries": organisations.beneficiary,
        "leaders": people.leader,
        "engagements": work.engagement,
        "assignments": work.assignment,
        "documents": work.document,
    }
    for name, place in places.items():
        counts[sources[name].name] = place_all(sources[name], place, ledger)
    organisations.propose_duplicates()
    # Officers point to operators and providers to officers: both databases check at commit.
    tables = [codes.table, *organisations.tables(), *people.tables(), *work.tables()]
    return counts, [*tables, builder.legacy], organisations


def place_all(source: Source, place: Place, ledger: Ledger) -> int:
    """Give every row of a file its one end; return how many rows there were."""
    seen: dict[str, tuple[int, int, str | None]] = {}
    count = 0
    for count, row in enumerate(source.rows(), 1):  # noqa: B007 (the last count is the result)
        try:
            ledger.end(row, *place_once(row, place, seen))
        except Rejected as error:
            ledger.reject(row, error)
    for line, byte in source.stray:
        ledger.mend(source.name, line, f"0x{byte:02X}", "no character has this byte: taken out")
    return count


def place_once(row: Row, place: Place, seen: dict[str, tuple[int, int, str | None]]) -> End:
    """Place a row, unless its identifier was already placed: said again it is merged."""
    if not row:
        width = len(row.raw)
        raise Rejected("", f"the row has {width} cells, which is not the number of columns")
    key = row["key"] = row["key"].strip()
    if not key:
        raise Rejected("key", "the row has no identifier")
    content = hash(tuple(row.raw))
    if key in seen:
        line, other, target = seen[key]
        if other == content:
            return Outcome.MERGED, target
        raise Rejected("key", f"line {line} has this identifier with other values")
    outcome, target = place(row)
    seen[key] = (row.line, content, target)
    return outcome, target


class OldCodes:
    """Enée's own code lists: their labels explain the values that have no equivalent."""

    def __init__(self) -> None:
        self.labels: dict[tuple[str, str], str] = {}
        self.known = set(OldCode.objects.values_list("list", "code"))
        self.table = Table(OldCode, "list code label")

    def code(self, row: Row) -> End:
        """One old code."""
        name, code, label = row["list"].strip(), row["key"], row["label"].strip()
        if not label:
            raise Rejected("label", "this cell is empty and cannot be")
        self.labels[(CODE_FIELDS.get(name, name), code)] = label
        if (name, code) not in self.known:
            self.table.add((name, code, label))
        return Outcome.LOADED, None

    def type_labels(self) -> dict[str, str]:
        """Labels of the types of document."""
        return {code: label for (name, code), label in self.labels.items() if name == "type"}


def write_account(run: Run, ledger: Ledger) -> None:
    """Replace the account of the run before: one line for each row, one for each finding."""
    SourceRow.objects.exclude(run=run)._raw_delete(SourceRow.objects.db)
    Finding.objects.exclude(run=run)._raw_delete(Finding.objects.db)
    rows = Table(SourceRow, "run_id file line key outcome target")
    rows.rows = [(run.pk, *row) for row in ledger.rows]
    findings = Table(Finding, "run_id kind file line column value reason")
    findings.rows = [(run.pk, *finding) for finding in ledger.findings]
    rows.write()
    findings.write()


def finish(run: Run, counts: dict[str, int]) -> None:
    """Prove the balance, note it in the run and in the log."""
    figures = balance(run, counts)
    for name, figure in figures.items():
        if figure["source"] != sum(figure.values()) - figure["source"]:
            raise ExportError(f"{name} does not balance: {figure}. Nothing was loaded.")
    run.figures = figures
    run.finished_at = timezone.now()
    run.save(update_fields=["figures", "finished_at"])
    record("enee.loaded", actor=None, target=run, tables=figures)
