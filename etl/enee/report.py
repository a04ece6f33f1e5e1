"""The report of a run: each source row ended in one place, and what could not be taken."""

import csv
from collections.abc import Iterator
from typing import TextIO

from django.db.models import Count

from etl.enee.models import Finding, Run


Figures = dict[str, dict[str, int]]
FIGURES = ["source", "loaded", "merged", "rejected"]
HEADER = ["fichier", "ligne", "colonne", "valeur", "raison"]


def balance(run: Run, counts: dict[str, int]) -> Figures:
    """Rows read beside rows loaded, merged and rejected, by file."""
    figures = {
        name: {"source": count, "loaded": 0, "merged": 0, "rejected": 0}
        for name, count in counts.items()
    }
    for file, outcome, count in run.rows.values_list("file", "outcome").annotate(Count("pk")):
        figures[file][outcome] = count
    return figures


def last_run() -> Run | None:
    """The last load that was finished."""
    return Run.objects.exclude(finished_at=None).first()


def tables_of(run: Run) -> Figures:
    """The balance in a fixed order: PostgreSQL does not keep the order of JSON."""
    return {
        name: {end: figure[end] for end in FIGURES} for name, figure in sorted(run.figures.items())
    }


def as_text(run: Run) -> Iterator[str]:
    """The report for people: balance, rejects and values kept aside, by reason."""
    yield f"{'':24}{'source':>9}{'loaded':>9}{'merged':>9}{'rejected':>9}"
    tables = tables_of(run)
    total = {end: sum(figure[end] for figure in tables.values()) for end in FIGURES}
    for name, figure in [*tables.items(), ("total", total)]:
        yield f"{name:24}" + "".join(f"{figure[end]:9}" for end in FIGURES)
    for kind in Finding.Kind:
        findings = run.findings.filter(kind=kind)
        yield f"\n{TITLES[kind]}: {findings.count()}"
        reasons = findings.values_list("file", "column", "reason").annotate(count=Count("pk"))
        for file, column, reason, count in reasons.order_by("-count", "file", "column", "reason"):
            yield (
                f"{count:9}  {file}.{column}: {reason}"
                if column
                else f"{count:9}  {file}: {reason}"
            )


TITLES = {
    Finding.Kind.REJECTED: "Rows rejected",
    Finding.Kind.KEPT: "Values kept aside",
    Finding.Kind.MENDED: "Bytes mended",
    Finding.Kind.PROPOSED: "Possible duplicates",
}


def write_rejects(run: Run, file: TextIO) -> int:
    """Every rejected row with its place, raw value and reason, for a spreadsheet."""
    writer = csv.writer(file, delimiter=";")
    writer.writerow(HEADER)
    rejects = run.findings.filter(kind=Finding.Kind.REJECTED)
    rows = list(rejects.values_list("file", "line", "column", "value", "reason"))
    writer.writerows([[f"{name}.csv", *rest] for name, *rest in rows])
    return len(rows)
