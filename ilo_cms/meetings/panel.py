"""The meetings of an engagement, on its page in the intranet."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from ilo_cms.engagements.models import Engagement
from ilo_cms.meetings.models import Meeting
from ilo_cms.meetings.policies import can_propose


#: How many meetings the page shows; the list has them all.
SHOWN = 10


def meetings_panel(request: HttpRequest, engagement: Engagement) -> SafeString | None:
    """The latest meetings that the person may see, and the way to propose one."""
    visible = Meeting.objects.visible_to(request.user).filter(engagement=engagement)
    meetings = list(visible.select_related("chosen").prefetch_related("slots")[:SHOWN])
    proposing = can_propose(request.user, engagement)
    if not meetings and not proposing:
        return None
    context = {"engagement": engagement, "meetings": meetings, "proposing": proposing}
    return render_to_string("meetings/panel.html", context, request)
