"""`manage.py documents sweep|scan`: what the worker does each night, and a first scan of all."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from ilo_cms.documents import clamav
from ilo_cms.documents.models import Document, Scan
from ilo_cms.documents.scanning import scan_waiting
from ilo_cms.documents.sweeping import sweep


class Command(BaseCommand):
    help = "Remove files that no row names (sweep), or scan those that never were (scan)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=["sweep", "scan"])

    def handle(self, *, act: str, **options: object) -> None:
        if act == "sweep":
            swept = sweep()
            self.stdout.write(
                f"{swept.orphans} orphans and {swept.half_arrived} half-arrived files removed"
            )
            return
        if not clamav.is_configured():
            raise CommandError("CLAMD_URL is not set: nothing can scan.")
        Document.objects.filter(scan=Scan.UNSCANNED).update(scan=Scan.PENDING)
        self.stdout.write(f"{scan_waiting()} files scanned")
