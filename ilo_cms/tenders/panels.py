"""What is added to the page of a tender in the intranet, below the call itself.

The selection registers its own in `AppConfig.ready()`; the page shows them in their order.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from django.http import HttpRequest
from django.utils.safestring import SafeString

from ilo_cms.tenders.models import Tender


#: Answers a request about a tender with safe HTML, or None to show nothing.
Panel = Callable[[HttpRequest, Tender], SafeString | None]


class Registered(NamedTuple):
    """A panel, where it stands and under which title."""

    order: int
    name: str
    title: str
    render: Panel


class Shown(NamedTuple):
    """A panel as the page writes it."""

    name: str
    title: str
    content: SafeString


_panels: dict[str, Registered] = {}


def register_panel(name: str, title: str, render: Panel, order: int = 100) -> None:
    """Add a panel to the page, once per name; the smallest order comes first."""
    _panels[name] = Registered(order, name, title, render)


def tender_panels(request: HttpRequest, tender: Tender) -> Iterator[Shown]:
    """The panels that have something to show of this tender."""
    for _, name, title, render in sorted(_panels.values(), key=lambda panel: panel[:2]):
        content = render(request, tender)
        if content:
            yield Shown(name, title, content)
