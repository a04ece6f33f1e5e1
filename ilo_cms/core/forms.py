"""What the forms of both sides share."""

from django.core.exceptions import ValidationError
from django.forms import BaseForm


def place_errors(form: BaseForm, error: ValidationError, otherwise: str | None = None) -> None:
    """Put what a service refused at its fields, above the form where it has no such field.

    `otherwise` is the field of a refusal that names none.
    """
    if not hasattr(error, "error_dict"):
        form.add_error(otherwise, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)
