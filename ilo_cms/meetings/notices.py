"""What people are told of a meeting, whether it is still so when the mail leaves, and its .ics."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.meetings.ics import invitation_of, withdrawal_of
from ilo_cms.meetings.models import Meeting, Participant, State
from ilo_cms.notifications.attachments import Part
from ilo_cms.notifications.conditions import rows_about
from ilo_cms.notifications.models import Notification
from ilo_cms.notifications.services import notify


#: Kinds that go to the people invited.
TO_PARTICIPANTS = (
    "meeting.proposed",
    "meeting.confirmed",
    "meeting.moved",
    "meeting.edited",
    "meeting.reminded",
    "meeting.cancelled",
)
#: The kind that goes to those who are no longer of the meeting, and to nobody else.
WITHDRAWN = "meeting.withdrawn"
#: Kinds whose mails carry a calendar part. A proposal has no date yet to put into a calendar.
WITH_INVITATION = (
    "meeting.confirmed",
    "meeting.moved",
    "meeting.edited",
    "meeting.cancelled",
    WITHDRAWN,
)


def words(meeting: Meeting) -> dict[str, object]:
    """The merge fields of every kind."""
    dates = " ; ".join(str(slot) for slot in meeting.slots.all())
    return {
        "title": meeting.title,
        "engagement": meeting.engagement.title,
        "organiser": meeting.organiser.user,
        "dates": dates,
        "date": meeting.chosen or "",
        "when": meeting.chosen or f"à fixer parmi : {dates}",
        "place": meeting.place or "lieu à préciser",
        "reason": meeting.cancel_reason,
        "sequence": meeting.sequence,
    }


def tell_participants(
    kind: str, meeting: Meeting, acting_user: User | None, **more: object
) -> None:
    """Tell everyone still invited, each in the capacity in which they were, save who acts.

    The organiser is told too of what a colleague, or the clock, does.
    """
    capacities: dict[UUID | None, list[User]] = defaultdict(list)
    for participant in meeting.participants.all():
        if participant.is_valid:
            contact = participant.contact
            capacities[contact.organisation_id if contact else None].append(participant.user)
    if meeting.organiser.is_in_post:
        capacities[None].append(meeting.organiser.user)
    for organisation_id, people in capacities.items():
        notify(
            kind,
            recipients=[person for person in people if person != acting_user],
            organisation_id=organisation_id,
            path=page_of(meeting, organisation_id),
            about_id=meeting.pk,
            **words(meeting) | more,
        )


def tell_withdrawn(meeting: Meeting, left: Iterable[Participant]) -> None:
    """Tell people that they take part no more: their organisation does not, or they left it.

    Whoever is still invited in another capacity is not told, nor who never had an account: no mail
    of ours reached them.
    """
    for participant in left:
        contact = participant.contact
        if contact is None or is_invited(meeting, contact.user):
            continue
        if not contact.user.has_usable_password():
            continue
        why = "Votre structure n’intervient plus dans cet accompagnement."
        if contact.is_former:
            why = f"Vous avez quitté {contact.organisation}."
        notify(
            WITHDRAWN,
            recipients=[contact.user],
            # Who left is told whether or not they may still read there.
            organisation_id=None if contact.is_former else contact.organisation_id,
            path=reverse("home"),  # the meeting's page is no longer theirs
            about_id=meeting.pk,
            **words(meeting) | {"reason": why},
        )


def tell_organiser(meeting: Meeting, author: User) -> None:
    """Tell the organiser that somebody answered."""
    if meeting.organiser.is_in_post and meeting.organiser.user != author:
        notify(
            "meeting.answered",
            recipients=[meeting.organiser.user],
            organisation_id=None,
            path=page_of(meeting, None),
            about_id=meeting.pk,
            author=author,
            **words(meeting),
        )


def page_of(meeting: Meeting, organisation_id: UUID | None) -> str:
    """Where a person reads of the meeting: the extranet's page or the intranet's."""
    if organisation_id is None:
        return reverse("meeting:inspect", args=[meeting.pk])
    return reverse("meeting", args=[meeting.pk])


def is_invited(meeting: Meeting, person: User) -> bool:
    """Whether a person is still of the meeting: invited and present, or its organiser."""
    if meeting.organiser.user_id == person.pk:
        return meeting.organiser.is_in_post
    return any(
        participant.is_valid and participant.user.pk == person.pk
        for participant in meeting.participants.all()
    )


def meeting_of(notice: Notification) -> Meeting | None:
    """The meeting that a notice tells of."""
    return Meeting.objects.with_people().filter(pk=notice.about_id).first()


meetings_told = rows_about(lambda: Meeting.objects.with_people())


def still_to_be_told(notice: Notification, meetings: dict[UUID, Meeting]) -> Decision:
    """What was told is still the last word, and the reader still invited."""
    meeting = meetings.get(notice.about_id)
    if meeting is None or not is_invited(meeting, notice.recipient):
        return refused("La personne n’est plus invitée à ce rendez-vous.")
    if str(meeting.sequence) != notice.fields.get("sequence"):
        return refused("Le rendez-vous a changé entre-temps : un autre message le dit.")
    if notice.kind == "meeting.proposed" and meeting.state != State.PROPOSED:
        return refused("Les dates proposées sont passées.")
    if notice.kind == "meeting.reminded" and meeting.chosen.starts_at <= timezone.now():
        return refused("Le rendez-vous a commencé.")
    return ALLOWED


def still_withdrawn(notice: Notification, meetings: dict[UUID, Meeting]) -> Decision:
    """Who was said to take part no more has not been taken back since."""
    meeting = meetings.get(notice.about_id)
    if meeting is None or is_invited(meeting, notice.recipient):
        return refused("La personne participe de nouveau à ce rendez-vous.")
    return ALLOWED


def answer_still_matters(notice: Notification, meetings: dict[UUID, Meeting]) -> Decision:
    """An answer helps to choose a date only while none is fixed."""
    meeting = meetings.get(notice.about_id)
    if meeting is None or not meeting.is_open:
        return refused("La date a été fixée ou abandonnée entre-temps.")
    return ALLOWED


def invitation(notice: Notification) -> list[Part]:
    """The calendar part of a mail: a request, or a cancellation of what was once fixed."""
    meeting = meeting_of(notice)
    if meeting is None or meeting.chosen is None:
        return []
    if notice.kind == WITHDRAWN:
        method, content = withdrawal_of(meeting, notice.recipient)
    else:
        method, content = invitation_of(meeting)
    return [
        Part(content, f"text/calendar; method={method}"),
        Part(content, "application/ics", name="rendez-vous.ics"),
    ]
