"""`manage.py serve_reports PORT`: Datasette on the snapshot, as its own process."""

import os

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from etl.reporting.serve import command, environment


class Command(BaseCommand):
    """Becomes Datasette: signals and the exit code are its own."""

    help = "Serve the reporting snapshot with Datasette; publishes first when there is none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("port", type=int)
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")

    def handle(self, *, port: int, host: str, **options: object) -> None:
        if not settings.SNAPSHOT_PATH.exists():
            call_command("publish_reports", stdout=self.stdout)
        argv = command(port, host=host)
        os.execve(argv[0], argv, os.environ | environment())  # noqa: S606 - no shell, our own words
