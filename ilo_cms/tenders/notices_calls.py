"""What the call side of a tender tells, to whom, and whether it is still so (SPEC T4, T10, T15)."""

from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.core.clock import database_now
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.absences import deputies_on, is_available, today
from ilo_cms.directory.models import Contact
from ilo_cms.directory.policies import active_officer
from ilo_cms.notifications import conditions
from ilo_cms.notifications.models import Notification
from ilo_cms.notifications.services import notify
from ilo_cms.tenders.models import Invitation, Phase, Tender
from ilo_cms.tenders.phases import answers_end, deposits_end, phase
from ilo_cms.tenders.recipients import current_contacts


#: Kinds that every contact of every invited organisation gets.
TO_INVITED = (
    "tender.invited",
    "tender.amended",
    "tender.deadlines_moved",
    "tender.others_invited",
    "tender.participation_ended",
    "tender.question_answered",
)
CANCELLED = "tender.cancelled"
TO_OPEN, TO_DECIDE, TO_ANSWER = "tender.to_open", "tender.to_decide", "tender.to_answer"
OVER = {Phase.CANCELLED, Phase.SIGNATURE, Phase.UNSUCCESSFUL}


def provider_path(tender: Tender) -> str:
    """The page of a tender in the extranet."""
    return reverse("tender", args=[tender.pk])


def officer_path(tender: Tender) -> str:
    """The page of a tender in the intranet."""
    return reverse("tender_page", args=[tender.pk])


def short(value: datetime | None) -> str:
    """A moment as mails say it, in Paris."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    return f"{local:%d/%m/%Y à %H:%M:%S} (heure de Paris)"


def words(tender: Tender) -> dict[str, object]:
    """The merge fields of every kind."""
    return {
        "title": tender.title,
        "beneficiary": tender.engagement.beneficiary,
        "operator": tender.engagement.operator,
        "officer": tender.officer.user,
        "answers": short(answers_end(tender)),
        "questions": short(tender.questions_deadline),
        "deposits": short(deposits_end(tender)),
    }


def tell_invited(kind: str, tender: Tender, invitations: list[Invitation], **fields: object) -> int:
    """Tell all current contacts of these places, in the name of each; how many people that is."""
    contacts = current_contacts(row.organisation_id for row in invitations)
    told = 0
    for row in invitations:
        people = [contact.user for contact in contacts.get(row.organisation_id, [])]
        notices = notify(
            kind,
            recipients=people,
            organisation_id=row.organisation_id,
            path=provider_path(tender),
            about_id=row.pk,
            organisation=row.organisation,
            **words(tender) | fields,
        )
        told += len(notices)
    return told


def sent(tender: Tender) -> list[Invitation]:
    """The places of a tender to which it was sent."""
    rows = tender.invitations.exclude(invited_at=None).select_related("organisation")
    return list(rows)


def following(tender: Tender) -> list[User]:
    """Who of the team is told: the tender's officer, their deputy while absent, or the team."""
    officer = tender.officer
    if officer.is_in_post:
        if is_available(officer, today()):
            return [officer.user]
        return [deputy.user for deputy in deputies_on(officer, today())] or [officer.user]
    colleagues = type(officer).objects.active().filter(operator=tender.engagement.operator_id)
    return [colleague.user for colleague in colleagues.select_related("user")]


def place_of(notice: Notification) -> Invitation | None:
    """The place in a tender that a notice tells of."""
    rows = Invitation.objects.select_related("tender__opening", "tender__decision")
    return rows.filter(pk=notice.about_id).first()


def is_current_contact(notice: Notification) -> bool:
    """Whether the reader still belongs to the organisation that was told."""
    return Contact.objects.filter(
        user=notice.recipient,
        organisation=notice.organisation_id,
        ended_on=None,
        has_access=True,
    ).exists()


def still_invited(notice: Notification) -> Decision:
    """The tender goes on, and the reader still belongs to an organisation that was sent it."""
    invitation = place_of(notice)
    if invitation is None or not is_current_contact(notice):
        return refused("La personne n’est plus sollicitée.")
    if phase(invitation.tender, database_now()) in OVER:
        return refused("La mise en concurrence est terminée : un autre message le dit.")
    return ALLOWED


def cancellation_matters(notice: Notification) -> Decision:
    """A cancellation is told to who still belongs to the organisation."""
    return ALLOWED if is_current_contact(notice) else refused("La personne a quitté la structure.")


def act_still_waits(notice: Notification) -> Decision:
    """An officer is reminded while nobody has done it."""
    rows = Tender.objects.select_related("opening", "decision", "engagement")
    now = database_now()
    if notice.kind == TO_ANSWER:
        rows = rows.with_open_question(now)
    tender = rows.filter(pk=notice.about_id).first()
    waits = {
        TO_ANSWER: {Phase.PARTICIPATION, Phase.DEPOSIT},
        TO_OPEN: {Phase.OPENING},
        TO_DECIDE: {Phase.OPENING, Phase.SELECTION},
    }
    if tender is None or phase(tender, now) not in waits[notice.kind]:
        return refused("C’est fait, ou annulé.")
    officer = active_officer(notice.recipient)
    if officer is None or officer.operator_id != tender.engagement.operator_id:
        return refused("La personne a quitté l’équipe.")
    return ALLOWED


def register() -> None:
    """Have the mails of our kinds checked when they leave."""
    conditions.register(still_invited, *TO_INVITED)
    conditions.register(cancellation_matters, CANCELLED)
    conditions.register(act_still_waits, TO_OPEN, TO_DECIDE, TO_ANSWER)
