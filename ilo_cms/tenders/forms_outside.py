"""The officers' form of an offer that arrived by another way (SPEC T11)."""

from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from ilo_cms.core.amounts import FrenchNumberInput
from ilo_cms.core.french import number, of
from ilo_cms.core.identifiers import compact, validate_siren
from ilo_cms.directory.models import Contact, Establishment, Organisation
from ilo_cms.tenders.fields import MomentField
from ilo_cms.tenders.forms import ActForm
from ilo_cms.tenders.models import Channel, Deposit, Phase
from ilo_cms.tenders.offers import offer_types
from ilo_cms.tenders.outside import (
    can_enter,
    cooperators_of,
    enter_outside_offer,
    entered,
    establishments_of,
    has_offer_by_cooperator,
    take_out,
)


TYPE_GONE = "Un type de document n’est plus proposé : choisissez à nouveau les fichiers."


class FilesInput(forms.FileInput):
    """Takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """A list of files, empty when none was chosen."""

    widget = FilesInput

    def clean(self, data: list, initial: object = None) -> list:
        """Each file as a field of one checks it; what is wrong names it."""
        for file in data:
            try:
                super().clean(file, initial)
            except ValidationError as error:
                raise ValidationError(f"« {file.name} » : {error.messages[0]}") from error
        return data


class OutsideOfferForm(ActForm):
    """An offer that came by mail or post."""

    heading = "Saisir une offre reçue hors plateforme"
    button = "Saisir l’offre"
    done = "L’offre est saisie, marquée comme reçue hors plateforme."
    note = "Pour une offre arrivée par courriel ou courrier avant la date limite de dépôt."
    phases = {Phase.SELECTION}

    key = forms.UUIDField(widget=forms.HiddenInput)
    siren = forms.CharField(label="SIREN du prestataire", max_length=11)
    cooperator = forms.ModelChoiceField(
        label="Coopérateur·rice",
        queryset=Contact.objects.none(),
        empty_label="Choisissez une personne",
        help_text="Dont c’est l’offre : ses collègues ne la liront pas. Si son nom manque, ajoutez "
        "d’abord cette personne aux contacts de la structure.",
    )
    establishment = forms.ModelChoiceField(
        label="Établissement titulaire",
        queryset=Establishment.objects.none(),
        empty_label="Choisissez un établissement",
        help_text="La prestation sera rattachée à cet établissement.",
    )
    channel = forms.ChoiceField(
        label="Reçue par",
        choices=[(each.value, each.label) for each in (Channel.MAIL, Channel.POST)],
    )
    received_at = MomentField(
        label="Reçue le", help_text="Jour et heure, d’après le courriel ou l’avis de réception."
    )
    price = forms.DecimalField(
        label="Prix (€)", max_digits=12, decimal_places=2, localize=True, widget=FrenchNumberInput
    )
    days = forms.DecimalField(
        label="Jours", max_digits=6, decimal_places=2, localize=True, widget=FrenchNumberInput
    )
    message = forms.CharField(
        label="Message", max_length=8000, required=False, widget=forms.Textarea({"rows": 3})
    )

    def prepare(self) -> None:
        """First whose offer it is, then what that structure is asked."""
        siren = compact(self.data.get("siren") or self.asked.get("siren", ""))
        rows = Organisation.objects.filter(siren=siren, is_active=True)
        # What is no number is asked of no database: PostgreSQL chokes on some characters.
        organisation = rows.first() if siren.isdecimal() else None
        if organisation is None:
            self.ask_who("Aucune structure active n’a ce SIREN : créez sa fiche.")
        elif not self.is_bound and not (decision := can_enter(self.tender, organisation)):
            self.ask_who(decision.reason)
        else:
            self.ask_of(organisation)

    def ask_who(self, fault: str) -> None:
        """The SIREN alone; what is wrong with one that was asked is said at its field."""
        self.fields = {"siren": self.fields["siren"]}
        self.method, self.button, self.fault = "get", "Continuer", fault
        if "siren" in self.asked and not self.is_bound:
            self.data, self.is_bound = self.asked, True

    def ask_of(self, organisation: Organisation) -> None:
        """A key of its own, and what there is to choose from."""
        self.note = f"Offre {of(organisation)} ({organisation.siren}). {self.note}"
        self.initial |= {"key": uuid4(), "siren": organisation.siren}
        self.fields["siren"].widget = forms.HiddenInput()
        self.types = {f"file-{each.pk}": each for each in offer_types(self.tender)}
        for name, each in self.types.items():
            asked = "Exigé par la demande. " if each.is_required else ""
            self.fields[name] = FilesField(
                label=each.with_limits,
                required=False,
                help_text=f"{asked}Un ou plusieurs fichiers.",
            )
        if self.is_bound:
            self.note += " Choisissez à nouveau les fichiers : le navigateur ne les garde pas."
        if has_offer_by_cooperator(self.tender, organisation):
            self.fields["cooperator"].queryset = cooperators_of(organisation)
        else:
            del self.fields["cooperator"]
        places = establishments_of(organisation)
        self.fields["establishment"].queryset = places
        if len(places) < 2:  # nobody should have to choose it
            del self.fields["establishment"]

    def clean_siren(self) -> str:
        """Nine digits, of a structure that is there."""
        siren = compact(self.cleaned_data["siren"])
        validate_siren(siren)
        if self.method == "get":
            raise ValidationError(self.fault)
        return siren

    def clean(self) -> None:
        """A file of a type that administrators closed meanwhile is not left out unsaid."""
        super().clean()
        if self.method == "post" and self.files.keys() - self.types.keys():
            raise ValidationError(TYPE_GONE)

    def run(self) -> object:
        """Enter it."""
        said = dict(self.cleaned_data)
        del said["seen"]  # entered beside what others enter
        given = {each: said.pop(name) for name, each in self.types.items()}
        files = [(each, file) for each, chosen in given.items() for file in chosen]
        return enter_outside_offer(tender=self.tender, files=files, acting_user=self.user, **said)


class TakeOutForm(ActForm):
    """An offer that was entered wrongly."""

    heading = "Retirer une offre saisie par erreur"
    button = "Retirer cette offre"
    done = "L’offre est retirée. Vous pouvez la saisir à nouveau."
    note = (
        "Pour une offre reçue hors plateforme dont la structure, le prix ou un fichier est faux. "
        "Elle n’est plus comparée ni lue, et les notes qui lui sont déjà données s’effacent. "
        "Saisissez-la ensuite à nouveau."
    )
    phases = {Phase.SELECTION}
    is_serious = True

    offer = forms.ChoiceField(
        label="Offre à retirer",
        error_messages={"invalid_choice": "Cette offre n’est plus là : elle est déjà retirée."},
    )
    reason = forms.CharField(
        label="Pourquoi",
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text="Seule l’équipe le lira, dans l’historique.",
    )

    def prepare(self) -> None:
        """The offers that were entered."""
        self.offers = {str(each.offer_id): each for each in entered(self.tender)}
        named = [(key, entry_line(each)) for key, each in self.offers.items()]
        self.fields["offer"].choices = [("", "Choisissez une offre"), *named]

    def run(self) -> object:
        """Take it out."""
        said = self.cleaned_data
        return take_out(
            offer=self.offers[said["offer"]].offer,
            reason=said["reason"],
            seen=said["seen"],
            acting_user=self.user,
        )


def entry_line(deposit: Deposit) -> str:
    """An entry among others: whose, its price, when it was received."""
    price = number(deposit.content["price"], 2)
    received = timezone.localtime(deposit.received_at)
    return f"{deposit.offer.full_author}, {price} €, reçue le {received:%d/%m/%Y à %H:%M}"
