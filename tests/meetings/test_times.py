"""Moments typed on the two nights when the clock jumps, and on all the others."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from ilo_cms.meetings.forms import MomentForm
from ilo_cms.meetings.times import paris_moment


PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize("hour", [time(2), time(2, 30), time(2, 59)])
def test_a_time_that_the_night_skips_is_refused(hour):
    with pytest.raises(ValidationError, match="n’existe pas"):
        paris_moment(date(2027, 3, 28), hour)


def test_around_the_skipped_hour():
    assert paris_moment(date(2027, 3, 28), time(1, 59)) == datetime(2027, 3, 28, 0, 59, tzinfo=UTC)
    assert paris_moment(date(2027, 3, 28), time(3)) == datetime(2027, 3, 28, 1, tzinfo=UTC)


def test_a_time_that_comes_twice_is_the_first():
    assert paris_moment(date(2027, 10, 31), time(2, 30)) == datetime(
        2027, 10, 31, 0, 30, tzinfo=UTC
    )
    assert paris_moment(date(2027, 10, 31), time(2, 30, fold=1)) == datetime(
        2027, 10, 31, 0, 30, tzinfo=UTC
    )


@given(st.dates(date(2026, 1, 1), date(2035, 1, 1)), st.times())
def test_any_other_time_is_shown_again_as_it_was_typed(day, hour):
    shown = datetime.combine(day, hour)
    try:
        moment = paris_moment(day, hour)
    except ValidationError:
        # Then it is the last Sunday of March, between two and three.
        assert (shown.month, shown.weekday(), shown.hour) == (3, 6, 2)
        assert (shown + timedelta(days=7)).month == 4
    else:
        assert moment.astimezone(PARIS).replace(tzinfo=None, fold=0) == shown


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        (("2027-03-28", "02:30", "04:00"), "n’existe pas"),
        (("2027-03-29", "10:00", "09:00"), "doit suivre"),
        (("2020-03-29", "10:00", "11:00"), "est passée"),
        (("2027-02-30", "10:00", "11:00"), "date valide"),
        (("2027-02-20", "25:00", "11:00"), "heure valide"),
    ],
)
def test_what_the_form_refuses(typed, reason):
    form = MomentForm(dict(zip(("day", "start", "end"), typed, strict=True)))
    assert not form.is_valid()
    assert reason in str(form.errors)


def test_a_date_that_is_past_and_ends_too_early_is_told_both():
    form = MomentForm({"day": "2020-03-29", "start": "10:00", "end": "09:00"})
    assert not form.is_valid()
    assert "doit suivre" in str(form.errors) and "est passée" in str(form.errors)


def test_a_meeting_across_the_jump_lasts_what_clocks_say_it_does():
    form = MomentForm({"day": "2027-03-28", "start": "01:30", "end": "03:30"})
    assert form.is_valid()
    moment = form.cleaned_data["moment"]
    assert moment.ends_at - moment.starts_at == timedelta(hours=1)
