"""When an assignment leaves competition, and when it stays there (SPEC T13, T14)."""

import pytest
from django.core.exceptions import ValidationError

from ilo_cms.core.clock import database_now
from ilo_cms.engagements.assignments import change_status
from ilo_cms.engagements.models import AssignmentStatus
from ilo_cms.tenders.diffusion import cancel_tender
from ilo_cms.tenders.models import Decision, Outcome
from tests.factories import AssignmentFactory, ContactFactory
from tests.tenders.drafts import a_draft, a_sent_tender, again, boss, choose
from tests.tenders.offers import deposited, in_deposit


pytestmark = pytest.mark.django_db


def an_assignment(status):
    row = AssignmentFactory(planned=True, status=status)
    return row, {"engagement": row.engagement, "assignment": row}


def cancel(tender):
    seen = again(tender).revision
    return cancel_tender(tender=tender, seen=seen, reason="Abandon", acting_user=boss(tender))


def untender(row, reason="Plus personne"):
    officer = row.engagement.officer.user
    return change_status(
        assignment=row, transition="untender", acting_user=officer, reason=reason
    ).status


def status_of(row):
    row.refresh_from_db()
    return row.status


def test_it_is_planned_again_with_a_reason_and_from_competition_alone():
    row, _ = an_assignment(AssignmentStatus.TENDERED)
    with pytest.raises(ValidationError):
        untender(row, reason=" ")
    assert untender(row) == AssignmentStatus.PLANNED
    for status in set(AssignmentStatus) - {AssignmentStatus.TENDERED}:
        other = AssignmentFactory(status=status)
        with pytest.raises(ValidationError):
            untender(other)
        assert status_of(other) == status


def test_it_stays_for_an_offer_that_was_retained():
    row, said = an_assignment(AssignmentStatus.PLANNED)
    contact = ContactFactory()
    tender = in_deposit(contact, **said)
    Decision.objects.create(
        tender=tender,
        outcome=Outcome.RETAINED,
        offer=deposited(tender, contact),
        comment="La plus adaptée.",
        decided_at=database_now(),
        decided_by=boss(tender),
    )
    with pytest.raises(ValidationError, match="mise en concurrence"):
        untender(row)
    cancel(a_sent_tender(**said))  # one more, that came to nothing
    assert status_of(row) == AssignmentStatus.TENDERED


def test_a_draft_given_up_leaves_competition_to_who_began_it():
    row, said = an_assignment(AssignmentStatus.TENDERED)
    tender = a_draft(**said)
    choose(tender, ContactFactory().organisation)
    cancel(tender)
    assert status_of(row) == AssignmentStatus.TENDERED


def test_a_cancellation_leaves_an_assignment_that_was_abandoned_as_it_is():
    row, said = an_assignment(AssignmentStatus.PLANNED)
    tender = a_sent_tender(**said)
    officer = boss(tender)
    change_status(assignment=row, transition="abandon", acting_user=officer, reason="Plus utile")
    cancel(tender)
    assert status_of(row) == AssignmentStatus.ABANDONED
