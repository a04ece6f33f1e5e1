"""Opens the demonstration's accounts on the rows that the Enée sample brought in."""

import csv
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.core.identifiers import normal_phone
from ilo_cms.directory.models import Contact, Officer, Organisation
from ilo_cms.directory.officers import appoint_officer, sync_groups


PASSWORD = "demo-ilo-2026"  # noqa: S105  printed by the demonstration, never used elsewhere


def read_accounts() -> list[dict[str, str]]:
    """The rows of fixtures/demo/accounts.csv."""
    path = settings.FIXTURES / "demo" / "accounts.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def is_open() -> bool:
    """Whether an earlier run opened the accounts; people may have changed them since."""
    administrators = [row["email"] for row in read_accounts() if row["role"] == "administrator"]
    return User.objects.filter(email__in=administrators).exists()


def open_accounts() -> int:
    """Give every account of fixtures/demo/accounts.csv its role and password; returns how many."""
    rows = read_accounts()
    people = {row["email"]: account(row) for row in rows}
    administrator = next(user for user in people.values() if user.is_administrator)
    for row in rows:
        user = people[row["email"]]
        if row["role"] == "officer":
            appoint(user, row, administrator)
        elif row["role"] == "contact":
            membership(user, row)
    for user in User.objects.filter(Q(pk__in=[p.pk for p in people.values()]) | ~Q(officer=None)):
        sync_groups(user)
    return len(people)


def appoint(user: User, row: dict[str, str], administrator: User) -> None:
    """Employ an officer, unless an earlier run did."""
    operator = named(row["organisation"])
    phone = normal_phone(row["phone"])
    if not Officer.objects.active().filter(user=user, operator=operator, phone=phone).exists():
        appoint_officer(user=user, operator=operator, acting_user=administrator, phone=phone)


def account(row: dict[str, str]) -> User:
    """The person of a row, with the demonstration's password."""
    user, _ = User.objects.get_or_create(
        email=row["email"],
        defaults={"first_name": row["first_name"], "last_name": row["last_name"]},
    )
    user.first_name, user.last_name = row["first_name"], row["last_name"]
    user.is_administrator = row["role"] == "administrator"
    user.is_analyst = row["role"] == "analyst"
    if not user.check_password(PASSWORD):
        user.set_password(PASSWORD)
    user.save()
    return user


def named(name: str) -> Organisation:
    """The organisation of this name; the sample export holds it once."""
    return Organisation.objects.get(name__iexact=name)


def membership(user: User, row: dict[str, str]) -> None:
    """The person's place in an organisation, with access; ended a year ago when they left."""
    organisation = named(row["organisation"])
    contact, _ = Contact.objects.get_or_create(
        user=user,
        organisation=organisation,
        defaults={"establishment": organisation.establishments.first()},
    )
    contact.function = row["function"]
    contact.has_access = True
    contact.establishment = contact.establishment or organisation.establishments.first()
    if row["left"] and contact.ended_on is None:
        contact.ended_on = timezone.localdate() - timedelta(days=365)
    contact.save()


def assign_referents() -> int:
    """Make Claire and Karim referents of the providers of their territory.

    They take over from the sample's other officers there, who have no password to answer with. Of
    two colleagues, the one whom the accounts name first is the referent.
    """
    count = 0
    emails = [row["email"] for row in read_accounts() if row["role"] == "officer"]
    present = Officer.objects.active().filter(user__email__in=emails)
    in_order = sorted(
        present.select_related("user", "operator"), key=lambda each: emails.index(each.user.email)
    )
    for officer in in_order:
        territory = officer.operator.operated_territories.all().departments()
        here = Organisation.objects.providers().filter(establishments__department__in=territory)
        unanswered = here.exclude(referent__in=present)
        count += Organisation.objects.filter(pk__in=unanswered.values("pk")).update(
            referent=officer
        )
    return count
