"""Who of an invited organisation still has to do what before the next deadline (SPEC T15)."""

from collections.abc import Iterable
from datetime import datetime

from ilo_cms.core.clock import database_now
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.models import Contact
from ilo_cms.notifications.models import Notification
from ilo_cms.tenders.models import DepositKind, Invitation, Offer, Participation, Phase
from ilo_cms.tenders.notices_calls import is_current_contact, place_of
from ilo_cms.tenders.phases import can_ask, phase


#: The kind of notice that reminds of what each phase awaits.
AWAITED = {
    Phase.PARTICIPATION: "tender.answer_awaited",
    Phase.DEPOSIT: "tender.deposit_awaited",
}
QUESTIONS_END = "tender.questions_end"
ANSWER = "Répondez"
DEPOSIT = "Déposez votre offre"
CONFIRM = "Le cahier des charges a changé : confirmez votre offre, ou déposez-la à nouveau,"


def awaited_of(
    invitation: Invitation, now_in: Phase, contacts: Iterable[Contact]
) -> dict[Contact, str]:
    """Which of these contacts of a place still have to act in a phase, and what they have to do."""
    people = list(contacts)
    if now_in == Phase.PARTICIPATION:
        silent = invitation.participation == Participation.NONE
        return dict.fromkeys(people, ANSWER) if silent else {}
    if now_in != Phase.DEPOSIT or invitation.participation != Participation.ACCEPTED:
        return {}
    offers = list(invitation.offers.all())
    if invitation.by_cooperator and offers:
        return of_cooperators(invitation, offers, people)
    what = waited_for(invitation, offers[0] if offers else None)
    return dict.fromkeys(people, what) if what else {}


def of_cooperators(
    invitation: Invitation, offers: list[Offer], people: list[Contact]
) -> dict[Contact, str]:
    """In a CAE where somebody prepares an offer: each for their own, and nobody else (T8)."""
    found = {}
    for offer in offers:
        for contact in people:
            if contact.pk == offer.cooperator_id and (what := waited_for(invitation, offer)):
                found[contact] = what
    return found


def waited_for(invitation: Invitation, offer: Offer | None) -> str:
    """What an author still has to do; empty when the offer stands for what is asked now."""
    last = offer.deposits.order_by("-number").first() if offer else None
    if last is None or last.kind == DepositKind.WITHDRAWN:
        return DEPOSIT
    return "" if last.requirements == invitation.tender.requirements else CONFIRM


def has_yet_to_ask(invitation: Invitation, now: datetime) -> bool:
    """Whether an organisation that takes part, or still may, can ask and has asked nothing."""
    if not can_ask(invitation.tender, now):
        return False
    said = invitation.participation
    silent = said == Participation.NONE and phase(invitation.tender, now) == Phase.PARTICIPATION
    return (silent or said == Participation.ACCEPTED) and not invitation.questions.exists()


def may_still_ask(notice: Notification) -> Decision:
    """Whether a reader told that questions end has yet to ask when the mail leaves."""
    invitation = place_of(notice)
    if invitation is None or not is_current_contact(notice):
        return refused("La personne n’est plus sollicitée.")
    if has_yet_to_ask(invitation, database_now()):
        return ALLOWED
    return refused("La structure a posé sa question, ou les questions sont closes.")


def still_awaited(notice: Notification) -> Decision:
    """Whether a reader who was reminded still has to act when the mail leaves."""
    invitation = place_of(notice)
    if invitation is None or not is_current_contact(notice):
        return refused("La personne n’est plus sollicitée.")
    now_in = phase(invitation.tender, database_now())
    if AWAITED.get(now_in) != notice.kind:
        return refused("L’échéance est passée, ou la mise en concurrence annulée.")
    rows = Contact.objects.current().filter(
        user=notice.recipient, organisation=invitation.organisation_id
    )
    waits = awaited_of(invitation, now_in, rows)
    return ALLOWED if waits else refused("C’est fait.")
