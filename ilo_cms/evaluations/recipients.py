"""Which officers are told: those of an engagement who are still of its team."""

from django.db.models import Q

from ilo_cms.accounts.models import User
from ilo_cms.directory.models import Officer
from ilo_cms.engagements.models import Engagement


def officers_of(engagement: Engagement, also: User | None) -> list[User]:
    """The officer of an engagement and, say, who sent the form, as far as they still work there."""
    known = Q(pk=engagement.officer_id) | (Q(user=also) if also else Q(pk=None))
    team = Officer.objects.active().filter(known, operator=engagement.operator_id)
    return [officer.user for officer in team.select_related("user")]
