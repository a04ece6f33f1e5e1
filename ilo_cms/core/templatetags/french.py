"""French inside the sentences of templates."""

from decimal import Decimal

from django import template

from ilo_cms.core import french


register = template.Library()
register.filter("of", french.of)
register.filter("in_sentence", french.in_sentence)
register.filter("size", french.size)


@register.filter
def number(value: Decimal | None) -> str:
    """8, 7,5 or 5 400: no idle zero; a dash for nothing."""
    return "–" if value is None else french.number(value)


@register.filter
def before_colon(label: str) -> str:
    """A label that may end as a sentence, ready for a colon."""
    return str(label).rstrip(" .:")
