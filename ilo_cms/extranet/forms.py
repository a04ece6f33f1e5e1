"""The forms of Mes informations: one per part of the provider record (SPEC P1).

A form checks and shows; it never saves by itself: `moderation.services.save_record` decides which
values are live at once and which wait for an officer.
"""

from dataclasses import dataclass

from django import forms
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Q
from django.urls import reverse

from ilo_cms.core.identifiers import compact, normal_phone, readable_phone, validate_siret
from ilo_cms.directory.contacts import check_personal
from ilo_cms.directory.models import Contact, Establishment, Organisation, Origin
from ilo_cms.directory.skills import check_skills, maximum_in_words
from ilo_cms.extranet.fields import NafField, SkillsField, TerritoriesField
from ilo_cms.extranet.kept_forms import ACTING_AS
from ilo_cms.moderation.fields import FIELDS, RecordField, moderated_fields
from ilo_cms.moderation.models import ChangeItem, Target
from ilo_cms.moderation.services import pending_items


@dataclass(frozen=True)
class Pending:
    """What a field shows of a value that waits for an officer. The address is empty for readers."""

    requested_label: str
    live_label: str
    withdraw_url: str


class RecordForm(forms.ModelForm):
    """One part of the record. Each field knows whether it is moderated and what waits."""

    target: Target

    def __init__(self, *args, contact: Contact, writing: bool = True, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.contact = contact
        self.writing = writing
        self.fields[ACTING_AS] = forms.CharField(widget=forms.HiddenInput)
        self.initial[ACTING_AS] = str(contact.pk)
        waiting = pending_items(contact, self.target, self.instance.pk)
        moderated = moderated_fields(self.target) if writing else set()
        for name in self.record_names:
            field = self.fields[name]
            if getattr(field, "empty_label", None):
                field.empty_label = "Non renseigné"
            if isinstance(field, forms.ModelChoiceField):
                self.limit(name, field, waiting.get(name))
            field.required = field.required and writing  # nothing is compulsory to read
            field.moderated = name in moderated
            field.pending = self.pending(waiting[name]) if name in waiting else None
            if field.pending:
                self.initial[name] = self.shown(name, waiting[name].new)
            self.explain(name, field)

    def full_clean(self) -> None:
        """A key that no database can hold is one more choice that does not exist."""
        try:
            super().full_clean()
        except OverflowError:
            self.add_error(None, "Un des choix n’existe pas : relisez vos listes.")

    def pending(self, item: ChangeItem) -> Pending:
        """What a field says of the request that it waits in."""
        url = reverse("change_request", args=[item.request_id]) if self.writing else ""
        return Pending(item.new_label, item.old_label, url)

    def limit(self, name: str, field: forms.ModelChoiceField, waiting: ChangeItem | None) -> None:
        """Offer the rows still proposed, and those already chosen or asked for: none gets lost."""
        try:
            field.queryset.model._meta.get_field("is_active")
        except FieldDoesNotExist:
            return
        chosen = [self.initial.get(name), waiting.new if waiting else None]
        keys = {
            getattr(row, "pk", row)
            for value in chosen
            for row in (value if isinstance(value, list) else [value])
        }
        field.queryset = field.queryset.filter(Q(is_active=True) | Q(pk__in=keys - {None}))

    def explain(self, name: str, field: forms.Field) -> None:
        """Complete a field's hint; who may only read needs none on how to fill it in."""
        hints = [field.help_text] if self.writing else []
        if name == "skills" and self.writing:
            hints.append(maximum_in_words())
        if self.instance.origins.get(name) == Origin.INSEE:
            hints.append("Valeur donnée par l’INSEE.")
        field.help_text = " ".join(filter(None, hints))

    @property
    def record_names(self) -> list[str]:
        """The fields of the record, without the form's own."""
        return [name for name in FIELDS[self.target] if name in self.fields]

    def shown(self, name: str, value):
        """Plain data as this form's field shows it."""
        return value

    def record_values(self) -> dict:
        """The values asked for, as plain data by field name."""
        return {
            name: RecordField(self.target, self.instance, name).plain(self.cleaned_data[name])
            for name in self.record_names
        }

    def clean_skills(self):
        """No more skills than the platform allows (SPEC P2)."""
        skills = self.cleaned_data["skills"]
        try:
            check_skills(self.instance, [skill.pk for skill in skills])
        except ValidationError as error:
            raise ValidationError(error.message_dict["skills"]) from error
        return skills

    def clean_phone_named(self, name: str, department: str) -> str:
        """A phone of the form, in E.164."""
        return normal_phone(self.cleaned_data[name], department)


class ContactForm(RecordForm):
    """The person: names and address belong to the account, the rest to this membership."""

    target = Target.CONTACT
    last_name = forms.CharField(label="Nom", max_length=100)
    first_name = forms.CharField(label="Prénom", max_length=100)
    email = forms.EmailField(
        label="Adresse électronique",
        help_text="C’est aussi votre identifiant. Une nouvelle adresse est relue, puis confirmée "
        "par un lien avant de remplacer l’ancienne.",
    )
    skills = SkillsField()
    territories = TerritoriesField()
    field_order = FIELDS[Target.CONTACT]

    class Meta:
        model = Contact
        fields = [
            "function",
            "phone",
            "other_phone",
            "preferred_channel",
            "skills",
            "sectors",
            "territories",
            "presentation",
        ]
        widgets = {
            "sectors": forms.CheckboxSelectMultiple,
            "phone": forms.TextInput(attrs={"type": "tel"}),
            "other_phone": forms.TextInput(attrs={"type": "tel"}),
        }

    def __init__(self, *args, **kwargs) -> None:
        person = kwargs["instance"].user
        names = {name: getattr(person, name) or "" for name in ("last_name", "first_name", "email")}
        kwargs["initial"] = names | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        for name in ("phone", "other_phone"):
            self.initial[name] = readable_phone(self.initial[name])

    def clean_email(self) -> str:
        """A personal address, in its stored form (SPEC A2)."""
        email = self.cleaned_data["email"].strip().lower()
        check_personal(email)
        return email

    def clean_phone(self) -> str:
        """Checked with the numbering plan of the contact's département."""
        return self.clean_phone_named("phone", self.department)

    def clean_other_phone(self) -> str:
        """As `clean_phone`."""
        return self.clean_phone_named("other_phone", self.department)

    @property
    def department(self) -> str:
        """The code of the département where the contact works, if it is known."""
        place = self.instance.establishment
        return place.department.code if place and place.department else ""


class OrganisationForm(RecordForm):
    """The legal entity."""

    target = Target.ORGANISATION
    naf = NafField(label="Code NAF", required=False)
    head_office_nic = forms.CharField(
        label="SIRET du siège",
        required=False,
        max_length=20,
        help_text="Quatorze chiffres. Un autre SIREN est un changement de structure : "
        "demandez-le à votre chargé·e d’accompagnement.",
    )
    skills = SkillsField()
    territories = TerritoriesField()
    field_order = FIELDS[Target.ORGANISATION]

    class Meta:
        model = Organisation
        fields = FIELDS[Target.ORGANISATION]
        help_texts = {
            "presentation": "Lue par les chargé·es d’accompagnement qui cherchent un prestataire."
        }
        widgets = dict.fromkeys(
            ("approvals", "certifications", "networks", "sectors"), forms.CheckboxSelectMultiple
        )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.live_siret = self.instance.head_office_siret
        self.fields["legal_form"].queryset = self.fields["legal_form"].queryset.filter(level=3)
        if self.fields["head_office_nic"].pending is None:
            self.initial["head_office_nic"] = self.instance.head_office_siret

    def shown(self, name: str, value):
        """The seat is shown as its SIRET."""
        return f"{self.instance.siren}{value}" if name == "head_office_nic" and value else value

    def clean_head_office_nic(self) -> str:
        """The NIC of a SIRET that belongs to this organisation."""
        siret = compact(self.cleaned_data["head_office_nic"])
        if not siret:
            return ""
        if siret == self.live_siret:
            return siret[9:]  # INSEE gave it: some have no valid key
        validate_siret(siret)
        if siret[:9] != self.instance.siren:
            raise ValidationError(
                "Ce SIRET n’est pas celui de votre structure, dont le SIREN est "
                f"{self.instance.siren or 'inconnu'}."
            )
        return siret[9:]


class EstablishmentForm(RecordForm):
    """One place of the organisation."""

    target = Target.ESTABLISHMENT

    class Meta:
        model = Establishment
        fields = FIELDS[Target.ESTABLISHMENT]
        widgets = {"phone": forms.TextInput(attrs={"type": "tel"})}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.initial["phone"] = readable_phone(self.initial["phone"])

    def clean_nic(self) -> str:
        """A NIC that no other place of the organisation has."""
        nic = self.cleaned_data["nic"]
        others = Establishment.objects.filter(organisation=self.contact.organisation_id, nic=nic)
        if nic and others.exclude(pk=self.instance.pk).exists():
            raise ValidationError("Un autre établissement de votre structure a déjà ce NIC.")
        return nic

    def clean_phone(self) -> str:
        """Checked with the numbering plan of the place's département."""
        department = self.instance.department
        return self.clean_phone_named("phone", department.code if department else "")


FORMS = {
    Target.CONTACT: ContactForm,
    Target.ORGANISATION: OrganisationForm,
    Target.ESTABLISHMENT: EstablishmentForm,
}
