"""What an officer looks for."""

from collections.abc import Iterable

from django import forms
from django.db.models import Model

from ilo_cms.matching.services import Criteria
from ilo_cms.referentials.models import HeadcountBand, Sector, Skill, Territory


class SearchForm(forms.Form):
    """The criteria, all optional."""

    skills = forms.ModelMultipleChoiceField(
        label="Thématiques",
        queryset=Skill.objects.active(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    territory = forms.ModelChoiceField(
        label="Territoire", queryset=Territory.objects.all(), required=False, empty_label="Tous"
    )
    sectors = forms.ModelMultipleChoiceField(
        label="Secteurs",
        queryset=Sector.objects.active(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    words = forms.CharField(
        label="Mots",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search"}),
        help_text="Nom, sigle, présentation, thématiques : chaque mot doit s’y trouver, au "
        "moins par son début. Les accents et les pluriels ne comptent pas.",
    )
    cae = forms.ChoiceField(
        label="Coopérative d’activités et d’emploi (CAE)",
        choices=[("", "Indifférent"), ("oui", "Oui"), ("non", "Non")],
        required=False,
    )
    bands = forms.ModelMultipleChoiceField(
        label="Effectif",
        queryset=HeadcountBand.objects.active(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def criteria(self) -> Criteria:
        """The criteria of a valid form."""
        asked = self.cleaned_data
        return Criteria(
            skills=keys(asked["skills"]),
            sectors=keys(asked["sectors"]),
            territory=asked["territory"].pk if asked["territory"] else None,
            words=asked["words"],
            is_cae={"oui": True, "non": False}.get(asked["cae"]),
            bands=keys(asked["bands"]),
        )

    def in_words(self) -> list[str]:
        """What was asked, for the log: without the words typed, which may name a person."""
        asked = self.cleaned_data
        found = ["Recherche"] if asked["words"] else []
        for name in ("skills", "sectors", "bands"):
            if asked[name]:
                found.append(f"{self.fields[name].label} : {', '.join(map(str, asked[name]))}")
        if asked["territory"]:
            found.append(f"Territoire : {asked['territory']}")
        return [*found, f"CAE : {asked['cae']}"] if asked["cae"] else found


def keys(rows: Iterable[Model]) -> tuple[int, ...]:
    """The keys of chosen rows."""
    return tuple(row.pk for row in rows)
