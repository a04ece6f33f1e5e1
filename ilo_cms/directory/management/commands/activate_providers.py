"""`manage.py activate_providers`: invite the providers' contacts who cannot sign in (SPEC A9).

Without --send it only says how many mails would go to whom. Safe to run again and to interrupt:
whoever holds a link that works gets no second one.
"""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from ilo_cms.directory.bulk_activation import dry_run, invite_candidates
from ilo_cms.referentials.models import Territory


class Command(BaseCommand):
    help = "Invite the providers' contacts who cannot sign in yet; a dry run unless --send."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--territory", help="code of a département, for example 69")
        parser.add_argument("--limit", type=int, help="at most this many mails")
        parser.add_argument("--send", action="store_true", help="write the mails")

    def handle(self, **options) -> None:
        limit = options["limit"]
        if limit is not None and limit < 1:
            raise CommandError("--limit must be at least 1.")
        territory = department(options["territory"])
        if options["send"]:
            sent = invite_candidates(territory=territory, limit=limit, acting_user=None)
            self.stdout.write(f"{sent} mails written to the outbox.")
        self.show(territory)

    def show(self, territory: Territory | None) -> None:
        """What a run would do from here."""
        plan = dry_run(territory)
        self.stdout.write(f"{plan.count} mails to send.")
        for label, number in plan.by_territory:
            self.stdout.write(f"  {number:>6}  {label}")
        for contact in plan.sample:
            self.stdout.write(f"  {contact.user.email}  {contact.organisation}")
        self.stdout.write("No mail to:")
        for reason, number in plan.excluded:
            self.stdout.write(f"  {number:>6}  {reason}")


def department(code: str | None) -> Territory | None:
    """The département of a code; CommandError when there is none."""
    if not code:
        return None
    found = Territory.objects.filter(kind=Territory.Kind.DEPARTMENT, code=code).first()
    if found is None:
        raise CommandError(f"There is no département {code}.")
    return found
