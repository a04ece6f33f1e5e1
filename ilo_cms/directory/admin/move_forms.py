"""The three forms of a change of structure, and what an officer reads before confirming (A7)."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from ilo_cms.core import french
from ilo_cms.core.admin.forms import IdentifierField
from ilo_cms.core.identifiers import (
    normal_phone,
    readable_phone,
    validate_nic,
    validate_postcode,
    validate_siren,
)
from ilo_cms.directory.contacts import check_email
from ilo_cms.directory.models import Contact, Establishment, Organisation
from ilo_cms.directory.moves import Move, check_departure, is_last
from ilo_cms.referentials.models import Territory


ROLES = [("is_provider", "Prestataire"), ("is_beneficiary", "Bénéficiaire")]
NEW, UNKNOWN = "nouveau", "inconnu"


class StructureForm(forms.Form):
    """Which structure: one that the directory knows by its SIREN, or a new one."""

    siren = IdentifierField(
        label="SIREN de la nouvelle structure",
        help_text="Neuf chiffres, avec ou sans espaces.",
        error_messages={"required": "Saisissez le SIREN de la nouvelle structure."},
    )
    name = forms.CharField(label="Dénomination", max_length=255, required=False)
    roles = forms.MultipleChoiceField(
        label="Rôles", choices=ROLES, required=False, widget=forms.CheckboxSelectMultiple
    )
    #: Shown only once the directory does not know the SIREN.
    only_new = ("name", "roles")

    def __init__(self, *args, contact: Contact, organisations: models.QuerySet, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.contact = contact
        self.organisations = organisations
        self.found: Organisation | None = None

    @property
    def is_new(self) -> bool:
        """Whether the structure has to be created."""
        return self.is_bound and "siren" not in self.errors and self.found is None

    def clean_siren(self) -> str:
        """A SIREN whose key holds; a SIRET typed instead is explained."""
        siren = self.cleaned_data["siren"]
        if re.fullmatch(r"[0-9]{14}", siren):
            raise ValidationError(
                "C’est un SIRET (quatorze chiffres). Saisissez ses neuf premiers chiffres, "
                f"{siren[:9]} ; les cinq derniers, {siren[9:]}, seront demandés ensuite."
            )
        validate_siren(siren)
        return siren

    def clean(self) -> dict:
        """Find the structure, or ask what it takes to create it."""
        siren = self.cleaned_data.get("siren")
        if not siren:
            return self.cleaned_data
        self.found = self.organisations.filter(siren=siren).first()
        if self.found:
            self.check_found()
        elif not self.cleaned_data.get("name") or not self.cleaned_data.get("roles"):
            raise ValidationError(
                "Aucune structure de l’annuaire n’a ce SIREN. S’il est exact, donnez sa "
                "dénomination et son rôle ci-dessous : elle sera créée, « à synchroniser » avec "
                "l’INSEE."
            )
        return self.cleaned_data

    def check_found(self) -> None:
        """The person must not be there already."""
        if self.found == self.contact.organisation:
            self.add_error("siren", f"C’est déjà sa structure : {self.found}.")
        elif self.found.contacts.current().filter(user=self.contact.user).exists():
            self.add_error(
                "siren", f"{self.contact.user} est déjà contact {french.of(self.found)}."
            )

    def organisation(self) -> Organisation:
        """The structure found, or a new one that is not stored yet."""
        chosen = self.cleaned_data["roles"]
        return self.found or Organisation(
            siren=self.cleaned_data["siren"],
            name=self.cleaned_data["name"],
            **{name: name in chosen for name, _ in ROLES},
        )


class PlaceForm(forms.Form):
    """Which establishment: one of the structure's, a new one by its NIC, or not known yet."""

    place = forms.ChoiceField(label="Établissement", widget=forms.RadioSelect)
    nic = IdentifierField(
        label="NIC", required=False, help_text="Les cinq derniers chiffres du SIRET."
    )
    place_name = forms.CharField(label="Dénomination", max_length=255, required=False)
    address_line = forms.CharField(label="Numéro et voie", max_length=255, required=False)
    address_complement = forms.CharField(
        label="Complément d’adresse", max_length=255, required=False
    )
    postcode = IdentifierField(label="Code postal", required=False, validators=[validate_postcode])
    city = forms.CharField(label="Commune", max_length=100, required=False)
    department = forms.ModelChoiceField(
        Territory.objects.filter(kind=Territory.Kind.DEPARTMENT),
        label="Département",
        required=False,
    )

    def __init__(self, *args, organisation: Organisation | None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.organisation = organisation
        known = organisation is not None and not organisation._state.adding
        self.places = {
            str(place.pk): place
            for place in (
                organisation.establishments.select_related("organisation", "department")
                if known
                else ()
            )
        }
        self.fields["place"].choices = [
            *((key, self.label_of(place)) for key, place in self.places.items()),
            (NEW, "Un autre établissement, à saisir ci-dessous"),
            (UNKNOWN, "Pas encore connu"),
        ]
        self.initial.setdefault("place", next(iter(self.places), NEW))

    @staticmethod
    def label_of(place: Establishment) -> str:
        """An establishment as people recognise it."""
        words = [place.name or place.organisation.name, place.siret, place.address]
        return ", ".join(filter(None, words)) + ("" if place.is_active else " (fermé)")

    def clean_nic(self) -> str:
        """Five digits; the whole SIRET is understood too."""
        nic = self.cleaned_data["nic"]
        siren = self.organisation.siren if self.organisation else None
        if siren and re.fullmatch(rf"{siren}[0-9]{{5}}", nic):
            nic = nic[9:]
        if nic:
            validate_nic(nic)
        return nic

    def clean(self) -> dict:
        """A new establishment has a NIC that its structure does not have yet."""
        nic = self.cleaned_data.get("nic", "")
        if self.cleaned_data.get("place") != NEW:
            # What stands in the fields of a new one then serves nothing: neither do its faults.
            for name in self.errors.keys() - {"place"}:
                del self.errors[name]
        elif "nic" not in self.errors:
            if not nic:
                self.add_error("nic", "Saisissez le NIC, ou cochez « Pas encore connu ».")
            elif nic in {place.nic for place in self.places.values()}:
                self.add_error("nic", "Cet établissement est déjà dans la liste : cochez-le.")
        return self.cleaned_data

    def establishment(self) -> Establishment | None:
        """The one ticked, a new one that is not stored yet, or None."""
        chosen = self.cleaned_data["place"]
        if chosen != NEW:
            return self.places.get(chosen)
        names = ["nic", "address_line", "address_complement", "postcode", "city", "department"]
        values = {name: self.cleaned_data[name] for name in names}
        return Establishment(name=self.cleaned_data["place_name"], **values)


class MembershipForm(forms.Form):
    """In what function, with access or not, and what becomes of the old membership."""

    function = forms.CharField(label="Fonction", max_length=150, required=False)
    phone = forms.CharField(label="Téléphone", max_length=30, required=False)
    has_access = forms.BooleanField(label="Accès à l’extranet", required=False)
    ended_on = forms.DateField(
        label="A quitté l’ancienne structure le",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    keeps_access = forms.BooleanField(
        label="Garde la lecture de l’ancienne structure",
        required=False,
        help_text="La personne y lit son historique, sans rien modifier.",
    )
    closes_old = forms.BooleanField(
        label="Rendre l’ancienne structure inactive",
        required=False,
        help_text="Elle n’aura plus aucun contact. Inactive, elle n’est ni proposée ni sollicitée.",
    )

    def __init__(self, *args, contact: Contact, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.contact = contact
        self.initial = {
            "function": contact.function,
            "phone": readable_phone(contact.phone),
            "has_access": contact.has_access,
            "ended_on": timezone.localdate(),
            "keeps_access": True,
        }
        if not contact.has_access:
            del self.fields["keeps_access"]
        if not contact.organisation.is_active or not is_last(contact):
            del self.fields["closes_old"]

    def clean_phone(self) -> str:
        """A number that exists; the service writes it by the establishment's plan."""
        normal_phone(self.cleaned_data["phone"])
        return self.cleaned_data["phone"]

    def clean_has_access(self) -> bool:
        """Access needs an address of one's own."""
        wanted = self.cleaned_data["has_access"]
        try:
            if wanted:
                check_email(self.contact.user.email, wanted)
        except ValidationError as error:
            raise ValidationError(error.messages) from error
        return wanted

    def clean_ended_on(self):
        """A day on which the person can have left."""
        check_departure(self.contact, self.cleaned_data["ended_on"])
        return self.cleaned_data["ended_on"]


def move_of(structure: StructureForm, place: PlaceForm, membership: MembershipForm) -> Move:
    """The move that three valid forms describe."""
    said = membership.cleaned_data
    return Move(
        organisation=structure.organisation(),
        establishment=place.establishment(),
        function=said["function"],
        phone=said["phone"],
        has_access=said["has_access"],
        ended_on=said["ended_on"],
        keeps_access=said.get("keeps_access", False),
        closes_old=said.get("closes_old", False),
    )


def warnings(organisation: Organisation) -> list[str]:
    """What an officer should know of a structure before attaching somebody to it."""
    said = []
    if organisation._state.adding:
        said.append("Cette structure n’existe pas encore dans l’annuaire : elle sera créée.")
    if not organisation.is_active:
        said.append("Cette structure est inactive : ses contacts lisent sans modifier.")
    if organisation.insee_closed:
        said.append("L’INSEE dit cette structure cessée.")
    if organisation.awaits_insee:
        said.append("Ses données restent à synchroniser avec l’INSEE.")
    return said


def consequences(contact: Contact, move: Move) -> list[str]:
    """Everything that confirming will do, a sentence each."""
    person, old, new = contact.user, contact.organisation, move.organisation
    place = move.establishment
    said = [f"La structure {new} (SIREN {new.siren}) est créée."] if new._state.adding else []
    if place is None:
        said.append(
            f"{person} devient contact {french.of(new)}, sans établissement pour le moment."
        )
    else:
        if place._state.adding:
            said.append(f"L’établissement {place.nic} est ajouté à {new}.")
        name = place.name or place.address or f"NIC {place.nic}"
        said.append(f"{person} devient contact {french.of(new)} ({name}).")
    said.append("Ses compétences, secteurs, territoires et sa présentation la ou le suivent.")
    said.append(access_sentence(contact, move))
    said.append(f"Son rattachement à {old} prend fin le {french.date(move.ended_on)}.")
    if contact.has_access:
        said.append(
            f"Elle ou il garde la lecture {french.of(old)}."
            if move.keeps_access
            else f"Elle ou il ne lit plus rien {french.of(old)}."
        )
    if move.closes_old:
        said.append(f"{old} devient inactive : elle n’est plus ni proposée ni sollicitée.")
    return said


def access_sentence(contact: Contact, move: Move) -> str:
    """Whether the person reaches the extranet, and what they are told."""
    if not move.has_access:
        return f"Sans accès à l’extranet au titre {french.of(move.organisation)}."
    if not move.organisation.is_active:
        return "Elle ou il lit à ce titre sans rien modifier, tant que la structure est inactive."
    if contact.user.has_usable_password():
        return "Elle ou il agit à ce titre dès maintenant, et l’apprend par courriel."
    return (
        f"Un lien d’activation est envoyé à {contact.user.email}. Si cette adresse est celle de "
        "l’ancienne structure, corrigez-la d’abord sur la fiche du contact."
    )
