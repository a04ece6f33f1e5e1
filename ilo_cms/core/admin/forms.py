"""The form that our editing screens share."""

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.widgets import BaseChooser

from ilo_cms.core.admin.policies import visible
from ilo_cms.core.amounts import FrenchNumberInput
from ilo_cms.core.identifiers import compact, normal_phone, readable_phone


PHONES = ("phone", "other_phone")


class IdentifierField(forms.CharField):
    """A SIREN or NIC, typed with or without spaces; empty becomes the field's empty value."""

    def to_python(self, value: str | None) -> str | None:
        """The digits alone."""
        return compact(value) or self.empty_value


class RecordForm(WagtailAdminModelForm):
    """A model form that offers only what the person may choose and writes phones one way."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, forms.ModelChoiceField):
                self.limit(name, field)
            if isinstance(field, forms.DecimalField):
                field.localize, field.widget = True, FrenchNumberInput()
            if name in PHONES and self.initial.get(name):
                self.initial[name] = readable_phone(self.initial[name])

    def limit(self, name: str, field: forms.ModelChoiceField) -> None:
        """Offer visible rows; of a short list, those still proposed and those already chosen."""
        field.queryset = visible(field.queryset, self.for_user)
        if isinstance(field.widget, BaseChooser):
            return
        try:
            field.queryset.model._meta.get_field("is_active")
        except FieldDoesNotExist:
            return
        chosen = self.initial.get(name) or []
        keys = [
            getattr(row, "pk", row) for row in (chosen if isinstance(chosen, list) else [chosen])
        ]
        field.queryset = field.queryset.filter(Q(is_active=True) | Q(pk__in=keys))

    def department_code(self) -> str:
        """The département whose numbering plan phones follow; forms that know it say so."""
        return ""

    def clean_phone(self) -> str:
        """The phone number in E.164."""
        return normal_phone(self.cleaned_data["phone"], self.department_code())

    def clean_other_phone(self) -> str:
        """As above."""
        return normal_phone(self.cleaned_data["other_phone"], self.department_code())
