"""The selection on the page of a tender: opened offers compared, who scored, the decision (T12)."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from ilo_cms.tenders.comparison import comparison
from ilo_cms.tenders.models import Channel, ScoreSheet, Tender
from ilo_cms.tenders.phases import related


def selection_panel(request: HttpRequest, tender: Tender) -> SafeString | None:
    """Everything since the opening; nothing before it."""
    opening, decision = related(tender, "opening"), related(tender, "decision")
    if opening is None and decision is None and tender.channel == Channel.PLATFORM:
        return None
    lines, criteria = comparison(tender, request.user)
    sheets = ScoreSheet.objects.visible_to(request.user).filter(tender=tender)
    context = {
        "tender": tender,
        "opening": opening,
        "decision": decision,
        "lines": lines,
        "criteria": criteria,
        "statements": tender.conflict_statements.select_related("evaluator"),
        "sheets": sheets.exclude(handed_in_at=None).with_scores(),
        "rejections": rejections_of(decision),
    }
    return render_to_string("tenders/selection_panel.html", context, request)


def rejections_of(decision) -> list:
    """Why offers were not retained."""
    if decision is None:
        return []
    rows = decision.rejections.select_related(
        "offer__invitation__organisation", "offer__cooperator__user"
    )
    return list(rows)
