"""A web process whose clock is wrong decides nothing: the database's clock does (decision 0018).

`travel` moves Python's clock alone; the database reads its own.
"""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.exceptions import ValidationError

from ilo_cms.core.clock import database_now
from ilo_cms.tenders.deposits import deposit, withdraw
from ilo_cms.tenders.models import Deposit, LateAttempt, Opening, Participation, Tender
from ilo_cms.tenders.opening import open_tender
from ilo_cms.tenders.participation import answer_invitation
from tests.tenders.drafts import a_sent_tender, boss
from tests.tenders.offers import in_deposit, place_of, read, ready


pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
WRONG = pytest.mark.parametrize("off", [-300, 300], ids=["slow", "fast"])


def clock_off_by(seconds: int):
    """Python's clock, wrong by some seconds."""
    return time_machine.travel(database_now() + timedelta(seconds=seconds), tick=True)


def deadline_in(tender: Tender, name: str, wait: timedelta) -> None:
    """Put a deadline so far from now, by the database's clock."""
    Tender.objects.filter(pk=tender.pk).update(**{name: database_now() + wait})


@WRONG
def test_a_deposit_counts_by_the_databases_clock(marina, off):
    tender = in_deposit(marina)
    offer = ready(tender, marina)
    deadline_in(tender, "deposit_deadline", MINUTE)
    with clock_off_by(off):
        row = deposit(offer=read(offer), key=uuid4(), acting_as=marina)
    assert isinstance(row, Deposit)
    assert abs(row.at - database_now()) < MINUTE
    deadline_in(tender, "deposit_deadline", -MINUTE)
    with clock_off_by(off):
        assert isinstance(withdraw(offer=read(offer), key=uuid4(), acting_as=marina), LateAttempt)
    assert list(Deposit.objects.standing()) == [row]


@WRONG
def test_an_answer_counts_by_the_databases_clock(marina, off):
    tender = a_sent_tender(marina.organisation)
    place = place_of(tender, marina)
    deadline_in(tender, "participation_deadline", MINUTE)
    with clock_off_by(off):
        said = answer_invitation(invitation=place, accepted=True, acting_as=marina)
    assert said.participation == Participation.ACCEPTED
    deadline_in(tender, "participation_deadline", -MINUTE)
    with clock_off_by(off), pytest.raises(ValidationError) as refusal:
        answer_invitation(invitation=place, accepted=False, reason="Complet", acting_as=marina)
    assert refusal.value.code == "closed"


@WRONG
def test_offers_open_by_the_databases_clock(marina, off):
    tender = in_deposit(marina)
    deadline_in(tender, "deposit_deadline", MINUTE)
    with clock_off_by(off), pytest.raises(ValidationError, match="scellées"):
        open_tender(tender=tender, acting_user=boss(tender))
    deadline_in(tender, "deposit_deadline", -MINUTE)
    with clock_off_by(off):
        open_tender(tender=tender, acting_user=boss(tender))
    assert abs(Opening.objects.get().at - database_now()) < MINUTE
