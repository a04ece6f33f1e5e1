"""`manage.py audit verify`: prove that nobody edited, removed or cut the log."""

from django.core.management.base import BaseCommand, CommandError

from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.services import faults


class Command(BaseCommand):
    help = "Verify the hash chain of the log; exit code 1 when something was touched."

    def add_arguments(self, parser):
        parser.add_argument("act", choices=["verify"])

    def handle(self, *args, **options):
        found = list(faults())
        for fault in found:
            self.stderr.write(fault)
        if found:
            raise CommandError(f"{len(found)} fault(s) found in the log.")
        self.stdout.write(f"{AuditEvent.objects.count()} events, chain intact.")
