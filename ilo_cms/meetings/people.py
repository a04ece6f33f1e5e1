"""Who may be invited to a meeting of an engagement: its parties, and nobody who has left."""

from django.db.models import QuerySet

from ilo_cms.directory.models import Contact, Officer
from ilo_cms.engagements.models import Engagement
from ilo_cms.engagements.parties import parties


def invitable_contacts(engagement: Engagement) -> QuerySet[Contact]:
    """Current contacts, account open, of the beneficiary and of the providers at work for it."""
    return (
        Contact.objects.current()
        .filter(
            organisation__in=parties(engagement), organisation__is_active=True, user__is_active=True
        )
        .select_related("user", "organisation")
        .order_by("organisation__name", "user__last_name", "user__first_name", "pk")
    )


def invitable_officers(engagement: Engagement) -> QuerySet[Officer]:
    """The operator's officers in post."""
    return (
        Officer.objects.active()
        .filter(operator=engagement.operator_id)
        .select_related("user", "operator")
    )
