"""Screens of contacts: created by officers only (SPEC A2), then mirrored (P1, P7)."""

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList
from wagtail.admin.views import generic

from ilo_cms.accounts.models import User
from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.forms import RecordForm
from ilo_cms.directory.admin.choosers import establishment_chooser
from ilo_cms.directory.admin.common import (
    DirectoryForm,
    DirectoryViewSet,
    RecordEditView,
    RefusalAtField,
    changed_values,
)
from ilo_cms.directory.admin.organisations import section
from ilo_cms.directory.contacts import check_personal, create_contact
from ilo_cms.directory.edits import edit_as_officer
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.directory.policies import can_edit_record, can_rename


class ContactFilterSet(RecordFilterSet):
    """Contacts by access and state."""

    former = django_filters.BooleanFilter(
        label="A quitté la structure", field_name="ended_on", lookup_expr="isnull", exclude=True
    )
    provider = django_filters.BooleanFilter(
        label="Contact d’un prestataire", field_name="organisation__is_provider"
    )

    class Meta:
        model = Contact
        fields = ["has_access"]


class NewContactForm(RecordForm):
    """Who, in which organisation, with access or not. The service checks and creates."""

    last_name = forms.CharField(label="Nom", max_length=100)
    first_name = forms.CharField(label="Prénom", max_length=100, required=False)
    email = forms.EmailField(
        label="Adresse électronique",
        required=False,
        help_text="Nominative. Si elle est déjà connue, la personne est rattachée à cette "
        "structure en plus des autres et ses nom et prénom ne changent pas.",
    )

    def clean_phone(self) -> str:
        """Left to the service, which knows the establishment's département."""
        return self.cleaned_data["phone"]


class ContactForm(DirectoryForm):
    """A contact and the person's names. A known address changes only by confirmation (M5)."""

    last_name = forms.CharField(label="Nom", max_length=100)
    first_name = forms.CharField(label="Prénom", max_length=100, required=False)
    email = forms.EmailField(label="Adresse électronique", required=False)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        user = self.instance.user
        for name in ("last_name", "first_name", "email"):
            self.initial[name] = getattr(user, name)
        if user.email:
            self.fields["email"].disabled = True
            self.fields[
                "email"
            ].help_text = (
                "C’est son identifiant : la personne en change elle-même, par confirmation."
            )
        places = self.fields["establishment"]
        places.widget = forms.Select()
        places.queryset = self.instance.organisation.establishments.select_related("organisation")

    def department_code(self) -> str:
        place = self.cleaned_data.get("establishment")
        return place.department.code if place and place.department else ""

    def clean_email(self) -> str | None:
        """A personal address that nobody else has."""
        email = User.normal_email(self.cleaned_data["email"])
        if email and email != self.instance.user.email:
            check_personal(email)
            if User.objects.filter(email=email).exists():
                raise ValidationError("Cette adresse est celle d’une autre personne.")
        return email


class ContactCreateView(RefusalAtField, generic.CreateView):
    """Creates through the service."""

    def save_instance(self) -> Contact:
        names = [
            "organisation",
            "establishment",
            "last_name",
            "first_name",
            "email",
            "phone",
            "function",
            "has_access",
        ]
        values = {name: self.form.cleaned_data[name] for name in names}
        return create_contact(**values, acting_user=self.request.user)


class ContactEditView(RecordEditView):
    """Edits the contact, and the person whose names it shows."""

    def save_instance(self) -> Contact:
        names = changed_values(self.form, User)
        if names:
            can_rename(self.request.user, self.object.user).enforce()
        contact = super().save_instance()
        edit_as_officer(
            record=contact.user,
            values=names,
            acting_user=self.request.user,
            organisation=contact.organisation,
        )
        return contact


class ContactViewSet(DirectoryViewSet):
    """Contacts."""

    model = Contact
    url_prefix = "contacts"
    icon = "user"
    list_display = ["user", "organisation", "function", "phone", "has_access", "ended_on"]
    list_export = [
        "user.last_name",
        "user.first_name",
        "user.email",
        "organisation",
        "establishment",
        "function",
        "phone",
        "has_access",
        "ended_on",
    ]
    filterset_class = ContactFilterSet
    search = {"user": User, "organisation": Organisation}
    related = ("user", "organisation", "establishment__organisation", "preferred_channel")
    labels = {"user.email": "Adresse électronique"}
    add_view_class = ContactCreateView
    edit_view_class = ContactEditView
    inspect_view_fields = [
        "user.last_name",
        "user.first_name",
        "user.email",
        "organisation",
        "establishment",
        "function",
        "phone",
        "other_phone",
        "preferred_channel",
        "has_access",
        "ended_on",
        "skills",
        "sectors",
        "territories",
        "presentation",
    ]
    edit_handler = ObjectList(
        [
            FieldRowPanel([FieldPanel("last_name"), FieldPanel("first_name")]),
            FieldPanel("email"),
            FieldRowPanel([FieldPanel("phone"), FieldPanel("other_phone")]),
            FieldPanel("function"),
            FieldPanel("establishment"),
            FieldPanel("preferred_channel"),
            MultiFieldPanel(
                [FieldPanel("has_access"), FieldPanel("ended_on")],
                heading="Accès à l’extranet",
                help_text="Une personne qui a quitté la structure lit son historique, "
                "sans le modifier. Retirez l’accès pour y mettre fin.",
            ),
            section("skills", "Compétences"),
            section("sectors", "Secteurs"),
            section("territories", "Territoires d’intervention"),
            FieldPanel("presentation"),
        ],
        base_form_class=ContactForm,
    )
    new_handler = ObjectList(
        [
            FieldPanel("organisation"),
            FieldPanel(
                "establishment",
                widget=establishment_chooser.widget_class(
                    linked_fields={"organisation": "#id_organisation"}
                ),
            ),
            FieldRowPanel([FieldPanel("last_name"), FieldPanel("first_name")]),
            FieldPanel("email"),
            FieldRowPanel([FieldPanel("phone"), FieldPanel("function")]),
            FieldPanel("has_access"),
        ],
        base_form_class=NewContactForm,
    )

    def may_edit(self, user, record: Contact) -> bool:
        return bool(can_edit_record(user, record.organisation))

    def history_of(self, record: Contact) -> list[models.Model]:
        return [record, record.user]

    def get_add_view_kwargs(self, **kwargs) -> dict:
        """Creation asks less than the record holds."""
        panel = self.new_handler.bind_to_model(Contact)
        own = {"panel": panel, "form_class": panel.get_form_class()}
        return super().get_add_view_kwargs(**{**kwargs, **own})
