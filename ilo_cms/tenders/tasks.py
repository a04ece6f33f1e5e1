"""What the worker does for tenders; each task only calls a function that may run twice."""

from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from ilo_cms.tenders.reminders import remind_all


@db_periodic_task(crontab(hour="6-18", minute="35"))
def remind_of_deadlines() -> None:
    """By day, remind of the deadlines that are near those who still have to act."""
    remind_all()
