"""In which order an organisation reads its calls: what can be done now comes first (SPEC T6)."""

import pytest

from ilo_cms.core.clock import database_now
from ilo_cms.tenders.diffusion import cancel_tender
from ilo_cms.tenders.places import invitations_of
from tests.factories import ContactFactory
from tests.tenders.drafts import a_sent_tender, accept, boss, in_days, pass_deadlines


pytestmark = pytest.mark.django_db


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
    a_sent_tender(structure, title="à répondre bientôt")
    assert [row.tender.title for row in invitations_of(marina, database_now())] == [
        "à répondre bientôt",
        "à déposer",
        "à répondre plus tard",
        "à ouvrir",
        "sans réponse, trop tard",
        "annulée",
    ]
