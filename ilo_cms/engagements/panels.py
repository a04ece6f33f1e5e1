"""What the apps above add to the page of an engagement in the intranet.

An app registers a panel in `AppConfig.ready()`; the page shows them in their order.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from django.http import HttpRequest
from django.utils.safestring import SafeString

from ilo_cms.engagements.models import Engagement


#: Answers a request about an engagement with safe HTML, or None to show nothing.
Panel = Callable[[HttpRequest, Engagement], SafeString | None]


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


def engagement_panels(request: HttpRequest, engagement: Engagement) -> Iterator[Shown]:
    """The panels that have something to show of this engagement."""
    for _, name, title, render in sorted(_panels.values(), key=lambda panel: panel[:2]):
        content = render(request, engagement)
        if content:
            yield Shown(name, title, content)
