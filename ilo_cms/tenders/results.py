"""What a participant reads once a tender has ended: decision, own scores, own letter (SPEC T13)."""

from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Q

from ilo_cms.directory.models import Contact
from ilo_cms.engagements.models.access import happened_by_then
from ilo_cms.tenders.models import (
    AgreedScore,
    Decision,
    Invitation,
    Letter,
    Offer,
    Participation,
    Tender,
)
from ilo_cms.tenders.phases import related
from ilo_cms.tenders.scoring import total


@dataclass(frozen=True)
class OwnOffer:
    """One's own offer after the decision."""

    offer: Offer
    is_retained: bool
    reason: str
    scores: list[AgreedScore]
    total: Decimal | None


@dataclass(frozen=True)
class Result:
    """How a tender ended, for one participant."""

    decision: Decision
    offers: list[OwnOffer] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)


def took_part(contact: Contact, tender: Tender) -> bool:
    """Whether a contact's organisation accepted, or has an offer, perhaps entered for it (T11)."""
    places = Invitation.objects.known_to(contact).filter(tender=tender)
    offering = Offer.objects.standing().order_by().values("invitation")
    accepted = Q(participation=Participation.ACCEPTED)
    return places.filter(accepted | Q(pk__in=offering)).exists()


def result_for(contact: Contact, tender: Tender) -> Result | None:
    """What this contact may read of the decision; None while there is none, without having taken
    part, or when they left before it.

    Scores are one's own alone: those of others, and who they are, stay with the team.
    """
    decision = related(tender, "decision")
    if decision is None or not took_part(contact, tender):
        return None
    if not happened_by_then(contact, decision.decided_at):
        return None
    criteria = list(tender.criteria.all())
    own = Offer.objects.authored_by(contact).standing().filter(invitation__tender=tender)
    rows = own.select_related("invitation__organisation", "cooperator__user", "rejection")
    offers = []
    for offer in rows.prefetch_related("agreedscores__criterion"):
        scores = list(offer.agreedscores.all())
        notes = {score.criterion_id: score.note for score in scores}
        rejection = related(offer, "rejection")
        offers.append(
            OwnOffer(
                offer,
                decision.offer_id == offer.pk,
                rejection.reason if rejection else "",
                scores,
                total(notes, criteria),
            )
        )
    letters = Letter.objects.known_to(contact).filter(invitation__tender=tender)
    return Result(decision, offers, list(letters))
