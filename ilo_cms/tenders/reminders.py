"""Reminding of a deadline those who still have to act, and nobody else (SPEC T15).

Some days before a deadline (a setting) and again the day before it, once a day at most: the row of
that day is made under the tender's lock. Who declined, who answered, who asked and who deposited is
left in peace; whether it is still so is asked again when the mail leaves. That a reminder of a
deposit was sent would tell who has not deposited: no list of the intranet shows it.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from ilo_cms.audit.services import logged, record
from ilo_cms.core import french
from ilo_cms.core.clock import database_now
from ilo_cms.directory.models import Contact
from ilo_cms.notifications.models import Notification
from ilo_cms.notifications.services import notify
from ilo_cms.referentials.models import PlatformSettings
from ilo_cms.tenders.awaited import AWAITED, QUESTIONS_END, awaited_of, has_yet_to_ask
from ilo_cms.tenders.changes import locked_tender
from ilo_cms.tenders.models import Channel, Invitation, InvitationReminder, Phase, Tender
from ilo_cms.tenders.notices_calls import (
    TO_ANSWER,
    TO_DECIDE,
    TO_OPEN,
    following,
    officer_path,
    provider_path,
    words,
)
from ilo_cms.tenders.phases import answers_end, deposits_end, phase
from ilo_cms.tenders.recipients import current_contacts


#: Which of a place's contacts still have to act, and the words for it.
Waits = Callable[[Invitation, list[Contact]], dict[Contact, str]]


def remind_all() -> int:
    """Remind of every tender whose deadline is near; how many notices that made."""
    now = database_now()
    days = PlatformSettings.current().tender_reminder_days
    keys = list(near(now, now + timedelta(days=days + 1)).values_list("pk", flat=True))
    return sum(remind(key=key) for key in keys)


def near(now: datetime, end: datetime) -> QuerySet[Tender]:
    """The running tenders with a deadline before this moment, or whose offers wait."""
    running = Tender.objects.filter(
        channel=Channel.PLATFORM, cancelled_at=None, decision__isnull=True
    ).exclude(published_at=None)
    near_one = Q(participation_deadline__gt=now, participation_deadline__lte=end)
    near_one |= Q(questions_deadline__gt=now, questions_deadline__lte=end)
    return running.filter(near_one | Q(deposit_deadline__lte=end)).order_by("deposit_deadline")


@logged
def remind(*, key: UUID) -> int:
    """Remind of one tender, as it is under its lock; how many notices that made."""
    tender, now = locked_tender(Tender(pk=key))
    now_in = phase(tender, now)
    if now_in in AWAITED:
        told = remind_invited(tender, now_in, now) + remind_to_answer(tender, now)
    else:
        told = remind_officers(tender, now_in, now)
    if told:
        record("tender.reminded", actor=None, target=tender, phase=now_in.label)
    return told


def windows(end: datetime) -> list[date]:
    """The days from which each reminder of a deadline is due."""
    last = timezone.localdate(end)
    days = PlatformSettings.current().tender_reminder_days
    return [last - timedelta(days=before) for before in dict.fromkeys([days, 1])]


def is_due(end: datetime, today: date, reminded: Iterable[date]) -> bool:
    """Whether a reminder is due: since the latest window that is open, none was sent."""
    opened = [start for start in windows(end) if start <= today]
    return bool(opened) and not any(day >= max(opened) for day in reminded)


def remind_invited(tender: Tender, now_in: Phase, now: datetime) -> int:
    """Tell the contacts who still have to act, then those who may still ask, once per window."""

    def who_acts(invitation: Invitation, people: list[Contact]) -> dict[Contact, str]:
        return awaited_of(invitation, now_in, people)

    def who_asks(invitation: Invitation, people: list[Contact]) -> dict[Contact, str]:
        return dict.fromkeys(people, "") if has_yet_to_ask(invitation, now) else {}

    end = answers_end(tender) if now_in == Phase.PARTICIPATION else deposits_end(tender)
    told = tell_places(tender, AWAITED[now_in], now_in.value, end, now, who_acts)
    if tender.questions_deadline:
        questions = tender.questions_deadline
        told += tell_places(tender, QUESTIONS_END, "questions", questions, now, who_asks)
    return told


def tell_places(
    tender: Tender, kind: str, about: str, end: datetime, now: datetime, waits: Waits
) -> int:
    """Tell the contacts of each place that waits for somebody; once a day, whatever it is about."""
    today = timezone.localdate(now)
    told = 0
    for invitation, people in to_remind(tender, about, end, today, waits):
        _, is_new = InvitationReminder.objects.get_or_create(
            invitation=invitation, day=today, defaults={"kind": about}
        )
        if not is_new:
            continue
        for contact, what in people.items():
            notices = notify(
                kind,
                recipients=[contact.user],
                organisation_id=invitation.organisation_id,
                path=provider_path(tender),
                about_id=invitation.pk,
                organisation=invitation.organisation,
                what=what,
                **words(tender),
            )
            told += len(notices)
    return told


def to_remind(
    tender: Tender, about: str, end: datetime, today: date, waits: Waits
) -> Iterator[tuple[Invitation, dict[Contact, str]]]:
    """The places that wait for somebody, whom, and for what; not on the day of the invitation."""
    rows = tender.invitations.exclude(invited_at=None).filter(organisation__is_active=True)
    invitations = list(rows.select_related("organisation").prefetch_related("reminders"))
    contacts = current_contacts(row.organisation_id for row in invitations)
    for invitation in invitations:
        invitation.tender = tender
        reminded = [row.day for row in invitation.reminders.all() if row.kind == about]
        if timezone.localdate(invitation.invited_at) == today:
            continue
        people = waits(invitation, contacts.get(invitation.organisation_id, []))
        if people and is_due(end, today, reminded):
            yield invitation, people


def remind_to_answer(tender: Tender, now: datetime) -> int:
    """Tell the team of the questions that wait, in the windows of both their deadlines.

    Not of those asked today: the team was told of each when it was asked.
    """
    today = timezone.localdate(now)
    asked = tender.questions.filter(answered_at=None).values_list("asked_at", flat=True)
    if not any(timezone.localdate(at) < today for at in asked):
        return 0
    earlier = Notification.objects.filter(kind=TO_ANSWER, about_id=tender.pk)
    days = [timezone.localdate(at) for at in earlier.values_list("created_at", flat=True)]
    ends = [end for end in (tender.questions_deadline, deposits_end(tender)) if end and end > now]
    if not any(is_due(end, today, days) for end in ends):
        return 0
    count = len(asked)
    return tell_team(tender, TO_ANSWER, count=f"{count} question{'s' if count > 1 else ''}")


def remind_officers(tender: Tender, now_in: Phase, now: datetime) -> int:
    """Tell the team, once each, that offers wait, and that the day of the decision is near."""
    told = 0
    if now_in == Phase.OPENING:
        told += tell_team_once(tender, TO_OPEN)
    day = tender.decision_on
    if day and now_in in {Phase.OPENING, Phase.SELECTION}:
        if timezone.localdate(now) >= day - timedelta(days=1):
            told += tell_team_once(tender, TO_DECIDE, day=french.date(day))
    return told


def tell_team_once(tender: Tender, kind: str, **fields: object) -> int:
    """Tell who follows a tender, unless it was told before."""
    if Notification.objects.filter(kind=kind, about_id=tender.pk).exists():
        return 0
    return tell_team(tender, kind, **fields)


def tell_team(tender: Tender, kind: str, **fields: object) -> int:
    """Tell who follows a tender."""
    notices = notify(
        kind,
        recipients=following(tender),
        organisation_id=None,
        path=officer_path(tender),
        about_id=tender.pk,
        **words(tender) | fields,
    )
    return len(notices)
