"""Two acts on one tender at the same moment: one happens, the other is told (SPEC T4, T15)."""

from functools import partial
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError

from ilo_cms.notifications.models import Notification
from ilo_cms.tenders.decisions import decide
from ilo_cms.tenders.deposits import MOST_LATE, deposit
from ilo_cms.tenders.diffusion import cancel_tender, move_deadlines, publish
from ilo_cms.tenders.models import (
    Decision,
    Deposit,
    EventKind,
    Invitation,
    InvitationReminder,
    LateAttempt,
    Opening,
    Outcome,
    Tender,
)
from ilo_cms.tenders.offers import draft_of
from ilo_cms.tenders.opening import open_tender
from ilo_cms.tenders.reminders import remind
from ilo_cms.tenders.scoring import state_conflict
from tests.factories import ContactFactory, EngagementFactory, OfficerFactory
from tests.moderation.helpers import at_once
from tests.tenders.drafts import (
    a_draft,
    a_sent_tender,
    again,
    boss,
    choose,
    in_days,
    pass_deadlines,
)
from tests.tenders.offers import in_deposit, place_of, ready


pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def colleague():
    return OfficerFactory()


@pytest.fixture
def engagement(colleague):
    return EngagementFactory(officer=OfficerFactory(operator=colleague.operator))


def test_two_officers_send_once(engagement, colleague):
    tender = a_draft(engagement)
    choose(tender, ContactFactory().organisation)
    refusals = at_once(
        lambda: publish(tender=tender, seen=0, acting_user=boss(tender)),
        lambda: publish(tender=tender, seen=0, acting_user=colleague.user),
        ValidationError,
    )
    assert [error.code for error in refusals] == ["changed"]
    assert Notification.objects.filter(kind="tender.invited").count() == 1


def test_a_move_and_a_cancellation_never_both_happen(engagement, colleague):
    tender = a_sent_tender(engagement=engagement)
    refusals = at_once(
        lambda: move_deadlines(
            tender=tender,
            deadlines={"deposit_deadline": in_days(30)},
            message="Des congés.",
            seen=1,
            acting_user=boss(tender),
        ),
        lambda: cancel_tender(tender=tender, reason="x", seen=1, acting_user=colleague.user),
        ValidationError,
    )
    assert len(refusals) == 1
    row = again(tender)
    moved = row.deposit_deadline != tender.deposit_deadline
    assert moved != bool(row.cancelled_at)
    kinds = {"tender.deadlines_moved", "tender.cancelled"}
    assert Notification.objects.filter(kind__in=kinds).count() == 1


def test_two_workers_remind_once(engagement):
    tender = a_sent_tender(engagement=engagement)
    Tender.objects.filter(pk=tender.pk).update(participation_deadline=in_days(2))
    Invitation.objects.update(invited_at=in_days(-9))
    faults = at_once(lambda: remind(key=tender.pk), lambda: remind(key=tender.pk), Exception)
    assert faults == []
    assert InvitationReminder.objects.count() == 1
    assert Notification.objects.filter(kind="tender.answer_awaited").count() == 1


def test_a_double_click_at_the_same_moment_deposits_once(engagement, marina):
    offer = ready(in_deposit(marina, engagement=engagement), marina)
    key = uuid4()

    def click():
        deposit(offer=offer, key=key, acting_as=marina)

    assert at_once(click, click, Exception) == []
    assert Deposit.objects.count() == 1
    assert Notification.objects.filter(kind="tender.receipt").count() == 1


def test_a_deposit_and_a_cancellation_leave_one_verdict(engagement, marina):
    tender = in_deposit(marina, engagement=engagement)
    offer = ready(tender, marina)
    faults = at_once(
        lambda: deposit(offer=offer, key=uuid4(), acting_as=marina),
        lambda: cancel_tender(tender=tender, reason="x", seen=1, acting_user=boss(tender)),
        Exception,
    )
    assert faults == []
    row, late = Deposit.objects.first(), LateAttempt.objects.first()
    assert bool(row) != bool(late)
    cancelled = again(tender).cancelled_at
    assert row.at < cancelled if row else late.at >= cancelled


def test_two_late_acts_at_once_pass_no_limit(engagement, marina):
    tender = in_deposit(marina, engagement=engagement)
    offer = ready(tender, marina)
    pass_deadlines(tender, deposits=True)
    for _ in range(MOST_LATE - 1):
        deposit(offer=offer, key=uuid4(), acting_as=marina)
    clicks = [lambda: deposit(offer=offer, key=uuid4(), acting_as=marina)] * 2
    assert at_once(*clicks, Exception) == []
    assert offer.late_attempts.count() == MOST_LATE


def test_two_officers_open_once(engagement, colleague, marina):
    tender = in_deposit(marina, engagement=engagement)
    pass_deadlines(tender, deposits=True)
    faults = at_once(
        lambda: open_tender(tender=tender, acting_user=boss(tender)),
        lambda: open_tender(tender=tender, acting_user=colleague.user),
        Exception,
    )
    assert faults == []
    assert Opening.objects.count() == 1
    assert tender.events.filter(kind=EventKind.OPENED).count() == 1


def test_two_officers_decide_once(engagement, colleague, marina):
    tender = in_deposit(marina, engagement=engagement)
    pass_deadlines(tender, deposits=True)
    open_tender(tender=tender, acting_user=boss(tender))
    people = (boss(tender), colleague.user)
    for person in people:
        state_conflict(tender=tender, has_conflict=False, text="", acting_user=person)
    said = {"outcome": Outcome.UNSUCCESSFUL, "offer": None, "reasons": {}, "comment": "Rien reçu."}
    seen = again(tender).revision
    first, second = (
        partial(decide, tender=tender, seen=seen, acting_user=person, **said) for person in people
    )
    assert [error.code for error in at_once(first, second, ValidationError)] == ["changed"]
    assert Decision.objects.count() == 1


def test_two_contacts_make_one_draft(engagement, marina):
    twin = ContactFactory(organisation=marina.organisation, has_access=True)
    tender = in_deposit(marina, engagement=engagement)
    place = place_of(tender, marina)
    faults = at_once(
        lambda: draft_of(invitation=place, acting_as=marina),
        lambda: draft_of(invitation=place, acting_as=twin),
        Exception,
    )
    assert faults == []
    assert place.offers.count() == 1
