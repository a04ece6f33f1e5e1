"""The officers' forms: what a tender says, its criteria, and each act on a sent one."""

from operator import attrgetter
from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils.text import capfirst

from ilo_cms.accounts.models import User
from ilo_cms.core.amounts import FrenchNumberInput
from ilo_cms.core.identifiers import compact
from ilo_cms.directory.models import Organisation
from ilo_cms.engagements.admin import engagement_chooser
from ilo_cms.engagements.models import Assignment, AssignmentStatus, Engagement
from ilo_cms.referentials.models import DocumentType, Sector, Skill, Territory
from ilo_cms.tenders import attachments, diffusion
from ilo_cms.tenders.calls import CONTENT, DAYS, DEADLINES
from ilo_cms.tenders.fields import MomentField, NeedWidget
from ilo_cms.tenders.models import Channel, Phase, Tender, TenderTemplate
from ilo_cms.tenders.models.tender import NEED_FEATURES
from ilo_cms.tenders.rules import Weighted


#: Empty rows of criteria that the form offers besides those there are.
SPARE_CRITERIA = 4


#: What an officer loses by leaving out what suggestions are made from.
SUGGESTING = {
    "sector": "Sans secteur, les prestataires qui le connaissent ne sont pas suggérés en premier.",
    "territory": "Sans territoire, les prestataires sont suggérés où qu’ils interviennent.",
}


def territories_by_kind() -> list[tuple[str, list[tuple[int, str]]]]:
    """Régions, then départements, each under its heading."""
    rows = list(Territory.objects.all())
    return [
        (f"{kind.label}s", [(row.pk, str(row)) for row in rows if row.kind == kind])
        for kind in Territory.Kind
    ]


def day_input() -> forms.DateInput:
    """A day that browsers let people pick."""
    return forms.DateInput({"type": "date"}, "%Y-%m-%d")


def label_of(name: str) -> str:
    """The label of a field of tenders, as forms write it."""
    return capfirst(str(Tender._meta.get_field(name).verbose_name))


def moment_field(name: str, **options: Any) -> MomentField:
    """The field of one of the deadlines."""
    return MomentField(label=label_of(name), required=False, **options)


def day_field(name: str) -> forms.DateField:
    """The field of one of the days that follow the deadlines."""
    return forms.DateField(label=label_of(name), required=False, widget=day_input())


class StartForm(forms.Form):
    """For which engagement, and from what a tender is started."""

    engagement = forms.ModelChoiceField(
        label="Accompagnement",
        queryset=Engagement.objects.none(),
        widget=engagement_chooser.widget_class,
    )
    template = forms.ModelChoiceField(
        label="Modèle",
        queryset=TenderTemplate.objects.filter(is_active=True),
        required=False,
        empty_label="Aucun",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["engagement"].queryset = Engagement.objects.visible_to(user)


class CopyForm(StartForm):
    """For which engagement a tender is copied."""

    template = None
    key = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid4)


#: The editor keeps Tab to itself in a list: who has no mouse must be told the way out.
OUT_OF_LIST = (
    "Au clavier, dans une liste, Tab décale la ligne : sortez de la liste (Entrée deux fois) pour "
    "passer au champ suivant."
)


class ContentForm(forms.ModelForm):
    """What a tender says."""

    required_css_class = "required"

    class Meta:
        model = Tender
        fields = CONTENT
        widgets = {
            "themes": forms.CheckboxSelectMultiple,
            "required_types": forms.CheckboxSelectMultiple,
            "decision_on": day_input(),
            "starts_on": day_input(),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "need" in self.fields:
            editor = NeedWidget(features=NEED_FEATURES)
            editor.options["ariaLabel"] = self.fields["need"].label
            self.fields["need"].widget = editor
            self.fields["need"].help_text = OUT_OF_LIST
        lists = {"themes": Skill, "sector": Sector, "required_types": DocumentType}
        for name, model in lists.items():
            if name in self.fields:
                self.fields[name].queryset = self.offered(name, model)
        if "territory" in self.fields:
            self.fields["territory"].choices = [("", "Choisir…"), *territories_by_kind()]
        for name in ("days", "budget"):
            if name in self.fields:
                self.fields[name].localize = True
                self.fields[name].widget = FrenchNumberInput()

    def offered(self, name: str, model):
        """The rows of a list still proposed, and those chosen before."""
        chosen = self.initial.get(name) or []
        rows = chosen if isinstance(chosen, list | tuple) else [chosen]
        keys = [getattr(row, "pk", row) for row in rows]
        return model.objects.filter(Q(is_active=True) | Q(pk__in=keys))

    def _post_clean(self) -> None:
        """The service checks the whole: here fields alone."""

    def values(self) -> dict[str, Any]:
        """What the services take; a moment shown without its seconds keeps them when unchanged."""
        kept = {name for name in DEADLINES if name in self.fields} - set(self.changed_data)
        said = {name: self.cleaned_data[name] for name in self.fields if name not in kept}
        return {name: value for name, value in said.items() if name in {*CONTENT, *DEADLINES}}


class TenderForm(ContentForm):
    """A tender that was not sent yet, with its deadlines."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, initial=0)
    assignment = forms.ModelChoiceField(
        label="Prestation du plan",
        queryset=Assignment.objects.none(),
        required=False,
        empty_label="Aucune : elle sera créée avec la décision",
    )
    participation_deadline = moment_field("participation_deadline")
    questions_deadline = moment_field(
        "questions_deadline", help_text="Vide : jusqu’à la fin du dépôt."
    )
    deposit_deadline = moment_field("deposit_deadline")

    field_order = [
        "title",
        "assignment",
        "need",
        "themes",
        "sector",
        "territory",
        "days",
        "budget",
        "is_budget_shown",
        "required_types",
        *DEADLINES,
        "decision_on",
        "starts_on",
    ]

    def __init__(self, *args: Any, engagement: Engagement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignment"].queryset = waiting_assignments(engagement)
        for name, hint in SUGGESTING.items():
            self.fields[name].help_text = hint
        if self.instance._state.adding:
            self.initial.setdefault("key", uuid4())
        else:
            del self.fields["assignment"]
            self.initial["seen"] = self.instance.revision
            for name in DEADLINES:
                self.initial[name] = getattr(self.instance, name)


class CriterionForm(forms.Form):
    """One criterion; an empty row is none."""

    label = forms.CharField(label="Critère", max_length=150, required=False)
    weight = forms.IntegerField(label="Poids (%)", min_value=1, max_value=100, required=False)
    help_text = forms.CharField(label="Précision", max_length=255, required=False)

    def clean(self) -> dict:
        """A label and a weight, or neither."""
        data = self.cleaned_data
        if bool(data.get("label")) != bool(data.get("weight")) and not self.errors:
            raise ValidationError("Un critère a un intitulé et un poids.")
        return data


class CriteriaFormSet(forms.BaseFormSet):
    """The criteria of a tender."""

    def criteria(self) -> list[Weighted]:
        """Those that were filled in."""
        rows = [form.cleaned_data for form in self if form.cleaned_data.get("label")]
        return [Weighted(row["label"], row["weight"], row["help_text"]) for row in rows]


_CriteriaForm = forms.formset_factory(
    CriterionForm, formset=CriteriaFormSet, extra=SPARE_CRITERIA, max_num=20
)


def criteria_form(data: Any, criteria: list[Weighted]) -> CriteriaFormSet:
    """The rows of criteria, filled with those there are."""
    return _CriteriaForm(data, initial=[vars(row) for row in criteria], prefix="criteria")


# --- the acts on a sent tender ----------------------------------------------------------------


class ActForm(forms.Form):
    """One act on a tender; `run` calls its service."""

    heading: ClassVar[str]
    button: str
    done: str
    #: What is said above the form.
    note: str = ""
    #: What is kept although the act was refused.
    saved: str = ""
    #: "get" while a form only asks what it needs to be made.
    method: str = "post"
    #: In which phases the page offers it.
    phases: ClassVar[set[Phase]] = diffusion.RUNNING
    is_serious: ClassVar[bool] = False

    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        tender: Tender,
        user: User,
        asked: QueryDict,
    ) -> None:
        super().__init__(data, files, initial={"seen": tender.revision})
        self.tender, self.user, self.asked = tender, user, asked
        self.prepare()

    def prepare(self) -> None:
        """Fill choices and first values."""

    def run(self) -> object:
        """Do it. Raises PermissionDenied, ValidationError."""
        raise NotImplementedError

    @property
    def common(self) -> dict[str, Any]:
        """What every service is given."""
        seen = self.cleaned_data["seen"]
        return {"tender": self.tender, "seen": seen, "acting_user": self.user}


def message_field(label: str) -> forms.CharField:
    """What all invited will read."""
    return forms.CharField(
        label=label,
        max_length=4000,
        widget=forms.Textarea({"rows": 4}),
        help_text="Tous les sollicités le liront.",
    )


class DeadlinesForm(ActForm):
    """Deadlines later or sooner."""

    heading = "Déplacer les échéances"
    button = "Déplacer et prévenir tous les sollicités"
    done = "Les échéances sont déplacées. Tous les sollicités sont prévenus."
    note = "Heure de Paris. Une échéance est le premier instant où il est trop tard."

    participation_deadline = moment_field("participation_deadline")
    questions_deadline = moment_field("questions_deadline")
    deposit_deadline = moment_field("deposit_deadline")
    decision_on = day_field("decision_on")
    starts_on = day_field("starts_on")
    message = message_field("Pourquoi")

    def prepare(self) -> None:
        """The deadlines as they are; that of answers only while answers are awaited."""
        for name in (*DEADLINES, *DAYS):
            self.initial[name] = getattr(self.tender, name)
        if self.tender.participation_ended_at:
            del self.fields["participation_deadline"]

    def run(self) -> object:
        """Move those that were changed."""
        moved = [name for name in (*DEADLINES, *DAYS) if name in self.changed_data]
        deadlines = {name: self.cleaned_data[name] for name in moved}
        message = self.cleaned_data["message"]
        return diffusion.move_deadlines(deadlines=deadlines, message=message, **self.common)


class EndAnswersForm(ActForm):
    """Answers are closed, deposits begin."""

    heading = "Clore les réponses de participation"
    button = "Clore les réponses et ouvrir le dépôt"
    done = "Les réponses sont closes. Le dépôt des offres est ouvert, les sollicités sont prévenus."
    note = (
        "Plus aucune réponse n’est attendue : le dépôt peut ouvrir sans attendre la date prévue. "
        "Aucune structure ne pourra plus changer d’avis."
    )
    phases = {Phase.PARTICIPATION}

    def run(self) -> object:
        """End them."""
        return diffusion.end_participation(**self.common)


class CancelForm(ActForm):
    """The tender ends without result."""

    heading = "Annuler la mise en concurrence"
    button = "Annuler la mise en concurrence"
    done = "La mise en concurrence est annulée."
    note = "Rien ne la rouvrira. Tous les sollicités sont prévenus."
    phases = diffusion.CANCELLABLE
    is_serious = True

    reason = message_field("Motif")

    def prepare(self) -> None:
        """Before it was sent, nobody is told."""
        if not self.tender.published_at:
            self.note = "Rien ne la rouvrira. Elle n’est pas diffusée : personne n’est prévenu."
            self.fields["reason"].help_text = "Seule l’équipe le lira."

    def run(self) -> object:
        """Cancel it."""
        return diffusion.cancel_tender(reason=self.cleaned_data["reason"], **self.common)


class AttachForm(ActForm):
    """One more file for the tender."""

    heading = "Joindre une pièce au dossier"
    button = "Joindre"
    done = "La pièce est jointe."
    note = "Une fois la mise en concurrence diffusée, tous les sollicités en sont prévenus."
    phases = {Phase.PREPARATION, *diffusion.RUNNING}

    title = forms.CharField(label="Intitulé", max_length=255)
    file_type = forms.ModelChoiceField(
        label="Type de fichier", queryset=DocumentType.objects.none(), empty_label=None
    )
    file = forms.FileField(label="Fichier")

    def prepare(self) -> None:
        """The types that a tender may carry, with their formats and limits."""
        self.fields["file_type"].queryset = attachments.file_types()
        self.fields["file_type"].label_from_instance = attrgetter("with_limits")

    def run(self) -> object:
        """Attach it."""
        return attachments.attach_file(
            title=self.cleaned_data["title"],
            file_type=self.cleaned_data["file_type"],
            file=self.cleaned_data["file"],
            **self.common,
        )


CALL_ACTS: dict[str, type[ActForm]] = {
    "echeances": DeadlinesForm,
    "clore-les-reponses": EndAnswersForm,
    "piece": AttachForm,
    "annuler": CancelForm,
}


class AmendForm(ContentForm):
    """What a sent tender says, with what the invited are told."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    message = message_field("Ce qui change, et pourquoi")
    is_requirement = forms.BooleanField(
        label="Le cahier des charges change : les offres déjà déposées seront à confirmer",
        required=False,
        help_text="Toujours le cas quand les critères ou les documents exigés changent.",
    )

    class Meta(ContentForm.Meta):
        fields = diffusion.AMENDABLE

    field_order = ["message", "is_requirement", *diffusion.AMENDABLE]


class OutsideForm(ContentForm):
    """A tender that was run elsewhere, and who took part."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    channel = forms.ChoiceField(
        label="Par quelle voie",
        choices=[each for each in Channel.choices if each[0] != Channel.PLATFORM],
        widget=forms.RadioSelect,
    )
    organisations = forms.CharField(
        label="Structures consultées",
        widget=forms.Textarea({"rows": 4}),
        help_text="Un SIREN par ligne, de structures qui sont dans l’annuaire.",
    )
    assignment = forms.ModelChoiceField(
        label="Prestation du plan",
        queryset=Assignment.objects.none(),
        required=False,
        empty_label="Aucune : elle sera créée avec la décision",
    )

    class Meta(ContentForm.Meta):
        fields = ["title", "need", "themes", "days", "budget", "starts_on"]

    field_order = ["channel", "title", "organisations", "assignment"]

    def __init__(self, *args: Any, engagement: Engagement, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.initial.setdefault("key", uuid4())
        self.fields["assignment"].queryset = waiting_assignments(engagement)

    def clean_organisations(self) -> list[Organisation]:
        """The structures of these numbers. Raises ValidationError naming those unknown."""
        lines = self.cleaned_data["organisations"].splitlines()
        numbers = list(dict.fromkeys(filter(None, (compact(line) for line in lines))))
        rows = Organisation.objects.visible_to(self.user).filter(siren__in=numbers)
        found = {row.siren: row for row in rows}
        if unknown := [number for number in numbers if number not in found]:
            raise ValidationError(f"Aucune structure de l’annuaire : {', '.join(unknown)}.")
        return list(found.values())


def waiting_assignments(engagement: Engagement):
    """The assignments of an engagement that look for their provider."""
    waiting = [AssignmentStatus.PLANNED, AssignmentStatus.TENDERED]
    return engagement.assignments.filter(status__in=waiting)


class AnswerForm(forms.Form):
    """The answer to a question."""

    answer = forms.CharField(
        label="Réponse",
        max_length=8000,
        widget=forms.Textarea({"rows": 4}),
        help_text="Tous les sollicités liront la question et la réponse, jamais qui l’a posée.",
        error_messages={"required": "Écrivez la réponse : tous les sollicités la liront."},
    )
