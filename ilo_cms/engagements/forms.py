"""The short forms of an engagement's page: each does one act through one service."""

from functools import partial
from operator import attrgetter
from typing import Any, ClassVar
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.core.admin.forms import IdentifierField
from ilo_cms.core.identifiers import validate_siren
from ilo_cms.directory.models import Contact, Officer, Organisation
from ilo_cms.directory.policies import active_officer
from ilo_cms.engagements import path
from ilo_cms.engagements.models import CONSULTING, Action, ActionType, Engagement, Stage
from ilo_cms.engagements.parties import parties
from ilo_cms.engagements.people import add_participant
from ilo_cms.engagements.plan import add_action, edit_action
from ilo_cms.engagements.resources import deposit_resource, file_types, party_label
from ilo_cms.referentials.models import Sector, Territory


def day_field(label: str, **options: Any) -> forms.DateField:
    """A day, picked or typed."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, **options)


def text_field(label: str, **options: Any) -> forms.CharField:
    """A text of several lines."""
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": 4}), **options)


class OpenForm(forms.Form):
    """A new engagement, for a beneficiary found by its SIREN or created."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    siren = IdentifierField(
        label="SIREN du bénéficiaire",
        help_text="Neuf chiffres, avec ou sans espaces.",
        validators=[validate_siren],
    )
    name = forms.CharField(
        label="Dénomination",
        max_length=255,
        required=False,
        help_text="Seulement si la structure n’est pas encore dans l’annuaire : elle sera créée, "
        "« à synchroniser » avec l’INSEE.",
    )
    title = forms.CharField(label="Intitulé de l’accompagnement", max_length=255)
    opened_on = day_field("Ouvert le")
    officer = forms.ModelChoiceField(Officer.objects.none(), label="Chargé·e d’accompagnement")
    territory = forms.ModelChoiceField(Territory.objects.all(), label="Territoire", required=False)
    sector = forms.ModelChoiceField(Sector.objects.active(), label="Secteur", required=False)

    def __init__(self, data: Any, *, user: User) -> None:
        officer = active_officer(user)
        today = timezone.localdate()
        initial = {"key": uuid4(), "opened_on": today, "officer": officer and officer.pk}
        super().__init__(data, initial=initial)
        self.user = user
        self.fields["officer"].queryset = colleagues(officer and officer.operator)

    def clean(self) -> dict:
        """Find the beneficiary, or ask what it takes to create it."""
        siren = self.cleaned_data.get("siren")
        if siren:
            known = Organisation.objects.visible_to(self.user).filter(siren=siren).first()
            name = self.cleaned_data.get("name")
            if known is None and not name:
                self.add_error(
                    "name",
                    "Aucune structure de l’annuaire n’a ce SIREN. S’il est exact, donnez sa "
                    "dénomination : elle sera créée.",
                )
            self.cleaned_data["beneficiary"] = known or Organisation(siren=siren, name=name or "")
        return self.cleaned_data

    def run(self) -> Engagement:
        """Open it."""
        said = {name: self.cleaned_data[name] for name in self.cleaned_data}
        del said["siren"], said["name"]
        return path.open_engagement(**said, acting_user=self.user)


def colleagues(operator: Organisation | None):
    """The officers of an operator who may follow an engagement."""
    rows = Officer.objects.active().filter(operator=operator)
    return rows.select_related("user", "operator").order_by("user__last_name", "pk")


class ActForm(forms.Form):
    """One act on an engagement; `run` calls its service."""

    heading: ClassVar[str]
    button: ClassVar[str]
    done: ClassVar[str]

    def __init__(
        self, data: Any = None, files: Any = None, *, engagement: Engagement, user: User
    ) -> None:
        super().__init__(data, files)
        self.engagement, self.user = engagement, user
        self.prepare()

    def prepare(self) -> None:
        """Fill choices and first values."""

    def run(self) -> object:
        """Do it. Raises PermissionDenied, ValidationError."""
        raise NotImplementedError

    @property
    def common(self) -> dict[str, Any]:
        """What every service is given."""
        return {"engagement": self.engagement, "acting_user": self.user}


class SeenForm(ActForm):
    """An act on the stage that the officer saw."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def prepare(self) -> None:
        current = path.current_entry(self.engagement)
        self.initial = {"seen": str(current.pk) if current else ""}
        self.fields["entered_on"].initial = timezone.localdate()


class StageForm(SeenForm):
    """Entering a stage."""

    heading, button, done = "Changer d’étape", "Entrer dans cette étape", "Étape enregistrée."
    stage = forms.ChoiceField(label="Étape", choices=Stage.choices)
    entered_on = day_field("Entrée le")

    def run(self) -> object:
        return path.enter_stage(**self.common, **self.cleaned_data)


class CorrectForm(SeenForm):
    """Correcting the current stage."""

    heading, button, done = "Corriger l’étape actuelle", "Corriger", "Étape corrigée."
    entered_on = day_field("Entrée le", required=False)
    withdraw = forms.BooleanField(
        label="Cette étape a été saisie par erreur : la retirer", required=False
    )

    def run(self) -> object:
        said = self.cleaned_data
        if not said["withdraw"] and not said["entered_on"]:
            raise ValidationError({"entered_on": "Donnez la date exacte, ou retirez l’étape."})
        day = None if said["withdraw"] else said["entered_on"]
        return path.correct_stage(**self.common, seen=said["seen"], entered_on=day)


class HandOverForm(ActForm):
    """Handing over to a colleague."""

    heading, button, done = "Confier à un·e collègue", "Confier", "L’accompagnement est confié."
    officer = forms.ModelChoiceField(Officer.objects.none(), label="Collègue")
    message = text_field("Message", required=False, help_text="La ou le collègue le lira.")

    def prepare(self) -> None:
        rows = colleagues(self.engagement.operator)
        self.fields["officer"].queryset = rows.exclude(pk=self.engagement.officer_id)

    def run(self) -> object:
        return path.hand_over(**self.common, **self.cleaned_data)


class CloseForm(ActForm):
    """Closing."""

    heading, button, done = "Clore l’accompagnement", "Clore", "L’accompagnement est clos."
    closed_on = day_field("Clos le")
    reason = text_field("Motif")

    def prepare(self) -> None:
        self.fields["closed_on"].initial = timezone.localdate()

    def run(self) -> object:
        return path.close_engagement(**self.common, **self.cleaned_data)


class ReopenForm(ActForm):
    """Opening again."""

    heading, button, done = "Rouvrir l’accompagnement", "Rouvrir", "L’accompagnement est rouvert."
    reason = text_field("Motif")

    def run(self) -> object:
        return path.reopen_engagement(**self.common, **self.cleaned_data)


class KeyedForm(ActForm):
    """An act that makes a row, once even if it is sent twice."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def prepare(self) -> None:
        self.fields["key"].initial = uuid4()


class LineForm(forms.Form):
    """What a line of the plan says."""

    kind = forms.ModelChoiceField(ActionType.objects.active(), label="Type")
    label = forms.CharField(label="Libellé", max_length=255)
    description = text_field("Description", required=False)
    starts_on = day_field("Début", required=False)
    ends_on = day_field("Fin", required=False)


class ActionForm(LineForm, KeyedForm):
    """Adding a line to the plan."""

    heading, button, done = "Ajouter une action au plan", "Ajouter", "Action ajoutée."

    def run(self) -> object:
        return add_action(**self.common, **self.cleaned_data)


class EditActionForm(LineForm, ActForm):
    """Changing a line of the plan that no assignment carries."""

    heading, button, done = "Modifier l’action", "Enregistrer", "Action modifiée."

    def __init__(self, *args: Any, action: Action, **kwargs: Any) -> None:
        self.action = action
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        self.initial = {name: getattr(self.action, name) for name in self.fields}
        kinds = ActionType.objects.exclude(code=CONSULTING)  # its lines come with an assignment
        self.fields["kind"].queryset = kinds.filter(Q(is_active=True) | Q(pk=self.action.kind_id))

    def run(self) -> object:
        return edit_action(action=self.action, values=self.cleaned_data, acting_user=self.user)


class ParticipantForm(ActForm):
    """Adding somebody who takes part."""

    heading, button = "Ajouter un·e interlocuteur·rice", "Ajouter"
    done = "Interlocuteur·rice ajouté·e."
    person = forms.ChoiceField(label="Personne")
    is_main = forms.BooleanField(label="Interlocuteur·rice principal·e", required=False)

    def prepare(self) -> None:
        assignments = self.engagement.assignments.exclude(provider=None).select_related("provider")
        self.sides = {"": None} | {str(row.pk): row for row in assignments}
        houses = {self.engagement.beneficiary_id, *(row.provider_id for row in assignments)}
        people: dict[UUID, list[Contact]] = {}
        rows = Contact.objects.current().filter(organisation__in=houses)
        for contact in rows.select_related("user", "organisation"):
            people.setdefault(contact.organisation_id, []).append(contact)
        self.contacts = {str(row.pk): row for side in people.values() for row in side}
        self.fields["person"].choices = [
            (
                f"{row.provider} : {row}" if row else f"Bénéficiaire : {self.house}",
                [
                    (f"{key}:{contact.pk}", str(contact.user))
                    for contact in people.get(row.provider_id if row else self.beneficiary, [])
                ],
            )
            for key, row in self.sides.items()
        ]

    @property
    def house(self) -> Organisation:
        """The beneficiary."""
        return self.engagement.beneficiary

    @property
    def beneficiary(self) -> UUID:
        """Its key."""
        return self.engagement.beneficiary_id

    def run(self) -> object:
        side, _, contact = self.cleaned_data["person"].partition(":")
        return add_participant(
            **self.common,
            contact=self.contacts[contact],
            assignment=self.sides[side],
            is_main=self.cleaned_data["is_main"],
        )


class ResourceForm(KeyedForm):
    """Attaching a file, a link or a note."""

    heading, button, done = "Ajouter une ressource", "Ajouter", "Ressource ajoutée."
    title = forms.CharField(label="Intitulé", max_length=255)
    assignment = forms.ModelChoiceField(
        Engagement.objects.none(),
        label="Prestation",
        required=False,
        empty_label="Tout l’accompagnement",
    )
    file = forms.FileField(label="Fichier", required=False)
    file_type = forms.ModelChoiceField(file_types(), label="Type du fichier", required=False)
    url = forms.URLField(label="ou lien", required=False, assume_scheme="https")
    note = text_field("ou note", required=False)
    shared_with = forms.ModelMultipleChoiceField(
        Organisation.objects.none(),
        label="Partager avec",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Votre équipe la lit toujours.",
    )

    def prepare(self) -> None:
        super().prepare()
        self.fields["assignment"].queryset = self.engagement.assignments.order_by("label", "pk")
        self.fields["file_type"].label_from_instance = attrgetter("with_limits")
        keys = [party.pk for party in parties(self.engagement)]
        self.fields["shared_with"].queryset = Organisation.objects.filter(pk__in=keys)
        self.fields["shared_with"].label_from_instance = partial(party_label, self.engagement)

    def run(self) -> object:
        return deposit_resource(**self.common, **self.cleaned_data)


#: The acts of an engagement, by the last word of their address.
ACTS: dict[str, type[ActForm]] = {
    "etape": StageForm,
    "corriger-l-etape": CorrectForm,
    "confier": HandOverForm,
    "clore": CloseForm,
    "rouvrir": ReopenForm,
    "action": ActionForm,
    "interlocuteur": ParticipantForm,
    "ressource": ResourceForm,
}
