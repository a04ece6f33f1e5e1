"""In which capacity the person acts, checked anew on each request (SPEC A6)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from ilo_cms.directory.choice import current_contact


class CurrentContactMiddleware:
    """Sets `request.contact`: the chosen membership, or None for visitors and officers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.contact = current_contact(request)
        return self.get_response(request)
