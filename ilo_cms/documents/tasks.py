"""What the worker does for documents; each task only calls a function that may run twice."""

from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from ilo_cms.documents.scanning import scan_waiting
from ilo_cms.documents.sweeping import sweep


@db_task()
def scan_soon() -> None:
    """Scan what was just deposited rather than at the next round."""
    scan_waiting()


@db_periodic_task(crontab(minute="*/5"))
def scan_round() -> None:
    """Every five minutes, scan what a lost task or an outage of clamd left behind."""
    scan_waiting()


@db_periodic_task(crontab(hour="3", minute="17"))
def sweep_files() -> None:
    """Every night, remove files that no row names."""
    sweep()
