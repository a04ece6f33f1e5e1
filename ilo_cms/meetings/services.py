"""Proposing a meeting, answering, fixing, moving and cancelling it: each logged and told (SPEC E8).

Officers say which revision of the meeting they saw (`seen`): when a colleague was faster, the
second is told what happened, and nothing changes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged
from ilo_cms.audit.services import record as log
from ilo_cms.directory.models import Contact, Officer
from ilo_cms.directory.policies import active_officer
from ilo_cms.engagements.changes import check_new
from ilo_cms.meetings.models import Act, Answer, Meeting, Participant, Slot
from ilo_cms.meetings.notices import tell_organiser, tell_participants
from ilo_cms.meetings.people import invitable_contacts, invitable_officers
from ilo_cms.meetings.policies import can_answer, can_manage, can_propose


#: More dates than this are no proposal but a poll that nobody reads.
MAXIMUM_SLOTS = 10


@dataclass(frozen=True)
class Moment:
    """When a meeting may take place."""

    starts_at: datetime
    ends_at: datetime

    def check(self) -> None:
        """Raise ValidationError, of both faults if need be, on one past or that ends too early."""
        faults = []
        if self.ends_at <= self.starts_at:
            faults.append("L’heure de fin doit suivre l’heure de début.")
        if self.starts_at <= timezone.now():
            faults.append("Cette date est passée : choisissez-en une à venir.")
        if faults:
            raise ValidationError(faults)


@logged
def propose(
    *,
    meeting: Meeting,
    moments: Iterable[Moment],
    contacts: Iterable[Contact],
    officers: Iterable[Officer],
    acting_user: User,
) -> Meeting:
    """Store a new meeting with its slots and the people invited, and tell them.

    Its key was made with the form: the same form sent twice proposes once.
    Raises PermissionDenied unless the operator's team acts, ValidationError when a slot is past,
    reversed or given twice, when nobody is invited, or somebody who is not of the engagement.
    """
    can_propose(acting_user, meeting.engagement).enforce()
    organiser = active_officer(acting_user)
    assert organiser is not None  # noqa: S101  the policy has seen to it
    if known := Meeting.objects.filter(pk=meeting.pk, organiser=organiser).first():
        return known
    check_new(meeting.pk, Meeting)
    meeting.organiser, meeting.changed_by = organiser, acting_user
    moments = checked_moments(moments)
    contacts = [*dict.fromkeys(contacts)]
    officers = [officer for officer in dict.fromkeys(officers) if officer != organiser]
    people: list[Contact | Officer] = [*contacts, *officers]
    check_people(meeting, people)
    if meeting.assignment and meeting.assignment.engagement_id != meeting.engagement_id:
        raise ValidationError("Cette prestation est d’un autre accompagnement.")
    meeting.full_clean()
    meeting.save(force_insert=True)
    slots = [Slot(meeting=meeting, starts_at=m.starts_at, ends_at=m.ends_at) for m in moments]
    Slot.objects.bulk_create(slots)
    Participant.objects.bulk_create(
        [Participant(meeting=meeting, contact=contact) for contact in contacts]
        + [Participant(meeting=meeting, officer=officer) for officer in officers]
    )
    log(
        "meeting.proposed",
        actor=acting_user,
        target=meeting,
        organisation=meeting.engagement.beneficiary,
        slots=[str(slot) for slot in slots],
        people=[str(each.user) for each in people],
    )
    tell_participants("meeting.proposed", as_it_is(meeting), acting_user)
    return meeting


def checked_moments(moments: Iterable[Moment]) -> list[Moment]:
    """The moments in their order. Raises ValidationError."""
    found = sorted(moments, key=lambda moment: (moment.starts_at, moment.ends_at))
    if not found:
        raise ValidationError("Proposez au moins un créneau.")
    if len(found) > MAXIMUM_SLOTS:
        raise ValidationError(f"Proposez {MAXIMUM_SLOTS} créneaux au plus.")
    if len(set(found)) < len(found):
        raise ValidationError("Le même créneau est proposé deux fois.")
    for moment in found:
        moment.check()
    return found


def check_people(meeting: Meeting, people: list[Contact | Officer]) -> None:
    """Raise ValidationError unless there is somebody, and each is of the engagement now."""
    if not people:
        raise ValidationError("Invitez au moins une personne.")
    engagement = meeting.engagement
    allowed = {*invitable_contacts(engagement).values_list("pk", flat=True)}
    allowed |= {*invitable_officers(engagement).values_list("pk", flat=True)}
    for each in people:
        if each.pk not in allowed:
            raise ValidationError(
                f"{each.user} ne peut pas être invité·e : cette personne n’est pas, ou n’est plus, "
                "de l’accompagnement."
            )


def locked(meeting: Meeting) -> Meeting:
    """The meeting as it is now, held until the transaction ends."""
    rows = Meeting.objects.select_for_update(of=("self",)).with_people()
    return rows.get(pk=meeting.pk)


def as_it_is(meeting: Meeting) -> Meeting:
    """The meeting read anew with its people and slots."""
    return Meeting.objects.with_people().get(pk=meeting.pk)


@logged
def answer(
    *,
    meeting: Meeting,
    choices: Mapping[Slot, str],
    acting_user: User,
    acting_as: Contact | None = None,
) -> bool:
    """Keep what a person invited says of the slots and tell the organiser; False if no news.

    `acting_as` is the capacity of somebody of the extranet; an officer answers without one.
    Raises PermissionDenied when they were not invited so, or the date is fixed; ValidationError
    when an answer or a slot is unknown.
    """
    meeting = locked(meeting)
    participant = place_of(meeting, acting_user, acting_as)
    if participant is None:
        raise PermissionDenied("Seules les personnes invitées répondent.")
    can_answer(acting_user, acting_as, participant).enforce()
    known = {given.slot_id: given for given in participant.answers.all()}
    slots = {slot.pk for slot in meeting.slots.all()}
    changed = []
    for slot, choice in choices.items():
        if slot.pk not in slots or choice not in Answer.Choice.values:
            raise ValidationError("Cette réponse n’est pas proposée. Rechargez la page.")
        if slot.pk not in known or known[slot.pk].choice != choice:
            changed.append((slot, choice))
    for slot, choice in changed:
        Answer.objects.update_or_create(
            participant=participant,
            slot=slot,
            defaults={"choice": choice, "answered_at": timezone.now()},
        )
    if not changed:
        return False
    log(
        "meeting.answered",
        actor=acting_user,
        target=meeting,
        organisation=participant.organisation,
        answers=[f"{slot} : {Answer.Choice(choice).label.lower()}" for slot, choice in changed],
    )
    tell_organiser(as_it_is(meeting), acting_user)
    return True


def place_of(
    meeting: Meeting, acting_user: User, acting_as: Contact | None = None
) -> Participant | None:
    """The person's own place in a meeting read `with_people`, None if they were not invited."""
    for participant in meeting.participants.all():
        if acting_as is not None and participant.contact_id == acting_as.pk:
            return participant
        if acting_as is None and participant.officer and participant.officer.user == acting_user:
            return participant
    return None


@logged
def confirm(*, meeting: Meeting, slot: Slot, seen: int, acting_user: User) -> Meeting:
    """Fix the date: one of the slots proposed. Everyone is told, with a calendar invitation.

    Raises PermissionDenied, or ValidationError when the slot is past or a colleague was faster.
    """
    meeting = to_change(meeting, seen, acting_user)
    if slot.meeting_id != meeting.pk:
        raise ValidationError("Ce créneau est d’un autre rendez-vous.")
    if meeting.chosen:
        raise ValidationError("La date est déjà fixée : déplacez le rendez-vous.")
    Moment(slot.starts_at, slot.ends_at).check()
    return fix(meeting, slot, Act.CONFIRMED, acting_user)


@logged
def move(*, meeting: Meeting, moment: Moment, seen: int, acting_user: User) -> Meeting:
    """Fix another date than those proposed, or than the one fixed. Everyone is told.

    Raises PermissionDenied, or ValidationError when it is past, the same, or a colleague was
    faster.
    """
    meeting = to_change(meeting, seen, acting_user)
    moment.check()
    slot, _ = Slot.objects.get_or_create(
        meeting=meeting, starts_at=moment.starts_at, ends_at=moment.ends_at
    )
    if meeting.chosen == slot:
        raise ValidationError("C’est déjà la date du rendez-vous.")
    return fix(meeting, slot, Act.MOVED if meeting.chosen else Act.CONFIRMED, acting_user)


def fix(meeting: Meeting, slot: Slot, act: Act, acting_user: User) -> Meeting:
    """Keep the date of a locked meeting, log it and tell everyone."""
    before = str(meeting.chosen or "")
    meeting.chosen = slot
    risen(meeting, act, acting_user)
    meeting.save()
    log(
        act.value,
        actor=acting_user,
        target=meeting,
        organisation=meeting.engagement.beneficiary,
        before=before,
        after=str(slot),
    )
    tell_participants(act.value, as_it_is(meeting), acting_user)
    return meeting


def risen(meeting: Meeting, act: Act, acting_user: User) -> None:
    """Note on a locked meeting who does what: calendars see a new revision, colleagues an act."""
    meeting.sequence += 1
    meeting.last_act, meeting.changed_by = act, acting_user


@logged
def cancel(*, meeting: Meeting, reason: str, seen: int, acting_user: User) -> Meeting:
    """Cancel with a reason that everyone reads.

    Raises PermissionDenied, or ValidationError without reason or when a colleague was faster.
    """
    meeting = to_change(meeting, seen, acting_user)
    reason = reason.strip()
    if not reason:
        raise ValidationError("Dites pourquoi le rendez-vous est annulé.")
    meeting.cancelled_at, meeting.cancelled_by = timezone.now(), acting_user
    meeting.cancel_reason = reason
    risen(meeting, Act.CANCELLED, acting_user)
    meeting.full_clean(exclude=["chosen"])
    meeting.save()
    log(
        "meeting.cancelled",
        actor=acting_user,
        target=meeting,
        organisation=meeting.engagement.beneficiary,
        reason=reason,
    )
    tell_participants("meeting.cancelled", as_it_is(meeting), acting_user)
    return meeting


def to_change(meeting: Meeting, seen: int, acting_user: User) -> Meeting:
    """The locked meeting, if this officer may change it and it is still what they saw."""
    meeting = locked(meeting)
    if meeting.sequence != seen:
        raise ValidationError(what_happened(meeting), code="changed")
    can_manage(acting_user, meeting).enforce()
    return meeting


def what_happened(meeting: Meeting) -> str:
    """Who was faster, and what they really did last."""
    act = Act(meeting.last_act)
    verb = f"d’{act.label}" if act.label.startswith("a") else f"de {act.label}"
    who = meeting.changed_by or "Un·e collègue"
    detail = ""
    if act == Act.CANCELLED:
        detail = f" : {meeting.cancel_reason}"
    elif act in {Act.CONFIRMED, Act.MOVED}:
        detail = f" : {meeting.chosen}"
    end = "" if detail.endswith((".", "!", "?")) else "."
    return f"{who} vient {verb} ce rendez-vous{detail}{end} Votre action n’a pas été enregistrée."
