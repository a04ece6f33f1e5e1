"""Sharing, ending it, reading and replying in any order: the rules of SPEC E7 hold."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ilo_cms.evaluations.models import Evaluation
from ilo_cms.evaluations.services.evaluations import (
    mark_read,
    reopen,
    reply_to,
    save_evaluation,
    share,
    unshare,
)
from tests.evaluations.factories import EvaluationFactory
from tests.factories import ContactFactory


class SharingMachine(RuleBasedStateMachine):
    """One evaluation, its officer and two contacts of its provider; `self` keeps what should be."""

    @initialize()
    def begin(self):
        self.row = EvaluationFactory()
        self.officer = self.row.saved_by
        self.contacts = [
            self.row.assignment.contact,
            ContactFactory(organisation=self.row.provider),
        ]
        self.first = self.row.version.questions.first()
        self.finished = self.shared = self.is_read = self.replied = False

    def attempt(self, allowed: bool, act, **arguments) -> bool:
        """Run a service: it does what is allowed and refuses the rest."""
        if allowed:
            act(**arguments)
        else:
            with pytest.raises((PermissionDenied, ValidationError)):
                act(**arguments)
        return allowed

    @rule(finish=st.booleans(), note=st.integers(1, 5))
    def save(self, finish, note):
        done = self.attempt(
            not self.finished,
            save_evaluation,
            assignment=self.row.assignment,
            grid=self.row.grid,
            values={self.first.pk: note},
            edition=Evaluation.objects.get(pk=self.row.pk).edition,
            finish=finish,
            acting_user=self.officer,
        )
        self.finished = self.finished or (done and finish)

    @rule()
    def reopen(self):
        allowed = self.finished and not self.shared and not self.replied
        if self.attempt(allowed, reopen, evaluation=self.row, acting_user=self.officer):
            self.finished = self.is_read = False

    @rule()
    def share(self):
        allowed = self.finished and not self.shared
        if self.attempt(allowed, share, evaluation=self.row, acting_user=self.officer):
            self.shared = True

    @rule()
    def unshare(self):
        if self.attempt(self.shared, unshare, evaluation=self.row, acting_user=self.officer):
            self.shared = False

    @rule(who=st.integers(0, 1))
    def read(self, who):
        allowed = self.shared and not self.is_read
        if self.attempt(allowed, mark_read, evaluation=self.row, acting_as=self.contacts[who]):
            self.is_read = True

    @rule(who=st.integers(0, 1), length=st.sampled_from([0, 1, 2000, 2001]))
    def reply(self, who, length):
        allowed = self.shared and not self.replied and length in {1, 2000}
        if self.attempt(
            allowed,
            reply_to,
            evaluation=self.row,
            text="é" * length,
            acting_as=self.contacts[who],
        ):
            self.replied = self.is_read = True

    @invariant()
    def the_row_says_the_same(self):
        if not hasattr(self, "row"):
            return
        row = Evaluation.objects.select_related("reply").get(pk=self.row.pk)
        assert bool(row.finished_at) is self.finished
        assert bool(row.shared_at) is self.shared
        assert bool(row.read_at) is self.is_read
        assert row.has_reply is self.replied
        for contact in self.contacts:
            found = Evaluation.objects.shared_with(contact).filter(pk=row.pk)
            assert found.exists() is self.shared


class TestSharing(SharingMachine.TestCase, TestCase):
    """The machine, in a transaction."""

    settings = settings(max_examples=8, stateful_step_count=12)
