"""The log in words, for the intranet and the extranet: what was done, by whom, what changed.

It reads an event as it was written and looks up nothing but the French names of fields.
"""

import re
from collections.abc import Collection, Iterator
from html import unescape

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.utils.dateparse import parse_datetime
from django.utils.html import strip_tags
from django.utils.text import capfirst
from django.utils.timezone import localtime
from wagtail.fields import RichTextField

from ilo_cms.audit.actions import ACTIONS
from ilo_cms.audit.models import AuditEvent
from ilo_cms.core.french import number
from ilo_cms.core.identifiers import readable_phone


#: The models that may hold a field of each part of a provider record, as requests name the parts.
PARTS = {
    "contact": ["directory.contact", "accounts.user"],
    "organisation": ["directory.organisation"],
    "establishment": ["directory.establishment"],
}
#: What a word of an act is, where its value alone says nothing.
LABELS = {
    "attempt": "Demande : ",
    "digest": "Empreinte : ",
    "number": "Acte n° ",
    "people": "Personnes : ",
    "requirements": "Version de la demande : ",
}
#: Where one paragraph or item of a formatted text ends and the next begins.
BLOCK = re.compile(r"</?(?:p|li|ul|ol|h\d)\b[^>]*>|<br\b[^>]*>")
#: Words of an act that `changes` does not say again.
SAID_ELSEWHERE = {"actor", "target", "assistance"}


def words(event: AuditEvent) -> dict:
    """The readable part of an act; empty once it was erased (SPEC G1)."""
    detail = getattr(event, "detail", None)
    return detail.content if detail else {}


def act(event: AuditEvent) -> str:
    """What was done, in French."""
    return ACTIONS.get(event.action, event.action)


def actor(event: AuditEvent) -> str:
    """Who did it, and through whom of the support if need be (SPEC A12)."""
    name = words(event).get("actor") or ("effacé" if event.actor_id else "la plateforme")
    helper = words(event).get("assistance")
    return f"{name}, par l’assistance ({helper})" if helper else name


def target(event: AuditEvent) -> str:
    """What it was done to."""
    return words(event).get("target") or event.target_id


def changes(event: AuditEvent) -> Iterator[str]:
    """One line per changed or requested field, then the other words of the act."""
    said = {name: value for name, value in words(event).items() if name not in SAID_ELSEWHERE}
    before, after = said.pop("before", {}), said.pop("after", {})
    if isinstance(before, dict) and isinstance(after, dict):
        for name in after:
            yield change(field_of([event.target_type], name), name, before.get(name), after[name])
    else:
        yield f"{readable(before)} → {readable(after)}"
    said.pop("fields", None)
    yield from requested(event, PARTS)
    if origin := said.pop("origin", ""):
        yield f"Origine : {origin}"
    for name, value in said.items():
        if not value or isinstance(value, dict):  # such as a reason that nobody had to give
            continue
        values = value if isinstance(value, list) else [value]
        yield from (LABELS.get(name, "") + readable(each) for each in values)


def requested(event: AuditEvent, parts: Collection[str]) -> Iterator[str]:
    """One line per field of these parts that a request asks to change; none of other acts.

    A request is logged with `fields`: {"organisation.name": [live value, requested value]}.
    """
    fields = words(event).get("fields")
    for path, pair in fields.items() if isinstance(fields, dict) else ():
        part, _, name = path.rpartition(".")
        if part in parts and isinstance(pair, list):
            yield change(field_of(PARTS.get(part, []), name), name, *pair)


def change(field: models.Field | None, name: str, old: object, new: object) -> str:
    """One field's line: its French name, the value before, the value after."""
    return f"{label_of(field) or name} : {readable(old, field)} → {readable(new, field)}"


def label_of(field: models.Field | ForeignObjectRel | None) -> str:
    """The French name of a field; of rows that point here, such as criteria, that of their kind."""
    if isinstance(field, ForeignObjectRel):
        return capfirst(str(field.related_model._meta.verbose_name_plural))
    return capfirst(str(field.verbose_name)) if field else ""


def field_of(models_named: list[str], name: str) -> models.Field | ForeignObjectRel | None:
    """The model field of a logged name, in the first of these models that has it."""
    for model in models_named:
        try:
            return apps.get_model(model)._meta.get_field(name)
        except (LookupError, ValueError, FieldDoesNotExist):
            continue
    return None


def readable(value: object, field: models.Field | ForeignObjectRel | None = None) -> str:
    """A logged value as a person reads it."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "vide"
    if value is None or value == "":
        return "vide"
    if isinstance(field, models.DateTimeField):
        return readable_moment(str(value))
    if isinstance(field, models.DateField):
        return "/".join(reversed(str(value).split("-")))
    if isinstance(field, models.DecimalField):
        return number(str(value), 2)
    if isinstance(field, RichTextField):
        return without_tags(str(value))
    return readable_phone(str(value)) if field and "phone" in field.name else str(value)


def without_tags(text: str) -> str:
    """The words of a formatted text, its paragraphs and items one after the other."""
    return " ".join(unescape(strip_tags(BLOCK.sub(" ", text))).split())


def readable_moment(text: str) -> str:
    """A logged moment in Paris, to the second; anything else as it stands."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    aware = moment is not None and moment.tzinfo is not None
    return f"{localtime(moment):%d/%m/%Y %H:%M:%S}" if aware else text
