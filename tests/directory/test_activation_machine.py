"""Activation whatever the order of events: a state machine drives the real services and pages.

The model is written without the product's code: it keeps the links that were mailed and says, from
SPEC A3 alone, which one works. After each event the page of every link ever mailed must agree.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ilo_cms.accounts.models import User
from ilo_cms.directory.activation import LinkRefused, read_link, send_activation
from ilo_cms.directory.contacts import create_contact, edit_contact
from ilo_cms.directory.forgotten import answer_forgotten
from ilo_cms.directory.models import Activation, Contact
from ilo_cms.directory.models.activation import Access, access_of
from ilo_cms.directory.policies import can_send_activation
from ilo_cms.notifications.models import OutboxMessage
from tests.factories import EstablishmentFactory, OfficerFactory
from tests.helpers.links import activation_links, token_of


ADDRESSES = ["marina@sol.example", "m.vasseur@sol.example"]
PASSWORD = "Rivière-calme-42"
DAYS = 7


@dataclass
class Link:
    """What the model knows of one mailed link."""

    path: str
    contact: Contact
    address: str
    expires_at: datetime
    spent: bool = False


def opens(link: Link) -> bool:
    """Whether the product would let this link open the account now."""
    try:
        return bool(read_link(token_of(link.path)))
    except LinkRefused:
        return False


class ActivationMachine(RuleBasedStateMachine):
    """One person with up to two contacts, an officer, and every link that was mailed."""

    links = Bundle("links")

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.travel = time_machine.travel(datetime(2026, 3, 2, 9, tzinfo=UTC), tick=False)
        self.clock = self.travel.start()
        self.officer = OfficerFactory().user
        self.contacts: list[Contact] = []
        self.mailed: list[Link] = []
        self.is_open = False  # the person chose a password
        self.is_closed = False  # an administrator closed the account
        self.address = ADDRESSES[0]
        self.spent_passwords = 0

    def teardown(self) -> None:
        """Forget this run."""
        self.travel.stop()
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    # --- the model -----------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def may_have_a_link(self, contact: Contact) -> bool:
        return (
            contact.has_access
            and contact.ended_on is None
            and not self.is_open
            and not self.is_closed
        )

    def works(self, link: Link) -> bool:
        """Whether this link opens the account, by the rules of SPEC A3."""
        return (
            link is self.mailed[-1]
            and not link.spent
            and self.now < link.expires_at
            and link.address == self.address
            and self.may_have_a_link(link.contact)
        )

    def collect(self, contact: Contact, expected: bool):
        """The link mailed by the last event, if one was; it must have been if expected."""
        paths = activation_links()
        assert len(paths) - len(self.mailed) == int(expected), (len(paths), len(self.mailed))
        if not expected:
            return multiple()
        expires_at = self.now + timedelta(days=DAYS)
        if self.mailed and self.mailed[-1].expires_at >= expires_at:
            expires_at = self.mailed[-1].expires_at + timedelta(microseconds=1)
        (path,) = set(paths) - {link.path for link in self.mailed}
        self.mailed.append(Link(path, contact, self.address, expires_at))
        return self.mailed[-1]

    def pick(self, number: int) -> Contact:
        return self.contacts[number % len(self.contacts)]

    def save(self, contact: Contact, **values) -> bool:
        """An officer's edit of a contact."""
        told = edit_contact(contact=contact, values=values, names={}, acting_user=self.officer)
        contact.refresh_from_db()
        return told

    # --- events --------------------------------------------------------------------------------

    @precondition(lambda self: len(self.contacts) < 2)
    @rule(target=links, has_access=st.booleans())
    def create_contact(self, has_access):
        place = EstablishmentFactory()
        contact = create_contact(
            organisation=place.organisation,
            establishment=place,
            last_name="Vasseur",
            first_name="Marina",
            email=f" {self.address.upper()} ",
            phone="",
            function="",
            has_access=has_access,
            acting_user=self.officer,
        )
        self.contacts.append(contact)
        assert contact.user == self.contacts[0].user
        return self.collect(contact, self.may_have_a_link(contact))

    @precondition(lambda self: self.contacts)
    @rule(target=links, number=st.integers(0, 1))
    def give_access(self, number):
        contact = self.pick(number)
        gained = not contact.has_access
        self.save(contact, has_access=True)
        return self.collect(contact, gained and self.may_have_a_link(contact))

    @precondition(lambda self: self.contacts)
    @rule(number=st.integers(0, 1))
    def take_access(self, number):
        self.save(self.pick(number), has_access=False)

    @precondition(lambda self: self.contacts)
    @rule(target=links, number=st.integers(0, 1), leaves=st.booleans())
    def end_or_resume_membership(self, number, leaves):
        contact = self.pick(number)
        before = contact.ended_on
        self.save(contact, ended_on=self.now.date() if leaves else None)
        back = before is not None and not leaves
        return self.collect(contact, back and self.may_have_a_link(contact))

    @precondition(lambda self: self.contacts)
    @rule(target=links, number=st.integers(0, 1))
    def resend(self, number):
        contact = self.pick(number)
        may = self.may_have_a_link(contact)
        assert bool(can_send_activation(self.officer, contact)) == may
        if may:
            send_activation(contact=contact, acting_user=self.officer)
        return self.collect(contact, may)

    @rule(
        hours=st.sampled_from([1, 25, 24 * DAYS - 1, 24 * DAYS]),
        seconds=st.sampled_from([-1, 0, 1]),
    )
    def time_passes(self, hours, seconds):
        self.clock.shift(timedelta(hours=hours, seconds=seconds))

    @precondition(lambda self: self.contacts)
    @rule(address=st.sampled_from(ADDRESSES))
    def change_address(self, address):
        User.objects.filter(pk=self.contacts[0].user_id).update(email=address)
        self.address = address

    @precondition(lambda self: self.contacts)
    @rule(closed=st.booleans())
    def close_or_reopen_account(self, closed):
        User.objects.filter(pk=self.contacts[0].user_id).update(is_active=not closed)
        self.is_closed = closed

    @rule(link=links)
    def open_link(self, link):
        """A person, or a scanner."""
        page = Client().get(link.path)
        assert page.status_code == (200 if self.works(link) else 410)
        Client().head(link.path)

    @rule(link=links)
    def type_a_bad_password(self, link):
        page = Client().post(link.path, {"new_password1": "court", "new_password2": "court"})
        assert page.status_code == (422 if self.works(link) else 410)

    @rule(link=links, times=st.integers(1, 2))
    def spend_link(self, link, times):
        for _ in range(times):
            worked = self.works(link)
            form = {"new_password1": PASSWORD, "new_password2": PASSWORD}
            client = Client()
            page = client.post(link.path, form)
            assert page.status_code == (302 if worked else 410)
            assert ("_auth_user_id" in client.session) == worked
            if worked:
                link.spent = self.is_open = True
                self.spent_passwords += 1

    @precondition(lambda self: self.contacts)
    @rule(target=links)
    def forget_the_password(self):
        """Asks for a reset: never an activation link once the account is open."""
        resets = OutboxMessage.objects.filter(body__contains="/mot-de-passe/nouveau/")
        links, mails = len(activation_links()), resets.count()
        asked = Activation.objects.filter(
            sent_by=None, sent_at__gt=self.now - timedelta(hours=1)
        ).count()
        answer_forgotten(email=self.address)
        eligible = [contact for contact in self.contacts if self.may_have_a_link(contact)]
        expected = bool(eligible) and asked < 3
        assert resets.count() - mails == int(self.is_open and not self.is_closed)
        assert len(activation_links()) - links == int(expected)
        sent = Activation.objects.order_by("-sent_at").first() if expected else None
        contact = next((one for one in eligible if sent and one.pk == sent.contact_id), None)
        return self.collect(contact or self.contacts[0], expected)

    # --- what always holds ---------------------------------------------------------------------

    @invariant()
    def a_password_comes_from_a_spent_link_only(self):
        if self.contacts:
            user = User.objects.get(pk=self.contacts[0].user_id)
            assert user.has_usable_password() == self.is_open
        assert self.spent_passwords <= 1
        assert Activation.objects.exclude(spent_at=None).count() == self.spent_passwords

    @invariant()
    def at_most_one_link_works_and_it_is_the_latest(self):
        working = [link for link in self.mailed if opens(link)]
        assert working == [link for link in self.mailed if self.works(link)]
        assert working in ([], self.mailed[-1:])

    @invariant()
    def the_officer_is_told_the_truth(self):
        pending = bool(self.mailed) and self.works(self.mailed[-1])
        for contact in self.contacts:
            told = access_of(contact) == Access.INVITED
            assert told == (pending and self.may_have_a_link(contact))


@pytest.mark.django_db
def test_activation_holds_whatever_the_order_of_events():
    run_state_machine_as_test(
        ActivationMachine, settings=settings(max_examples=20, stateful_step_count=20)
    )
