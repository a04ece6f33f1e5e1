"""Search as you type over indexed models, combined with any filter.

Wagtail's own search cannot be used as it is: on SQLite it compares a UUID written with dashes to
one stored without, and finds nothing; on both engines it refuses a queryset that is filtered on
fields outside its index.
"""

import re
from collections.abc import Mapping

from anyascii import anyascii
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.db.models import Func, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower, Replace
from wagtail.search.index import AutocompleteField
from wagtail.search.models import IndexEntry


#: How a list or chooser searches: lookup → the indexed model it points to ("pk" for the model
#: itself), or None to look inside the text of the field.
Search = Mapping[str, type[models.Model] | None]

#: What PostgreSQL reads as the same letter, one for one.
ACCENTED = "àâäáãåçéèêëíìîïñóòôöõúùûüýÿ"
PLAIN = "aaaaaaceeeeiiiinooooouuuuyy"

FTS = "SELECT rowid FROM wagtailsearch_indexentry_fts WHERE wagtailsearch_indexentry_fts MATCH %s"


def search(rows: models.QuerySet, text: str, through: Search) -> models.QuerySet:
    """The rows in which every word typed begins a word somewhere, whatever case and accents."""
    for word in re.findall(r"\w+", text):
        match = Q()
        for lookup, model in through.items():
            if model is None:
                match |= Q(**{f"{lookup}__icontains": word})
            else:
                match |= Q(**{f"{lookup}__in": keys(model, word)})
        rows = rows.filter(match)
    return rows


def keys(model: type[models.Model], word: str) -> models.QuerySet:
    """The keys of the rows of an indexed model that hold a word beginning so, as a subquery."""
    if connection.vendor != "sqlite":
        return keys_by_pattern(model, word)
    return (
        IndexEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(model),
            pk__in=RawSQL(FTS, [f'autocomplete : "{word}"*']),  # noqa: S611 (a bound parameter)
        )
        .annotate(key=Replace("object_id", Value("-"), Value("")))
        .values("key")
    )


def keys_by_pattern(model: type[models.Model], word: str) -> models.QuerySet:
    """As `keys`, on PostgreSQL, whose index keeps accents: its text fields without accents."""
    match = Q()
    rows = model._default_manager.order_by()
    for field in model.search_fields:
        if isinstance(field, AutocompleteField):
            folded = f"folded_{field.field_name}"
            text = Func(
                Lower(field.field_name), Value(ACCENTED), Value(PLAIN), function="TRANSLATE"
            )
            rows = rows.annotate(**{folded: text})
            match |= Q(**{f"{folded}__regex": rf"\m{re.escape(anyascii(word).lower())}"})
    return rows.filter(match).values("pk") if match else rows.none().values("pk")
