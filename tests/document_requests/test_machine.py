"""Requests in any order of events: locked rows never change, no notice is doubled (SPEC D4–D7).

Hypothesis plays a contact, an officer and the calendar on two requests for the same documents,
beside a small model that says what must be true.
"""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from ilo_cms.audit.services import faults
from ilo_cms.directory.models import Contact, Officer
from ilo_cms.document_requests import answers, services
from ilo_cms.document_requests.expiry import tell_expiring
from ilo_cms.document_requests.models import (
    DocumentRequest,
    DocumentRequestItem,
    ExpiryNotice,
    ItemState,
    Reminder,
    State,
)
from ilo_cms.document_requests.reminders import remind
from ilo_cms.documents.models import Document
from ilo_cms.notifications.models import Notification
from tests.document_requests.conftest import in_days, judge, put, row
from tests.factories import DocumentRequestFactory
from tests.helpers import files


START = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
REQUESTS, CODES = ["first", "second"], ["cv", "kbis"]
CONTENTS = [files.pdf(pages=pages) for pages in (1, 2, 3)]
OPEN = {ItemState.MISSING, ItemState.DRAFT, ItemState.REFUSED}

requests, codes = st.sampled_from(REQUESTS), st.sampled_from(CODES)


@pytest.mark.django_db
def test_any_order_of_events(officer, contact, store, types):
    """`machine` closes over rows made once; each example is rolled back."""
    made = {
        name: DocumentRequestFactory(
            organisation=contact.organisation,
            asked_by=officer,
            items=CODES,
            due_on=START.date() + timedelta(days=30),
        ).pk
        for name in REQUESTS
    }

    class Machine(Requests):
        contact_key, officer_key, request_keys = contact.pk, officer.officer.pk, made

    run_state_machine_as_test(
        Machine, settings=settings(max_examples=6, stateful_step_count=20, deadline=None)
    )


class Requests(RuleBasedStateMachine):
    """The events. Each does the real thing, and says what must follow."""

    def __init__(self) -> None:
        super().__init__()
        self.states = {(name, code): ItemState.MISSING for name in REQUESTS for code in CODES}
        self.cancelled: set[str] = set()
        self.locked: dict = {}
        self.told = {"sent": 0, "decided": 0, "changed": 0, "reminded": 0}
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.clock = time_machine.travel(START, tick=False)
        self.traveller = self.clock.start()

    def teardown(self) -> None:
        try:
            assert list(faults()) == []
        finally:
            self.clock.stop()
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    # --- rows -----------------------------------------------------------------------------------

    @property
    def contact(self) -> Contact:
        return Contact.objects.select_related("organisation", "user").get(pk=self.contact_key)

    @property
    def officer(self):
        return Officer.objects.get(pk=self.officer_key).user

    def request(self, name: str) -> DocumentRequest:
        self.traveller.shift(timedelta(seconds=1))
        return DocumentRequest.objects.get(pk=self.request_keys[name])

    def may_answer(self, name: str) -> bool:
        """Neither cancelled nor complete."""
        states = [state for (request, _), state in self.states.items() if request == name]
        return name not in self.cancelled and set(states) != {ItemState.ACCEPTED}

    def answer(self, name: str, code: str, act, becomes: ItemState) -> None:
        """Do something with a row: refused when locked, else it takes this state."""
        if not self.may_answer(name):
            with pytest.raises(PermissionDenied):
                act()
        elif self.states[name, code] not in OPEN:
            with pytest.raises(ValidationError):
                act()
        else:
            act()
            self.states[name, code] = becomes

    # --- the organisation -----------------------------------------------------------------------

    @rule(name=requests, code=codes, content=st.sampled_from(CONTENTS))
    def deposit(self, name, code, content):
        item = row(self.request(name), code)
        before, old = self.states[name, code], item.document

        def act() -> None:
            put(item.request, self.contact, code=code, name=f"{code}.pdf", content=content)

        try:
            self.answer(name, code, act, ItemState.DRAFT)
        except ValidationError as error:
            assert before == ItemState.REFUSED and old, error
            assert "vient d’être refusé" in error.messages[0]

    @rule(name=requests, code=codes)
    def cannot(self, name, code):
        item = row(self.request(name), code)

        def act() -> None:
            answers.cannot_provide(item=item, reason="Pas encore.", acting_as=self.contact)

        self.answer(name, code, act, ItemState.DRAFT)

    @rule(name=requests, code=codes)
    def reuse(self, name, code):
        item = row(self.request(name), code)
        found = answers.reusable(self.contact.organisation).filter(type=item.type).first()
        if found is None or found == item.document:
            return

        def act() -> None:
            answers.reuse(item=item, document=found, acting_as=self.contact)

        self.answer(name, code, act, ItemState.DRAFT)

    @rule(name=requests, code=codes)
    def take_back(self, name, code):
        item = row(self.request(name), code)
        refused = self.states[name, code] == ItemState.REFUSED

        def act() -> None:
            answers.take_back(item=item, acting_as=self.contact)

        self.answer(name, code, act, ItemState.REFUSED if refused else ItemState.MISSING)

    @rule(name=requests)
    def send(self, name):
        request = self.request(name)
        drafts = [
            (code, row(request, code).document)
            for code in CODES
            if self.states[name, code] == ItemState.DRAFT
        ]
        gone = [
            document
            for _, document in drafts
            if document
            and (document.withdrawn_at or document.replaced_by_id or document.is_expired)
        ]
        if not self.may_answer(name):
            with pytest.raises(PermissionDenied):
                answers.send(request=request, acting_as=self.contact)
        elif gone or not drafts:
            with pytest.raises(ValidationError):
                answers.send(request=request, acting_as=self.contact)
        else:
            answers.send(request=request, acting_as=self.contact)
            self.told["sent"] += 1
            for code, _ in drafts:
                self.states[name, code] = ItemState.SENT

    # --- the officer ----------------------------------------------------------------------------

    @rule(name=requests, code=codes, accepted=st.booleans())
    def decide(self, name, code, accepted):
        request = self.request(name)
        document = row(request, code).document
        may = name not in self.cancelled and self.states[name, code] == ItemState.SENT
        if not may or (accepted and document and document.is_expired):
            with pytest.raises(ValidationError):
                judge(request, self.officer, code, accepted, "Illisible.")
            return
        judge(request, self.officer, code, accepted, "Illisible.")
        self.told["decided"] += 1
        self.states[name, code] = ItemState.ACCEPTED if accepted else ItemState.REFUSED
        if accepted:
            self.locked[name, code] = self.values(name, code)

    @rule(name=requests)
    def cancel_or_reopen(self, name):
        request, officer = self.request(name), self.officer
        if name in self.cancelled:
            services.reopen(
                request=request, reason="Utile.", due_on=in_days(20), acting_user=officer
            )
            self.cancelled.discard(name)
        elif self.may_answer(name):
            services.cancel(request=request, reason="Inutile.", acting_user=officer)
            self.cancelled.add(name)
        else:
            with pytest.raises(ValidationError):
                services.cancel(request=request, reason="Inutile.", acting_user=officer)
            return
        self.told["changed"] += 1

    @rule()
    def remind_twice(self):
        waits = [
            name
            for name in REQUESTS
            if name not in self.cancelled and OPEN & {self.states[name, code] for code in CODES}
        ]
        reminded = Reminder.objects.filter(day=timezone.localdate()).exists()
        for _ in range(2):
            try:
                remind(requests=[self.request(n) for n in REQUESTS], acting_user=self.officer)
                self.told["reminded"] += 1
                assert waits and not reminded
                reminded = True
            except ValidationError:
                assert reminded or not waits

    @rule(days=st.sampled_from([1, 20, 45]))
    def days_pass(self, days):
        self.traveller.shift(timedelta(days=days))
        tell_expiring()
        assert tell_expiring() == 0

    # --- what must always be true ----------------------------------------------------------------

    def values(self, name: str, code: str) -> dict:
        item = row(DocumentRequest.objects.get(pk=self.request_keys[name]), code)
        return {field.attname: getattr(item, field.attname) for field in item._meta.fields}

    @invariant()
    def states_are_those_of_the_model(self):
        for name, code in self.states:
            item = row(DocumentRequest.objects.get(pk=self.request_keys[name]), code)
            assert item.state == self.states[name, code], (name, code)

    @invariant()
    def locked_rows_never_change(self):
        assert self.locked == {key: self.values(*key) for key in self.locked}

    @invariant()
    def lists_agree_with_rows(self):
        for request in DocumentRequest.objects.all():
            assert DocumentRequest.objects.waiting().filter(pk=request.pk).exists() == request.waits
            complete = DocumentRequest.objects.complete().filter(pk=request.pk).exists()
            assert complete == (request.state == State.COMPLETE)

    @invariant()
    def nothing_is_told_twice(self):
        for kind, count in self.told.items():
            told = Notification.objects.filter(kind=f"document_request.{kind}")
            assert told.count() == count, kind
        expiring = Notification.objects.filter(kind="document.expiring").count()
        assert expiring == ExpiryNotice.objects.count()

    @invariant()
    def officers_read_nothing_before_it_is_sent(self):
        drafts = [key for key, state in self.states.items() if state == ItemState.DRAFT]
        seen = set(Document.objects.visible_to(self.officer).values_list("pk", flat=True))
        for name, code in drafts:
            item = row(DocumentRequest.objects.get(pk=self.request_keys[name]), code)
            own = item.document_id and not item.is_reused
            assert not (own and item.document_id in seen)
        assert not DocumentRequestItem.objects.filter(verdict="refused", reason="").exists()
