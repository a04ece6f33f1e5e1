"""Which fields wait for an officer, as administrators choose them (SPEC M1)."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.core.french import in_sentence
from ilo_cms.moderation.fields import (
    ALWAYS_MODERATED,
    FIELDS,
    MODERATED_BY_DEFAULT,
    label,
    moderated_fields,
)
from ilo_cms.moderation.models import ModerationRule, Target
from ilo_cms.moderation.policies import can_set_rules


@dataclass(frozen=True)
class Rule:
    """One field of the record: whether it is moderated now, and by default."""

    target: Target
    field: str
    is_moderated: bool
    by_default: bool

    @property
    def label(self) -> str:
        """The field's name as screens show it."""
        return label(self.target, self.field)

    @property
    def is_fixed(self) -> bool:
        """Whether nobody may change it."""
        return (self.target, self.field) in ALWAYS_MODERATED

    @property
    def is_exception(self) -> bool:
        """Whether an administrator departed from the default."""
        return self.is_moderated != self.by_default


def rules() -> dict[Target, list[Rule]]:
    """Every field of each part, in the order of its form."""
    return {
        target: [
            Rule(target, name, name in moderated, name in MODERATED_BY_DEFAULT[target])
            for name in names
        ]
        for target, names in FIELDS.items()
        for moderated in [moderated_fields(target)]
    }


@logged
def set_moderated(*, target: str, field: str, is_moderated: bool, acting_user: User) -> None:
    """Make a field wait for an officer, or be live at once. What already waits stays to decide.

    Raises PermissionDenied unless an administrator acts, ValidationError when no such field exists
    or it is moderated whatever happens.
    """
    can_set_rules(acting_user).enforce()
    if target not in Target.values or field not in FIELDS[Target(target)]:
        raise ValidationError("Ce champ n’existe pas dans cette partie de la fiche.")
    if (target, field) in ALWAYS_MODERATED:
        raise ValidationError(
            "L’adresse électronique d’un contact est son identifiant : elle est toujours relue."
        )
    was = field in moderated_fields(Target(target))
    if was == is_moderated:
        return
    rule, _ = ModerationRule.objects.update_or_create(
        target=target, field=field, defaults={"is_moderated": is_moderated}
    )
    if is_moderated == (field in MODERATED_BY_DEFAULT[Target(target)]):
        rule.delete()
    record(
        "moderation.rule_changed",
        actor=acting_user,
        before=said(target, field, was),
        after=said(target, field, is_moderated),
    )


def said(target: str, field: str, is_moderated: bool) -> str:
    """A rule as the log says it."""
    state = "relu avant publication" if is_moderated else "publié aussitôt"
    return f"{Target(target).label}, {in_sentence(label(Target(target), field))} : {state}"
