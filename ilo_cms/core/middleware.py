"""Rules of the whole site that are enforced at one place instead of reviewed view by view."""

import re
from collections.abc import Callable

from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers


ADMIN_PREFIX = "/admin/"
#: Wagtail's admin draws inline styles and scripts: its own, laxer policy holds on its path only.
ADMIN_POLICY = {
    "default-src": [SELF],
    "script-src": [SELF, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:", "blob:"],
    "object-src": [NONE],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [SELF],
}


#: Adding an event to the log and moving its end of chain (ilo_cms.audit).
LOG_STATEMENT = re.compile(
    r'INSERT INTO "audit_audit(event|detail|head)" |UPDATE "audit_audithead" SET '
)


class WriteOnGetError(RuntimeError):
    """A view tried to write while answering a GET or HEAD request."""


def refuse_writes(execute, sql, params, many, context):
    """Database wrapper that lets reads through and raises WriteOnGetError on anything else.

    Sessions are exempt: signing in from a link or storing a message may renew them. So is the log:
    it must tell of files that were read or refused (SPEC G3), and adding to it changes no record.
    """
    verb = sql.lstrip(" (\n").split(None, 1)[0].upper()
    if LOG_STATEMENT.match(sql):
        return execute(sql, params, many, context)
    if verb in {"INSERT", "UPDATE", "DELETE", "REPLACE"} and "django_session" not in sql:
        raise WriteOnGetError(f"A GET request must not write: {sql[:200]}")
    return execute(sql, params, many, context)


class ReadOnlyGetMiddleware:
    """GET and HEAD never change a record, so a link, a prefetch or a mail scanner is harmless.

    The Wagtail admin is exempt: it stores its own editing sessions while it shows a page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"} or request.path.startswith(ADMIN_PREFIX):
            return self.get_response(request)
        with connection.execute_wrapper(refuse_writes):
            return self.get_response(request)


class NeverCacheSignedInMiddleware:
    """Pages of a signed-in person are stored by no browser and no proxy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            add_never_cache_headers(response)
        return response


class AdminContentPolicyMiddleware:
    """Gives the Wagtail admin its own content security policy, on its own path only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(ADMIN_PREFIX):
            response._csp_replace = ADMIN_POLICY  # type: ignore[attr-defined]  # how django-csp is told
        return response
