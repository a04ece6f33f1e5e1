"""A moment in a form: a day and an hour, as a clock in Paris shows them."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from ilo_cms.meetings.times import paris_moment


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
