"""Where an invited organisation stands in a tender, and what a contact may do now (SPEC T1–T7, E5).

Pages ask here. The moment comes from the database (`core.clock`): what a page says is possible is
what the services would let in at that second.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.db.models import Q, prefetch_related_objects

from ilo_cms.core import french
from ilo_cms.directory.models import Contact
from ilo_cms.directory.policies import can_write_as
from ilo_cms.engagements.models import AssignmentStatus
from ilo_cms.engagements.models.access import happened_by_then
from ilo_cms.tenders.deposits import draft_differs, fetch_drafts, required_since
from ilo_cms.tenders.models import (
    Channel,
    Deposit,
    DepositKind,
    Invitation,
    Offer,
    Participation,
    Phase,
    Tender,
)
from ilo_cms.tenders.participation import ALIVE
from ilo_cms.tenders.phases import STEPS, answers_end, deposits_end, moment, phase, related


ANSWER_BADGES = {Participation.ACCEPTED: "good", Participation.DECLINED: ""}


@dataclass(frozen=True)
class Todo:
    """What a person must do now, until when."""

    title: str
    badge: str
    until: datetime


@dataclass(frozen=True)
class Place:
    """One place in a tender as one contact of its organisation sees it at a moment."""

    invitation: Invitation
    contact: Contact
    now: datetime
    offer: Offer | None = None

    @cached_property
    def last(self) -> Deposit | None:
        """The latest act on this author's offer. Who deposits reads it under the lock, not here.

        Of what an officer entered only what stands counts: the rest may be somebody else's (T11).
        """
        acts = list(self.offer.deposits.all()) if self.offer else []
        if acts and acts[-1].kind == DepositKind.WITHDRAWN:
            acts = [each for each in acts if each.channel == Channel.PLATFORM]
        return acts[-1] if acts else None

    @property
    def tender(self) -> Tender:
        """The call."""
        return self.invitation.tender

    @property
    def phase(self) -> Phase:
        """Where the call stands."""
        return phase(self.tender, self.now)

    @property
    def has_accepted(self) -> bool:
        """Whether the organisation takes part."""
        return self.invitation.participation == Participation.ACCEPTED

    @property
    def answer_badge(self) -> str:
        """The colour of the answer."""
        return ANSWER_BADGES.get(self.invitation.participation, "wait")

    @property
    def stands(self) -> bool:
        """Whether this author's offer is deposited."""
        return self.last is not None and self.last.kind != DepositKind.WITHDRAWN

    @property
    def must_confirm(self) -> bool:
        """Whether what is asked changed since the deposit (SPEC T4)."""
        return bool(self.stands and self.last.requirements != self.tender.requirements)

    @cached_property
    def has_changes(self) -> bool:
        """Whether the draft says something else than what is deposited."""
        return bool(self.stands and self.can_prepare) and draft_differs(self.offer, self.last)

    @cached_property
    def required_since(self) -> list[str]:
        """Documents without which the deposit is confirmed no more."""
        return required_since(self.tender, self.last) if self.must_confirm else []

    @property
    def is_retained(self) -> bool:
        """Whether this author's offer is the one that was retained."""
        decision = related(self.tender, "decision")
        return bool(self.offer and decision and decision.offer_id == self.offer.pk)

    @property
    def taken_name(self) -> str:
        """Who said "Je m’en occupe", if anybody."""
        taken = self.invitation.taken_by
        return str(taken.user) if taken else ""

    @property
    def can_take_on(self) -> bool:
        """Whether somebody may still say that they see to it."""
        return self.phase in ALIVE and self.invitation.taken_by_id != self.contact.pk

    @property
    def can_answer(self) -> bool:
        """Whether accepting or declining is possible now."""
        return self.phase == Phase.PARTICIPATION

    @property
    def can_prepare(self) -> bool:
        """Whether an offer may be prepared now."""
        return self.has_accepted and self.phase in ALIVE

    @property
    def can_act(self) -> bool:
        """Whether an offer may be deposited, confirmed or withdrawn now."""
        return self.has_accepted and self.phase == Phase.DEPOSIT

    @property
    def todo(self) -> Todo | None:
        """What awaits this person; a cooperator is left alone when another took it on (T8)."""
        if not can_write_as(self.contact):
            return None
        if self.can_answer and self.invitation.participation == Participation.NONE:
            return Todo("Répondez à une sollicitation", "à répondre", answers_end(self.tender))
        if not self.can_act:
            return None
        end = deposits_end(self.tender)
        if self.stands:
            return self.todo_again(end)
        taken = self.invitation.taken_by_id
        if self.offer is None and self.invitation.by_cooperator:
            if taken and taken != self.contact.pk:
                return None
        return Todo("Déposez votre offre", "à déposer", end)

    def todo_again(self, end: datetime) -> Todo | None:
        """What the author of a deposited offer must still do (SPEC T4, T7)."""
        if self.required_since:
            return Todo("Complétez votre offre et déposez-la à nouveau", "à compléter", end)
        if self.must_confirm:
            return Todo("Confirmez votre offre", "à confirmer", end)
        if self.has_changes:
            return Todo("Déposez à nouveau l’offre que vous avez modifiée", "modifiée", end)
        return None

    @property
    def sentence(self) -> str:
        """What is possible now and until when, to the second, in one sentence (SPEC T6)."""
        return sentence(self)

    @property
    def is_answer_known(self) -> bool:
        """Whether this person may read the answer: not one given after they left (SPEC A7)."""
        return self.knows(self.invitation.answered_at)

    @property
    def is_taking_known(self) -> bool:
        """The same, of who said "Je m’en occupe"."""
        return self.knows(self.invitation.taken_at)

    def knows(self, at: datetime | None) -> bool:
        """Whether what happened at a moment, or not yet, is this person's to read."""
        if at is None:
            return not self.contact.is_former
        return happened_by_then(self.contact, at)


def sentence(place: Place) -> str:
    """What is possible now and until when, in one sentence; to who has left, that they have."""
    if left := place.contact.ended_on:
        day = french.date(left, "j F Y")
        return f"Vous avez quitté votre structure le {day} : cette page s’arrête à ce jour."
    tender, now_in = place.tender, place.phase
    if now_in in ALIVE and not place.invitation.organisation.is_active:
        return "Votre structure est inactive : elle ne peut ni répondre, ni déposer d’offre."
    if now_in == Phase.PARTICIPATION:
        return while_answers(place)
    if now_in == Phase.DEPOSIT:
        return while_deposits(place)
    if now_in == Phase.OPENING:
        closed = moment(deposits_end(tender))
        return f"Le dépôt a fermé le {closed} : les offres attendent d’être ouvertes ensemble."
    if now_in == Phase.SELECTION:
        day = tender.decision_on
        when = f", prévue le {french.date(day, 'j F Y')}" if day else ""
        return f"Les offres sont ouvertes : vous serez prévenu·e de la décision{when}."
    if place.is_retained:
        return "Votre offre est retenue : la convention est en cours de signature."
    return {
        Phase.SIGNATURE: "La décision est prise : une offre est retenue.",
        Phase.UNSUCCESSFUL: "La mise en concurrence est infructueuse : aucune offre n’est retenue.",
        Phase.CANCELLED: f"La mise en concurrence est annulée : {tender.cancel_reason}",
    }.get(now_in, "")


def while_answers(place: Place) -> str:
    """What is possible while answers are awaited."""
    answers = moment(answers_end(place.tender))
    deposits = moment(deposits_end(place.tender))
    if place.has_accepted:
        return (
            "Votre structure participe : préparez votre offre dès maintenant, vous pourrez la "
            f"déposer à partir du {answers} et jusqu’au {deposits}."
        )
    if place.invitation.participation == Participation.DECLINED:
        return f"Votre structure a décliné : vous pouvez changer d’avis jusqu’au {answers}."
    return (
        f"Vous pouvez accepter ou décliner jusqu’au {answers} ; si vous acceptez, vous déposerez "
        f"votre offre ensuite, jusqu’au {deposits}."
    )


def while_deposits(place: Place) -> str:
    """What is possible while offers are deposited."""
    deposits = moment(deposits_end(place.tender))
    if not place.has_accepted:
        answers = moment(answers_end(place.tender))
        said = "a décliné" if place.invitation.participation else "n’a pas répondu"
        return (
            f"Votre structure {said} et ne peut plus déposer d’offre : les réponses de "
            f"participation étaient attendues jusqu’au {answers}."
        )
    if place.required_since:
        return (
            "Le cahier des charges a changé depuis votre dépôt et exige un document que votre "
            f"offre n’a pas : joignez-le et déposez-la à nouveau jusqu’au {deposits}."
        )
    if place.must_confirm:
        return (
            "Le cahier des charges a changé depuis votre dépôt : confirmez votre offre, ou "
            f"déposez-la à nouveau, jusqu’au {deposits}."
        )
    if place.stands:
        return (
            "Votre offre est déposée : vous pouvez la modifier, la déposer à nouveau ou la retirer "
            f"jusqu’au {deposits}."
        )
    if place.last:
        return f"Votre offre est retirée : vous pouvez la déposer à nouveau jusqu’au {deposits}."
    return f"Vous pouvez déposer votre offre jusqu’au {deposits}."


def steps_of(contact: Contact, tender: Tender, now: datetime) -> list[dict[str, str]]:
    """The line of steps of a call, with its deadlines; one that ended early stops there.

    To who has left there is none: it would tell what happened since (SPEC A7).
    """
    if contact.is_former:
        return []
    now_in = phase(tender, now)
    current = current_step(tender, now, now_in)
    ends = ["", tender.participation_deadline, tender.deposit_deadline, "", ""]
    lines = []
    for number, ((label, _), end) in enumerate(zip(STEPS, ends, strict=True)):
        state = "done" if number < current else "now" if number == current else "todo"
        if now_in in {Phase.CANCELLED, Phase.UNSUCCESSFUL} and state == "now":
            state = "todo"
        detail = f"jusqu’au {moment(end)}" if end else ""
        lines.append({"label": label, "state": state, "detail": detail})
    return lines


def current_step(tender: Tender, now: datetime, now_in: Phase) -> int:
    """The number of the step at which a call is, or at which it ended."""
    if now_in == Phase.UNSUCCESSFUL:
        return 4
    if now_in == Phase.CANCELLED:
        ended = tender.cancelled_at or now
        if related(tender, "opening"):
            return 3
        passed = [tender.participation_deadline, tender.deposit_deadline]
        return 1 + sum(end is not None and end <= ended for end in passed)
    return next(number for number, (_, phases) in enumerate(STEPS) if now_in in phases)


def invitations_of(contact: Contact, now: datetime):
    """The places of a contact's organisation, the most urgent first, with what a page says."""
    rows = Invitation.objects.known_to(contact).select_related(
        "organisation",
        "taken_by__user",
        "answered_by__user",
        "tender__engagement__beneficiary",
        "tender__engagement__operator",
        "tender__officer__user",
        "tender__opening",
        "tender__decision",
    )
    return rows.most_urgent_first(now)


def place_at(contact: Contact, tender: UUID, now: datetime) -> Place | None:
    """The place of a contact's organisation in one call, with what acts ask; None if it has none.

    Not all that a page says: uploads and deposits come here, in a rush.
    """
    rows = Invitation.objects.known_to(contact).filter(tender=tender).order_by()
    row = rows.select_related("tender__opening", "tender__decision").first()
    if row is None:
        return None
    row.organisation = contact.organisation
    offer = row.offers.authored_by(contact).order_by().first()
    return place_with(contact, row, offer, now)


def places_of(contact: Contact, invitations: Iterable[Invitation], now: datetime) -> list[Place]:
    """Some invitations as places, with the contact's own offers; a constant number of queries."""
    rows = list(invitations)
    offers = Offer.objects.authored_by(contact).filter(invitation__in=[row.pk for row in rows])
    by_invitation = {offer.invitation_id: offer for offer in offers.prefetch_related("deposits")}
    places = [place_with(contact, row, by_invitation.get(row.pk), now) for row in rows]
    fetch_what_deposits_lack([place for place in places if place.stands and place.can_prepare])
    return places


def fetch_what_deposits_lack(places: list[Place]) -> None:
    """Read at once what `has_changes` and `required_since` compare in these places."""
    fetch_drafts([place.offer for place in places if place.offer])
    behind = [place for place in places if place.must_confirm]
    prefetch_related_objects([place.tender for place in behind], "required_types")
    prefetch_related_objects([place.last for place in behind if place.last], "documents")


def place_with(contact: Contact, row: Invitation, offer: Offer | None, now: datetime) -> Place:
    """One place with its offer."""
    if offer:
        offer.invitation = row  # with all that was fetched with it
    return Place(row, contact, now, offer)


def running_places(contact: Contact, now: datetime, most: int = 20) -> list[Place]:
    """The places on the home page (SPEC C6, E5): of calls that run, and of retained offers."""
    signing = Q(
        tender__decision__offer__in=Offer.objects.authored_by(contact).order_by().values("pk"),
        tender__decision__assignment__status=AssignmentStatus.TENDERED,  # until it is signed
    )
    going_on = Q(tender__decision__isnull=True) | signing
    rows = invitations_of(contact, now).filter(going_on, tender__cancelled_at=None)
    return places_of(contact, rows[:most], now)
