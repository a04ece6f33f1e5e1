"""What the screens of the directory share: every save goes through the domain's services."""

from typing import Any

from django.core.exceptions import ValidationError
from wagtail.admin.views import generic

from ilo_cms.audit.admin import Audited
from ilo_cms.core.admin.forms import RecordForm
from ilo_cms.core.admin.viewsets import RecordViewSet
from ilo_cms.directory.edits import create_record, edit_as_officer
from ilo_cms.directory.models import Organisation, Origin
from ilo_cms.directory.skills import maximum_in_words


#: The field whose origin is that of what a property shows.
WRITTEN_AS = {"head_office_siret": "head_office_nic", "siret": "nic", "address": "address_line"}


def organisation_of(record) -> Organisation:
    """The organisation that a record is, or belongs to."""
    return record if isinstance(record, Organisation) else record.organisation


class DirectoryForm(RecordForm):
    """A form that says where each value comes from (SPEC P7)."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name, code in getattr(self.instance, "origins", {}).items():
            if name in self.fields and code in Origin.values:
                field = self.fields[name]
                field.help_text = f"{field.help_text} Origine : {Origin(code).label}.".strip()
        if "skills" in self.fields:
            skills = self.fields["skills"]
            skills.help_text = f"{skills.help_text} {maximum_in_words()}".strip()


def changed_values(form: RecordForm, model) -> dict[str, Any]:
    """The validated values that differ from those shown, of the fields of one model."""
    names = {field.name for field in model._meta.get_fields()}
    return {name: form.cleaned_data[name] for name in form.changed_data if name in names}


class RefusalAtField:
    """Before a view that saves: a refusal of the service is shown at its field."""

    def form_valid(self, form):
        """Save, or show the page again with what the service refused."""
        try:
            return super().form_valid(form)
        except ValidationError as error:
            form.add_error(None, error)
            self.produced_error_code = "validation_error"
            self.produced_error_message = self.get_error_message()
            return self.form_invalid(form)


class RecordEditView(RefusalAtField, generic.EditView):
    """Edits through the service: only what changed, with origin and log."""

    def save_instance(self):
        edit_as_officer(
            record=self.object,
            values=changed_values(self.form, self.model),
            acting_user=self.request.user,
            organisation=organisation_of(self.object),
        )
        return self.object


class RecordCreateView(RefusalAtField, generic.CreateView):
    """Creates through the service."""

    def save_instance(self):
        create_record(
            record=self.form.instance,
            values=changed_values(self.form, self.model),
            acting_user=self.request.user,
        )
        return self.form.instance


class DirectoryViewSet(Audited, RecordViewSet):
    """Screens of the directory."""

    add_view_class = RecordCreateView
    edit_view_class = RecordEditView

    def inspection_label(self, record, name: str, label: str) -> str:
        """The field's name and where its value comes from (SPEC P7)."""
        code = record.origins.get(WRITTEN_AS.get(name, name.removeprefix("user.")))
        return f"{label} (origine : {Origin(code).label})" if code in Origin.values else label
