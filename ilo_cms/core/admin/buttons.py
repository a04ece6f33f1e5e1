"""Buttons that an app adds to the page of a row that an app below it shows."""

from collections.abc import Callable

from django.db import models
from wagtail.admin.widgets import Button


#: From a row and a person to what they may start from there.
Buttons = Callable[[models.Model, models.Model], list[Button]]

_buttons: dict[type[models.Model], list[Buttons]] = {}


def add_buttons(model: type[models.Model], buttons: Buttons) -> None:
    """Show these buttons above the inspection of a row of this model."""
    known = _buttons.setdefault(model, [])
    if buttons not in known:
        known.append(buttons)


def buttons_of(record: models.Model, user: models.Model) -> list[Button]:
    """What this person may start from a row."""
    return [
        button for offered in _buttons.get(type(record), []) for button in offered(record, user)
    ]
