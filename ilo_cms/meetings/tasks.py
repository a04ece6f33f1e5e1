"""What the worker does for meetings; each task only calls a function that may run twice."""

from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from ilo_cms.meetings.reminders import remind_all


@db_periodic_task(crontab(hour="6-18", minute="50"))
def remind_of_meetings() -> None:
    """By day, remind everyone of tomorrow's meetings; also of one that was fixed meanwhile."""
    remind_all()
