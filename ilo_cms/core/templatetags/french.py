"""French inside the sentences of templates; every template has these filters without a load."""

from decimal import Decimal
from typing import Any

from django import template
from django.template import defaultfilters

from ilo_cms.core import french


register = template.Library()
register.filter("of", french.of)
register.filter("to", french.to)
register.filter("in_sentence", french.in_sentence)
register.filter("size", french.size)


@register.filter(expects_localtime=True, is_safe=False)
def date(value: Any, form: str | None = None) -> str:
    """Django's filter, with 1er for the first of a month; takes its place in every template."""
    return french.first_of_month(defaultfilters.date(value, form))


@register.filter
def number(value: Decimal | None) -> str:
    """8, 7,5 or 5 400: no idle zero; a dash for nothing."""
    return "–" if value is None else french.number(value)


@register.filter
def before_colon(label: str) -> str:
    """A label that may end as a sentence, ready for a colon."""
    return str(label).rstrip(" .:")


@register.filter
def with_article(name: object) -> str:
    """A name with the article that the sentence owes it, if any."""
    return french.with_article(str(name))
