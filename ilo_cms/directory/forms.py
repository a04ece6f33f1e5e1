"""Forms of sign-in pages that answer from the directory."""

from allauth.account.forms import LoginForm, ResetPasswordForm
from django.db import transaction
from django.http import HttpRequest

from ilo_cms.directory.tasks import send_forgotten


EMAIL = "Adresse électronique"


class SignInForm(LoginForm):
    """The address is called as everywhere else."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = EMAIL


class ForgottenForm(ResetPasswordForm):
    """The forgotten password: the address is looked up in the worker, never in the request (A4)."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = EMAIL

    def clean_email(self) -> str:
        """The address as typed, in lower case; whether it is known does not matter here."""
        return self.cleaned_data["email"]

    def save(self, request: HttpRequest, **kwargs) -> str:
        """Hand the address to the worker. A queue that is down must not tell who has an account."""
        email = self.cleaned_data["email"]
        transaction.on_commit(lambda: send_forgotten(email), robust=True)
        return email
