"""The public page: the officers of a département, and the form that reaches them (SPEC A9).

It answers the same whoever is known: neither its words nor its mails tell who is listed.
"""

from allauth.core.ratelimit import consume
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from ilo_cms.directory.models import Officer
from ilo_cms.referencing.forms import TRAP, DepartmentForm, RequestForm
from ilo_cms.referencing.services import deposit
from ilo_cms.referentials.models import PlatformSettings, Territory


TOO_MANY = (
    "Trop de demandes sont parties de cette connexion ou avec cette adresse. Celle-ci n’est pas "
    "envoyée : recommencez dans quelques heures, ou appelez un·e chargé·e d’accompagnement."
)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def referencing(request: HttpRequest) -> HttpResponse:
    """Show whom to call; on POST store a request and say that it left."""
    if request.method == "POST":
        return ask(request)
    chooser = DepartmentForm(request.GET if "departement" in request.GET else None)
    department = chooser.cleaned_data["departement"] if chooser.is_valid() else None
    form = RequestForm(initial={"department": department.code if department else ""})
    return show(request, chooser, form, department)


def ask(request: HttpRequest) -> HttpResponse:
    """Store a valid request within the limits; otherwise show the form as it was filled."""
    form, status = RequestForm(request.POST), 422
    if form.is_valid():
        if consume(request, action="referencing", key=form.cleaned_data["email"]):
            return sent(request, form)
        form.add_error(None, TOO_MANY)
        status = 429
    return show(request, DepartmentForm(), form, None, status)


def sent(request: HttpRequest, form: RequestForm) -> HttpResponse:
    """Store the request, then show the officers who will read it."""
    asked = deposit(asked=form.save(commit=False))
    messages.success(
        request,
        f"Votre demande est transmise pour le département {asked.department}. Une réponse vous "
        "parviendra à l’adresse indiquée.",
    )
    return redirect(f"{reverse('referencing')}?{urlencode({'departement': asked.department.code})}")


def show(
    request: HttpRequest,
    chooser: DepartmentForm,
    form: RequestForm,
    department: Territory | None,
    status: int = 200,
) -> HttpResponse:
    """The page, with the officers of a département once it is chosen."""
    officers = Officer.objects.none()
    if department:
        officers = (
            Officer.objects.active().serving(department).with_absence_end(timezone.localdate())
        )
    context = {
        "chooser": chooser,
        "form": form,
        "department": department,
        "officers": officers.select_related("user", "operator"),
        "support_email": PlatformSettings.current().support_email,
        "trap": TRAP,
    }
    return render(request, "referencing/page.html", context, status=status)
