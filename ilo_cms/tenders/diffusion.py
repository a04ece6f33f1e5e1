"""Sending a tender, and every act that all invited are told of afterwards (SPEC T4, T6, T13).

Each takes the log's lock, then that of the tender, then asks the database's clock. After the
deposit deadline no deadline moves and nothing asked changes.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.text import capfirst

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.core import french
from ilo_cms.directory.models import Organisation
from ilo_cms.engagements.assignments import change_status
from ilo_cms.engagements.changes import needed
from ilo_cms.engagements.models import AssignmentStatus
from ilo_cms.tenders.calls import (
    CONTENT,
    DAYS,
    DEADLINES,
    changed_words,
    criteria_of,
    write_criteria,
    write_values,
)
from ilo_cms.tenders.changes import add_event, plan_again, raise_revision, to_change
from ilo_cms.tenders.models import EventKind, Invitation, Phase, Tender
from ilo_cms.tenders.notices_calls import CANCELLED, sent, tell_invited
from ilo_cms.tenders.phases import answers_end, moment, phase
from ilo_cms.tenders.policies import can_cancel
from ilo_cms.tenders.recipients import check_draft, choose, reach_of, reached
from ilo_cms.tenders.rules import Weighted, check_deadlines, publication_faults


#: While a tender asks for something, and may still be changed.
RUNNING = {Phase.PARTICIPATION, Phase.DEPOSIT}
#: When there is still something to cancel.
CANCELLABLE = {Phase.PREPARATION, *RUNNING, Phase.OPENING, Phase.SELECTION}
#: What an amendment may change. The title names the tender in what was sent: it stays.
AMENDABLE = [name for name in CONTENT if name != "title"]
#: Offers made before such a change would lack something, whatever an officer says of it.
ALWAYS_REQUIREMENTS = {"required_types", "criteria"}


@logged
def publish(*, tender: Tender, seen: int, acting_user: User) -> Tender:
    """Send a tender to everyone chosen: every current contact of each organisation (SPEC T4).

    Raises PermissionDenied, ValidationError with all that is missing, or coded "changed".
    """
    row, now = to_change(tender, seen, acting_user)
    check_draft(row)
    if faults := [*publication_faults(row, now), *recipient_faults(row)]:
        raise ValidationError(faults)
    row.published_at = now
    raise_revision(row, "published_at")
    send(row.invitations.all(), now)
    add_event(row, EventKind.PUBLISHED, at=now, by=acting_user)
    assignment = row.assignment
    if assignment and assignment.status == AssignmentStatus.PLANNED:
        change_status(assignment=assignment, transition="tender", acting_user=acting_user)
    places = sent(row)
    told = tell_invited("tender.invited", row, places)
    log_act("tender.published", row, acting_user, recipients=names(places), people=told)
    return row


def send(places: QuerySet[Invitation], now: datetime) -> None:
    """Mark places as sent, and fix there who offers: each cooperator of a CAE, or all together.

    A record that changes its nature later neither adds an offer to this tender nor takes one (T8).
    """
    said = Organisation.objects.filter(pk=OuterRef("organisation")).values("is_cae")
    places.order_by().update(invited_at=now, by_cooperator=Subquery(said))


def recipient_faults(tender: Tender) -> list[str]:
    """Why a tender cannot be sent to those chosen, a sentence each."""
    rows = reach_of(tender)
    if not rows:
        return ["Choisissez au moins un prestataire."]
    faults = [
        f"{row.organisation} est inactive : retirez-la des destinataires."
        for row in rows
        if not row.organisation.is_active
    ]
    if not any(row.people for row in rows):
        faults.append("Aucun contact des structures choisies n’a accès à l’extranet.")
    return faults


def names(invitations: Iterable[Invitation]) -> list[str]:
    """The organisations of some places, for the log."""
    return [str(row.organisation) for row in invitations]


def log_act(action: str, tender: Tender, acting_user: User, **words: Any) -> None:
    """Say an act in the log."""
    record(
        action,
        actor=acting_user,
        target=tender,
        organisation=tender.engagement.beneficiary,
        **words,
    )


def check_running(tender: Tender, now: datetime, allowed: Iterable[Phase] = RUNNING) -> Phase:
    """The phase of a tender. Raises ValidationError unless it is one of those allowed."""
    now_in = phase(tender, now)
    if now_in in allowed:
        return now_in
    sentences = {
        Phase.PREPARATION: "Cette mise en concurrence n’est pas encore diffusée.",
        Phase.CANCELLED: "Cette mise en concurrence est annulée.",
        Phase.PARTICIPATION: "Les réponses de participation sont encore attendues.",
        Phase.DEPOSIT: "Les réponses de participation sont closes.",
        Phase.OPENING: "Le dépôt des offres est terminé : plus rien ne peut être modifié.",
        Phase.SELECTION: "Les offres sont ouvertes : plus rien ne peut être modifié.",
        Phase.SIGNATURE: "La décision est prise.",
        Phase.UNSUCCESSFUL: "La décision est prise.",
    }
    raise ValidationError(sentences[now_in], code="phase")


@logged
def invite_more(
    *,
    tender: Tender,
    organisations: Iterable[Organisation],
    because: Mapping[UUID, str],
    seen: int,
    acting_user: User,
) -> list[Invitation]:
    """Send a tender to more organisations, while one may still accept; all invited are told.

    Those invited before read how many joined, not who. Raises PermissionDenied, ValidationError.
    """
    row, now = to_change(tender, seen, acting_user)
    check_running(row, now, {Phase.PARTICIPATION})
    earlier = sent(row)
    made = choose(row, organisations, because, acting_user)
    if not made:
        raise ValidationError("Choisissez au moins un prestataire qui n’est pas déjà sollicité.")
    if not any(each.people for each in reached(place.organisation for place in made)):
        raise ValidationError("Aucun contact de ces structures n’a accès à l’extranet.")
    send(Invitation.objects.filter(pk__in=[each.pk for each in made]), now)
    raise_revision(row)
    count = len(made)
    text = f"{count} structure{'s' if count > 1 else ''} de plus"
    add_event(row, EventKind.INVITED, at=now, by=acting_user, text=text)
    told = tell_invited("tender.invited", row, made)
    tell_invited("tender.others_invited", row, earlier, count=text)
    log_act("tender.invited_more", row, acting_user, recipients=names(made), people=told)
    return made


@logged
def amend(
    *,
    tender: Tender,
    values: dict[str, Any],
    message: str,
    is_requirement: bool,
    seen: int,
    acting_user: User,
    criteria: Iterable[Weighted] | None = None,
) -> Tender:
    """Change what a sent tender says, with a message to all invited (SPEC T4).

    A change of requirements makes offers deposited before it wait for a confirmation; that of the
    criteria or of the documents required always is one. Asking for confirmation changes something
    too, after a new file of the call for instance. Raises PermissionDenied, ValidationError.
    """
    row, now = to_change(tender, seen, acting_user)
    check_running(row, now)
    message = needed(message, "Expliquez ce qui change : tous les sollicités le liront.", "message")
    if unknown := values.keys() - set(AMENDABLE):
        raise TypeError(f"Not to be amended: {sorted(unknown)}")
    changed = changed_words(row, write_values(row, values, now))
    if criteria is not None and (rows := list(criteria)) != criteria_of(row):
        was = [str(line) for line in row.criteria.all()]
        write_criteria(row, rows)
        changed["criteria"] = (was, [str(line) for line in row.criteria.all()])
    if not changed and not is_requirement:
        raise ValidationError(
            "Rien n’a changé : modifiez la demande, ou cochez que le cahier des charges change."
        )
    if faults := publication_faults(row, now=row.published_at or now):
        raise ValidationError(faults)
    is_requirement = is_requirement or not ALWAYS_REQUIREMENTS.isdisjoint(changed)
    row.requirements += is_requirement
    raise_revision(row, "requirements")
    text = amendment_text(row, changed, message)
    add_event(row, EventKind.AMENDED, at=now, by=acting_user, text=text)
    rest = CONFIRM if is_requirement else ""
    tell_invited("tender.amended", row, sent(row), message=text, consequence=rest)
    log_act(
        "tender.amended",
        row,
        acting_user,
        message=message,
        before={name: pair[0] for name, pair in changed.items()},
        after={name: pair[1] for name, pair in changed.items()},
        requirements=row.requirements,
    )
    return row


CONFIRM = (
    "Le cahier des charges a changé : une offre déjà déposée doit être confirmée, ou déposée à "
    "nouveau, avant la date limite de dépôt."
)
LABELS = {"criteria": "critères"}


def amendment_text(tender: Tender, changed: Iterable[str], message: str) -> str:
    """The officer's message, and which parts changed."""
    hidden = set() if tender.is_budget_shown else {"budget", "is_budget_shown"}
    labels = [
        LABELS.get(name) or str(tender._meta.get_field(name).verbose_name)
        for name in changed
        if name not in hidden
    ]
    return f"{message}\nCe qui change : {', '.join(labels)}." if labels else message


@logged
def move_deadlines(
    *,
    tender: Tender,
    deadlines: Mapping[str, date | None],
    message: str,
    seen: int,
    acting_user: User,
) -> Tender:
    """Move deadlines of a sent tender, later or sooner, never into the past; all invited are told.

    `deadlines` are some of DEADLINES, and of DAYS, which have to follow. The deadline of answers
    moves only while answers are awaited, the others until deposits end. Raises PermissionDenied,
    ValidationError by field.
    """
    row, now = to_change(tender, seen, acting_user)
    now_in = check_running(row, now)
    if unknown := deadlines.keys() - {*DEADLINES, *DAYS}:
        raise TypeError(f"Not a deadline: {sorted(unknown)}")
    message = needed(message, "Dites pourquoi : tous les sollicités le liront.", "message")
    before = {name: getattr(row, name) for name in deadlines}
    new = [name for name in deadlines if deadlines[name] != before[name]]
    if not new:
        raise ValidationError("Aucune échéance ne change.")
    check_movable(new, deadlines, now_in)
    for name in new:
        setattr(row, name, deadlines[name])
    check_deadlines(row, now, [name for name in new if name in DEADLINES])
    row.full_clean()
    raise_revision(row, *new)
    lines = [deadline_line(row, name, deadlines[name]) for name in new]
    text = "\n".join([message, *lines])
    add_event(row, EventKind.DEADLINES_MOVED, at=now, by=acting_user, text=text)
    tell_invited("tender.deadlines_moved", row, sent(row), message=text)
    log_act(
        "tender.deadlines_moved",
        row,
        acting_user,
        message=message,
        before={name: before[name] for name in new},
        after={name: deadlines[name] for name in new},
    )
    return row


def check_movable(new: list[str], deadlines: Mapping[str, Any], now_in: Phase) -> None:
    """Raise ValidationError by field when a deadline moves no more, or would go missing."""
    if "participation_deadline" in new and now_in != Phase.PARTICIPATION:
        sentence = "Les réponses de participation sont closes : cette échéance ne bouge plus."
        raise ValidationError({"participation_deadline": sentence})
    for name in ("participation_deadline", "deposit_deadline"):
        if name in new and deadlines[name] is None:
            raise ValidationError({name: "Cette échéance est nécessaire."})


def deadline_line(tender: Tender, name: str, value: date | None) -> str:
    """A new deadline, or day, in words."""
    label = capfirst(str(tender._meta.get_field(name).verbose_name))
    if name in DAYS:
        return f"{label} : {french.date(value, 'j F Y') if value else 'sans date'}"
    return f"{label} : {moment(value) if value else 'comme le dépôt des offres'}"


@logged
def end_participation(*, tender: Tender, seen: int, acting_user: User) -> Tender:
    """End the answers early, once all have answered; deposits begin at once (SPEC T6).

    Raises PermissionDenied, ValidationError while an answer is missing.
    """
    row, now = to_change(tender, seen, acting_user)
    check_running(row, now, {Phase.PARTICIPATION})
    if silent := names(awaited(row)):
        raise ValidationError(f"Réponse encore attendue : {', '.join(silent)}.")
    expected = moment(answers_end(row))
    # Both, so that deposits may then be asked for sooner than answers once were.
    row.participation_ended_at = row.participation_deadline = now
    raise_revision(row, "participation_ended_at", "participation_deadline")
    text = f"Elles étaient attendues jusqu’au {expected}."
    add_event(row, EventKind.PARTICIPATION_ENDED, at=now, by=acting_user, text=text)
    tell_invited("tender.participation_ended", row, sent(row))
    log_act("tender.participation_ended", row, acting_user, expected=expected)
    return row


def awaited(tender: Tender) -> list[Invitation]:
    """The places whose organisation has not answered and still could."""
    rows = tender.invitations.unanswered().exclude(invited_at=None)
    return list(rows.filter(organisation__is_active=True).select_related("organisation"))


@logged
def cancel_tender(*, tender: Tender, reason: str, seen: int, acting_user: User) -> Tender:
    """End a tender without result, with a reason that all invited read (SPEC T13).

    Before it was sent nobody is told. Raises PermissionDenied, ValidationError after the decision.
    """
    row, now = to_change(tender, seen, acting_user)
    can_cancel(acting_user, row).enforce()
    now_in = check_running(row, now, CANCELLABLE)
    reason = needed(reason, "Dites pourquoi la mise en concurrence est annulée.")
    row.cancelled_at, row.cancel_reason = now, reason
    raise_revision(row, "cancelled_at", "cancel_reason")
    add_event(row, EventKind.CANCELLED, at=now, by=acting_user, text=reason)
    if now_in != Phase.PREPARATION and row.deposit_deadline:
        tell_invited(CANCELLED, row, sent(row), reason=reason)
    log_act("tender.cancelled", row, acting_user, reason=reason)
    plan_again(row, reason, acting_user)
    return row
