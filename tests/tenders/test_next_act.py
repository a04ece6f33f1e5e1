"""Which act stands out on an officer's page of a tender, phase by phase (SPEC T1)."""

from decimal import Decimal

import pytest
from django.urls import reverse

from ilo_cms.tenders.decisions import decide
from ilo_cms.tenders.diffusion import cancel_tender, end_participation, publish
from ilo_cms.tenders.models import Outcome
from ilo_cms.tenders.opening import open_tender
from ilo_cms.tenders.scoring import Note, agree_scores, hand_in, save_scores, scored, state_conflict
from tests.factories import ContactFactory, EngagementFactory
from tests.helpers.intranet import an_officer, as_
from tests.tenders.drafts import a_draft, a_sent_tender, accept, again, choose, pass_deadlines
from tests.tenders.offers import deposited, in_deposit, standing


pytestmark = pytest.mark.django_db


@pytest.fixture
def made(claire):
    """What makes a tender Claire's."""
    officer = claire.officer
    engagement = EngagementFactory(operator=officer.operator, officer=officer)
    return {"engagement": engagement, "acting_user": claire}


def coming(tender, person) -> str:
    """The label of the act that stands out on the page; empty when none does."""
    page = as_(person).get(reverse("tender_page", args=[tender.pk]))
    return "".join(act.label for act in page.context["acts"] if act.is_main)


def test_before_it_is_sent_recipients_then_what_is_missing_then_the_sending(claire, made):
    tender = a_draft(criteria=[], **made)
    assert coming(tender, claire) == "Destinataires"
    choose(tender, ContactFactory().organisation)
    assert coming(tender, claire) == "Modifier"  # without criteria
    complete = a_draft(**made)
    choose(complete, ContactFactory().organisation)
    assert coming(complete, claire) == "Vérifier et diffuser"
    publish(tender=complete, seen=again(complete).revision, acting_user=claire)
    assert coming(complete, claire) == ""


def test_answers_are_ended_once_none_is_awaited_then_providers_act(claire, made):
    tender = a_sent_tender(ContactFactory().organisation, **made)
    assert coming(tender, claire) == ""
    accept(tender)
    assert coming(tender, claire) == "Clore les réponses de participation"
    end_participation(tender=tender, seen=again(tender).revision, acting_user=claire)
    assert coming(tender, claire) == ""
    pass_deadlines(tender, deposits=True)
    assert coming(tender, claire) == "Ouvrir les offres"


def opened(claire, made, *, offers):
    """A tender just opened, with an offer or none."""
    contact = ContactFactory()
    tender = in_deposit(contact, **made)
    if offers:
        deposited(tender, contact)
    pass_deadlines(tender, deposits=True)
    open_tender(tender=tender, acting_user=claire)
    return again(tender)


def test_in_the_selection_each_evaluator_is_led_from_the_statement_to_the_decision(claire, made):
    tender = opened(claire, made, offers=True)
    karim, rose = (an_officer(operator=claire.officer.operator) for _ in range(2))
    assert coming(tender, claire) == "Ma déclaration d’intérêts"
    state_conflict(tender=tender, has_conflict=False, text="", acting_user=claire)
    state_conflict(tender=tender, has_conflict=True, text="Parent", acting_user=karim)
    assert coming(tender, karim) == ""
    assert coming(tender, claire) == "Ma grille individuelle"
    offers, criteria = scored(tender)
    notes = {(standing(offer), each.pk): Note(Decimal(5)) for offer in offers for each in criteria}
    save_scores(tender=tender, notes=notes, acting_user=claire)
    assert coming(tender, claire) == "Ma grille individuelle"
    hand_in(tender=tender, acting_user=claire)
    assert coming(tender, claire) == "Arrêter les notes ensemble"
    state_conflict(tender=tender, has_conflict=False, text="", acting_user=rose)
    assert coming(tender, rose) == "Ma grille individuelle"  # the sheet of another is not one's own
    agree_scores(tender=tender, notes=notes, acting_user=claire)
    assert coming(tender, claire) == "Décider"


def test_without_an_offer_the_statement_leads_to_the_decision_which_ends_it(claire, made):
    tender = opened(claire, made, offers=False)
    assert coming(tender, claire) == "Ma déclaration d’intérêts"
    state_conflict(tender=tender, has_conflict=False, text="", acting_user=claire)
    assert coming(tender, claire) == "Décider"
    said = {"outcome": Outcome.UNSUCCESSFUL, "offer": None, "comment": "Rien reçu.", "reasons": {}}
    decide(tender=tender, seen=again(tender).revision, acting_user=claire, **said)
    assert coming(tender, claire) == ""


def test_what_was_cancelled_awaits_nothing(claire, made):
    tender = a_sent_tender(ContactFactory().organisation, **made)
    said = {"reason": "Plus de besoin.", "seen": again(tender).revision, "acting_user": claire}
    cancel_tender(tender=tender, **said)
    assert coming(tender, claire) == ""
