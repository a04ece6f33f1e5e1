"""The intranet's pages that prepare a tender, send it, or change a sent one (SPEC T2, T4)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from ilo_cms.core.clock import database_now
from ilo_cms.core.forms import place_errors
from ilo_cms.engagements.models import Assignment, Engagement
from ilo_cms.tenders import diffusion
from ilo_cms.tenders.calls import copy_tender, create_tender, criteria_of, edit_tender
from ilo_cms.tenders.elsewhere import record_outside_tender
from ilo_cms.tenders.forms import (
    AmendForm,
    CopyForm,
    CriteriaFormSet,
    OutsideForm,
    StartForm,
    TenderForm,
    criteria_form,
)
from ilo_cms.tenders.models import Tender, TenderTemplate
from ilo_cms.tenders.phases import phase
from ilo_cms.tenders.policies import can_prepare, can_start
from ilo_cms.tenders.recipients import reach_of
from ilo_cms.tenders.rules import Weighted, publication_faults
from ilo_cms.tenders.views import (
    readable_tender,
    seen_in,
    skeleton,
    tender_to_run,
)


def status_of(error: ValidationError) -> int:
    """409 when things changed meanwhile, else 422."""
    return 409 if getattr(error, "code", "") in {"changed", "phase"} else 422


def start_tender(request: HttpRequest) -> HttpResponse:
    """For which engagement, and from which template; then the form."""
    can_start(request.user).enforce()
    asked = "engagement" in request.GET
    form = StartForm(request.GET if asked else None, user=request.user)
    refusal = ""
    if form.is_valid():
        engagement = form.cleaned_data["engagement"]
        if decision := can_prepare(request.user, engagement):
            address = reverse("tender_create", args=[engagement.pk])
            template = form.cleaned_data["template"]
            return redirect(f"{address}?modele={template.pk}" if template else address)
        refusal = decision.reason
    context = {"form": form, "refusal": refusal}
    context |= skeleton("Préparer une mise en concurrence")
    status = 422 if refusal or form.errors else 200
    return render(request, "tenders/start.html", context, status=status)


def engagement_of(request: HttpRequest, pk: UUID) -> Engagement:
    """An engagement for which this person may prepare a tender."""
    rows = Engagement.objects.read_by(request.user).select_related("beneficiary", "operator")
    engagement = get_object_or_404(rows, pk=pk)
    can_prepare(request.user, engagement).enforce()
    return engagement


def first_values(request: HttpRequest, engagement: Engagement) -> tuple[dict, list[Weighted]]:
    """What a new form begins with: the engagement's values, an assignment's, a template's."""
    values = {"sector": engagement.sector_id, "territory": engagement.territory_id}
    criteria: list[Weighted] = []
    if template := chosen(TenderTemplate.objects.filter(is_active=True), request, "modele"):
        values |= {"need": template.need, "required_types": list(template.required_types.all())}
        criteria = criteria_of(template)
    if row := chosen(Assignment.objects.filter(engagement=engagement), request, "prestation"):
        values |= {"assignment": row.pk, "title": row.label, "days": row.days}
        values |= {"budget": row.amount, "starts_on": row.starts_on}
        values["themes"] = [row.skill_id] if row.skill_id else []
    return values, criteria


def chosen(rows, request: HttpRequest, name: str):
    """The row that the address names, None when it names none. 404 for one that is not there."""
    key = request.GET.get(name)
    if not key:
        return None
    try:
        return get_object_or_404(rows, pk=UUID(key))
    except ValueError as error:
        raise Http404 from error


def posted_by(request: HttpRequest) -> QueryDict | None:
    """What was posted, None while the form is only shown."""
    return request.POST if request.method == "POST" else None


def saved(form: ModelForm, rows: CriteriaFormSet, save: Callable[[], Tender]) -> tuple:
    """What a valid form and its criteria made, or None with why not; and the page's status."""
    if not form.is_bound:
        return None, 200
    valid = [form.is_valid(), rows.is_valid()]  # both, so that all faults are shown at once
    if not all(valid):
        return None, 422
    try:
        return save(), 200
    except ValidationError as error:
        place_errors(form, error)
        return None, status_of(error)


def form_page(
    request: HttpRequest, form: ModelForm, rows: CriteriaFormSet, status: int, **context: Any
) -> HttpResponse:
    """The page of a form with its criteria."""
    context |= {"form": form, "criteria": rows}
    return render(request, "tenders/form.html", context, status=status)


def new_tender(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The form of a new tender of an engagement."""
    engagement = engagement_of(request, pk)
    values, criteria = first_values(request, engagement)
    posted = posted_by(request)
    form = TenderForm(posted, initial=values, engagement=engagement)
    rows = criteria_form(posted, criteria)
    made, status = saved(
        form,
        rows,
        lambda: create_tender(
            key=form.cleaned_data["key"] or uuid4(),
            engagement=engagement,
            acting_user=request.user,
            assignment=form.cleaned_data["assignment"],
            criteria=rows.criteria(),
            **form.values(),
        ),
    )
    if made:
        messages.success(request, "La mise en concurrence est enregistrée : choisissez à qui.")
        return redirect("tender_recipients", made.pk)
    context = {"engagement": engagement, "button": "Enregistrer et choisir les destinataires"}
    if not form.is_bound and "modele" not in request.GET:  # a link would lose what was typed
        context["templates"] = TenderTemplate.objects.filter(is_active=True)
    context |= skeleton("Préparer une mise en concurrence")
    return form_page(request, form, rows, status, **context)


def change_tender(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The form of a tender that was not sent yet."""
    tender = tender_to_run(request, pk)
    if tender.published_at or tender.cancelled_at:
        messages.error(request, "Cette mise en concurrence n’est plus en préparation.")
        return redirect("tender_page", tender.pk)
    posted = posted_by(request)
    form = TenderForm(posted, instance=tender, engagement=tender.engagement)
    rows = criteria_form(posted, criteria_of(tender))
    made, status = saved(
        form,
        rows,
        lambda: edit_tender(
            tender=tender,
            values=form.values(),
            criteria=rows.criteria(),
            seen=form.cleaned_data["seen"],
            acting_user=request.user,
        ),
    )
    if made:
        messages.success(request, "La mise en concurrence est enregistrée.")
        return redirect("tender_page", tender.pk)
    context = {"tender": tender, "engagement": tender.engagement, "button": "Enregistrer"}
    context |= skeleton(str(tender), tender, "Modifier")
    return form_page(request, form, rows, status, **context)


def amend_tender(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The form that changes a sent tender and tells all invited."""
    tender = tender_to_run(request, pk)
    if phase(tender, database_now()) not in diffusion.RUNNING:
        messages.error(request, "Rien ne peut plus être modifié.")
        return redirect("tender_page", tender.pk)
    posted = posted_by(request)
    form = AmendForm(posted, instance=tender, initial={"seen": tender.revision})
    rows = criteria_form(posted, criteria_of(tender))
    made, status = saved(
        form,
        rows,
        lambda: diffusion.amend(
            tender=tender,
            values=form.values(),
            criteria=rows.criteria(),
            message=form.cleaned_data["message"],
            is_requirement=form.cleaned_data["is_requirement"],
            seen=form.cleaned_data["seen"],
            acting_user=request.user,
        ),
    )
    if made:
        messages.success(request, "La demande est modifiée. Les sollicités sont prévenus.")
        return redirect("tender_page", tender.pk)
    context = {"tender": tender, "engagement": tender.engagement}
    context |= {"button": "Modifier et prévenir tous les sollicités"}
    context |= skeleton(str(tender), tender, "Modifier la demande")
    return form_page(request, form, rows, status, **context)


def outside_tender(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The form of a tender that was run elsewhere (SPEC T11)."""
    engagement = engagement_of(request, pk)
    posted = posted_by(request)
    form = OutsideForm(posted, engagement=engagement, user=request.user)
    rows = criteria_form(posted, [])
    made, status = saved(
        form,
        rows,
        lambda: record_outside_tender(
            key=form.cleaned_data["key"],
            engagement=engagement,
            channel=form.cleaned_data["channel"],
            organisations=form.cleaned_data["organisations"],
            assignment=form.cleaned_data["assignment"],
            criteria=rows.criteria(),
            acting_user=request.user,
            **form.values(),
        ),
    )
    if made:
        messages.success(request, "La mise en concurrence est enregistrée.")
        return redirect("tender_page", made.pk)
    context = {"engagement": engagement, "button": "Enregistrer"}
    context |= skeleton("Mise en concurrence hors plateforme")
    return form_page(request, form, rows, status, **context)


def send_tender(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who will receive what; on POST send it (SPEC T4)."""
    tender = tender_to_run(request, pk)
    refusals, status = [], 200
    if request.method == "POST":
        try:
            diffusion.publish(tender=tender, seen=seen_in(request), acting_user=request.user)
        except ValidationError as error:
            refusals, status = error.messages, status_of(error)
            tender = readable_tender(request, pk)
        else:
            messages.success(request, "La mise en concurrence est diffusée.")
            return redirect("tender_page", tender.pk)
    if tender.published_at or tender.cancelled_at:
        messages.error(request, "Cette mise en concurrence n’est plus en préparation.")
        return redirect("tender_page", tender.pk)
    reach = reach_of(tender)
    faults = [*publication_faults(tender, database_now()), *diffusion.recipient_faults(tender)]
    context = {
        "tender": tender,
        "reach": reach,
        "people": sum(len(row.people) for row in reach),
        "mails": sum(person.has_address for row in reach for person in row.people),
        "warnings": [row for row in reach if row.warning],
        "faults": faults,
        "refusals": [text for text in refusals if text not in faults],
        "criteria": list(tender.criteria.all()),
    }
    context |= skeleton(str(tender), tender, "Vérifier et diffuser")
    return render(request, "tenders/send.html", context, status=status)


def copy_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """For which engagement a tender is copied; on POST copy it."""
    source = readable_tender(request, pk)
    form = CopyForm(posted_by(request), user=request.user)
    refusal = ""
    if form.is_bound and form.is_valid():
        try:
            made = copy_tender(
                tender=source,
                engagement=form.cleaned_data["engagement"],
                key=form.cleaned_data["key"] or uuid4(),
                acting_user=request.user,
            )
        except (PermissionDenied, ValidationError) as error:
            refusal = " ".join(getattr(error, "messages", [str(error)]))
        else:
            messages.success(request, "La copie est prête : relisez-la et fixez ses échéances.")
            return redirect("tender_edit", made.pk)
    context = {"form": form, "refusal": refusal, "source": source}
    context |= skeleton(str(source), source, "Copier")
    status = 422 if refusal or form.errors else 200
    return render(request, "tenders/start.html", context, status=status)
