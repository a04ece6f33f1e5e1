"""`manage.py publish_reports`: builds the reporting snapshot and puts it in service."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from etl.reporting.publish import PublishError, publish


class Command(BaseCommand):
    """Publish, then say in one line what changed. Exit code 1 when nothing could be published."""

    help = "Build the reporting snapshot from etl/reporting/ and put it in service."

    def handle(self, **options: object) -> None:
        try:
            done = publish()
        except PublishError as error:
            still = "The old snapshot still serves." if settings.SNAPSHOT_PATH.exists() else ""
            raise CommandError(f"Reports not published: {error} {still}".strip()) from error
        what = f"{done.tables} tables, {done.rows} rows from {done.source_rows} source rows"
        verb = "published" if done.changed else "nothing changed"
        self.stdout.write(f"reports: {verb}: {what} in {done.seconds:.2f} s")
