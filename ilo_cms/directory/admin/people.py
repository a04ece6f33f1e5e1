"""Screens of officers and of people: administrators appoint, officers read."""

from uuid import UUID

import django_filters
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList
from wagtail.admin.views import generic

from ilo_cms.accounts.models import User
from ilo_cms.accounts.second_factor import FACTORS, holds_second_factor
from ilo_cms.audit.admin import Audited
from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.forms import RecordForm
from ilo_cms.core.admin.policies import RecordPolicy, visible
from ilo_cms.core.admin.viewsets import RecordViewSet
from ilo_cms.directory.admin.common import RefusalAtField
from ilo_cms.directory.models import Officer, Organisation
from ilo_cms.directory.officers import appoint_officer, save_person
from ilo_cms.directory.second_factor import can_reset_second_factor, reset_second_factor


class OfficerForm(RecordForm):
    """Who works for which operator. The person is chosen once."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields.pop("user", None)


class AppointView(RefusalAtField):
    """Saves through the service, which gives or takes the intranet's groups."""

    def save_instance(self) -> Officer:
        values = {name: self.form.cleaned_data[name] for name in ("operator", "phone", "is_active")}
        user = self.form.cleaned_data.get("user") or self.object.user
        return appoint_officer(user=user, **values, acting_user=self.request.user)


class OfficerCreateView(AppointView, generic.CreateView):
    """Appoints somebody."""


class OfficerEditView(AppointView, generic.EditView):
    """Moves somebody to another operator, or ends their employment."""


class OfficerFilterSet(RecordFilterSet):
    """Officers by state."""

    class Meta:
        model = Officer
        fields = ["is_active"]


class OfficerViewSet(Audited, RecordViewSet):
    """Officers."""

    model = Officer
    url_prefix = "charges-d-accompagnement"
    icon = "user"
    menu_label = "Chargé·es d’accompagnement"
    list_display = ["user", "operator", "phone", "is_active"]
    list_export = [
        "user.last_name",
        "user.first_name",
        "user.email",
        "operator",
        "phone",
        "is_active",
    ]
    labels = {"user.email": "Adresse électronique"}
    filterset_class = OfficerFilterSet
    search = {"user": User, "operator": Organisation}
    related = ("user", "operator")
    add_view_class = OfficerCreateView
    edit_view_class = OfficerEditView
    inspect_view_fields = ["user", "user.email", "operator", "phone", "is_active"]
    edit_handler = ObjectList(
        [
            FieldPanel(
                "user",
                help_text="Créez d’abord la personne dans « Personnes » si elle n’y est pas.",
            ),
            FieldPanel("operator"),
            FieldPanel("phone"),
            FieldPanel("is_active", help_text="Décochez au départ : l’intranet se ferme."),
        ],
        base_form_class=OfficerForm,
    )


class PersonPolicy(RecordPolicy):
    """Officers read people, administrators edit them.

    Not Django's permissions on users: those would also open Wagtail's own screens of users and
    groups, which are for superusers only.
    """

    def user_has_permission(self, user, action: str) -> bool:
        if action == "view":
            return user.is_staff
        return action in {"add", "change"} and user.is_staff and user.is_administrator

    def users_with_any_permission(self, actions) -> models.QuerySet:
        return User.objects.filter(is_active=True, is_administrator=True)


class PersonForm(RecordForm):
    """A person and their national roles."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.email and self.instance.has_usable_password():
            self.fields["email"].disabled = True
            self.fields[
                "email"
            ].help_text = (
                "C’est son identifiant : la personne en change elle-même, par confirmation."
            )


class PersonSaveView(RefusalAtField):
    """Saves a person by the service."""

    def save_instance(self) -> User:
        return save_person(person=self.form.save(commit=False), acting_user=self.request.user)


class PersonCreateView(PersonSaveView, generic.CreateView):
    """Adds a person, who cannot sign in yet."""


class PersonEditView(PersonSaveView, generic.EditView):
    """Edits a person."""


class PersonFilterSet(RecordFilterSet):
    """People by role and state."""

    second_factor = django_filters.BooleanFilter(
        label="A la double authentification", method="filter_second_factor"
    )

    class Meta:
        model = User
        fields = ["is_active", "is_administrator", "is_analyst"]

    def filter_second_factor(self, rows: models.QuerySet, name: str, value: bool):
        """People whose password alone does not sign them in, or the others."""
        holders = Authenticator.objects.filter(type__in=FACTORS).values("user")
        return rows.filter(pk__in=holders) if value else rows.exclude(pk__in=holders)


class PersonInspectView(generic.InspectView):
    """A person, with the way to help them when they lost their second factor."""

    def show_second_factor(self) -> str:
        factors = Authenticator.objects.filter(user=self.object, type__in=FACTORS)
        return ", ".join(str(factor.get_type_display()) for factor in factors)

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(**kwargs) | {
            "has_factor": holds_second_factor(self.object),
            "may_reset": can_reset_second_factor(self.request.user, self.object),
        }


@require_POST
def reset_factor(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remove the second factor that somebody lost, or say why not."""
    person = get_object_or_404(visible(User.objects.all(), request.user), pk=pk)
    reason = request.POST.get("reason", "")
    try:
        reset_second_factor(person=person, reason=reason, acting_user=request.user)
    except (ValidationError, PermissionDenied) as refusal:
        messages.error(request, getattr(refusal, "message", str(refusal)))
    else:
        messages.success(request, f"La double authentification de {person} est retirée.")
    return redirect("person:inspect", pk=person.pk)


class PersonViewSet(Audited, RecordViewSet):
    """People: one account each (SPEC A1)."""

    model = User
    name = "person"
    url_prefix = "personnes"
    icon = "user"
    list_display = ["__str__", "email", "is_active", "is_administrator", "is_analyst"]
    list_export = [
        "last_name",
        "first_name",
        "email",
        "is_active",
        "is_administrator",
        "is_analyst",
    ]
    labels = {
        "__str__": "Personne",
        "second_factor": "Double authentification",
        "is_active": "Compte non fermé",
    }
    inspect_view_class = PersonInspectView
    inspect_template_name = "directory/inspect_person.html"
    filterset_class = PersonFilterSet
    search = {"pk": User}
    add_view_class = PersonCreateView
    edit_view_class = PersonEditView
    inspect_view_fields = [
        "last_name",
        "first_name",
        "email",
        "is_active",
        "is_administrator",
        "is_analyst",
        "second_factor",
        "last_login",
        "created_at",
    ]
    edit_handler = ObjectList(
        [
            FieldRowPanel([FieldPanel("last_name"), FieldPanel("first_name")]),
            FieldPanel("email"),
            FieldPanel("is_active"),
            MultiFieldPanel(
                [FieldPanel("is_administrator"), FieldPanel("is_analyst")],
                heading="Rôles nationaux",
            ),
        ],
        base_form_class=PersonForm,
    )

    def may_edit(self, user, record: User) -> bool:
        return user.is_superuser or not record.is_superuser

    @property
    def permission_policy(self) -> PersonPolicy:
        return PersonPolicy(self.model, self.may_edit)
