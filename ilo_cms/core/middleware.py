"""Rules of the whole site that are enforced at one place instead of reviewed view by view."""

import inspect
import re
from collections.abc import Callable

from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
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


#: How a statement that changes nothing begins. WITH and EXPLAIN may hide a write further on.
READS = {"SELECT", "PRAGMA"}
TRANSACTIONS = {"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"}
HIDDEN_WRITES = re.compile(r"(?<!FOR )(?<!NO KEY )\b(INSERT|UPDATE|DELETE|MERGE)\b")
#: Comments, and texts and names in quotes: a word in there does nothing.
UNSPOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`", re.DOTALL)
SESSION_WRITE = re.compile(r"(INSERT INTO|UPDATE|DELETE FROM) [\"`]django_session[\"`]")


#: Of Wagtail's own views, those that every page of the intranet is made with.
WAGTAIL_OPEN = {
    "wagtailadmin_home",
    "wagtailadmin_sprite",
    "wagtailadmin_javascript_catalog",
}

#: Adding an event to the log and moving its end of chain (ilo_cms.audit).
LOG_STATEMENT = re.compile(
    r'INSERT INTO "audit_audit(event|detail|head)" |UPDATE "audit_audithead" SET '
)


class WriteOnGetError(RuntimeError):
    """A view tried to write while answering a GET or HEAD request."""


def only_reads(sql: str) -> bool:
    """Whether a statement is known to change no row; what is not known to read may write."""
    spoken = UNSPOKEN.sub(" ", sql).upper().strip(" (;\n\t")
    verb = spoken.partition(" ")[0].partition("\n")[0]
    if ";" in spoken:
        return False
    if verb in {"WITH", "EXPLAIN"}:
        return not HIDDEN_WRITES.search(spoken)
    return verb in READS | TRANSACTIONS


def refuse_writes(execute, sql, params, many, context):
    """Database wrapper that lets reads through and raises WriteOnGetError on anything else.

    Sessions are exempt: signing in from a link or storing a message may renew them. So is the log:
    it must tell of files that were read or refused (SPEC G3), and adding to it changes no record.
    """
    if not (only_reads(sql) or SESSION_WRITE.match(sql) or LOG_STATEMENT.match(sql)):
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


def is_ours(view: Callable) -> bool:
    """Whether a view is written here, or is one of Wagtail's behind a guard of ours."""
    view = inspect.unwrap(view)
    return getattr(view, "view_class", view).__module__.startswith("ilo_cms.")


class SideDoorsMiddleware:
    """Below /admin/ only our screens exist, for all but the technical superuser.

    Wagtail brings dozens of others (pages, images, users, reports …) that no menu offers and whose
    rules are not ours. A screen of Wagtail's is opened by a view of ours, never by a longer list.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args, kwargs) -> None:
        """Answer 404, as for an address that does not exist, unless the view is ours."""
        if not request.path.startswith(ADMIN_PREFIX) or request.user.is_superuser:
            return
        route = request.resolver_match
        if not is_ours(view) and (route is None or route.view_name not in WAGTAIL_OPEN):
            raise Http404
