"""Officers, contacts of providers and those who answer for beneficiaries.

One email is one person, whatever its case (SPEC A1). An address that belongs to nobody, or already
to somebody of another name, is kept aside: the contact is loaded without it and without access.
"""

from django.contrib.auth.hashers import make_password

from etl.enee import clean
from etl.enee.builder import Builder, Kind
from etl.enee.extract import Row
from etl.enee.ledger import End, Outcome
from etl.enee.organisations import Draft, Organisations, origins
from etl.enee.store import Table, identifier, known_identifiers
from ilo_cms.accounts.models import User
from ilo_cms.directory.models import Contact, Officer


class People:
    """Everybody who has a name."""

    def __init__(self, builder: Builder, organisations: Organisations) -> None:
        self.build = builder
        self.organisations = organisations
        self.known_users = known_identifiers(User)
        self.known_contacts = known_identifiers(Contact)
        self.known_officers = known_identifiers(Officer)
        self.by_email = {
            email: (key.hex, clean.folded(f"{first} {last}"))
            for email, key, first, last in User.objects.exclude(email=None).values_list(
                "email", "pk", "first_name", "last_name"
            )
        }
        self.officer_of = {
            user.hex: key.hex for user, key in Officer.objects.values_list("user_id", "pk")
        }
        self.memberships = {
            (user.hex, organisation.hex, day.isoformat() if day else None): key.hex
            for user, organisation, day, key in Contact.objects.values_list(
                "user_id", "organisation_id", "ended_on", "pk"
            )
        }
        #: What the export says of the people it brings; others had their names before.
        self.names: dict[str, dict[str, str | None]] = {}
        self.contacts: dict[str, tuple[str, Draft]] = {}
        self.password = make_password(None)  # nobody signs in before activation (SPEC A3)
        self.users = Table(User, "id email first_name last_name password")
        self.officers = Table(Officer, "id user_id operator_id phone is_active")
        self.table = Table(
            Contact,
            "id user_id organisation_id establishment_id function phone other_phone has_access "
            "ended_on origins",
        )
        self.lists = {
            "skills": (link(Contact, "skills"), Kind.SKILL),
            "sectors": (link(Contact, "sectors"), Kind.SECTOR),
        }

    def officer(self, row: Row) -> End:
        """A chargé de mission of an operator; one person has one post."""
        operator = self.build.linked(
            row, "operator", self.organisations.operators, "structures_porteuses"
        )
        user, _ = self.person(row)
        own = identifier("officer", row["key"])
        key = self.officer_of.setdefault(user, own)
        self.organisations.officers[row["key"]] = key
        phone, _ = self.build.value(row, "phone", self.build.phones, "")
        if key == own and key not in self.known_officers:
            self.officers.add((key, user, operator.id, phone, not row["left_on"].strip()))
        return (Outcome.LOADED if key == own else Outcome.MERGED), key

    def contact(self, row: Row) -> End:
        """A person of a provider."""
        draft = self.build.linked(row, "organisation", self.organisations.providers, "prestataires")
        place = None
        known = self.build.optional(
            row, "establishment", self.organisations.places, "etablissements"
        )
        if known and known[1] is draft:
            place = known[0]
        elif known:
            self.build.ledger.keep(row, "establishment", "this place is of another organisation")
        key, outcome = self.membership(row, draft, place)
        self.contacts[row["key"]] = (key, draft)
        return outcome, key

    def leader(self, row: Row) -> End:
        """A person of a beneficiary."""
        draft = self.build.linked(
            row, "organisation", self.organisations.beneficiaries, "beneficiaires"
        )
        key, outcome = self.membership(row, draft, None)
        return outcome, key

    def membership(self, row: Row, draft: Draft, place: str | None) -> tuple[str, Outcome]:
        """One person's membership in one organisation; said twice, it is merged."""
        user, email = self.person(row)
        ended = self.build.value(row, "ended_on", self.build.day)
        own = identifier("contact", row.source.name, row["key"])
        key = self.memberships.setdefault((user, draft.id, ended), own)
        if key != own:
            return key, Outcome.MERGED
        phone, other = self.build.value(row, "phone", self.build.phones, "")
        values = {
            "function": self.build.text(row, "function", 150),
            "phone": phone,
            "other_phone": other,
        }
        skills = self.choices(row, key, draft, "skills")
        sectors = self.choices(row, key, draft, "sectors")
        if row["note"].strip():
            self.build.ledger.keep(row, "note", "internal note: it has no place in ILO")
        if key in self.known_contacts:
            return key, Outcome.LOADED
        # Who left on an unreadable day must not come back with access.
        access = bool(email) and (bool(ended) or not row["ended_on"].strip())
        names = self.names.get(user, {})
        origin = origins(values | names | {"skills": skills, "sectors": sectors})
        self.table.add((key, user, draft.id, place, *values.values(), access, ended, origin))
        if row["email"].strip() and not email:
            self.build.keep_value(draft.id, Kind.OTHER, "MEL", row["email"].strip(), key)
        return key, Outcome.LOADED

    def choices(self, row: Row, key: str, draft: Draft, name: str) -> set[int]:
        """One list of a contact; what has no equivalent is kept for the re-entry helper."""
        found, unknown = self.build.equivalents(row, name, getattr(self.build.maps, name))
        if key not in self.known_contacts:
            table, kind = self.lists[name]
            table.rows.extend((key, choice) for choice in sorted(found))
            for code in unknown:
                label = self.organisations.labels.get((name, code), code)
                self.build.keep_value(draft.id, kind, code, label, key)
        return found

    def person(self, row: Row) -> tuple[str, str | None]:
        """The account of a row and its address: one that exists, or a new one."""
        last = self.build.required(row, "last_name")[:100]
        first = self.build.text(row, "first_name", 100)
        email = self.own_email(row)
        name = clean.folded(f"{first} {last}")
        if email and self.by_email.get(email, ("", name))[1] != name:
            self.build.ledger.keep(row, "email", "this address already belongs to another name")
            email = None
        own = identifier("person", email or f"{row.source.name} {row['key']}")
        key = self.by_email.setdefault(email, (own, name))[0] if email else own
        if key not in self.known_users:
            self.known_users.add(key)
            self.users.add((key, email, first, last, self.password))
            self.names[key] = {"last_name": last, "first_name": first, "email": email}
        return key, email

    def own_email(self, row: Row) -> str | None:
        """A personal address, or nothing: shared mailboxes have no account (SPEC A2)."""
        email = self.build.value(row, "email", clean.email)
        if email and email.partition("@")[0] in self.build.maps.generic_mailboxes:
            self.build.ledger.keep(row, "email", "generic address: it belongs to nobody")
            return None
        return email

    def tables(self) -> list[Table]:
        """People, then what they are."""
        lists = [table for table, _ in self.lists.values()]
        return [self.users, self.officers, self.table, *lists]


def link(model: type[Contact], name: str) -> Table:
    """The table between a model and one of its lists."""
    field = model._meta.get_field(name)
    return Table(
        field.remote_field.through, f"{field.m2m_column_name()} {field.m2m_reverse_name()}"
    )
