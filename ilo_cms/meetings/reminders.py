"""Reminding everyone of a meeting on the day before it, as calendars in France count days (E8).

`reminded_of` keeps the day of which people were reminded, under the meeting's lock: once per day of
meeting, however often this runs. One moved to another day is reminded of again.
"""

from datetime import datetime, time, timedelta
from uuid import UUID

from django.utils import timezone

from ilo_cms.audit.services import logged, record
from ilo_cms.core.clock import database_now
from ilo_cms.meetings.models import Meeting
from ilo_cms.meetings.notices import tell_participants
from ilo_cms.meetings.services import locked


def remind_all(now: datetime | None = None) -> int:
    """Remind of every meeting fixed for tomorrow; of how many. It may run as often as one likes."""
    now = now or database_now()
    tomorrow = timezone.localdate(now) + timedelta(days=1)
    # From midnight to midnight in Paris: 23, 24 or 25 hours.
    first, end = (
        timezone.make_aware(datetime.combine(day, time.min))
        for day in (tomorrow, tomorrow + timedelta(days=1))
    )
    rows = Meeting.objects.filter(
        cancelled_at=None, chosen__starts_at__gte=first, chosen__starts_at__lt=end
    ).exclude(reminded_of=tomorrow)
    keys = list(rows.order_by("chosen__starts_at", "pk").values_list("pk", flat=True))
    return sum(remind(key=key, now=now) for key in keys)


@logged
def remind(*, key: UUID, now: datetime) -> bool:
    """Remind of one meeting, as it is under its lock; False when that is not due."""
    meeting = locked(Meeting(pk=key))
    tomorrow = timezone.localdate(now) + timedelta(days=1)
    due = meeting.chosen and timezone.localdate(meeting.chosen.starts_at) == tomorrow
    if not due or meeting.cancelled_at or meeting.reminded_of == tomorrow:
        return False
    # Not `save`: nothing of the meeting changes for calendars, nor its revision.
    Meeting.objects.filter(pk=key).update(reminded_of=tomorrow)
    record(
        "meeting.reminded",
        actor=None,
        target=meeting,
        organisation=meeting.engagement.beneficiary,
        date=str(meeting.chosen),
    )
    tell_participants("meeting.reminded", meeting, None)
    return True
