"""What the worker does for the search."""

from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from ilo_cms.matching.journal import shorten


@db_periodic_task(crontab(hour="2", minute="40"))
def shorten_journal() -> None:
    """Each night: keep the journal of changes short."""
    shorten()
