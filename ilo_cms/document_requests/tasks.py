"""What the worker does for requests; each task only calls a function that may run twice."""

from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from ilo_cms.document_requests.expiry import tell_expiring


@db_periodic_task(crontab(hour="6", minute="25"))
def tell_of_expiring_documents() -> None:
    """Every morning, tell of the documents whose validity soon ends."""
    tell_expiring()
