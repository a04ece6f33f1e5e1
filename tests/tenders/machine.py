"""A tender as a state machine: any order of acts, at any moment, keeps its promises (SPEC T4–T9).

The machine keeps its own small picture of what must be so (picture.py), acts through the services
alone, and compares after each step. Its clock is the one that the services ask, moved by a rule.
"""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from unittest.mock import patch
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ilo_cms.accounts.models import User
from ilo_cms.core.clock import database_now
from ilo_cms.directory.officers import sync_groups
from ilo_cms.documents.models import Reach
from ilo_cms.tenders import changes
from ilo_cms.tenders.decisions import decide
from ilo_cms.tenders.deposits import MOST_LATE, confirm, deposit, digest_of, withdraw
from ilo_cms.tenders.diffusion import amend, cancel_tender, end_participation, move_deadlines
from ilo_cms.tenders.models import (
    AgreedScore,
    Decision,
    Deposit,
    DepositKind,
    LateAttempt,
    Letter,
    Offer,
    OfferFile,
    Opening,
    Outcome,
    Participation,
    Score,
    ScoreSheet,
    Tender,
)
from ilo_cms.tenders.offers import draft_of, save_draft
from ilo_cms.tenders.opening import open_tender
from ilo_cms.tenders.participation import answer_invitation
from ilo_cms.tenders.scoring import (
    Note,
    agree_scores,
    hand_in,
    save_scores,
    scored,
    state_conflict,
)
from tests.factories import ContactFactory, DocumentFactory, EstablishmentFactory, OfficerFactory
from tests.tenders.drafts import a_sent_tender, again, boss
from tests.tenders.offers import standing
from tests.tenders.picture import Author, Click, Evaluator


PEOPLE = 3
WHO = st.integers(0, PEOPLE - 1)
PANEL = st.integers(0, 1)
ACTS = {"deposit": deposit, "confirm": confirm, "withdraw": withdraw}
OVER = {"cancelled", "decided"}
#: How often each act was let in or refused, over all runs: the trial prints it.
COUNTS: Counter[str] = Counter()


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

    @initialize(start=st.sampled_from(["sent", "accepted", "deposited", "opened", "handed in"]))
    def begin(self, start: str) -> None:
        """Begin anywhere: chance alone seldom walks from the sending to the decision."""
        self.send()
        if start == "sent":
            return
        for who in range(PEOPLE):
            self.answer(who=who, accepted=True)
        if start == "accepted":
            return
        self.wait(hours=30)
        for who in range(PEOPLE - 1):
            self.draft(who=who, price=who + 1)
            self.act(who=who, name="deposit", again_=False)
        if start == "deposited":
            return
        self.wait(hours=30)
        self.open_after()
        for who in range(len(self.panel) if start == "handed in" else 0):
            self.state(who=who, conflict=False)
            self.score(who=who, note=who, whole=True)
            self.hand_in_sheet(who=who)

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
        self.now += timedelta(minutes=1)  # the call itself was sent by the database's clock
        officer = boss(self.tender)
        colleague = OfficerFactory(operator=officer.officer.operator).user
        for user in (officer, colleague):
            sync_groups(user)  # who is of the intranet at all
        people = [User.objects.get(pk=user.pk) for user in (officer, colleague)]
        self.panel = [Evaluator(user) for user in people]
        self.agreed, self.decided = None, None

    # --- what must be so --------------------------------------------------------------------

    @property
    def phase(self) -> str:
        """Where the call stands by the machine's own picture."""
        if self.cancelled:
            return "cancelled"
        if self.decided:
            return "decided"
        if self.opening:
            return "opened"
        if self.now < self.answers:
            return "answers"
        return "deposits" if self.now < self.deposits else "closed"

    def expect(self, allowed: bool, act, **arguments) -> object:
        """Run an act that must be let in, or must be refused and change nothing."""
        COUNTS[f"{act.__name__} {'done' if allowed else 'refused'}"] += 1
        if allowed:
            return act(**arguments)
        try:
            act(**arguments)
        except (ValidationError, PermissionDenied):
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
        author.offer, author.price = offer, price

    @precondition(lambda self: any(each.offer for each in self.authors))
    @rule(who=WHO, name=st.sampled_from(sorted(ACTS)), again_=st.booleans())
    def act(self, who: int, name: str, again_: bool) -> None:
        """Deposit, confirm or withdraw; sometimes by the form that acted first."""
        author = self.authors[who]
        if author.offer is None:
            return
        key = next(iter(author.keys), uuid4()) if again_ else uuid4()
        arguments = {"offer": author.offer, "key": key, "acting_as": author.contact}
        if click := author.keys.get(key):
            repeats = author.repeats(click)
            if repeats is None:
                self.expect(False, ACTS[name], **arguments)
                return
            if repeats:
                assert ACTS[name](**arguments).pk == click.row, "the same click was another act"
                return
        if self.phase in {"closed", "opened", *OVER}:
            COUNTS[f"{name} late"] += 1
            row = ACTS[name](**arguments)
            assert isinstance(row, LateAttempt)
            assert row.is_kept == (author.late < MOST_LATE)
            if row.is_kept:
                author.late += 1
                author.keys[row.key] = Click(row.pk, name, None, None)
            return
        taking_part = author.answer == Participation.ACCEPTED and self.phase == "deposits"
        allowed = taking_part and (name == "deposit" or author.standing is not None)
        row = self.expect(allowed, ACTS[name], **arguments)
        if row:
            self.note(author, name, row)

    def note(self, author: Author, name: str, row: Deposit) -> None:
        """Keep in the picture what an act did; one that changed nothing made no row."""
        assert row.at < self.deposits
        if name == "deposit":
            assert row.content["price"] == f"{author.price}.00", "another price was deposited"
        if row.number <= author.acts:
            assert name != "withdraw"
            assert row.requirements == self.requirements
            return
        author.acts += 1
        author.keys[row.key] = Click(row.pk, name, row.number, author.price)
        if name != "confirm":
            author.changed = row.number
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
        if self.opening:
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
            all_concerned = all(each.has_conflict for each in self.panel)
            free = all_concerned or not self.panel[0].has_conflict
            allowed = self.phase not in OVER and free
            if self.expect(allowed, cancel_tender, **self.seen(reason="Abandon")):
                self.cancelled = True

    # --- the panel --------------------------------------------------------------------------

    def notes_for(self, note: int, *, whole: bool) -> dict:
        """The same note on all that is to be noted; or on all but one."""
        offers, criteria = scored(self.tender)
        keys = [(standing(offer), criterion.pk) for offer in offers for criterion in criteria]
        return {key: Note(Decimal(note)) for key in (keys if whole else keys[1:])}

    def to_note(self) -> int:
        """How many notes a sheet has when it is complete."""
        return len(self.notes_for(0, whole=True))

    @precondition(lambda self: self.phase != "answers")
    @rule(who=PANEL, conflict=st.sampled_from([False, False, False, True]))
    def state(self, who: int, conflict: bool) -> None:
        """Say whether one has a conflict of interest; one may think again until one hands in."""
        person = self.panel[who]
        allowed = self.phase == "opened" and not person.handed_in
        text = "Parent" if conflict else "Homonyme" if person.has_conflict else ""
        said = {"has_conflict": conflict, "text": text}
        if self.expect(allowed, state_conflict, **self.panel_act(person), **said):
            person.has_conflict = conflict

    def panel_act(self, person: Evaluator) -> dict:
        """What every act of an evaluator says."""
        return {"tender": again(self.tender), "acting_user": person.user}

    @precondition(lambda self: self.phase in {"opened", *OVER})
    @rule(who=PANEL, note=st.integers(0, 10), whole=st.booleans())
    def score(self, who: int, note: int, whole: bool) -> None:
        """Keep one's own notes, all or some."""
        person, notes = self.panel[who], self.notes_for(note, whole=whole)
        allowed = self.phase == "opened" and person.may_score and not person.handed_in
        if self.expect(allowed, save_scores, **self.panel_act(person), notes=notes):
            person.notes = notes

    @precondition(lambda self: self.phase in {"opened", *OVER})
    @rule(who=PANEL)
    def hand_in_sheet(self, who: int) -> None:
        """Hand in a complete sheet; twice is once."""
        person = self.panel[who]
        complete = person.handed_in or 0 < self.to_note() == len(person.notes or {})
        allowed = self.phase == "opened" and person.may_score and complete
        if self.expect(allowed, hand_in, **self.panel_act(person)):
            person.handed_in = True
            person.notes = person.notes or {}

    @precondition(lambda self: self.phase in {"opened", *OVER})
    @rule(who=PANEL, note=st.integers(0, 10), whole=st.booleans())
    def agree(self, who: int, note: int, whole: bool) -> None:
        """Write the panel's notes, once nobody who began is awaited."""
        person, notes = self.panel[who], self.notes_for(note, whole=whole)
        awaited = [
            each for each in self.panel
            if each.notes is not None and each.may_score and not each.handed_in
        ]  # fmt: skip
        complete = len(notes) == self.to_note()
        ready = person.may_score and person.handed_in and not awaited and complete
        allowed = self.phase == "opened" and ready
        self.expect(allowed, agree_scores, **self.panel_act(person), notes=notes)
        if allowed:
            self.agreed = notes

    @precondition(lambda self: self.phase in {"opened", *OVER})
    @rule(who=PANEL, which=WHO, retains=st.booleans())
    def decide(self, who: int, which: int, retains: bool) -> None:
        """Retain an offer, or none; once."""
        person, author = self.panel[who], self.authors[which]
        agreed = self.to_note() == len(self.agreed or {})
        fits = not retains or (author.standing is not None and agreed)
        allowed = self.phase == "opened" and person.may_score and fits
        offers, _ = scored(self.tender)
        row = self.expect(
            allowed,
            decide,
            **self.panel_act(person),
            seen=again(self.tender).revision,
            outcome=Outcome.RETAINED if retains else Outcome.UNSUCCESSFUL,
            offer=author.offer if retains else None,
            comment="Choix motivé",
            reasons={offer: "Moins précise" for offer in offers if offer != author.offer},
        )
        if row:
            self.decided = (row.pk, author if retains else None)

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
        officer = self.panel[0].user
        read = set(Offer.objects.visible_to(officer).values_list("pk", flat=True))
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

    @invariant()
    def a_sheet_is_its_evaluators_until_both_hand_in(self) -> None:
        """Kept notes are those that were given, and read by nobody else too soon."""
        if not hasattr(self, "panel") or not self.opening:
            return
        for person, colleague in (self.panel, self.panel[::-1]):
            rows = Score.objects.filter(sheet__evaluator=person.user).values_list("note", flat=True)
            assert sorted(rows) == sorted(each.value for each in (person.notes or {}).values())
            reads = ScoreSheet.objects.visible_to(person.user).filter(evaluator=colleague.user)
            may = colleague.handed_in and (person.handed_in or self.decided is not None)
            assert reads.exists() == may
        assert AgreedScore.objects.count() == len(self.agreed or {})

    @invariant()
    def one_decision_that_each_participant_reads(self) -> None:
        """One decision, from what was deposited; a letter and a reason to each other author."""
        if not hasattr(self, "panel"):
            return
        made = list(Decision.objects.values_list("pk", flat=True))
        assert made == ([self.decided[0]] if self.decided else [])
        if not self.decided:
            assert not Letter.objects.exists()
            return
        decision, winner = Decision.objects.get(), self.decided[1]
        standing = {each.offer.pk for each in self.authors if each.standing is not None}
        others = standing - ({winner.offer.pk} if winner else set())
        assert set(decision.rejections.values_list("offer", flat=True)) == others
        assert standing <= set(Letter.objects.values_list("offer", flat=True))
        assert bool(decision.assignment) == bool(winner)
        if winner:
            assert decision.assignment.amount == Decimal(winner.standing["price"])
            assert decision.assignment.provider == winner.contact.organisation
