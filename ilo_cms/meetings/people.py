"""Who may be invited to a meeting of an engagement: its parties, and nobody who has left."""

from django.db.models import Q, QuerySet

from ilo_cms.directory.models import Contact, Officer
from ilo_cms.engagements.models import SHOWN_TO_PROVIDER, Assignment, Engagement


def invitable_contacts(engagement: Engagement) -> QuerySet[Contact]:
    """Current contacts, account open, of the beneficiary and of the providers at work for it."""
    at_work = Assignment.objects.filter(engagement=engagement, status__in=SHOWN_TO_PROVIDER)
    parties = Q(organisation=engagement.beneficiary_id) | Q(
        organisation__in=at_work.values("provider")
    )
    return (
        Contact.objects.current()
        .filter(parties, user__is_active=True, organisation__is_active=True)
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
