"""Amounts and other numbers as the French type them: one way to read them for every form."""

from decimal import Decimal
from typing import Any

from django import forms


def without_spaces(typed: str) -> str:
    """A number without spaces of any width, nor currency."""
    return "".join(typed.replace("€", "").split())


def plain_number(typed: str) -> str:
    """A number as Python reads it: a point for the comma too."""
    return without_spaces(typed).replace(",", ".")


class FrenchNumberInput(forms.TextInput):
    """Takes "3 200,50 €" in any browser, and shows a comma; for fields with `localize`.

    A number input drops the comma where the browser is not French.
    """

    is_localized = True

    def __init__(self) -> None:
        super().__init__({"inputmode": "decimal"})

    def format_value(self, value: Any) -> str | None:
        """A whole number without its idle zeros."""
        is_whole = isinstance(value, Decimal) and value == value.to_integral_value()
        return super().format_value(int(value) if is_whole else value)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str | None:
        """What was typed, ready for the field."""
        typed = super().value_from_datadict(data, files, name)
        return typed and without_spaces(typed)
