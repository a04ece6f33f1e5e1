"""Whatever happens to a mail, in any order: never lost, never when no longer true (SPEC N3).

A state machine of one notice and its mail against a model of what may have left: a worker that
sends, fails, is killed before or after the server took the mail; time; choices; closed accounts;
sending again.
"""

from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from ilo_cms.core.policies import ALLOWED, refused
from ilo_cms.notifications import conditions
from ilo_cms.notifications.delivery import RETRY_AFTER_MINUTES, claim, sweep
from ilo_cms.notifications.digests import send_digests
from ilo_cms.notifications.models import Digest, Notification, OutboxMessage
from ilo_cms.notifications.preferences import Mode, set_modes
from ilo_cms.notifications.services import notify, resend
from tests.factories import UserFactory


pytestmark = pytest.mark.django_db

KIND = "moderation.decided"
WORDS = {"officer": "Claire", "organisation": "Conseil Sol", "outcome": "Acceptée."}


class Killed(BaseException):
    """kill -9: no `except Exception` sees it."""


class Outbox(RuleBasedStateMachine):
    """One notice, and everything that may happen to its mail."""

    def __init__(self):
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(conditions, "_checks", {KIND: [self.check]})
        self.patch.setattr(EmailMessage, "send", lambda sent: self.server(sent))
        self.is_true, self.behaviour, self.accepted, self.excuses = True, "takes", [], 0
        self.administrator = UserFactory(administrator=True)
        self.person = UserFactory()
        (self.notice,) = notify(
            KIND, recipients=[self.person], organisation_id=None, path="/", **WORDS
        )
        #: Every morning is this one: what happened before moves a day back instead.
        self.noon = self.notice.created_at.replace(hour=12)

    def teardown(self):
        try:
            self.settle()
        finally:
            self.patch.undo()
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    def check(self, notice):
        return ALLOWED if self.is_true else refused("plus vrai")

    def server(self, sent):
        """What the mail server does; it keeps what it took, and whether that was allowed."""
        if self.behaviour == "refuses":
            raise ConnectionRefusedError
        if self.behaviour == "kills before":
            raise Killed
        self.accepted.append((sent.extra_headers["Message-ID"], self.may_leave(sent)))
        self.excuses += self.behaviour != "takes"
        if self.behaviour == "cuts after":
            raise ConnectionResetError
        if self.behaviour == "kills after":
            raise Killed
        return 1

    def may_leave(self, sent):
        mode = self.person.mail_preferences.filter(kind=KIND).values_list("mode", flat=True).first()
        wanted = Mode.IN_APP if "récapitulatif ILO" not in sent.subject else None
        unwanted = mode in ({Mode.DIGEST, Mode.IN_APP} if wanted else {Mode.IN_APP})
        return self.is_true and self.person.is_active and not unwanted

    @rule(
        behaviour=st.sampled_from(["takes", "refuses", "cuts after", "kills before", "kills after"])
    )
    def the_worker_runs(self, behaviour):
        self.behaviour = behaviour
        before = len(self.accepted)
        try:
            sweep()
        except Killed:
            pass
        assert len(self.accepted) - before <= 2  # the notice's mail and its digest

    @rule(minutes=st.sampled_from([1, 4, 11, 20, 400, 1500]))
    def time_passes(self, minutes):
        gone = timedelta(minutes=minutes)
        OutboxMessage.objects.update(
            next_attempt_at=F("next_attempt_at") - gone, locked_until=F("locked_until") - gone
        )

    @rule()
    def a_morning_comes(self):
        Notification.objects.update(created_at=F("created_at") - timedelta(days=1))
        Digest.objects.update(day=F("day") - timedelta(days=1))
        self.notice.refresh_from_db()
        send_digests(self.noon)

    @rule(mode=st.sampled_from(Mode.values))
    def the_person_chooses(self, mode):
        set_modes(person=self.person, modes={KIND: mode})

    @rule(is_open=st.booleans())
    def the_account_is(self, is_open):
        self.person.is_active = is_open
        self.person.save()

    @rule(is_true=st.booleans())
    def the_fact_is(self, is_true):
        self.is_true = is_true

    @rule()
    def an_administrator_sends_again(self):
        for message in OutboxMessage.objects.filter(dead_at__isnull=False):
            resend(message=message, acting_user=self.administrator)
            self.excuses += 1

    @rule()
    def another_worker_comes_at_the_same_time(self):
        for message in OutboxMessage.objects.filter(locked_until=None):
            if claim(str(message.pk)):
                assert claim(str(message.pk)) is None
                OutboxMessage.objects.filter(pk=message.pk).update(
                    locked_until=None, attempts=F("attempts") - 1
                )

    @invariant()
    def nothing_leaves_that_is_no_longer_true(self):
        assert all(allowed for _, allowed in self.accepted)

    @invariant()
    def the_notice_is_there_once_and_its_mail_somewhere(self):
        assert Notification.objects.filter(pk=self.notice.pk).count() == 1
        message = OutboxMessage.objects.get(notice=self.notice)
        done = bool(message.sent_at), bool(message.dead_at)
        assert done != (True, True)
        if done == (False, False):  # whatever happened, its time comes within a day
            assert message.attempts <= len(RETRY_AFTER_MINUTES) + 2

    @invariant()
    def what_is_said_to_have_left_has_left(self):
        taken = {message_id for message_id, _ in self.accepted}
        for message in OutboxMessage.objects.exclude(sent_at=None):
            assert message.message_id in taken

    @invariant()
    def a_repeat_is_the_same_mail_and_has_its_cause(self):
        known = set(OutboxMessage.objects.values_list("message_id", flat=True))
        taken = {message_id for message_id, _ in self.accepted}
        assert taken <= known
        assert len(self.accepted) - len(taken) <= self.excuses

    def settle(self):
        """Once all is well again everything ends: sent, without object, or given up in sight."""
        self.person.is_active, self.is_true = True, True
        self.person.save()
        for _ in RETRY_AFTER_MINUTES:
            self.time_passes(1500)
            self.the_worker_runs("takes")
        self.a_morning_comes()
        self.the_worker_runs("takes")
        mail = OutboxMessage.objects.get(notice=self.notice)
        assert mail.sent_at or mail.dead_at
        self.notice.refresh_from_db()
        assert not self.notice.awaits_digest
        if mail.is_moot and "immédiat" in mail.last_error and self.notice.digest:
            assert self.notice.digest.mail.sent_at or self.notice.digest.mail.dead_at


@pytest.mark.django_db
def test_any_course_of_events():
    run_state_machine_as_test(
        Outbox,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("behaviour", ["kills before", "kills after"])
def test_one_kill_costs_one_repeat_at_most(behaviour, request):
    machine = Outbox()
    request.addfinalizer(machine.teardown)
    machine.the_worker_runs(behaviour)
    machine.the_worker_runs("takes")  # the lease still holds
    assert len(machine.accepted) == (behaviour == "kills after")
    machine.time_passes(11)
    machine.the_worker_runs("takes")
    machine.the_worker_runs("takes")
    assert len(machine.accepted) == 1 + (behaviour == "kills after")
    assert len({message_id for message_id, _ in machine.accepted}) == 1
