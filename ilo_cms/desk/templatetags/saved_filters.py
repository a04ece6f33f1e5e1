"""The filters that a person kept of a list, above its rows."""

from django import template

from ilo_cms.desk.models import SavedFilter
from ilo_cms.desk.saved_filters import filters_in, is_list


register = template.Library()


@register.inclusion_tag("desk/saved_filters.html", takes_context=True)
def saved_filters(context: dict) -> dict:
    """Links to the filters of this list, and a form that keeps the one shown."""
    request, list_path = context["request"], context.get("index_url") or ""
    if not is_list(list_path):
        return {}
    kept = SavedFilter.objects.visible_to(request.user).filter(list_path=list_path)
    query = filters_in(request.GET.urlencode())
    kept = list(kept.select_related("owner"))
    return {
        "request": request,
        "filters": kept,
        "list_path": list_path,
        "query": query,
        "is_kept": any(saved.query == query for saved in kept),
    }
