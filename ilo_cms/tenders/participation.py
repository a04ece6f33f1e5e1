"""What the invited say: whether they take part, who takes it on, their questions (SPEC T5, T10).

Every act is of a contact of the organisation, never of the support in their place (SPEC A12).
"""

from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError

from ilo_cms.audit.services import logged, record
from ilo_cms.core.policies import Decision
from ilo_cms.directory.models import Contact
from ilo_cms.directory.policies import can_commit_as
from ilo_cms.documents.services import as_it_is_now
from ilo_cms.engagements.changes import needed
from ilo_cms.notifications.services import notify
from ilo_cms.tenders.changes import PHASE, locked_tender
from ilo_cms.tenders.models import Invitation, Participation, Phase, Question, Tender
from ilo_cms.tenders.notices_calls import following, officer_path
from ilo_cms.tenders.phases import can_answer_participation, can_ask, phase


#: While a tender goes on for those who take part.
ALIVE = {Phase.PARTICIPATION, Phase.DEPOSIT}


def locked_place(tender: Tender, acting_as: Contact) -> tuple[Invitation, Contact, datetime]:
    """An organisation's place under the tender's lock, the contact as they are now, the moment.

    Raises PermissionDenied to who may not act for an invited organisation.
    """
    row, now = locked_tender(tender, PHASE)
    contact = as_it_is_now(acting_as)
    can_commit_as(contact).enforce()
    mine = row.invitations.filter(organisation=contact.organisation, invited_at__isnull=False)
    place = mine.order_by().first()
    if place is None or row.published_at is None:
        raise PermissionDenied("Votre structure n’est pas sollicitée.")
    place.organisation = contact.organisation
    return place, contact, now


def check(decision: Decision) -> None:
    """Raise ValidationError with the reason of what is not possible now, coded "closed"."""
    if not decision:
        raise ValidationError(decision.reason, code="closed")


@logged
def answer_invitation(
    *, invitation: Invitation, accepted: bool, reason: str = "", acting_as: Contact
) -> Invitation:
    """Accept or decline, or change one's mind, until the participation deadline (SPEC T5).

    Declining needs a reason. The same answer again changes nothing. The officer is told. Raises
    PermissionDenied, ValidationError: coded "closed" when it is too late, by field without reason.
    """
    place, contact, now = locked_place(invitation.tender, acting_as)
    check(can_answer_participation(place, now))
    if not accepted:
        reason = needed(reason, "Dites pourquoi votre structure ne participe pas.")
    said = Participation.ACCEPTED if accepted else Participation.DECLINED
    kept = "" if accepted else reason.strip()
    if (place.participation, place.decline_reason) == (said, kept):
        return place
    before = place.get_participation_display()
    place.participation, place.decline_reason = said, kept
    place.answered_at, place.answered_by = now, contact
    place.save(update_fields=["participation", "decline_reason", "answered_at", "answered_by"])
    record(
        "tender.answered",
        actor=contact.user,
        target=place.tender,
        organisation=place.organisation,
        before={"participation": before},
        after={"participation": place.get_participation_display()},
        reason=kept,
    )
    tell_officer("tender.answered", place, answer=place.get_participation_display().lower())
    return place


@logged
def take_on(*, invitation: Invitation, acting_as: Contact) -> Invitation:
    """Say "Je m’en occupe": colleagues read who does (SPEC T5). A colleague may take it over.

    Raises PermissionDenied, ValidationError once the tender asks for nothing any more.
    """
    place, contact, now = locked_place(invitation.tender, acting_as)
    if phase(place.tender, now) not in ALIVE:
        raise ValidationError("Cette mise en concurrence n’attend plus rien de vous.")
    if place.taken_by_id == contact.pk:
        return place
    before = str(place.taken_by.user) if place.taken_by else ""
    place.taken_by, place.taken_at = contact, now
    place.save(update_fields=["taken_by", "taken_at"])
    record(
        "tender.taken_on",
        actor=contact.user,
        target=place.tender,
        organisation=place.organisation,
        before={"taken_by": before},
        after={"taken_by": str(contact.user)},
    )
    return place


@logged
def ask_question(*, tender: Tender, text: str, acting_as: Contact) -> Question:
    """Ask the officer something; the answer will go to all invited, the asker unnamed (T10).

    The same text again, unanswered, asks once. Raises PermissionDenied, ValidationError: coded
    "closed" when questions are over, by field when the text is empty or too long.
    """
    place, contact, now = locked_place(tender, acting_as)
    check(can_ask(place.tender, now))
    text = needed(text, "Écrivez votre question.", "text")
    known = Question.objects.filter(invitation=place, text=text, answered_at=None).first()
    if known:
        return known
    question = Question(
        tender=place.tender, invitation=place, asked_by=contact, text=text, asked_at=now
    )
    question.full_clean(exclude=["tender", "invitation", "asked_by"])
    question.save(force_insert=True)
    record(
        "tender.question_asked",
        actor=contact.user,
        target=place.tender,
        organisation=place.organisation,
        question=text,
    )
    tell_officer("tender.question_asked", place)
    return question


def tell_officer(kind: str, place: Invitation, **words: object) -> None:
    """Tell those of the team who follow what an organisation said."""
    notify(
        kind,
        recipients=following(place.tender),
        organisation_id=None,
        path=officer_path(place.tender),
        about_id=place.tender_id,
        title=place.tender.title,
        organisation=place.organisation,
        **words,
    )
