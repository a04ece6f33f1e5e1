"""What an officer looks for."""

from django import forms

from ilo_cms.matching.catalogue import BAND, DEPARTMENT, REGION, SECTOR, SKILL, Catalogue
from ilo_cms.matching.services import Criteria, catalogue


def several(label: str) -> forms.TypedMultipleChoiceField:
    """Any number of rows of a list."""
    return forms.TypedMultipleChoiceField(label=label, coerce=int, required=False)


class SearchForm(forms.Form):
    """The criteria, all optional. The lists are the index's: no query, and the counts' own rows."""

    skills = several("Thématiques")
    territory = forms.TypedChoiceField(
        label="Territoire", coerce=int, empty_value=None, required=False
    )
    sectors = several("Secteurs")
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
    bands = several("Effectif")
    never = forms.BooleanField(label="Jamais appelés seulement", required=False)

    #: The fields that are lists, and the kind of their values.
    LISTS = {"skills": SKILL, "sectors": SECTOR, "bands": BAND}

    def __init__(self, data, *, lists: Catalogue | None = None) -> None:
        super().__init__(data)
        offered = (lists or catalogue()).choices
        self.lists = {name: offered[kind] for name, kind in self.LISTS.items()}
        self.lists["territory"] = offered[REGION] + offered[DEPARTMENT]
        for name, rows in self.lists.items():
            self.fields[name].choices = rows
        self.fields["territory"].choices = [
            ("", "Tous"),
            ("Régions", offered[REGION]),
            ("Départements", offered[DEPARTMENT]),
        ]

    def criteria(self) -> Criteria:
        """The criteria of a valid form."""
        asked = self.cleaned_data
        return Criteria(
            skills=tuple(asked["skills"]),
            sectors=tuple(asked["sectors"]),
            territory=asked["territory"],
            words=asked["words"],
            is_cae={"oui": True, "non": False}.get(asked["cae"]),
            bands=tuple(asked["bands"]),
            never_called=asked["never"],
        )

    def in_words(self) -> list[str]:
        """What was asked, for the log: without the words typed, which may name a person."""
        asked = self.cleaned_data
        found = ["Recherche"] if asked["words"] else []
        for name, rows in self.lists.items():
            keys = asked[name] if name in self.LISTS else [asked[name]]
            labels = [label for key, label in rows if key in keys]
            found += [f"{self.fields[name].label} : {', '.join(labels)}"] if labels else []
        found += [str(self.fields["never"].label)] if asked["never"] else []
        return [*found, f"CAE : {asked['cae']}"] if asked["cae"] else found
