"""What the services of engagements share: locked rows, changed fields in the log, one refusal."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import record
from ilo_cms.directory.edits import Reading, snapshot
from ilo_cms.directory.models import Organisation
from ilo_cms.engagements.models import Engagement


FOREIGN = "Cette page n’est plus la bonne : rechargez-la, puis recommencez."


def check_new(key: UUID, *kinds: type[models.Model]) -> None:
    """Raise ValidationError when a key made with a form already names a row, of somebody else.

    Asked under the log's lock, after the rows that the same form made.
    """
    if any(kind._default_manager.filter(pk=key).exists() for kind in kinds):
        raise ValidationError(FOREIGN, code="changed")


def locked_engagement(engagement: Engagement) -> Engagement:
    """The engagement read anew under its lock."""
    rows = Engagement.objects.select_related("beneficiary", "operator", "officer__user")
    return rows.select_for_update(of=("self",)).get(pk=engagement.pk)


def write(row: models.Model, values: dict[str, Any]) -> dict[str, Reading]:
    """Set values on a row and check it whole; return the readings before, for `log_changes`.

    Raises ValidationError by field.
    """
    before = snapshot(row, values)
    for name, value in values.items():
        setattr(row, name, value)
    row.full_clean()
    return before


def log_changes(
    action: str,
    *,
    row: models.Model,
    before: dict[str, Reading],
    actor: User,
    organisation: Organisation,
    **words: Any,
) -> list[str]:
    """Say in the log which fields changed; nothing when none did. Returns their names."""
    after = snapshot(row, before)
    changed = [name for name in before if before[name].key != after[name].key]
    if changed:
        record(
            action,
            actor=actor,
            target=row,
            organisation=organisation,
            before={name: before[name].label for name in changed},
            after={name: after[name].label for name in changed},
            **words,
        )
    return changed


def log_creation(
    action: str, *, row: models.Model, names: Iterable[str], actor: User, organisation: Organisation
) -> None:
    """Say in the log with which values a row was made."""
    after = {name: reading.label for name, reading in snapshot(row, names).items()}
    given = {name: label for name, label in after.items() if label not in (None, "")}
    record(
        action,
        actor=actor,
        target=row,
        organisation=organisation,
        before=dict.fromkeys(given),
        after=given,
    )


#: As much as a reason is worth reading.
LONGEST_REASON = 4000


def clean_reason(reason: str, field: str = "reason", longest: int = LONGEST_REASON) -> str:
    """A reason without the blanks around it, as a database can keep it.

    Buttons post it as it was typed, without a form. Raises ValidationError at its field.
    """
    reason = reason.strip()
    if "\0" in reason:
        raise ValidationError({field: "Ce motif contient un caractère que rien n’affiche."})
    if len(reason) > longest:
        raise ValidationError({field: f"Donnez {longest} caractères de motif au plus."})
    return reason


def needed(reason: str, sentence: str, field: str = "reason") -> str:
    """A reason that says something. Raises ValidationError at its field."""
    reason = clean_reason(reason, field)
    if not reason:
        raise ValidationError({field: sentence})
    return reason
