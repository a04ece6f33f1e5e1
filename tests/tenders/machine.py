"""A tender as a state machine: any order of acts, at any moment, keeps its promises (SPEC T4–T9).

The machine keeps its own small picture of what must be so, acts through the services alone, and
compares after each step. Its clock is the one that the services ask, moved by a rule.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from unittest.mock import patch
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ilo_cms.core.clock import database_now
from ilo_cms.documents.models import Reach
from ilo_cms.tenders import changes
from ilo_cms.tenders.deposits import confirm, deposit, digest_of, withdraw
from ilo_cms.tenders.diffusion import amend, cancel_tender, end_participation, move_deadlines
from ilo_cms.tenders.models import (
    Deposit,
    DepositKind,
    LateAttempt,
    Offer,
    OfferFile,
    Opening,
    Participation,
    Tender,
)
from ilo_cms.tenders.offers import draft_of, save_draft
from ilo_cms.tenders.opening import open_tender
from ilo_cms.tenders.participation import answer_invitation
from tests.factories import ContactFactory, DocumentFactory, EstablishmentFactory
from tests.tenders.drafts import a_sent_tender, again, boss


PEOPLE = 3
WHO = st.integers(0, PEOPLE - 1)
ACTS = {"deposit": deposit, "confirm": confirm, "withdraw": withdraw}


@dataclass
class Author:
    """One invited organisation, as it must be."""

    contact: object
    place: object
    answer: str = Participation.NONE
    offer: object = None
    standing: dict | None = None
    seen_requirements: int = 0
    acts: int = 0
    late: int = 0
    keys: dict[UUID, object] = field(default_factory=dict)


class TenderMachine(RuleBasedStateMachine):
    """Acts of providers and officers in any order, against a picture of what must be so."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.clock = patch.object(changes, "database_now", lambda: self.now)
        self.now: datetime = database_now().replace(microsecond=0)

    def teardown(self) -> None:
        """Leave no row behind."""
        self.clock.stop()
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize()
    def send(self) -> None:
        """A call to three organisations, answers in a day, deposits in two."""
        contacts = [ContactFactory() for _ in range(PEOPLE)]
        self.answers, self.deposits = self.now + timedelta(1), self.now + timedelta(2)
        self.tender = a_sent_tender(
            *(each.organisation for each in contacts),
            participation_deadline=self.answers,
            deposit_deadline=self.deposits,
            questions_deadline=None,
        )
        self.clock.start()
        self.cancelled, self.opening, self.requirements = False, None, 1
        self.authors = [
            Author(each, self.tender.invitations.get(organisation=each.organisation))
            for each in contacts
        ]

    # --- what must be so --------------------------------------------------------------------

    @property
    def phase(self) -> str:
        """Where the call stands by the machine's own picture."""
        if self.cancelled:
            return "cancelled"
        if self.opening:
            return "opened"
        if self.now < self.answers:
            return "answers"
        return "deposits" if self.now < self.deposits else "closed"

    def expect(self, allowed: bool, act, **arguments) -> object:
        """Run an act that must be let in, or must be refused and change nothing."""
        if allowed:
            return act(**arguments)
        try:
            act(**arguments)
        except ValidationError:
            return None
        raise AssertionError(f"{act.__name__} was let in while {self.phase}")

    # --- the providers ----------------------------------------------------------------------

    @rule(who=WHO, accepted=st.booleans())
    def answer(self, who: int, accepted: bool) -> None:
        """Accept or decline."""
        author = self.authors[who]
        said = {"accepted": accepted, "reason": "" if accepted else "Complet"}
        allowed = self.phase == "answers"
        arguments = {"invitation": author.place, "acting_as": author.contact, **said}
        if self.expect(allowed, answer_invitation, **arguments):
            author.answer = Participation.ACCEPTED if accepted else Participation.DECLINED

    @rule(who=WHO, price=st.integers(1, 9))
    def draft(self, who: int, price: int) -> None:
        """Prepare a complete offer, or change its price."""
        author = self.authors[who]
        allowed = author.answer == Participation.ACCEPTED and self.phase in {"answers", "deposits"}
        offer = self.expect(allowed, draft_of, invitation=author.place, acting_as=author.contact)
        if offer is None:
            return
        values: dict = {"price": Decimal(price), "days": Decimal(1)}
        if author.offer is None:
            place = EstablishmentFactory(organisation=author.contact.organisation)
            document = DocumentFactory(organisation=place.organisation, reach=Reach.OFFER)
            OfferFile.objects.create(offer=offer, document=document)
            values["establishment"] = place
        save_draft(offer=offer, values=values, acting_as=author.contact)
        author.offer = offer

    @precondition(lambda self: any(each.offer for each in self.authors))
    @rule(who=WHO, name=st.sampled_from(sorted(ACTS)), again_=st.booleans())
    def act(self, who: int, name: str, again_: bool) -> None:
        """Deposit, confirm or withdraw; sometimes by the same click as before."""
        author = self.authors[who]
        if author.offer is None:
            return
        if again_ and author.keys:
            key, known = next(iter(author.keys.items()))
            done = ACTS[name](offer=author.offer, key=key, acting_as=author.contact)
            assert done.pk == known, "the same click was another act"
            return
        key = uuid4()
        arguments = {"offer": author.offer, "key": key, "acting_as": author.contact}
        if self.phase in {"closed", "opened", "cancelled"}:
            row = ACTS[name](**arguments)
            assert isinstance(row, LateAttempt)
            author.late += 1
            author.keys[key] = row.pk
            return
        taking_part = author.answer == Participation.ACCEPTED and self.phase == "deposits"
        allowed = taking_part and (name == "deposit" or author.standing is not None)
        row = self.expect(allowed, ACTS[name], **arguments)
        if row:
            self.note(author, name, row, key)

    def note(self, author: Author, name: str, row: Deposit, key: UUID) -> None:
        """Keep in the picture what an act did; one that changed nothing made no row."""
        assert row.at < self.deposits
        if row.key != key:
            assert name != "withdraw"
            assert row.requirements == self.requirements
            return
        author.acts += 1
        author.keys[key] = row.pk
        author.standing = None if name == "withdraw" else row.content
        author.seen_requirements = self.requirements

    # --- the officers -----------------------------------------------------------------------

    def officer(self, **arguments) -> dict:
        """What every act of an officer says."""
        row = again(self.tender)
        return {"tender": row, "acting_user": boss(row), **arguments}

    def seen(self, **arguments) -> dict:
        """The same, with what the officer saw."""
        found = self.officer(**arguments)
        return found | {"seen": found["tender"].revision}

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        """Time goes by; sometimes exactly to a deadline."""
        later = self.now + timedelta(hours=hours)
        ahead = [each for each in (self.answers, self.deposits) if self.now < each <= later]
        self.now = min(ahead, default=later)

    @rule(hours=st.integers(-30, 30))
    def move(self, hours: int) -> None:
        """Move the deposit deadline, sooner or later, never into the past."""
        moment = self.deposits + timedelta(hours=hours)
        fits = moment > self.now and moment > self.answers and hours != 0
        allowed = fits and self.phase in {"answers", "deposits"}
        arguments = self.seen(deadlines={"deposit_deadline": moment}, message="Report")
        if self.expect(allowed, move_deadlines, **arguments):
            self.deposits = moment

    @rule()
    def end_answers(self) -> None:
        """End the answers early, once all have answered."""
        silent = any(each.answer == Participation.NONE for each in self.authors)
        allowed = self.phase == "answers" and not silent
        if self.expect(allowed, end_participation, **self.seen()):
            self.answers = self.now

    @rule(days=st.integers(1, 50))
    def ask_more(self, days: int) -> None:
        """Change what is asked: standing offers must be confirmed."""
        values = {"days": Decimal(days)}
        arguments = self.seen(values=values, message="Plus long", is_requirement=True)
        if self.expect(self.phase in {"answers", "deposits"}, amend, **arguments):
            self.requirements += 1

    @precondition(lambda self: self.now >= self.deposits)
    @rule()
    def open_after(self) -> None:
        """Open at the deadline or after; twice is once."""
        if self.phase == "opened":
            assert open_tender(**self.officer()).pk == self.opening.pk
            return
        row = self.expect(self.phase == "closed", open_tender, **self.officer())
        self.opening = row or self.opening

    @precondition(lambda self: self.now < self.deposits)
    @rule()
    def open_too_soon(self) -> None:
        """Nobody opens before the deadline."""
        self.expect(False, open_tender, **self.officer())

    @precondition(lambda self: self.phase != "answers")
    @rule(really=st.integers(0, 9))
    def cancel(self, really: int) -> None:
        """Cancel, seldom."""
        if really == 0:
            allowed = self.phase != "cancelled"
            if self.expect(allowed, cancel_tender, **self.seen(reason="Abandon")):
                self.cancelled = True

    # --- promises ---------------------------------------------------------------------------

    @invariant()
    def offers_stand_as_acknowledged(self) -> None:
        """Nothing acknowledged is lost, changed, or counted twice."""
        if not hasattr(self, "authors"):
            return
        for author in self.authors:
            if author.offer is None:
                continue
            rows = list(Deposit.objects.filter(offer=author.offer))
            assert [row.number for row in rows] == list(range(1, author.acts + 1))
            assert all(row.digest == digest_of(row) for row in rows)
            stands = bool(rows) and rows[-1].kind != DepositKind.WITHDRAWN
            assert stands == (author.standing is not None)
            if stands:
                assert rows[-1].content == author.standing
                assert rows[-1].requirements == author.seen_requirements
            assert author.offer.late_attempts.count() == author.late

    @invariant()
    def offers_are_sealed_until_opened(self) -> None:
        """Officers read no offer before the opening; after it, those that stand and no other."""
        if not hasattr(self, "authors"):
            return
        standing = {each.offer.pk for each in self.authors if each.standing is not None}
        read = set(Offer.objects.visible_to(boss(self.tender)).values_list("pk", flat=True))
        assert read == (standing if self.opening else set())
        if self.opening:
            record = Opening.objects.get(tender=self.tender).record
            assert {UUID(line["offer"]) for line in record["offers"] if line["stands"]} == standing

    @invariant()
    def the_row_says_what_was_decided(self) -> None:
        """The tender's own row is what the acts made of it."""
        if not hasattr(self, "authors"):
            return
        row = Tender.objects.get(pk=self.tender.pk)
        assert row.deposit_deadline == self.deposits
        assert row.requirements == self.requirements
        assert bool(row.cancelled_at) == self.cancelled
