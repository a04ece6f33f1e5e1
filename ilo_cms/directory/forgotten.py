"""The forgotten password (SPEC A4): what the mail says depends on the account, the page never does.

The request only hands the address to the worker, without looking it up: neither the answer nor the
time it takes tells a stranger who has an account.
"""

from allauth.account.adapter import get_adapter
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.tokens import default_token_generator

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged
from ilo_cms.directory.activation import send_on_request
from ilo_cms.directory.models import Contact
from ilo_cms.directory.models.activation import Access, with_access
from ilo_cms.directory.policies import NO_LINK, can_read_reports


@logged
def answer_forgotten(*, email: str) -> None:
    """Mail the owner of an address what they need to sign in, if they may.

    An open account gets a reset link; a contact who has access but never opened their account gets
    an activation link. Officers, administrators and analysts choose their first password by a
    reset link. Everyone else gets nothing.
    """
    user = User.objects.filter(email=User.normal_email(email), is_active=True).first()
    if user is None:
        return
    if user.has_usable_password() or can_read_reports(user):
        send_reset(user)
        return
    contacts = with_access(Contact.objects.filter(user=user)).order_by("organisation__name", "pk")
    invited = contacts.exclude(access__in=[Access(word).value for word in NO_LINK]).first()
    if invited is not None:
        send_on_request(invited)


def send_reset(user: User) -> None:
    """Mail the link by which the person chooses a new password."""
    adapter = get_adapter()
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    link = adapter.get_reset_password_from_key_url(key)
    adapter.send_password_reset_mail(user, user.email, {"user": user, "password_reset_url": link})
