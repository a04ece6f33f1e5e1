"""Form fields of the record's lists: skills by family, territories by region, a NAF code typed."""

import re

from django import forms
from django.core.exceptions import ValidationError

from ilo_cms.core.identifiers import compact
from ilo_cms.referentials.models import NafCode, Skill, Territory


class GroupedSkills(forms.models.ModelChoiceIterator):
    """Skills under the name of their family, in one query."""

    def __iter__(self):
        families: dict[str, list] = {}
        for skill in self.queryset.select_related("group"):
            families.setdefault(skill.group.label, []).append(self.choice(skill))
        yield from families.items()


class SkillsField(forms.ModelMultipleChoiceField):
    """Skills to tick, by family."""

    iterator = GroupedSkills
    widget = forms.CheckboxSelectMultiple

    def __init__(self, queryset=None, **kwargs) -> None:
        queryset = Skill.objects.all() if queryset is None else queryset
        super().__init__(queryset, **{"label": "Compétences", "required": False, **kwargs})


class GroupedTerritories(forms.models.ModelChoiceIterator):
    """Each région, then its départements, under the région's name, in one query."""

    def __iter__(self):
        regions: dict[str, list] = {}
        for territory in self.queryset.select_related("region"):
            region = territory.region or territory
            regions.setdefault(region.label, []).append(self.choice(territory))
        yield from regions.items()


class TerritoriesField(forms.ModelMultipleChoiceField):
    """Territories to tick. A région stands for all its départements (SPEC P2)."""

    iterator = GroupedTerritories
    widget = forms.CheckboxSelectMultiple

    def __init__(self, queryset=None, **kwargs) -> None:
        defaults = {
            "label": "Territoires d’intervention",
            "required": False,
            "help_text": "Une région vaut pour tous ses départements : inutile de les cocher "
            "aussi.",
        }
        queryset = Territory.objects.all() if queryset is None else queryset
        super().__init__(queryset, **{**defaults, **kwargs})

    def label_from_instance(self, territory: Territory) -> str:
        """A département with its number; a région as a whole."""
        if territory.kind == Territory.Kind.REGION:
            return f"Toute la région {territory.label}"
        return str(territory)


class NafField(forms.ModelChoiceField):
    """A NAF code typed by hand: 1,479 codes are too many for a list."""

    def __init__(self, **kwargs) -> None:
        super().__init__(
            queryset=NafCode.objects.all(),
            to_field_name="code",
            widget=forms.TextInput,
            error_messages={
                "invalid_choice": "Ce code NAF n’existe pas. Cherchez-le sur votre avis de "
                "situation au répertoire Sirene, par exemple 70.22Z."
            },
            **kwargs,
        )

    def prepare_value(self, value):
        """Show the code, whatever the form was given: a key, a code or a row."""
        if isinstance(value, int):
            value = NafCode.objects.filter(pk=value).first()
        return super().prepare_value(value)

    def to_python(self, value):
        """Accept 7022z and 70 22 Z as well as 70.22Z."""
        digits = compact(value).upper() if isinstance(value, str) else value
        if digits and not re.fullmatch(r"[0-9]{4}[A-Z]", digits):
            raise ValidationError(
                "Un code NAF a quatre chiffres et une lettre, par exemple 70.22Z.", code="naf"
            )
        return super().to_python(f"{digits[:2]}.{digits[2:]}" if digits else digits)
