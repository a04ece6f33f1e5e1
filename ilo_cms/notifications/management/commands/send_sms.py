"""`manage.py send_sms`: try the SMS provider."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ilo_cms.notifications.sms import SmsRefused, send_sms


class Command(BaseCommand):
    """Send one SMS, to see that SMS_URL works."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number")
        parser.add_argument("text", nargs="?", default="ILO : ce SMS d’essai est bien arrivé.")

    def handle(self, *args, **options) -> None:
        try:
            reference = send_sms(options["number"], options["text"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except (SmsRefused, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"SMS envoyé ({reference}).")
