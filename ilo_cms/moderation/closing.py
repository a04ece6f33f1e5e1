"""How a request ends, whoever ends it: its dates, Wagtail's workflow, the log."""

from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import record
from ilo_cms.moderation.models import ChangeRequest


def end_workflow(request: ChangeRequest, user: User, *, approved: bool) -> None:
    """Close Wagtail's workflow of a request that is decided or withdrawn."""
    state = request.current_workflow_state
    if state is None:
        return
    if approved:
        state.current_task_state.approve(user=user)
    else:
        state.current_task_state.reject(user=user)
        state.cancel(user=user)


def close_withdrawn(request: ChangeRequest, user: User) -> None:
    """Withdraw a pending request in the name of the person who asked. The caller holds the lock."""
    request.withdrawn_at = timezone.now()
    request.save(update_fields=["withdrawn_at", "updated_at"])
    end_workflow(request, user, approved=False)
    record("moderation.withdrawn", actor=user, target=request, organisation=request.organisation)
