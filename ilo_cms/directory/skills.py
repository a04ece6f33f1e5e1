"""How many skills a record may have: a setting, none by default (SPEC P2)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from ilo_cms.referentials.models import PlatformSettings


def check_skills(record: models.Model, chosen: Any) -> None:
    """Raise ValidationError, keyed by field, when a skill is added above the maximum.

    `record` is an organisation or a contact, `chosen` the list of keys of all its skills to be. A
    record that had more before the maximum was lowered keeps them, or gives some back, so that its
    other fields can still be saved; it may add none until it is below the maximum.
    """
    maximum = PlatformSettings.current().maximum_skills
    if maximum is None or len(chosen) <= maximum:
        return
    if set(chosen) <= set(record.skills.values_list("pk", flat=True)):
        return
    allowed = "une seule compétence" if maximum == 1 else f"{maximum} compétences au plus"
    raise ValidationError(
        {
            "skills": f"Une fiche a {allowed}, et {len(chosen)} sont choisies : "
            f"décochez-en {len(chosen) - maximum}."
        }
    )


def maximum_in_words() -> str:
    """The maximum as a hint beside the list; empty when there is none."""
    maximum = PlatformSettings.current().maximum_skills
    return f"{maximum} au plus." if maximum else ""
