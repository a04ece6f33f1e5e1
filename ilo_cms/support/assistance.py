"""Acting as somebody of the extranet: what the session keeps, and how it is given back (SPEC A12).

Of django-hijack only the switch itself is used (docs/decisions/0014). The session remembers who the
administrator is and a proof of their password; every request asks anew whether both people still
may, so that nothing survives a closed account, a lost role, a changed password or the hour.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.contrib.auth import BACKEND_SESSION_KEY, login, logout
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from hijack.signals import no_update_last_login
from hijack.views import keep_session_age

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.choice import choose
from ilo_cms.directory.models import Contact
from ilo_cms.support.policies import is_helped


SESSION_KEY = "assistance"
LIFETIME = timedelta(hours=1)


@dataclass(frozen=True)
class Assistance:
    """One assistance under way. `started` is the number of the log's line that began it."""

    administrator: User
    contact: Contact
    started: int
    began_at: datetime
    proof: str
    backend: str
    factors: dict

    @property
    def until(self) -> datetime:
        """When it ends by itself."""
        return self.began_at + LIFETIME

    def may_return(self) -> bool:
        """Whether the administrator still has the account and password that they began with."""
        return self.administrator.is_active and constant_time_compare(
            self.proof, self.administrator.get_session_auth_hash()
        )


def begin(request: HttpRequest, contact: Contact, started: AuditEvent) -> None:
    """Sign the session in as the contact's person, acting for the contact's organisation.

    The session gets a new key and loses its content; the second factor that the administrator gave
    is put aside for their return and does not pass for the person's.
    """
    kept = {
        "administrator": str(request.user.pk),
        "contact": str(contact.pk),
        "started": started.sequence,
        "began_at": started.at.isoformat(),
        "proof": request.user.get_session_auth_hash(),
        "backend": request.session[BACKEND_SESSION_KEY],
        "factors": {
            key: value
            for key, value in request.session.items()
            if key.startswith(AUTHENTICATION_METHODS_SESSION_KEY)
        },
    }
    switch(request, contact.user, kept["backend"])
    request.session[SESSION_KEY] = kept
    choose(request, contact)


def read(kept: dict) -> Assistance:
    """The assistance that a session keeps, with both people as they are now."""
    return Assistance(
        administrator=User.objects.get(pk=kept["administrator"]),
        contact=Contact.objects.select_related("user", "organisation").get(pk=kept["contact"]),
        began_at=datetime.fromisoformat(kept["began_at"]),
        **{name: kept[name] for name in ("started", "proof", "backend", "factors")},
    )


def why_over(request: HttpRequest, assistance: Assistance) -> str:
    """Why an assistance must end now; empty while it may go on."""
    if timezone.now() >= assistance.until:
        return "l’heure est écoulée"
    if not assistance.may_return() or not assistance.administrator.is_administrator:
        return "vos droits ou votre mot de passe ont changé"
    if helped := is_helped(assistance.contact):
        same = request.user.pk == assistance.contact.user_id
        return "" if same else "la session de la personne a été fermée"
    return helped.reason


def give_back(request: HttpRequest, assistance: Assistance) -> bool:
    """Sign the administrator in again, or sign everyone out; returns whether they are back.

    What they may do is asked of the database anew: a role lost meanwhile stays lost.
    """
    if not assistance.may_return():
        logout(request)
        return False
    switch(request, assistance.administrator, assistance.backend)
    request.session.update(assistance.factors)
    return True


def switch(request: HttpRequest, user: User, backend: str) -> None:
    """Empty the session and sign it in as somebody else; it is no visit of theirs."""
    with no_update_last_login(), keep_session_age(request.session):
        login(request, user, backend=backend)
    request.session.pop(SESSION_KEY, None)
