"""Screens of the intranet that belong to no record: one's account, one's filters."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST
from wagtail.admin.views import account

from ilo_cms.desk.models import SavedFilter
from ilo_cms.desk.saved_filters import is_list, save_filter


class AccountView(account.AccountView):
    """Looks only.

    Names belong to administrators, who change them in "Personnes" with a line in the log; the
    address, the password and the second factor have their own pages; there are no pictures.
    """

    def get_panels(self) -> list:
        """The one panel that concerns nobody else."""
        return [panel for panel in super().get_panels() if panel.name == "theme"]


@require_POST
def save_list_filter(request: HttpRequest) -> HttpResponse:
    """Keep the list as it is filtered, then show it."""
    list_path, query = request.POST.get("list_path", ""), request.POST.get("query", "")
    try:
        saved = save_filter(
            owner=request.user,
            list_path=list_path,
            query=query,
            name=request.POST.get("name", ""),
            is_shared="is_shared" in request.POST,
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(f"{list_path}?{query}" if is_list(list_path) else "wagtailadmin_home")
    messages.success(request, f"Le filtre « {saved} » est enregistré.")
    return redirect(saved.url)


@require_POST
def remove_list_filter(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Forget one of one's own filters."""
    own = SavedFilter.objects.visible_to(request.user).filter(owner=request.user)
    saved = get_object_or_404(own, pk=pk)
    saved.delete()
    messages.success(request, f"Le filtre « {saved} » est retiré.")
    return redirect(saved.list_path)
