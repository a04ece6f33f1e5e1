"""What forms of tenders ask in a way of their own: a need, and a moment as Paris has it."""

import re
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import linebreaks
from wagtail.admin.rich_text import DraftailRichTextArea

from ilo_cms.meetings.times import paris_moment


class NeedWidget(DraftailRichTextArea):
    """The editor of a need; where its script did not run, what was typed is taken as plain text."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str | None:
        """The text in HTML, of the editor's own format or none.

        Without the editor's marks of blocks, which differ each time: a need that nobody changed
        must be the same text, or an amendment would tell all invited that it did.
        """
        try:
            html = super().value_from_datadict(data, files, name)
            return html and re.sub(r' data-block-key="[^"]*"', "", html)
        except (AttributeError, KeyError, TypeError, ValueError):
            html = linebreaks(data.get(name), autoescape=True) if data.get(name) else ""
            return html.replace("<br>", "<br/>")  # as the editor writes it, and can read it


class MomentWidget(forms.MultiWidget):
    """A day and an hour side by side."""

    def __init__(self, attrs: dict | None = None) -> None:
        day = forms.DateInput({"type": "date", "aria-label": "Jour"}, "%Y-%m-%d")
        hour = forms.TimeInput({"type": "time", "aria-label": "Heure"}, "%H:%M")
        super().__init__({"day": day, "hour": hour}, attrs)

    def decompress(self, value: datetime | None) -> list:
        """The day and the hour of a moment, without seconds: the form has none to change."""
        if value is None:
            return [None, None]
        local = timezone.localtime(value)
        return [local.date(), local.time().replace(second=0, microsecond=0)]


class MomentField(forms.MultiValueField):
    """A moment, to the minute. One that no clock in Paris shows is refused."""

    widget = MomentWidget

    def __init__(self, **options: Any) -> None:
        incomplete = {"incomplete": "Donnez le jour et l’heure."}
        fields = [
            forms.DateField(error_messages=incomplete),
            forms.TimeField(error_messages=incomplete),
        ]
        super().__init__(fields, require_all_fields=False, **options)
        self.error_messages |= incomplete

    def compress(self, values: list) -> datetime | None:
        """The moment, None when nothing is given."""
        if not values or not any(values):
            return None
        if not all(values):
            raise ValidationError(self.error_messages["incomplete"], code="incomplete")
        return paris_moment(*values)
