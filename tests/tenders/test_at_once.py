"""Two acts on one tender at the same moment: one happens, the other is told (SPEC T4, T15)."""

import pytest
from django.core.exceptions import ValidationError

from ilo_cms.notifications.models import Notification
from ilo_cms.tenders.diffusion import cancel_tender, move_deadlines, publish
from ilo_cms.tenders.models import Invitation, InvitationReminder, Tender
from ilo_cms.tenders.reminders import remind
from tests.factories import ContactFactory, EngagementFactory, OfficerFactory
from tests.moderation.helpers import at_once
from tests.tenders.drafts import a_draft, a_sent_tender, again, boss, choose, in_days


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
