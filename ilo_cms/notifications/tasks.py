"""What the worker does for notifications: it only calls the delivery, safe to run twice."""

from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from ilo_cms.notifications.delivery import deliver, sweep
from ilo_cms.notifications.digests import send_digests


@db_task()
def deliver_message(message_id: str) -> None:
    """Send one message now rather than at the next sweep."""
    deliver(message_id)


@db_periodic_task(crontab(minute="*"))
def sweep_outbox() -> None:
    """Every minute, send what a lost task or a failure left behind."""
    sweep()


@db_periodic_task(crontab(minute="*/5"))
def write_digests() -> None:
    """From seven in Paris on, write the digests of the day that nobody wrote yet."""
    send_digests()
