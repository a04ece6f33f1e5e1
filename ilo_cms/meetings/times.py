"""Moments as people type them, in Paris, on the two nights when the clock jumps.

A time that the night in March skips does not exist: it is refused with a sentence. A time that the
night in October has twice is taken as the first of the two, in summer time.
"""

from datetime import UTC, date, datetime, time

from django.core.exceptions import ValidationError
from django.utils import timezone


def paris_moment(day: date, hour: time) -> datetime:
    """The moment, in UTC, at which a clock in Paris first shows this time on this day.

    In UTC because Python compares and subtracts two times of one zone by what their clocks show.
    Raises ValidationError when no clock does.
    """
    zone = timezone.get_default_timezone()
    shown = datetime.combine(day, hour.replace(tzinfo=None, fold=0))
    try:
        moment = shown.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:  # the first hour of the year 1 is none in UTC
        raise ValidationError(
            "Cette date n’existe pas dans un agenda.", code="no_such_time"
        ) from None
    if moment.astimezone(zone).replace(tzinfo=None) != shown:
        raise ValidationError(
            f"Le {day:%d/%m/%Y}, {hour:%H:%M} n’existe pas : cette nuit-là, les horloges avancent "
            "d’une heure. Choisissez une autre heure.",
            code="no_such_time",
        )
    return moment
