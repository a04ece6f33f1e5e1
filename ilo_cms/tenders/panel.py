"""The tenders of an engagement, on its page in the intranet."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from ilo_cms.core.clock import database_now
from ilo_cms.engagements.models import Engagement
from ilo_cms.tenders.models import Tender
from ilo_cms.tenders.phases import phase
from ilo_cms.tenders.policies import can_prepare


#: How many tenders the page shows; the list has them all.
SHOWN = 10


def tenders_panel(request: HttpRequest, engagement: Engagement) -> SafeString | None:
    """The latest tenders that the person may see, and the way to prepare one."""
    visible = Tender.objects.visible_to(request.user).filter(engagement=engagement)
    rows = list(visible.select_related("opening", "decision")[:SHOWN])
    preparing = can_prepare(request.user, engagement)
    if not rows and not preparing:
        return None
    now = database_now()
    context = {
        "engagement": engagement,
        "tenders": [(row, phase(row, now)) for row in rows],
        "preparing": preparing,
    }
    return render_to_string("tenders/panel.html", context, request)
