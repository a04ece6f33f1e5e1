"""Screens of contacts: created by officers only (SPEC A2), then mirrored (P1, P7)."""

from datetime import date

import django_filters
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList
from wagtail.admin.views import generic
from wagtail.admin.widgets import Button

from ilo_cms.accounts.models import User
from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.forms import RecordForm
from ilo_cms.directory.admin.activation import ContactInspectView
from ilo_cms.directory.admin.choosers import establishment_chooser
from ilo_cms.directory.admin.common import (
    DirectoryForm,
    DirectoryViewSet,
    RecordEditView,
    RefusalAtField,
    changed_values,
)
from ilo_cms.directory.admin.organisations import section
from ilo_cms.directory.contacts import check_personal, create_contact, edit_contact
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.directory.models.activation import Access, access_of, with_access
from ilo_cms.directory.moves import check_departure
from ilo_cms.directory.policies import NO_LINK, can_edit_record


class ContactFilterSet(RecordFilterSet):
    """Contacts by access and state."""

    former = django_filters.BooleanFilter(
        label="A quitté la structure", field_name="ended_on", lookup_expr="isnull", exclude=True
    )
    provider = django_filters.BooleanFilter(
        label="Contact d’un prestataire", field_name="organisation__is_provider"
    )

    access = django_filters.ChoiceFilter(
        label="Accès à l’extranet",
        choices=[(word, word) for word in Access],
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Contact
        fields = []


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
        if user.email and user.has_usable_password():
            email = self.fields["email"]
            email.disabled = True
            email.help_text = (
                "C’est son identifiant : la personne en change elle-même, par confirmation. "
                f"{email.help_text}"  # its origin
            )
        places = self.fields["establishment"]
        places.widget = forms.Select()
        places.queryset = self.instance.organisation.establishments.select_related("organisation")

    def department_code(self) -> str:
        place = self.cleaned_data.get("establishment")
        return place.department.code if place and place.department else ""

    def clean_ended_on(self) -> date | None:
        """A day on which the person can have left; none if they are a contact again meanwhile."""
        ended_on = self.cleaned_data["ended_on"]
        if ended_on and "ended_on" in self.changed_data:
            check_departure(self.instance, ended_on)
        others = self.instance.organisation.contacts.current().exclude(pk=self.instance.pk)
        if ended_on is None and others.filter(user=self.instance.user).exists():
            raise ValidationError(
                "Cette personne est de nouveau contact de cette structure, sur une autre fiche : "
                "gardez la date de ce départ."
            )
        return ended_on

    def clean_email(self) -> str | None:
        """A personal address that nobody else has."""
        email = User.normal_email(self.cleaned_data["email"])
        if email and email != self.instance.user.email:
            check_personal(email)
            if User.objects.filter(email=email).exists():
                raise ValidationError("Cette adresse est celle d’une autre personne.")
        return email


def mail_sentence(contact: Contact) -> str:
    """What a contact who was just given access is told by mail."""
    contact = Contact.objects.select_related("user").get(pk=contact.pk)
    access = access_of(contact)
    if access == Access.OPEN:
        return f"{contact.user} a déjà un compte : un courriel l’informe de ce nouvel accès."
    if reason := NO_LINK.get(access):
        return f"Aucun lien d’activation n’est parti. {reason}"
    return f"Un lien d’activation part à {contact.user.email}."


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
        contact = create_contact(**values, acting_user=self.request.user)
        if contact.has_access:
            messages.info(self.request, mail_sentence(contact))
        return contact


class ContactEditView(RecordEditView):
    """Edits the contact, and the person whose names it shows."""

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        """The usual ones, and the guided change of structure for who has not left."""
        buttons = super().header_more_buttons
        if self.object.is_former:
            return buttons
        address = reverse("contact_move", args=[self.object.pk])
        return [*buttons, Button("Changer de structure", url=address, icon_name="redirect")]

    def save_instance(self) -> Contact:
        opened = edit_contact(
            contact=self.object,
            values=changed_values(self.form, Contact),
            names=changed_values(self.form, User),
            acting_user=self.request.user,
        )
        if opened:
            messages.info(self.request, mail_sentence(self.object))
        return self.object


class ContactViewSet(DirectoryViewSet):
    """Contacts."""

    model = Contact
    url_prefix = "contacts"
    icon = "user"
    list_display = ["user", "organisation", "function", "phone", "access", "ended_on"]
    list_export = [
        "user.last_name",
        "user.first_name",
        "user.email",
        "organisation",
        "establishment",
        "function",
        "phone",
        "access",
        "ended_on",
    ]
    filterset_class = ContactFilterSet
    search = {"user": User, "organisation": Organisation}
    related = ("user", "organisation", "establishment__organisation", "preferred_channel")
    labels = {"user.email": "Adresse électronique", "access": "Accès à l’extranet"}
    inspect_view_class = ContactInspectView
    inspect_template_name = "directory/inspect_contact.html"
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
        "access",
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

    def annotated(self, rows: models.QuerySet) -> models.QuerySet:
        return with_access(rows)

    def may_edit(self, user, record: Contact) -> bool:
        return bool(can_edit_record(user, record.organisation))

    def history_of(self, record: Contact) -> list[models.Model]:
        return [record, record.user]

    def get_add_view_kwargs(self, **kwargs) -> dict:
        """Creation asks less than the record holds."""
        panel = self.new_handler.bind_to_model(Contact)
        own = {"panel": panel, "form_class": panel.get_form_class()}
        return super().get_add_view_kwargs(**{**kwargs, **own})
