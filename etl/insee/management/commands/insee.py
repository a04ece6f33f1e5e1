"""`manage.py insee apply --stock FOLDER`: brings the directory up to INSEE's stock files."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from etl.insee.apply import apply_stock
from etl.insee.stock import StockError


class Command(BaseCommand):
    """Apply, then say in one line what changed."""

    help = "Apply INSEE's register to the organisations whose SIREN the directory holds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        apply = acts.add_parser("apply", help="apply the two national stock files")
        apply.add_argument(
            "--stock",
            type=Path,
            required=True,
            metavar="FOLDER",
            help="where StockUniteLegale_utf8 and StockEtablissement_utf8 are, .csv or .zip",
        )

    def handle(self, *, stock: Path, **options: object) -> None:
        try:
            done = apply_stock(stock)
        except StockError as error:
            raise CommandError(f"Nothing applied: {error}") from error
        self.stdout.write(
            f"insee: {done.wanted} SIREN, {done.found} found: {done.updated} updated, "
            f"{done.unchanged} unchanged; {done.closed} closed, {done.restricted} restricted; "
            f"{done.unknown} unknown to the register; {done.establishments_created} head offices "
            f"created, {done.establishments_updated} establishments updated; "
            f"{done.values_kept} values settled by hand kept"
        )
