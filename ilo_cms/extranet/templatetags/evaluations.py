"""The evaluations of an assignment, for the pages that show one."""

from django import template

from ilo_cms.engagements.models import Assignment
from ilo_cms.evaluations.models import Evaluation


register = template.Library()


@register.inclusion_tag("extranet/_assignment_evaluations.html", takes_context=True)
def assignment_evaluations(context: template.Context, assignment: Assignment) -> dict:
    """What the organisation that the person acts for may read about one assignment."""
    rows = Evaluation.objects.shared_with(context["request"].contact)
    return {"evaluations": rows.filter(assignment=assignment).select_related("version")}
