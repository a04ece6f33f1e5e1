"""`manage.py enee`: the migration of Enée.

manage.py enee load FOLDER [--dry-run]
manage.py enee report [--json] [--rejects FILE]
"""

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from etl.enee.errors import ExportError
from etl.enee.load import load
from etl.enee.models import Run
from etl.enee.report import as_text, last_run, tables_of, write_rejects


class Command(BaseCommand):
    """Loads an export and tells where each of its rows ended."""

    help = "Load an Enée export, or report on the last load."

    def add_arguments(self, parser: CommandParser) -> None:
        steps = parser.add_subparsers(dest="step", required=True)
        loading = steps.add_parser("load", help="load an export into ILO")
        loading.add_argument("folder", type=Path)
        loading.add_argument("--dry-run", action="store_true", help="do all but keep nothing")
        report = steps.add_parser("report", help="where each row of the last load ended")
        report.add_argument("--json", action="store_true")
        report.add_argument("--rejects", type=Path, help="also write the rejected rows, as CSV")

    def handle(self, *, step: str, **options: object) -> None:
        getattr(self, step)(**options)

    def load(self, folder: Path, dry_run: bool, **options: object) -> None:
        """Load; a dry run prints the same balance and keeps nothing."""
        try:
            run = load(folder, dry_run=dry_run)
        except ExportError as error:
            raise CommandError(str(error)) from error
        for name, figure in run.figures.items():
            ends = ", ".join(f"{count} {end}" for end, count in figure.items() if end != "source")
            self.stdout.write(f"{name}: {figure['source']} rows: {ends}")
        finished = run.finished_at or timezone.now()
        seconds = (finished - run.started_at).total_seconds()
        kept = "Dry run: nothing was kept." if dry_run else "`enee report` tells the rest."
        self.stdout.write(f"{seconds:.1f} s. {kept}")

    def report(self, json: bool, rejects: Path | None, **options: object) -> None:
        """Tell where each row of the last load ended."""
        run = last_run()
        if run is None:
            raise CommandError("Nothing was loaded yet: run `enee load FOLDER` first.")
        if rejects:
            with rejects.open("w", encoding="utf-8-sig", newline="") as file:
                write_rejects(run, file)
        self.stdout.write(as_json(run) if json else "\n".join(as_text(run)))


def as_json(run: Run) -> str:
    """The balance for programs."""
    return json.dumps({"tables": tables_of(run)})
