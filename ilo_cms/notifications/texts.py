"""The mails' words: ours by default, the administrators' where they wrote their own (SPEC N4).

A merge field is a plain name in braces, filled with text. Nothing else that Python's format strings
can do is accepted: no attribute, no index, no conversion, no format.
"""

import logging
from collections.abc import Iterator, Mapping
from string import Formatter

from django.core.exceptions import ValidationError

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.core.french import filled
from ilo_cms.notifications.kind import Kind
from ilo_cms.notifications.kinds import KINDS
from ilo_cms.notifications.models import MailTemplate, Notification
from ilo_cms.notifications.policies import can_edit_mail_texts


logger = logging.getLogger(__name__)


def faults(text: str, names: list[str]) -> Iterator[str]:
    """What is wrong with a text, a sentence each: braces, or fields that the kind does not have."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        yield "Une accolade est ouverte sans être fermée, ou fermée sans être ouverte."
        return
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if name not in names or form or conversion:
            written = "{" + name + (f"!{conversion}" if conversion else "")
            written += (f":{form}" if form else "") + "}"
            offered = ", ".join("{" + known + "}" for known in names) or "aucun"
            yield f"{written} n’est pas un champ de ce courriel. Champs possibles : {offered}."


def check(kind: Kind, subject: str, text: str) -> None:
    """Raise ValidationError, by field, unless both texts can be filled."""
    errors: dict[str, list[str]] = {}
    for field, value in (("subject", subject), ("text", text)):
        if found := list(faults(value, kind.field_names)):
            errors[field] = found
        elif not value.strip():
            errors[field] = ["Écrivez un texte, ou rétablissez celui d’origine."]
    if len(subject.splitlines()) > 1:
        errors.setdefault("subject", []).append("Un objet tient sur une seule ligne.")
    if errors:
        raise ValidationError(errors)


def fits(kind: Kind, subject: str, text: str) -> bool:
    """Whether both texts can be filled with what the kind has today."""
    names = kind.field_names
    return not [*faults(subject, names), *faults(text, names)]


def words_of(kind: Kind, words: Mapping[str, str]) -> tuple[str, str]:
    """Subject and text of a kind's mails, filled; ours when the administrators' no longer fit.

    A field may have gone from the kind since they wrote: what is told must not fail for that.
    """
    template = MailTemplate.objects.filter(kind=kind.name).first()
    if template:
        if fits(kind, template.subject, template.text):
            return filled(template.subject, words), filled(template.text, words)
        logger.error(
            "The mail text of %s no longer fits its fields: the default is used", kind.name
        )
    return filled(kind.subject, words), filled(kind.text, words)


def example_words(kind: Kind) -> dict[str, str]:
    """What fills a preview: the latest notice of the kind, else each field's own name.

    That of a sealed kind would say who deposited.
    """
    examples = {name: f"[{name}]" for name in kind.field_names}
    if kind.is_sealed:
        return examples
    latest = Notification.objects.filter(kind=kind.name).exclude(fields={}).first()
    return examples | latest.fields if latest else examples


@logged
def save_mail_text(*, kind_name: str, subject: str, text: str, acting_user: User) -> MailTemplate:
    """Keep the administrators' own words for a kind.

    Raises PermissionDenied to anyone else, KeyError on an unknown kind, ValidationError by field.
    """
    kind = KINDS[kind_name]
    can_edit_mail_texts(acting_user).enforce()
    check(kind, subject, text)
    template = MailTemplate.objects.filter(kind=kind_name).first() or MailTemplate(
        kind=kind_name, subject=kind.subject, text=kind.text
    )
    before = [template.subject, template.text]
    template.subject, template.text = subject, text
    template.full_clean()
    template.save()
    record(
        "mail_text.changed",
        actor=acting_user,
        target=template,
        kind=kind_name,
        before=before,
        after=[subject, text],
    )
    return template


@logged
def reset_mail_text(*, kind_name: str, acting_user: User) -> None:
    """Go back to the original words of a kind; nothing happens where they already hold."""
    kind = KINDS[kind_name]
    can_edit_mail_texts(acting_user).enforce()
    template = MailTemplate.objects.filter(kind=kind_name).first()
    if template is None:
        return
    record(
        "mail_text.reset",
        actor=acting_user,
        target=template,
        kind=kind_name,
        before=[template.subject, template.text],
        after=[kind.subject, kind.text],
    )
    template.delete()
