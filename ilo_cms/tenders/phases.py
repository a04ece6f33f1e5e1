"""Where a tender stands at a moment, and what may be done then (SPEC T1, T5, T6, T9, T10).

Pure rules: they are given the moment, which comes from the database (`core.clock`), never from the
client. A deadline is the first moment at which it is too late.
"""

from datetime import datetime
from typing import cast

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from django.utils import timezone

from ilo_cms.core import french
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.tenders.models import Channel, Invitation, Outcome, Participation, Phase, Tender


#: The five steps of SPEC T1, and the phases in which each is the current one.
STEPS = [
    ("Diffusion", {Phase.PREPARATION}),
    ("Réponses de participation", {Phase.PARTICIPATION}),
    ("Dépôt des offres", {Phase.DEPOSIT}),
    ("Choix du prestataire", {Phase.OPENING, Phase.SELECTION}),
    ("Signature", {Phase.SIGNATURE}),
]


def phase(tender: Tender, now: datetime) -> Phase:
    """Where a tender stands; its `opening` and `decision` are read (select_related them)."""
    if tender.cancelled_at:
        return Phase.CANCELLED
    decision = related(tender, "decision")
    if decision:
        retained = decision.outcome == Outcome.RETAINED
        return Phase.SIGNATURE if retained else Phase.UNSUCCESSFUL
    if tender.published_at is None:
        return Phase.PREPARATION
    if tender.channel != Channel.PLATFORM or related(tender, "opening"):
        return Phase.SELECTION
    if now < answers_end(tender):
        return Phase.PARTICIPATION
    if now < deposits_end(tender):
        return Phase.DEPOSIT
    return Phase.OPENING


def answers_end(tender: Tender) -> datetime:
    """When answers end: the deadline of a published tender, or the officer's early end of it."""
    return tender.participation_ended_at or cast(datetime, tender.participation_deadline)


def deposits_end(tender: Tender) -> datetime:
    """When deposits end. The database holds that a published tender has this deadline."""
    return cast(datetime, tender.deposit_deadline)


def related(row: Model, name: str):
    """The row on the other side of a one-to-one, None when there is none."""
    try:
        return getattr(row, name)
    except ObjectDoesNotExist:
        return None


def moment(value: datetime) -> str:
    """A moment to the second, in Paris, with its zone in words."""
    local = timezone.localtime(value)
    return f"{french.date(local, 'j F Y')} à {local:%H:%M:%S} (heure de Paris, {local:%Z})"


def can_answer_participation(invitation: Invitation, now: datetime) -> Decision:
    """Accepting, declining, changing one's mind: until the participation deadline (T5)."""
    tender = invitation.tender
    if phase(tender, now) == Phase.PARTICIPATION:
        return ALLOWED
    if tender.cancelled_at:
        return refused("Cette mise en concurrence a été annulée.")
    last = moment(answers_end(tender))
    return refused(f"Les réponses de participation étaient attendues jusqu’au {last}.")


def questions_end(tender: Tender) -> datetime:
    """The moment from which it is too late to ask: their deadline, or that of deposits (T10)."""
    return tender.questions_deadline or deposits_end(tender)


def can_ask(tender: Tender, now: datetime) -> Decision:
    """Questions: until their deadline, or that of deposits when there is none (T10)."""
    if phase(tender, now) not in {Phase.PARTICIPATION, Phase.DEPOSIT}:
        return refused("Il n’est plus possible de poser de question.")
    last = questions_end(tender)
    if now < last:
        return ALLOWED
    return refused(f"Les questions étaient possibles jusqu’au {moment(last)}.")


def can_deposit(invitation: Invitation, now: datetime) -> Decision:
    """Depositing, changing, confirming, withdrawing: accepted, after answers end, in time (T6)."""
    tender = invitation.tender
    now_in = phase(tender, now)
    if now_in == Phase.CANCELLED:
        return refused("Cette mise en concurrence a été annulée.")
    if invitation.participation != Participation.ACCEPTED:
        return refused("Votre structure n’a pas accepté de participer.")
    if now_in == Phase.PARTICIPATION:
        return refused(f"Le dépôt ouvre le {moment(answers_end(tender))}.")
    if now_in == Phase.DEPOSIT:
        return ALLOWED
    return refused(f"Le dépôt a fermé le {moment(deposits_end(tender))}.")


def can_open(tender: Tender, now: datetime) -> Decision:
    """Opening: at the deposit deadline, once (T9)."""
    now_in = phase(tender, now)
    if now_in == Phase.OPENING:
        return ALLOWED
    if now_in in {Phase.PARTICIPATION, Phase.DEPOSIT}:
        return refused(f"Les offres sont scellées jusqu’au {moment(deposits_end(tender))}.")
    return refused("Il n’y a pas, ou plus, d’offre à ouvrir.")
