"""Changing what a meeting says, and the dates proposed while none is fixed (SPEC E8).

The date of a meeting that is fixed, and how long it lasts, change by `move`.
"""

from collections.abc import Iterable
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged
from ilo_cms.audit.services import record as log
from ilo_cms.directory.models import Contact
from ilo_cms.engagements.models import Engagement
from ilo_cms.meetings.models import Act, Meeting, Participant, Slot
from ilo_cms.meetings.notices import tell_participants, tell_withdrawn
from ilo_cms.meetings.services import MAXIMUM_SLOTS, Moment, as_it_is, locked, risen, to_change


#: What may be changed, and how a notice names it.
WORDS = {"title": "l’objet", "place": "le lieu ou le lien", "agenda": "l’ordre du jour"}
DATES = "les dates proposées"
PEOPLE = "les personnes invitées"


@logged
def edit(
    *,
    meeting: Meeting,
    values: dict[str, str],
    seen: int,
    acting_user: User,
    added: Iterable[Moment] = (),
    withdrawn: Iterable[Slot] = (),
) -> Meeting:
    """Change some of WORDS, add and withdraw dates proposed; everyone is told, once.

    Answers to a date withdrawn go with it, the others stay. Raises PermissionDenied, or
    ValidationError when nothing changes, a value or a date cannot be, or a colleague was faster.
    """
    meeting = to_change(meeting, seen, acting_user)
    before = {name: getattr(meeting, name) for name in WORDS}
    for name in WORDS.keys() & values.keys():
        setattr(meeting, name, values[name].strip())
    changed = [name for name in WORDS if getattr(meeting, name) != before[name]]
    gone, new = list(withdrawn), list(added)
    if not changed and not gone and not new:
        raise ValidationError("Rien n’a changé : rien n’est envoyé.")
    risen(meeting, Act.EDITED, acting_user)
    meeting.full_clean()
    meeting.save()
    if gone or new:
        change_dates(meeting, gone, new)
    what = [WORDS[name] for name in changed] + ([DATES] if gone or new else [])
    log(
        "meeting.edited",
        actor=acting_user,
        target=meeting,
        organisation=meeting.engagement.beneficiary,
        before={name: before[name] for name in changed},
        after={name: getattr(meeting, name) for name in changed},
        added=[f"Créneau ajouté : {slot_of(meeting, each)}" for each in new],
        withdrawn=[f"Créneau retiré : {slot}" for slot in gone],
    )
    found = as_it_is(meeting)
    tell_participants(
        "meeting.edited", found, acting_user, author=acting_user, what=", ".join(what)
    )
    return found


def change_dates(meeting: Meeting, gone: list[Slot], new: list[Moment]) -> None:
    """Withdraw and add dates of a locked meeting. Raises ValidationError on what cannot be."""
    if meeting.chosen:
        raise ValidationError("La date est fixée : déplacez plutôt le rendez-vous.")
    known = {slot.pk: slot for slot in meeting.slots.all()}
    if any(slot.pk not in known for slot in gone):
        raise ValidationError("Ce créneau est d’un autre rendez-vous.")
    kept = [slot for key, slot in known.items() if key not in {slot.pk for slot in gone}]
    moments = {(slot.starts_at, slot.ends_at) for slot in kept}
    for moment in new:
        moment.check()
        if (moment.starts_at, moment.ends_at) in moments:
            raise ValidationError("Le même créneau est proposé deux fois.")
        moments.add((moment.starts_at, moment.ends_at))
    if not new and not any(not slot.is_past for slot in kept):
        raise ValidationError("Gardez au moins un créneau à venir, ou annulez le rendez-vous.")
    if len(moments) > MAXIMUM_SLOTS:
        raise ValidationError(f"Proposez {MAXIMUM_SLOTS} créneaux au plus.")
    Slot.objects.filter(pk__in=[slot.pk for slot in gone]).delete()
    Slot.objects.bulk_create([slot_of(meeting, each) for each in new])


def parties_changed(engagement: Engagement, changed: set[UUID], acting_user: User) -> None:
    """Have coming meetings follow the organisations that joined or left their engagement."""
    theirs = Participant.objects.filter(
        meeting__engagement=engagement,
        contact__organisation__in=changed,
        contact__ended_on=None,
    )
    people_changed(theirs, acting_user)


def contact_changed(contact: Contact, acting_user: User) -> None:
    """Have coming meetings follow a person who left an organisation that takes part, or is back."""
    people_changed(
        Participant.objects.with_party().filter(contact=contact, is_party=True), acting_user
    )


def people_changed(changed: QuerySet[Participant], acting_user: User) -> None:
    """Have coming meetings follow people invited who are of them no more, or are again.

    Called in the transaction of that change. For calendars it is a new revision: those who stay or
    are back receive the list of people anew, those who left are told once.
    """
    people = {*changed.filter(contact__user__is_active=True).values_list("pk", flat=True)}
    rows = Meeting.objects.coming().filter(participants__in=people)
    for meeting in rows.order_by("pk").distinct():
        follow(meeting, people, acting_user)


def follow(meeting: Meeting, people: set[UUID], acting_user: User) -> None:
    """One meeting of which some of these people invited are again, or are no more."""
    meeting = locked(meeting)
    theirs = [each for each in meeting.participants.all() if each.pk in people]
    left = [each for each in theirs if not each.is_valid]
    risen(meeting, Act.EDITED, acting_user)
    meeting.save()
    log(
        "meeting.edited",
        actor=acting_user,
        target=meeting,
        organisation=meeting.engagement.beneficiary,
        left=[f"Ne participe plus : {each}" for each in left],
        back=[f"Participe de nouveau : {each}" for each in theirs if each.is_valid],
    )
    tell_participants("meeting.edited", meeting, acting_user, author=acting_user, what=PEOPLE)
    tell_withdrawn(meeting, left)


def slot_of(meeting: Meeting, moment: Moment) -> Slot:
    """A new slot of a meeting, not saved."""
    return Slot(meeting=meeting, starts_at=moment.starts_at, ends_at=moment.ends_at)
