"""The officers' desk in the Wagtail admin; composes the apps below."""

from django.apps import AppConfig
from django.core.checks import register


#: Wagtail's own workflow mails: they would send a provider a link into the intranet, at once and
#: outside the outbox. Ours tell people instead.
WORKFLOW_MAILS = {
    "task_submitted": "group_approval_task_submitted_email_notification",
    "workflow_submitted": "workflow_state_submitted_email_notification",
    "workflow_rejected": "workflow_state_rejected_email_notification",
    "workflow_approved": "workflow_state_approved_email_notification",
}


def send_nothing(**kwargs) -> None:
    """What happens instead of Wagtail's mail."""


class DeskConfig(AppConfig):
    name = "ilo_cms.desk"
    label = "desk"
    verbose_name = "Bureau"

    def ready(self) -> None:
        """Silence Wagtail's workflow mails and register our system check."""
        from wagtail import signals
        from wagtail.models import TaskState, WorkflowState

        from ilo_cms.core.admin.checks import check_large_selects

        for name, uid in WORKFLOW_MAILS.items():
            signal = getattr(signals, name)
            sender = TaskState if name == "task_submitted" else WorkflowState
            # Wagtail may connect before or after us; the name is taken either way.
            signal.disconnect(sender=sender, dispatch_uid=uid)
            signal.connect(send_nothing, sender=sender, dispatch_uid=uid)
        register(check_large_selects)
