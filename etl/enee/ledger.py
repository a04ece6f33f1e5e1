"""The account of a load: where each row ended, and every value that was not taken as it was."""

from etl.enee.errors import Rejected
from etl.enee.extract import Row
from etl.enee.models import Finding, SourceRow


Outcome = SourceRow.Outcome
End = tuple[Outcome, str | None]
Kind = Finding.Kind


class Ledger:
    """Collects in memory; load.py writes it with the rest, in the same transaction."""

    def __init__(self) -> None:
        self.rows: list[tuple] = []  # file, line, key, outcome, target
        self.findings: list[tuple] = []  # kind, file, line, column, value, reason

    def end(self, row: Row, outcome: str, target: str | None) -> None:
        """Say where a row ended. Called once for each row of the export."""
        key = row["key"] or (row.raw[0] if row.raw else "")
        self.rows.append((row.source.name, row.line, key[:60], str(outcome), target))

    def reject(self, row: Row, error: Rejected) -> None:
        """The row is not loaded, and here is why."""
        self.end(row, Outcome.REJECTED, None)
        self._find(Kind.REJECTED, row, error.field, error.reason)

    def keep(self, row: Row, field: str, reason: str) -> None:
        """The row is loaded without this value, which stays here as it was."""
        self._find(Kind.KEPT, row, field, reason)

    def propose(self, row: Row, field: str, other: str, reason: str) -> None:
        """The row may say again what another says: an officer decides."""
        self._find(Kind.PROPOSED, row, field, reason, f"{row[field]} = {other}?")

    def mend(self, file: str, line: int, value: str, reason: str) -> None:
        """Something was repaired before the row could be read."""
        self.findings.append((str(Kind.MENDED), file, line, "", value, reason))

    def _find(self, kind: str, row: Row, field: str, reason: str, value: str = "") -> None:
        column = row.source.columns.get(field, "")
        value = value or (row[field] if column else ";".join(row.raw))
        finding = (str(kind), row.source.name, row.line, column, value[:1000], reason[:255])
        self.findings.append(finding)
