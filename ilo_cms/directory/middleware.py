"""In which capacity the person acts, checked anew on each request (SPEC A6).

Who works in the intranet acts as an officer there, whatever memberships they hold.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from ilo_cms.core.middleware import ADMIN_PREFIX
from ilo_cms.directory.choice import current_contact


class CurrentContactMiddleware:
    """Sets `request.contact`: the chosen membership, or None for visitors and officers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.contact = None if in_intranet(request) else current_contact(request)
        return self.get_response(request)


def in_intranet(request: HttpRequest) -> bool:
    """Whether an officer or administrator asks for a page of the intranet."""
    return request.path.startswith(ADMIN_PREFIX) and getattr(request.user, "is_staff", False)
