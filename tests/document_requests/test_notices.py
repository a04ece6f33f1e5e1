"""A mail of a request leaves only while it is true, to those it still concerns (SPEC N3)."""

import pytest
from django.core import mail

from ilo_cms.directory.models import Contact
from ilo_cms.document_requests import answers, services
from ilo_cms.document_requests.reminders import remind
from ilo_cms.notifications.delivery import deliver
from ilo_cms.notifications.models import OutboxMessage
from tests.document_requests.conftest import in_days, judge, put
from tests.helpers import files


pytestmark = pytest.mark.django_db


def outcome(kind: str) -> str:
    """What becomes of the latest mail of a kind: sent, or why not."""
    message = OutboxMessage.objects.filter(notice__kind=f"document_request.{kind}").latest(
        "created_at"
    )
    if deliver(str(message.pk)):
        return "sent"
    message.refresh_from_db()
    return message.last_error


def answer_all(asked, contact) -> None:
    put(asked, contact)
    put(asked, contact, code="cv", name="cv.pdf", content=files.pdf(pages=2))
    answers.send(request=asked, acting_as=contact)


@pytest.fixture
def made(officer, contact, store, types):
    return services.ask(
        key="6a1c2f3e-0000-4000-8000-000000000001",
        organisation=contact.organisation,
        types=[types["cv"], types["kbis"]],
        message="Merci.",
        due_on=in_days(3),
        acting_user=officer,
    )


def test_what_is_true_leaves(made, contact, officer):
    assert outcome("requested") == "sent"
    remind(requests=[made], acting_user=officer)
    assert outcome("reminded") == "sent"
    put(made, contact)
    answers.send(request=made, acting_as=contact)
    assert outcome("sent") == "sent"
    judge(made, officer, accepted=False, reason="Page 2 illisible.")
    assert outcome("decided") == "sent"
    body = mail.outbox[-1].body
    assert "– Extrait Kbis : refusée (Page 2 illisible.)" in body and "Il reste des pièces" in body
    services.cancel(request=made, reason="Fini.", acting_user=officer)
    assert outcome("changed") == "sent"


def test_what_was_answered_meanwhile_does_not(made, contact, officer):
    remind(requests=[made], acting_user=officer)
    answer_all(made, contact)
    for kind in ("requested", "reminded"):
        assert outcome(kind) == "Plus rien n’est attendu de la structure."
    judge(made, officer)
    judge(made, officer, code="cv")
    assert outcome("sent") == "Les pièces ont été vérifiées entre-temps."


def test_who_left_gets_nothing(made, contact, officer):
    Contact.objects.filter(pk=contact.pk).update(ended_on=in_days(0))
    assert outcome("requested") == "La personne a quitté cette structure."


def test_who_no_longer_follows_gets_nothing(made, contact, officer):
    put(made, contact)
    answers.send(request=made, acting_as=contact)
    officer.officer.is_active = False
    officer.officer.save()
    contact.organisation.referent = None
    contact.organisation.save()
    assert outcome("sent") == "Ces pièces attendent désormais quelqu’un d’autre."
