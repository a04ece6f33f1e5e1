"""French inside the sentences of templates."""

from django import template

from ilo_cms.core import french


register = template.Library()
register.filter("of", french.of)
