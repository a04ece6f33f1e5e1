"""`manage.py load_demo`: the demonstration, by the real pipelines. Safe to run twice."""

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from etl.demo.cases import ask_for_changes, ask_to_be_listed, open_engagements
from etl.demo.evaluations import ask_the_gardens, evaluate_assignments
from etl.demo.meetings import hold_meetings
from etl.demo.people import PASSWORD, assign_referents, is_open, open_accounts
from etl.demo.requests import ask_for_documents
from etl.demo.tenders import prepare_tenders


class Command(BaseCommand):
    help = (
        "Load the demonstration: reference lists, Enée sample, INSEE sample, accounts, live cases."
    )

    def handle(self, *args, **options):
        call_command("setup_ilo", stdout=self.stdout)
        call_command("enee", "load", settings.FIXTURES / "enee", stdout=self.stdout)
        call_command("insee", "apply", "--stock", settings.FIXTURES / "insee", stdout=self.stdout)
        if is_open():
            self.stdout.write("The accounts are open already: what was done with them is kept.")
            return
        accounts = open_accounts()
        self.stdout.write(f"{accounts} accounts open (password for all: {PASSWORD}).")
        self.stdout.write(f"{assign_referents()} providers given a referent.")
        self.stdout.write(f"{open_engagements()} engagements opened, one in each stage.")
        self.stdout.write(f"{evaluate_assignments()} assignments evaluated, one shared.")
        self.stdout.write(f"{ask_the_gardens()} satisfaction form sent.")
        self.stdout.write(f"{hold_meetings()} meetings proposed or fixed.")
        self.stdout.write(f"{ask_for_changes()} change requests deposited.")
        self.stdout.write(f"{ask_for_documents()} requests for documents made.")
        self.stdout.write(f"{prepare_tenders()} tenders prepared, one in each phase.")
        self.stdout.write(f"{ask_to_be_listed()} referencing requests deposited.")
