"""A moderated address becomes the login only once its owner confirmed it (SPEC M5)."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.moderation.email_change import confirm, read_token
from ilo_cms.moderation.models import Target
from ilo_cms.moderation.services import Verdict, decide, request_fingerprint, save_record
from ilo_cms.notifications.models import OutboxMessage
from tests.factories import ContactFactory, OfficerFactory, OrganisationFactory, UserFactory


pytestmark = pytest.mark.django_db


@pytest.fixture
def approved(wired):
    """An address change that the referent accepted; returns the contact and the link's token."""
    referent = OfficerFactory()
    contact = ContactFactory(
        user__email="ancienne@conseil-sol.example",
        organisation=OrganisationFactory(referent=referent),
    )
    request = save_record(
        contact=contact,
        target=Target.CONTACT,
        record_id=contact.pk,
        values={"email": "nouvelle@conseil-sol.example"},
    )
    decide(
        change_request=request,
        verdicts={item.pk: Verdict(True) for item in request.items.all()},
        fingerprint=request_fingerprint(request),
        acting_user=referent.user,
    )
    mail = OutboxMessage.objects.get(address="nouvelle@conseil-sol.example")
    return contact.user, re.search(r"/compte/adresse/([^/]+)/", mail.body).group(1)


def login_of(user) -> str:
    return User.objects.get(pk=user.pk).email


def test_approval_alone_changes_nothing(approved):
    user, _ = approved
    assert login_of(user) == "ancienne@conseil-sol.example"


def test_reading_the_link_does_not_spend_it(approved, client):
    user, token = approved
    for _ in range(3):
        page = client.get(reverse("confirm_email", args=[token]))
        assert page.status_code == 200
    assert login_of(user) == "ancienne@conseil-sol.example"


def test_the_button_confirms_once_and_the_old_address_is_told(approved, client):
    user, token = approved
    client.post(reverse("confirm_email", args=[token]))
    assert login_of(user) == "nouvelle@conseil-sol.example"
    told = OutboxMessage.objects.get(
        address="ancienne@conseil-sol.example", subject__contains="a changé"
    )
    assert "prévenez" in told.body
    again = client.post(reverse("confirm_email", args=[token]))
    assert again.status_code == 410 and "déjà servi" in again.content.decode()


def test_a_forged_link_is_refused(approved):
    with pytest.raises(ValidationError):
        read_token("n-importe-quoi")


def test_a_link_lives_seven_days(approved, time_machine):
    _, token = approved
    read_token(token)
    import datetime

    from django.utils import timezone

    time_machine.move_to(timezone.now() + datetime.timedelta(days=7, seconds=1), tick=False)
    with pytest.raises(ValidationError):
        read_token(token)


def test_an_address_taken_meanwhile_is_refused(approved):
    user, token = approved
    UserFactory(email="nouvelle@conseil-sol.example")
    with pytest.raises(ValidationError):
        confirm(token)
    assert login_of(user) == "ancienne@conseil-sol.example"


def accept_another(contact, email: str) -> str:
    """The referent accepts one more address; returns the new link's token."""
    referent = contact.organisation.referent
    request = save_record(
        contact=contact, target=Target.CONTACT, record_id=contact.pk, values={"email": email}
    )
    decide(
        change_request=request,
        verdicts={item.pk: Verdict(True) for item in request.items.all()},
        fingerprint=request_fingerprint(request),
        acting_user=referent.user,
    )
    body = OutboxMessage.objects.filter(address=email).latest("created_at").body
    return re.search(r"/compte/adresse/([^/]+)/", body).group(1)


def test_a_later_acceptance_replaces_the_link(approved):
    user, first = approved
    contact = user.contacts.get()
    second = accept_another(contact, "correcte@conseil-sol.example")
    with pytest.raises(ValidationError, match="remplacé"):
        confirm(first)
    confirm(second)
    assert login_of(user) == "correcte@conseil-sol.example"


def test_a_spent_link_stays_spent_when_the_old_address_comes_back(approved):
    user, first = approved
    contact = user.contacts.get()
    confirm(first)
    back = accept_another(contact, "ancienne@conseil-sol.example")
    confirm(back)
    with pytest.raises(ValidationError):
        confirm(first)
    assert login_of(user) == "ancienne@conseil-sol.example"


def test_the_end_of_the_membership_ends_the_link(approved):
    user, token = approved
    user.contacts.update(ended_on="2026-01-31")
    with pytest.raises(ValidationError):
        confirm(token)
    assert login_of(user) == "ancienne@conseil-sol.example"
