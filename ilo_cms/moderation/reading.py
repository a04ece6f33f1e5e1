"""Requested fields beside what is live and what INSEE says, read together.

As many queries for one field as for two hundred requests: each table is read once.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q

from ilo_cms.directory.models import Contact
from ilo_cms.moderation.fields import MODEL_OF, RecordField
from ilo_cms.moderation.models import ChangeItem, Target


@dataclass(frozen=True)
class Line:
    """One requested field, with its live value in plain data and its values in words."""

    item: ChangeItem
    field: RecordField
    live: Any
    live_label: str
    insee: str

    @property
    def label(self) -> str:
        """The field's name as screens show it."""
        return self.field.label

    @property
    def has_moved(self) -> bool:
        """Whether the live value is no longer the one that the request started from."""
        return self.live != self.item.old


def read_lines(items: Iterable[ChangeItem]) -> list[Line]:
    """The lines of some requested fields, in their order."""
    items = list(items)
    rows = load_records(items)
    fields = [RecordField(Target(item.target), rows[item.target_id], item.field) for item in items]
    choices = load_choices(fields)
    return [
        read_line(item, field, choices.get(field.definition.related_model, []))
        for item, field in zip(items, fields, strict=True)
    ]


def read_line(item: ChangeItem, field: RecordField, choices: list[models.Model]) -> Line:
    """One line, given the rows of its reference list that may be named."""
    live = field.read()
    if field.definition.many_to_many:
        choices = getattr(field.owner, field.name).all()
    codes = {choice.code: str(choice) for choice in choices}
    return Line(
        item, field, live, field.readable(live, choices), codes.get(field.insee, field.insee)
    )


def load_records(items: list[ChangeItem]) -> dict[UUID, models.Model]:
    """The records that items would change, with the lists that items name."""
    asked: dict[str, list[ChangeItem]] = defaultdict(list)
    for item in items:
        asked[item.target].append(item)
    records: dict[UUID, models.Model] = {}
    for target, group in asked.items():
        model = MODEL_OF[Target(target)]
        lists = {field.name for field in model._meta.many_to_many} & {item.field for item in group}
        rows = model.objects.filter(pk__in={item.target_id for item in group})
        if model is Contact:
            rows = rows.select_related("user")
        records |= {row.pk: row for row in rows.prefetch_related(*lists)}
    return records


def load_choices(fields: list[RecordField]) -> dict[type[models.Model], list[models.Model]]:
    """The rows of reference lists that live values and INSEE's codes name, by list."""
    named: dict[type[models.Model], Q] = defaultdict(Q)
    for field in fields:
        if field.definition.many_to_one:
            live = field.read()
            named[field.definition.related_model] |= Q(pk=live) | Q(code=field.insee)
    return {model: list(model.objects.filter(wanted)) for model, wanted in named.items()}


def fingerprint(lines: Iterable[Line]) -> str:
    """What an officer sees of a request: it changes with any requested or live value.

    The decision form carries it, so that nobody decides on values they did not see.
    """
    seen = sorted([str(line.item.pk), line.item.new, line.live] for line in lines)
    return sha256(repr(seen).encode()).hexdigest()


def request_fingerprint(change_request) -> str:
    """As above, of one request as it is now."""
    return fingerprint(read_lines(change_request.items.all()))
