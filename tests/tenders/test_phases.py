"""Where a tender stands, one second before, at and after each deadline (SPEC T1, T5, T6, T9, T10).

Rows are not saved: the rules are given a tender and a moment.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ilo_cms.tenders import phases
from ilo_cms.tenders.models import (
    Channel,
    Decision,
    Invitation,
    Opening,
    Outcome,
    Participation,
    Phase,
    Tender,
)


pytestmark = pytest.mark.django_db  # a row asks whether it has an opening and a decision

PARIS = ZoneInfo("Europe/Paris")
#: Sunday 28 March 2027 at 2 a.m. in Paris, it is 3: the night before loses an hour.
SPRING = datetime(2027, 3, 28, 1, tzinfo=UTC)
#: Sunday 31 October 2027, 2:30 comes twice.
AUTUMN = datetime(2027, 10, 31, 1, tzinfo=UTC)
LEAP_DAY = datetime(2028, 2, 29, 23, 59, 59, tzinfo=PARIS)
ORDINARY = datetime(2027, 6, 15, 12, tzinfo=PARIS)
MOMENTS = pytest.mark.parametrize("deadline", [SPRING, AUTUMN, LEAP_DAY, ORDINARY], ids=str)
SECOND = timedelta(seconds=1)


def tender(deadline=ORDINARY, **values) -> Tender:
    """One published a week before, whose answers end two days before deposits."""
    return Tender(
        **{
            "title": "Modèle économique",
            "published_at": deadline - timedelta(days=7),
            "participation_deadline": deadline - timedelta(days=2),
            "deposit_deadline": deadline,
            **values,
        }
    )


def invitation(row: Tender, said=Participation.ACCEPTED) -> Invitation:
    return Invitation(tender=row, participation=said)


@MOMENTS
def test_answers_end_exactly_at_their_deadline(deadline):
    row = tender(deadline)
    end = row.participation_deadline
    assert phases.phase(row, end - SECOND) == Phase.PARTICIPATION
    assert phases.phase(row, end) == Phase.DEPOSIT
    assert phases.can_answer_participation(invitation(row), end - SECOND)
    for late in (end, end + SECOND):
        assert not phases.can_answer_participation(invitation(row), late)


@MOMENTS
def test_deposits_are_possible_from_the_end_of_answers_to_their_deadline_alone(deadline):
    row = tender(deadline)
    opens, closes = row.participation_deadline, row.deposit_deadline
    place = invitation(row)
    said = {
        opens - SECOND: False,
        opens: True,
        opens + SECOND: True,
        closes - SECOND: True,
        closes: False,
        closes + SECOND: False,
    }
    assert {now: bool(phases.can_deposit(place, now)) for now in said} == said


@MOMENTS
def test_offers_open_at_the_deadline_and_not_before(deadline):
    row = tender(deadline)
    assert not phases.can_open(row, deadline - SECOND)
    assert phases.can_open(row, deadline)
    assert phases.can_open(row, deadline + SECOND)


@MOMENTS
def test_a_moment_is_told_to_the_second_with_its_zone(deadline):
    local = deadline.astimezone(PARIS)
    words = phases.moment(deadline)
    assert f"{local:%H:%M:%S}" in words
    assert f"heure de Paris, {local:%Z}" in words


def test_the_two_same_hours_of_an_autumn_night_are_told_apart():
    first = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    words = {phases.moment(first), phases.moment(first + timedelta(hours=1))}
    assert len(words) == 2


def test_an_early_end_of_answers_opens_deposits():
    row = tender()
    early = row.participation_deadline - timedelta(days=1)
    row.participation_ended_at = early
    assert phases.phase(row, early - SECOND) == Phase.PARTICIPATION
    assert phases.phase(row, early) == Phase.DEPOSIT
    assert phases.can_deposit(invitation(row), early)


@pytest.mark.parametrize("said", [Participation.NONE, Participation.DECLINED])
def test_only_who_accepted_deposits(said):
    row = tender()
    decision = phases.can_deposit(invitation(row, said), row.participation_deadline)
    assert not decision
    assert "pas accepté" in decision.reason


@pytest.mark.parametrize("last", [None, ORDINARY - timedelta(days=3)])
def test_questions_end_at_their_deadline_or_at_that_of_deposits(last):
    row = tender(questions_deadline=last)
    end = last or row.deposit_deadline
    assert phases.can_ask(row, end - SECOND)
    assert not phases.can_ask(row, end)


def test_a_cancelled_tender_lets_nothing_happen():
    row = tender(cancelled_at=ORDINARY - timedelta(days=5), cancel_reason="Projet abandonné.")
    for now in (ORDINARY - timedelta(days=3), ORDINARY - timedelta(days=1), ORDINARY):
        assert phases.phase(row, now) == Phase.CANCELLED
        assert not phases.can_answer_participation(invitation(row), now)
        assert not phases.can_deposit(invitation(row), now)
        assert not phases.can_ask(row, now)
        assert not phases.can_open(row, now)


def test_what_is_opened_is_chosen_from_and_opens_no_more():
    row = tender()
    row.opening = Opening(tender=row)
    assert phases.phase(row, ORDINARY) == Phase.SELECTION
    assert not phases.can_open(row, ORDINARY)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [(Outcome.RETAINED, Phase.SIGNATURE), (Outcome.UNSUCCESSFUL, Phase.UNSUCCESSFUL)],
)
def test_a_decision_says_how_it_ended(outcome, expected):
    row = tender()
    row.opening = Opening(tender=row)
    row.decision = Decision(tender=row, outcome=outcome)
    assert phases.phase(row, ORDINARY) == expected


def test_before_publication_it_is_prepared_whatever_its_deadlines():
    row = tender(published_at=None)
    assert phases.phase(row, ORDINARY + SECOND) == Phase.PREPARATION
    assert not phases.can_ask(row, ORDINARY - timedelta(days=3))


def test_one_run_elsewhere_waits_for_its_result():
    row = tender(channel=Channel.REGIONAL, participation_deadline=None, deposit_deadline=None)
    assert phases.phase(row, ORDINARY) == Phase.SELECTION
