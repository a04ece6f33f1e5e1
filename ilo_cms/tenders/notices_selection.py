"""What is told of a decision, and the letters that keep it (SPEC T13).

A letter is the text of its mail as it was when the decision was taken: administrators edit it with
the other mail texts.
"""

from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.notifications import conditions
from ilo_cms.notifications.kinds import KINDS
from ilo_cms.notifications.models import Notification
from ilo_cms.notifications.services import notify
from ilo_cms.notifications.texts import words_of
from ilo_cms.tenders.models import Decision as TenderDecision
from ilo_cms.tenders.models import Invitation, Letter, Offer, Outcome, Participation, Tender
from ilo_cms.tenders.notices_calls import is_current_contact, provider_path
from ilo_cms.tenders.notices_offers import authors
from ilo_cms.tenders.recipients import current_contacts


RETAINED, NOT_RETAINED = "tender.retained", "tender.not_retained"
UNSUCCESSFUL, DECIDED = "tender.unsuccessful", "tender.decided"
KINDS_OF_DECISION = (RETAINED, NOT_RETAINED, UNSUCCESSFUL, DECIDED)


def tell_decision(tender: Tender, decision: TenderDecision) -> None:
    """Write to each author their letter, and tell those who took part without an offer."""
    offers = Offer.objects.standing().filter(invitation__tender=tender)
    rows = list(offers.select_related("invitation__organisation", "cooperator__user", "rejection"))
    for offer in rows:
        write_to(offer, tender, decision)
    with_offer = {offer.invitation_id for offer in rows}
    others = tender.invitations.filter(participation=Participation.ACCEPTED)
    for place in others.exclude(pk__in=with_offer).select_related("organisation"):
        tell_place(place, tender, decision)


def write_to(offer: Offer, tender: Tender, decision: TenderDecision) -> None:
    """One author's letter, and its notice and mail."""
    is_retained = decision.offer_id == offer.pk
    kind = RETAINED if is_retained else NOT_RETAINED
    if decision.outcome == Outcome.UNSUCCESSFUL:
        kind = UNSUCCESSFUL
    words = words_for(tender, decision, offer.invitation)
    words["organisation"] = offer.full_author
    words["reason"] = "" if is_retained else offer.rejection.reason
    place = offer.invitation
    subject, body = words_of(KINDS[kind], words)
    Letter.objects.create(
        invitation=place,
        offer=offer,
        organisation=place.organisation,
        subject=subject,
        body=body,
        written_at=decision.decided_at,
    )
    notify(
        kind,
        recipients=[contact.user for contact in authors(offer)],
        organisation_id=place.organisation_id,
        path=provider_path(tender),
        about_id=place.pk,
        **words,
    )


def tell_place(place: Invitation, tender: Tender, decision: TenderDecision) -> None:
    """Tell an organisation that took part, and has no offer, how it ended."""
    contacts = current_contacts([place.organisation_id]).get(place.organisation_id, [])
    notify(
        DECIDED,
        recipients=[contact.user for contact in contacts],
        organisation_id=place.organisation_id,
        path=provider_path(tender),
        about_id=place.pk,
        **words_for(tender, decision, place),
    )


def words_for(tender: Tender, decision: TenderDecision, place: Invitation) -> dict[str, str]:
    """The merge fields of every kind."""
    return {
        "title": tender.title,
        "beneficiary": str(tender.engagement.beneficiary),
        "operator": str(tender.engagement.operator),
        "officer": str(tender.officer.user),
        "organisation": str(place.organisation),
        "outcome": decision.get_outcome_display().lower(),
        "comment": decision.comment,
    }


def still_theirs(notice: Notification) -> Decision:
    """A decision is told to who still belongs to the organisation."""
    return ALLOWED if is_current_contact(notice) else refused("La personne a quitté la structure.")


def register() -> None:
    """Have the mails of our kinds checked when they leave."""
    conditions.register(still_theirs, *KINDS_OF_DECISION)
