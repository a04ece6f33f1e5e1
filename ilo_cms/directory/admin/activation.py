"""A contact's access on its screen: how far they are from signing in, and the link to send (A3)."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST
from wagtail.admin.views.generic import InspectView

from ilo_cms.core import french
from ilo_cms.directory.activation import send_activation
from ilo_cms.directory.models import Activation, Contact
from ilo_cms.directory.models.activation import Access, access_of
from ilo_cms.directory.policies import can_send_activation


def moment(instant) -> str:
    """An instant as people read it: 3 décembre 2026, 17:00."""
    return french.date(timezone.localtime(instant), "DATETIME_FORMAT")


def access_words(contact: Contact) -> str:
    """How far a contact is from signing in, with the dates and the fate of the last mail."""
    access = access_of(contact)
    links = Activation.objects.of(contact.user).select_related("mail")
    if access == Access.OPEN:
        opened = links.exclude(spent_at=None).first()
        return f"Compte ouvert le {moment(opened.spent_at)}" if opened else access.value
    link = links.first()
    if access not in {Access.INVITED, Access.EXPIRED} or link is None:
        return access.value
    said = f"{Access.INVITED} le {moment(link.sent_at)} à {link.address} ({mail_state(link)})"
    if access == Access.INVITED:
        return f"{said}, valable jusqu’au {moment(link.expires_at)}"
    return f"{Access.EXPIRED}. {said}"


def mail_state(link: Activation) -> str:
    """Whether the mail of a link left; why not, when it was given up."""
    mail = link.mail
    if mail is None:
        return "courriel effacé depuis"
    return f"{mail.state} : {mail.last_error}" if mail.dead_at else f"courriel {mail.state}"


class ContactInspectView(InspectView):
    """A contact, with the button that sends the activation link or the reason why it is absent."""

    def show_access(self) -> str:
        return access_words(self.object)

    def get_context_data(self, **kwargs) -> dict:
        sending = can_send_activation(self.request.user, self.object)
        sent = Activation.objects.of(self.object.user).exists()
        return super().get_context_data(**kwargs) | {"sending": sending, "sent": sent}


@require_POST
def send_link(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send an activation link to a contact, or say why none can be sent."""
    contact = get_object_or_404(Contact.objects.visible_to(request.user), pk=pk)
    decision = can_send_activation(request.user, contact)
    if decision:
        link = send_activation(contact=contact, acting_user=request.user)
        messages.success(request, f"Un lien d’activation part à {link.address}.")
    else:
        messages.error(request, decision.reason)
    return redirect("contact:inspect", pk=contact.pk)
