"""Tenders of the demonstration: one in each phase, as of the day on which it is loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from django.core.files.base import ContentFile
from django.utils import timezone

from etl.demo.requests import blank_pdf, current, types
from ilo_cms.core.clock import database_now
from ilo_cms.directory.models import Contact, Establishment, Officer, Organisation
from ilo_cms.engagements.models import Engagement
from ilo_cms.matching.services import Criteria, search
from ilo_cms.referentials.models import Skill
from ilo_cms.tenders.calls import create_tender
from ilo_cms.tenders.comparison import comparison
from ilo_cms.tenders.decisions import decide
from ilo_cms.tenders.deposits import deposit
from ilo_cms.tenders.diffusion import cancel_tender, publish
from ilo_cms.tenders.models import (
    Invitation,
    Offer,
    Outcome,
    TemplateCriterion,
    Tender,
    TenderEvent,
    TenderTemplate,
)
from ilo_cms.tenders.offers import add_file, draft_of, save_draft
from ilo_cms.tenders.opening import open_tender
from ilo_cms.tenders.participation import answer_invitation, ask_question
from ilo_cms.tenders.questions import answer_question
from ilo_cms.tenders.recipients import add_recipients, current_contacts
from ilo_cms.tenders.rules import Weighted
from ilo_cms.tenders.scoring import (
    Note,
    agree_scores,
    hand_in,
    save_scores,
    scored,
    state_conflict,
)


CRITERIA = [
    Weighted("Compréhension du besoin et méthode", 40),
    Weighted("Expérience auprès de structures comparables", 30, "Deux références au moins"),
    Weighted("Prix", 30, "Toutes taxes comprises, déplacements inclus"),
]
NEED = (
    "<p>L’association emploie douze personnes et veut {aim}. Elle attend du prestataire&nbsp;:</p>"
    "<ul><li>un état des lieux partagé avec le bureau&nbsp;;</li>"
    "<li>trois séances de travail avec l’équipe&nbsp;;</li>"
    "<li>un plan d’action écrit, avec son calendrier.</li></ul>"
)
#: How many providers that the search suggests are invited besides those of the demonstration.
SUGGESTED = 2


@dataclass(frozen=True)
class Case:
    """One tender: what it is about, and how far it went."""

    title: str
    aim: str
    skill: str
    go: Callable[[Tender], object]


def prepare_tenders() -> int:
    """Make the template and the tenders, unless an earlier run did; returns how many."""
    officer = Officer.objects.get(user__email="claire@dla-rhone.example")
    if Tender.objects.filter(officer=officer).exists():
        return 0
    add_template()
    engagements = list(
        Engagement.objects.filter(officer=officer, closed_on=None, title__contains="·").order_by(
            "opened_on", "pk"
        )
    )
    for number, case in enumerate(CASES):
        case.go(prepared(case, engagements[number % len(engagements)], officer))
    return len(CASES)


def add_template() -> None:
    """The template that officers may start from."""
    template, is_new = TenderTemplate.objects.get_or_create(
        label="Diagnostic et plan d’action",
        defaults={"need": NEED.format(aim="se donner un plan d’action")},
    )
    if is_new:
        template.required_types = types("offre-intervention")
        template.save()
        TemplateCriterion.objects.bulk_create(
            TemplateCriterion(template=template, sort_order=order, **vars(row))
            for order, row in enumerate(CRITERIA)
        )


def boss(tender: Tender):
    """The officer who runs a tender, as a user."""
    return tender.officer.user


def prepared(case: Case, engagement: Engagement, officer: Officer) -> Tender:
    """A tender with its recipients: those of the demonstration, and some that the search finds."""
    skill = Skill.objects.filter(label__icontains=case.skill).first() or Skill.objects.first()
    now = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    tender = create_tender(
        key=uuid4(),
        engagement=engagement,
        acting_user=officer.user,
        criteria=CRITERIA,
        title=case.title,
        need=NEED.format(aim=case.aim),
        themes=[skill],
        sector=engagement.sector,
        territory=engagement.territory,
        days=Decimal("6"),
        budget=Decimal("6000"),
        required_types=types("offre-intervention"),
        participation_deadline=now + timedelta(days=5),
        questions_deadline=now + timedelta(days=9),
        deposit_deadline=now + timedelta(days=12),
        decision_on=now.date() + timedelta(days=20),
        starts_on=now.date() + timedelta(days=35),
    )
    known = [current(email).organisation for email in ("paul@conseil-sol.example", CAE)]
    hits = search(Criteria(skills=(skill.pk,)), limit=SUGGESTED + len(known)).hits
    because = {hit.organisation: hit.reasons for hit in hits}
    found = Organisation.objects.filter(pk__in=because).exclude(pk__in=[row.pk for row in known])
    add_recipients(
        tender=tender,
        organisations=[*known, *found.order_by("name")[:SUGGESTED]],
        because=because,
        acting_user=officer.user,
    )
    return tender


CAE = "ines@coop-atout.example"


def read(tender: Tender) -> Tender:
    """The tender as it is now."""
    rows = Tender.objects.select_related("engagement__operator", "officer__user")
    return rows.get(pk=tender.pk)


def sent(tender: Tender) -> Tender:
    """A tender sent to all, with a question of Conseil Sol."""
    tender = publish(tender=tender, seen=tender.revision, acting_user=boss(tender))
    ask_question(
        tender=tender,
        text="Les séances de travail peuvent-elles se tenir en visioconférence ?",
        acting_as=current("paul@conseil-sol.example"),
    )
    return read(tender)


def being_answered(tender: Tender) -> Tender:
    """Conseil Sol takes part; the others have not answered, the question waits."""
    tender = sent(tender)
    contact = current("paul@conseil-sol.example")
    answer_invitation(invitation=place(tender, contact), accepted=True, acting_as=contact)
    return tender


def place(tender: Tender, contact: Contact) -> Invitation:
    """The place of a contact's organisation."""
    return tender.invitations.get(organisation=contact.organisation_id)


def answered(tender: Tender) -> Tender:
    """All have answered, the last one no; the question too. Answers ended yesterday."""
    tender = sent(tender)
    for contact in speakers(tender)[:-1]:
        answer_invitation(invitation=place(tender, contact), accepted=True, acting_as=contact)
    contact = speakers(tender)[-1]
    answer_invitation(
        invitation=place(tender, contact),
        accepted=False,
        reason="Notre équipe est déjà engagée jusqu’à l’été.",
        acting_as=contact,
    )
    for question in tender.questions.all():
        answer_question(
            question=question,
            answer="Oui, sauf la première, qui se tient dans les locaux de l’association.",
            acting_user=boss(tender),
        )
    return put_back(tender)


def speakers(tender: Tender) -> list[Contact]:
    """Who speaks for each place: the people of the demonstration first."""
    keys = list(tender.invitations.values_list("organisation", flat=True))
    everyone = current_contacts(keys)
    known = {
        contact.organisation_id: contact
        for contact in (current("paul@conseil-sol.example"), current(CAE))
    }
    found = [known.get(key) or next(iter(everyone.get(key, [])), None) for key in keys]
    people = [contact for contact in found if contact]
    return sorted(people, key=lambda contact: contact.organisation_id not in known)


def put_back(tender: Tender) -> Tender:
    """As if it had been sent ten days ago, and answers had ended yesterday."""
    now = database_now()
    before = now - timedelta(days=10)
    Tender.objects.filter(pk=tender.pk).update(
        published_at=before, participation_deadline=now - timedelta(days=1)
    )
    Invitation.objects.filter(tender=tender).update(
        invited_at=before, answered_at=now - timedelta(days=3)
    )
    TenderEvent.objects.filter(tender=tender).update(at=before)
    tender.questions.update(asked_at=now - timedelta(days=5), answered_at=now - timedelta(days=4))
    return read(tender)


def in_deposit(tender: Tender) -> Tender:
    """The cooperator has deposited; Conseil Sol prepares its offer."""
    tender = answered(tender)
    prepared_offer(tender, current("paul@conseil-sol.example"), "5400.00")
    deposited(tender, current(CAE), "4950.00")
    return tender


def prepared_offer(tender: Tender, contact: Contact, price: str) -> Offer:
    """A complete draft."""
    offer = draft_of(invitation=place(tender, contact), acting_as=contact)
    places = Establishment.objects.filter(organisation=contact.organisation_id, is_active=True)
    values = {
        "price": Decimal(price),
        "days": Decimal("6"),
        "message": "Notre proposition répond point par point à votre demande.",
        "establishment": places.first(),
    }
    offer = save_draft(offer=offer, values=values, acting_as=contact)
    add_file(
        invitation=offer.invitation,
        file=ContentFile(blank_pdf(len(price)), name="offre.pdf"),
        document_type=types("offre-intervention")[0],
        acting_as=contact,
    )
    return Offer.objects.get(pk=offer.pk)


def deposited(tender: Tender, contact: Contact, price: str) -> None:
    """A complete offer, deposited."""
    deposit(offer=prepared_offer(tender, contact, price), key=uuid4(), acting_as=contact)


def to_open(tender: Tender) -> Tender:
    """Offers of Conseil Sol and of the cooperator; deposits have just ended."""
    tender = answered(tender)
    for contact, price in ((current("paul@conseil-sol.example"), "5400"), (current(CAE), "4950")):
        deposited(tender, contact, price)
    end: datetime = database_now()
    Tender.objects.filter(pk=tender.pk).update(questions_deadline=end, deposit_deadline=end)
    return read(tender)


def to_decide(tender: Tender) -> Tender:
    """The offers are open."""
    tender = to_open(tender)
    open_tender(tender=tender, acting_user=boss(tender))
    return read(tender)


def compared(tender: Tender) -> Tender:
    """The offers are noted, alone then together: Conseil Sol’s is the better one."""
    tender = to_decide(tender)
    user = boss(tender)
    state_conflict(tender=tender, has_conflict=False, text="", acting_user=user)
    lines, criteria = comparison(tender, user)
    notes = {
        (line.deposit.pk, criterion.pk): Note(
            Decimal(7 - position if line.offer.cooperator_id else 8)
        )
        for line in lines
        for position, criterion in enumerate(criteria)
    }
    save_scores(tender=tender, notes=notes, acting_user=user)
    hand_in(tender=tender, acting_user=user)
    agree_scores(tender=tender, notes=notes, acting_user=user)
    return read(tender)


def in_signature(tender: Tender) -> Tender:
    """Conseil Sol is retained."""
    tender = compared(tender)
    offers, _ = scored(tender)
    retained = next(offer for offer in offers if offer.cooperator_id is None)
    decide(
        tender=tender,
        outcome=Outcome.RETAINED,
        offer=retained,
        comment="Une méthode précise et des références proches de notre besoin.",
        reasons={
            offer: "Une offre solide, mais moins détaillée sur les séances de travail."
            for offer in offers
            if offer != retained
        },
        seen=tender.revision,
        acting_user=boss(tender),
    )
    return read(tender)


def without_result(tender: Tender) -> Tender:
    """No offer fits the need."""
    tender = to_decide(tender)
    state_conflict(tender=tender, has_conflict=False, text="", acting_user=boss(tender))
    decide(
        tender=tender,
        outcome=Outcome.UNSUCCESSFUL,
        offer=None,
        comment="Aucune des offres ne prévoit de travail avec les bénévoles : nous relancerons la "
        "demande au prochain trimestre.",
        reasons={},
        seen=tender.revision,
        acting_user=boss(tender),
    )
    return read(tender)


def given_up(tender: Tender) -> Tender:
    """Cancelled while it was being answered."""
    tender = sent(tender)
    return cancel_tender(
        tender=tender,
        reason="L’association a obtenu cet appui de sa fédération.",
        seen=tender.revision,
        acting_user=boss(tender),
    )


CASES = [
    Case("Réécrire le projet associatif", "réécrire son projet", "projet associatif", read),
    Case("Clarifier la gouvernance", "clarifier ses rôles", "gouvernance", being_answered),
    Case(
        "Trouver de nouvelles ressources", "diversifier ses ressources", "financement", in_deposit
    ),
    Case("Bâtir un plan de trésorerie", "suivre sa trésorerie", "financière", to_open),
    Case("Repenser le modèle économique", "revoir son modèle", "modèle économique", to_decide),
    Case("Structurer l’équipe salariée", "mieux répartir le travail", "équipe", in_signature),
    Case("Refondre la communication", "se faire connaître", "communication", without_result),
    Case("Préparer un second site", "essaimer", "essaimage", given_up),
]
