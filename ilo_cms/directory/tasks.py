"""What the worker does for the directory: it only calls services that may run twice."""

from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from ilo_cms.accounts.models import User
from ilo_cms.directory.bulk_activation import invite_candidates
from ilo_cms.directory.confirmation import ask_for_confirmation
from ilo_cms.directory.forgotten import answer_forgotten
from ilo_cms.referentials.models import Territory


@db_periodic_task(crontab(hour="6", minute="10"))
def ask_for_confirmations() -> None:
    """Every morning, ask the providers whose record is due to confirm it."""
    ask_for_confirmation(timezone.now())


@db_task()
def activate_providers(user_id: str, territory_id: int | None, limit: int) -> None:
    """Send activation links on behalf of an administrator; a second run finds none left to send."""
    invite_candidates(
        territory=Territory.objects.get(pk=territory_id) if territory_id else None,
        limit=limit,
        acting_user=User.objects.get(pk=user_id),
    )


@db_task()
def send_forgotten(email: str) -> None:
    """Answer a forgotten password out of sight of who asked."""
    answer_forgotten(email=email)
