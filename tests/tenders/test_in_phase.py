"""The list of tenders in a phase is the twin of the phase of each (SPEC T1)."""

from datetime import timedelta
from itertools import product

import pytest

from ilo_cms.core.clock import database_now
from ilo_cms.tenders.models import Channel, Decision, Opening, Outcome, Phase, Tender
from ilo_cms.tenders.phases import phase
from tests.tenders.drafts import a_draft, boss


pytestmark = pytest.mark.django_db


def test_each_tender_is_in_the_rows_of_its_phase_and_no_other():
    now = database_now()
    before, after = now - timedelta(days=1), now + timedelta(days=1)
    tender = a_draft()
    combinations = product(
        (None, before),  # published
        (before, now, after),  # end of answers
        (None, before),  # the early end
        (timedelta(hours=-1), timedelta(0), timedelta(hours=1)),  # end of deposits, from now
        (None, before),  # cancelled
        (Channel.PLATFORM, Channel.MAIL),
    )
    seen = set()
    for published, answers, early, deposits, cancelled, channel in combinations:
        end = now + deposits
        if end <= answers:
            answers = end - timedelta(minutes=1)
        Tender.objects.filter(pk=tender.pk).update(
            published_at=published,
            participation_deadline=answers,
            participation_ended_at=early,
            deposit_deadline=end,
            cancelled_at=cancelled,
            cancel_reason="x" if cancelled else "",
            channel=channel,
        )
        seen.add(check(tender, now))
    assert {Phase.PREPARATION, Phase.PARTICIPATION, Phase.DEPOSIT, Phase.OPENING} <= seen
    Opening.objects.create(tender=tender, at=now, by=boss(tender), record={}, digest="0" * 64)
    Tender.objects.update(cancelled_at=None, cancel_reason="", channel=Channel.PLATFORM)
    seen.add(check(tender, now))
    decision = Decision.objects.create(
        tender=tender,
        outcome=Outcome.UNSUCCESSFUL,
        comment="x",
        decided_at=now,
        decided_by=boss(tender),
    )
    seen.add(check(tender, now))
    decision.delete()
    assert seen == {*Phase} - {Phase.SIGNATURE}  # which takes an offer


def check(tender: Tender, now) -> Phase:
    """The phase of the stored tender, which only the rows of that phase hold."""
    row = Tender.objects.get(pk=tender.pk)
    found = [each for each in Phase if Tender.objects.in_phase(each, now).exists()]
    assert found == [phase(row, now)]
    return found[0]
