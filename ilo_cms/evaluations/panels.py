"""What the page of an engagement shows of evaluations and satisfaction."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from ilo_cms.engagements.models import Engagement
from ilo_cms.engagements.policies import can_edit_engagement
from ilo_cms.evaluations.models import Evaluation, SatisfactionRequest
from ilo_cms.evaluations.policies import OVER


def engagement_panel(request: HttpRequest, engagement: Engagement) -> SafeString | None:
    """For the team what may be evaluated, what was, the forms sent; for others what is shared."""
    is_team = bool(can_edit_engagement(request.user, engagement))
    evaluations = Evaluation.objects.visible_to(request.user).filter(
        assignment__engagement=engagement
    )
    forms = SatisfactionRequest.objects.visible_to(request.user).filter(engagement=engagement)
    context = {
        "engagement": engagement,
        "is_team": is_team,
        "evaluations": evaluations.select_related("assignment", "version"),
        "over": engagement.assignments.filter(status__in=OVER, evaluations=None).exclude(
            provider=None
        )
        if is_team
        else [],
        "forms": forms.select_related("contact__user", "version"),
    }
    if not (is_team or context["evaluations"] or context["forms"]):
        return None
    return render_to_string("evaluations/_panel.html", context, request)
