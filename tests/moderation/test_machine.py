"""Change requests in any order of events: nothing lost, nothing applied twice, nobody out of turn.

Hypothesis plays two contacts, four officers, the calendar and the mailed links against the real
services, beside a small model in plain dictionaries that says what must be true.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.services import faults
from ilo_cms.directory.absences import delete_absence, save_absence
from ilo_cms.directory.edits import edit_as_officer
from ilo_cms.directory.models import Contact, Officer, OfficerAbsence, Organisation
from ilo_cms.moderation.decisions import Verdict, decide
from ilo_cms.moderation.email_change import CANCEL_SALT, cancel, confirm
from ilo_cms.moderation.models import ChangeItem, ChangeRequest, Target
from ilo_cms.moderation.reading import request_fingerprint
from ilo_cms.moderation.referents import take_over
from ilo_cms.moderation.services import withdraw
from ilo_cms.notifications.models import OutboxMessage
from tests.factories import ContactFactory, DepartmentFactory, OfficerFactory, OrganisationFactory
from tests.moderation.helpers import ask


START = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
LIMIT, LINK = timedelta(days=10), timedelta(days=7)
NAMES, NICS = ["Sol", "Sol SCOP", "Sol Coop"], ["00012", "00020"]
ADDRESSES = ["a1@sol.example", "a2@sol.example"]
CONTACTS, OFFICERS = ["author", "colleague"], ["referent", "colleague", "deputy", "far"]


@dataclass
class Link:
    """A confirming link: which item, for which address, over which login, since when."""

    token: str
    item: object
    address: str
    over: str
    sent: datetime


@dataclass
class Model:
    """What must be true, in plain values."""

    live: dict = field(default_factory=lambda: {"name": "Sol", "head_office_nic": "00012"})
    acronym: str = ""
    login: str = "a0@sol.example"
    referent: str = "referent"
    pending: dict = field(default_factory=lambda: {name: {} for name in CONTACTS})
    since: dict = field(default_factory=dict)
    absences: dict = field(default_factory=dict)  # officer → (first, last, deputy)
    accepted: Link | None = None  # the latest accepted address
    cancelled: set = field(default_factory=set)
    decisions: int = 0

    def absence(self, officer: str):
        """The absence of an officer today, if any."""
        found = self.absences.get(officer)
        today = timezone.localdate()
        return found if found and found[0] <= today <= found[1] else None

    def deputy(self) -> str | None:
        """Who answers for an absent referent today."""
        absence = self.absence(self.referent)
        deputy = absence[2] if absence else None
        return deputy if deputy and not self.absence(deputy) else None

    def may_decide(self, officer: str, contact: str) -> bool:
        """The referent or their deputy, and never on their own request."""
        return officer != contact and officer in {self.referent, self.deputy()}

    def may_take_over(self, officer: str, contact: str) -> bool:
        """Somebody else of the Rhône, when nobody can answer or nobody did."""
        if officer in {contact, self.referent} or officer not in {"referent", "colleague"}:
            return False
        present = not self.absence(self.referent) and self.referent != contact
        deputised = self.deputy() not in {None, contact}
        late = timezone.now() - self.since[contact] > LIMIT
        return late or not (present or deputised)


@pytest.mark.django_db
def test_any_order_of_events(wired):
    """`machine` closes over rows made once; each example is rolled back."""
    rhone, nord = [DepartmentFactory()], [DepartmentFactory(nord=True)]
    officers = {
        "referent": OfficerFactory(operator__operated_territories=rhone).pk,
        "colleague": OfficerFactory(operator__operated_territories=rhone).pk,
        "deputy": OfficerFactory(operator__operated_territories=nord).pk,
        "far": OfficerFactory(operator__operated_territories=nord).pk,
    }
    referent = Officer.objects.get(pk=officers["referent"])
    organisation = OrganisationFactory(name="Sol", head_office_nic="00012", referent=referent)
    contacts = {
        "author": ContactFactory(organisation=organisation, user__email="a0@sol.example").pk,
        # An officer who is also a contact: they never decide what they ask for.
        "colleague": ContactFactory(
            organisation=organisation, user=Officer.objects.get(pk=officers["colleague"]).user
        ).pk,
    }

    class Machine(Requests):
        officer_keys, contact_keys, organisation_key = officers, contacts, organisation.pk

    run_state_machine_as_test(
        Machine, settings=settings(max_examples=15, stateful_step_count=25, deadline=None)
    )


class Requests(RuleBasedStateMachine):
    """The events. Each does the real thing, and says what must follow."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.confirmations: list[Link] = []
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.clock = time_machine.travel(START, tick=False)
        self.traveller = self.clock.start()

    def teardown(self) -> None:
        try:
            assert list(faults()) == []
            acts = AuditEvent.objects.filter(action="moderation.decided")
            assert acts.count() == self.model.decisions
            for item in ChangeItem.objects.exclude(request__decided_at=None):
                assert item.verdict == "approved" or item.comment
        finally:
            self.clock.stop()
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    # --- rows -----------------------------------------------------------------------------------

    def contact(self, name: str) -> Contact:
        return Contact.objects.get(pk=self.contact_keys[name])

    def officer(self, name: str) -> Officer:
        return Officer.objects.get(pk=self.officer_keys[name])

    def request(self, contact: str) -> ChangeRequest:
        return ChangeRequest.objects.pending().get(contact=self.contact_keys[contact])

    def tick(self) -> None:
        """No two acts at the same instant: their order would be anybody's guess."""
        self.traveller.shift(timedelta(seconds=1))

    # --- contacts -------------------------------------------------------------------------------

    @rule(
        who=st.sampled_from(CONTACTS),
        name=st.sampled_from([*NAMES, None]),
        nic=st.sampled_from([*NICS, None]),
        acronym=st.sampled_from(["S", "SC"]),
    )
    def save(self, who, name, nic, acronym):
        """Mix free and moderated fields; None asks for the live value again."""
        self.tick()
        asked = {"name": name, "head_office_nic": nic}
        values = {key: value or self.model.live[key] for key, value in asked.items()}
        ask(self.contact(who), acronym=acronym, **values)
        self.model.acronym = acronym
        self.expect(who, values, self.model.live)

    @rule(address=st.sampled_from(ADDRESSES))
    def ask_for_another_address(self, address):
        self.tick()
        ask(self.contact("author"), Target.CONTACT, email=address)
        self.expect("author", {"email": address}, {"email": self.model.login})

    def expect(self, who: str, values: dict, live: dict) -> None:
        """What differs from the live value waits, the rest no longer does."""
        waits = self.model.pending[who]
        if not waits:
            self.model.since[who] = timezone.now()
        for key, value in values.items():
            waits.pop(key, None)
            if value != live[key]:
                waits[key] = value

    @precondition(lambda self: any(self.model.pending.values()))
    @rule(who=st.sampled_from(CONTACTS))
    def withdraw(self, who):
        if self.model.pending[who]:
            withdraw(change_request=self.request(who), contact=self.contact(who))
            self.model.pending[who] = {}

    # --- officers -------------------------------------------------------------------------------

    @rule(name=st.sampled_from(NAMES))
    def an_officer_edits_the_record(self, name):
        organisation = Organisation.objects.get(pk=self.organisation_key)
        edit_as_officer(
            record=organisation,
            values={"name": name},
            acting_user=self.officer("far").user,
            organisation=organisation,
        )
        self.model.live["name"] = name

    @precondition(lambda self: any(self.model.pending.values()))
    @rule(
        who=st.sampled_from(OFFICERS),
        contact=st.sampled_from(CONTACTS),
        answers=st.lists(st.booleans(), min_size=3, max_size=3),
        fresh=st.sampled_from([True, True, False]),
    )
    def decide(self, who, contact, answers, fresh):
        if not self.model.pending[contact]:
            return
        self.tick()
        request = self.request(contact)
        approved = dict(zip(["email", "head_office_nic", "name"], answers, strict=True))
        act = {
            "change_request": request,
            "verdicts": {
                item.pk: Verdict(approved[item.field], "" if approved[item.field] else "Non.")
                for item in request.items.all()
            },
            "fingerprint": request_fingerprint(request) if fresh else "autre",
            "acting_user": self.officer(who).user,
        }
        if not self.model.may_decide(who, contact):
            with pytest.raises(PermissionDenied):
                decide(**act)
        elif not fresh:
            with pytest.raises(ValidationError):
                decide(**act)
        else:
            decide(**act)
            self.follow(request, contact, approved)
            with pytest.raises(PermissionDenied):
                decide(**act)

    @precondition(lambda self: self.model.pending["author"])
    @rule()
    def whoever_may_accepts_everything(self):
        for who in OFFICERS:
            if self.model.may_decide(who, "author"):
                return self.decide(who, "author", [True] * 3, True)

    def follow(self, request: ChangeRequest, contact: str, approved: dict) -> None:
        """What an accepted decision brings."""
        self.model.decisions += 1
        for key, value in self.model.pending[contact].items():
            if approved[key] and key == "email":
                body = OutboxMessage.objects.filter(address=value).latest("created_at").body
                token = re.search(r"/compte/adresse/([^/]+)/", body).group(1)
                item = request.items.get(field="email").pk
                link = Link(token, item, value, self.model.login, timezone.now())
                self.model.accepted = link
                self.confirmations.append(link)
            elif approved[key]:
                self.model.live[key] = value
        self.model.pending[contact] = {}

    @precondition(lambda self: any(self.model.pending.values()))
    @rule(who=st.sampled_from(OFFICERS), contact=st.sampled_from(CONTACTS))
    def take_over(self, who, contact):
        if not self.model.pending[contact]:
            return
        act = {
            "change_request": self.request(contact),
            "acting_user": self.officer(who).user,
        }
        if self.model.may_take_over(who, contact):
            take_over(**act)
            self.model.referent = who
        else:
            with pytest.raises(PermissionDenied):
                take_over(**act)

    @rule(
        who=st.sampled_from(["referent", "colleague", "deputy"]),
        days=st.integers(0, 3),
        deputy=st.sampled_from(["deputy", "colleague", None]),
    )
    def an_absence_starts(self, who, days, deputy):
        first = timezone.localdate()
        last = first + timedelta(days=days)
        absence = OfficerAbsence(
            officer=self.officer(who),
            starts_on=first,
            ends_on=last,
            deputy=self.officer(deputy) if deputy else None,
        )
        try:
            save_absence(absence=absence, acting_user=self.officer(who).user)
        except ValidationError:
            assert deputy == who or self.shares_a_day(who, first)
        else:
            self.model.absences[who] = (first, last, deputy)

    def shares_a_day(self, who: str, first: date) -> bool:
        """Whether the person's last absence is not over."""
        return who in self.model.absences and self.model.absences[who][1] >= first

    @rule(who=st.sampled_from(["referent", "colleague", "deputy"]))
    def an_absence_ends(self, who):
        if self.model.absence(who):
            absence = OfficerAbsence.objects.on(timezone.localdate()).get(officer=self.officer(who))
            delete_absence(absence=absence, acting_user=self.officer(who).user)
            del self.model.absences[who]

    # --- the calendar and the links -------------------------------------------------------------

    @rule(hours=st.sampled_from([1, 13, 24, 169, 241]))
    def time_passes(self, hours):
        self.traveller.shift(timedelta(hours=hours))

    @precondition(lambda self: self.confirmations)
    @rule(number=st.integers(0, 3))
    def confirm(self, number):
        link = self.confirmations[number % len(self.confirmations)]
        works = (
            link is self.model.accepted
            and link.item not in self.model.cancelled
            and link.over == self.model.login
            and timezone.now() - link.sent <= LINK
        )
        if works:
            confirm(link.token)
            self.model.login = link.address
        else:
            with pytest.raises(ValidationError):
                confirm(link.token)

    @rule(number=st.integers(0, 3))
    def cancel(self, number):
        """Any cancelling link ever mailed."""
        mails = OutboxMessage.objects.filter(body__contains="/compte/adresse/annuler/")
        tokens = [
            re.search(r"/compte/adresse/annuler/([^/]+)/", mail.body).group(1)
            for mail in mails.order_by("created_at", "id")
        ]
        if not tokens:
            return
        token = tokens[number % len(tokens)]
        key = UUID(signing.loads(token, salt=CANCEL_SALT))
        waiting = ChangeItem.objects.filter(
            pk=key, request__in=ChangeRequest.objects.pending()
        ).exists()
        accepted = self.model.accepted
        stands = accepted and accepted.item == key and accepted.address != self.model.login
        if waiting or (stands and key not in self.model.cancelled):
            cancel(token)
            self.model.cancelled.add(key)
            if waiting:
                del self.model.pending["author"]["email"]
        else:
            with pytest.raises(ValidationError):
                cancel(token)

    # --- what must always be true -----------------------------------------------------------------

    @invariant()
    def live_values_are_those_decided_or_free(self):
        organisation = Organisation.objects.get(pk=self.organisation_key)
        assert {key: getattr(organisation, key) for key in self.model.live} == self.model.live
        assert organisation.acronym == self.model.acronym, "a free field is live at once"
        assert organisation.referent == self.officer(self.model.referent)
        assert User.objects.get(pk=self.contact("author").user_id).email == self.model.login

    @invariant()
    def one_request_waits_with_exactly_what_was_asked(self):
        for name, key in self.contact_keys.items():
            requests = ChangeRequest.objects.pending().filter(contact=key)
            assert requests.count() == bool(self.model.pending[name])
            items = ChangeItem.objects.filter(request__in=requests)
            assert {item.field: item.new for item in items} == self.model.pending[name]
            assert not [item for item in items if item.verdict or item.cancelled_at]
