"""In which order an organisation reads its calls: what can be done now comes first (SPEC T6)."""

import pytest

from ilo_cms.core.clock import database_now
from ilo_cms.tenders.diffusion import cancel_tender
from ilo_cms.tenders.models import Decision, Outcome, Tender
from ilo_cms.tenders.places import invitations_of
from tests.factories import ContactFactory
from tests.tenders.drafts import a_sent_tender, accept, boss, in_days, pass_deadlines


pytestmark = pytest.mark.django_db


def titles(contact) -> list[str]:
    """The tenders of a contact's list, in its order."""
    return [row.tender.title for row in invitations_of(contact, database_now())]


def test_what_can_be_done_comes_first_by_deadline_and_what_is_over_last():
    marina = ContactFactory()
    structure = marina.organisation
    over = a_sent_tender(structure, title="annulée")
    cancel_tender(tender=over, seen=over.revision, reason="Plus de besoin.", acting_user=boss(over))
    pass_deadlines(a_sent_tender(structure, title="sans réponse, trop tard"))
    to_open = a_sent_tender(structure, title="à ouvrir")
    accept(to_open)
    pass_deadlines(to_open, deposits=True)
    to_deposit = a_sent_tender(structure, title="à déposer", deposit_deadline=in_days(25))
    accept(to_deposit)
    pass_deadlines(to_deposit)
    later = {"participation_deadline": in_days(30), "deposit_deadline": in_days(40)}
    a_sent_tender(structure, title="à répondre plus tard", **later)
    a_sent_tender(structure, title="à répondre bientôt", deposit_deadline=in_days(28))
    assert titles(marina) == [
        "à répondre bientôt",
        "à déposer",
        "à répondre plus tard",
        "à ouvrir",
        "sans réponse, trop tard",
        "annulée",
    ]


def test_answers_that_ended_early_are_awaited_no_more():
    marina = ContactFactory()
    ended = a_sent_tender(marina.organisation, title="close", participation_deadline=in_days(5))
    Tender.objects.filter(pk=ended.pk).update(participation_ended_at=database_now())
    a_sent_tender(marina.organisation, title="à répondre")
    assert titles(marina) == ["à répondre", "close"]


def test_of_those_over_the_latest_comes_first_whatever_its_deadline():
    marina = ContactFactory()
    deadlines = {"ancienne": in_days(15), "récente": in_days(18), "toute récente": in_days(16)}
    for title, deadline in deadlines.items():
        tender = a_sent_tender(marina.organisation, title=title, deposit_deadline=deadline)
        Decision.objects.create(
            tender=tender,
            outcome=Outcome.UNSUCCESSFUL,
            comment="Trop cher.",
            decided_at=database_now(),
            decided_by=boss(tender),
        )
        pass_deadlines(tender)
    waiting = a_sent_tender(marina.organisation, title="à ouvrir")
    pass_deadlines(waiting, deposits=True)
    assert titles(marina) == ["à ouvrir", "toute récente", "récente", "ancienne"]
