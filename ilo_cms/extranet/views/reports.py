"""The door to the reports: `/data/` signs the reader in to Datasette and sends them there (R4)."""

import re
from urllib.parse import quote, unquote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.accounts.report_cookie import COOKIE, LIFETIME, PATH, cookie_value
from ilo_cms.directory.policies import can_read_reports


#: What the path of a report may be made of, and what stays as it is in a query string.
BELOW = re.compile(r"[A-Za-z0-9_\-.~%,+/]*")
QUERY = "=&%+~.,:_-"


def reports(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Give the signed cookie and redirect below DATA_URL.

    Where to: the address asked for here, or `next`, which Datasette adds when a cookie has expired.
    The cookie belongs to the host, not to the port, so one sign-in serves both processes.
    """
    can_read_reports(request.user).enforce()
    response = HttpResponseRedirect(settings.DATA_URL + destination(request, rest))
    response.set_cookie(
        COOKIE,
        cookie_value(request.user.pk, role(request.user), timezone.now(), settings.DATA_COOKIE_KEY),
        max_age=LIFETIME,
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def role(user: User) -> str:
    """The widest role of a person who may read the reports."""
    if user.is_administrator:
        return "administrator"
    return "analyst" if user.is_analyst else "officer"


def destination(request: HttpRequest, rest: str) -> str:
    """Which page of the reports was asked for, relative to DATA_URL; never another place.

    Without one: the list of reports. It is not the bare root, because a proxy may send exactly
    that address here and all others to Datasette, and the two must not send people to and fro.
    """
    start = settings.SNAPSHOT_PATH.stem
    asked = request.GET.get("next") or f"{PATH}{quote(rest)}?{request.META['QUERY_STRING']}"
    path, _, query = asked.partition("?")
    below = path.removeprefix(PATH)
    outside = not path.startswith(PATH) or below.startswith("/") or ".." in unquote(below)
    if outside or not BELOW.fullmatch(below):
        return start
    return (below or start) + (f"?{quote(query, safe=QUERY)}" if query else "")
