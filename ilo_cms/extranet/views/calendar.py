"""The secret address of one's calendar: making, renewing and ending it, and what it answers."""

from allauth.core.internal.ratelimit import consume
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ilo_cms.meetings.feeds import calendar_text, digest_of, owner_of, renew, revoke
from ilo_cms.meetings.models import CalendarFeed


def calendar(request: HttpRequest) -> HttpResponse:
    """Say whether there is an address; on POST renew or end it.

    It is shown once, on the page that makes it: the platform keeps no copy.
    """
    address = ""
    if request.method == "POST":
        if "revoke" in request.POST:
            if revoke(user=request.user):
                messages.success(request, "L’adresse est supprimée : elle ne montre plus rien.")
            return redirect("calendar")
        token = renew(user=request.user)
        address = settings.BASE_URL + reverse("calendar_feed", args=[token])
    feed = CalendarFeed.objects.filter(user=request.user).first()
    return render(request, "extranet/calendar.html", {"feed": feed, "address": address})


@login_not_required
@require_safe
@never_cache
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """A person's calendar, for whoever holds its address; 404 when it opens none."""
    key = digest_of(token)
    # allauth's public function lets every GET through uncounted.
    if not consume(request, app="allauth.account", action="calendar", key=key, limit_get=True):
        return HttpResponse("Trop de lectures : réessayez plus tard.\n", "text/plain", status=429)
    user = owner_of(token)
    if user is None:
        raise Http404
    response = HttpResponse(calendar_text(user), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="ilo.ics"'
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex"
    return response
