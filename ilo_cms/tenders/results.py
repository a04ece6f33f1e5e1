"""What a participant reads once a tender has ended: decision, own scores, own letter (SPEC T13)."""

from dataclasses import dataclass, field
from decimal import Decimal

from ilo_cms.directory.models import Contact
from ilo_cms.tenders.models import (
    AgreedScore,
    Decision,
    Invitation,
    Letter,
    Offer,
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


def result_for(contact: Contact, tender: Tender) -> Result | None:
    """What this contact may read of the decision; None while there is none, or without having
    taken part.

    Scores are one's own alone: those of others, and who they are, stay with the team.
    """
    decision = related(tender, "decision")
    places = Invitation.objects.known_to(contact).accepted().filter(tender=tender)
    if decision is None or not places.exists():
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
