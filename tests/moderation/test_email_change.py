"""A moderated address becomes the login only once its owner confirmed it (SPEC M5)."""

import re
from datetime import date, timedelta

import pytest
from django.core import signing
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.services import faults
from ilo_cms.desk.management.commands.setup_ilo import wire
from ilo_cms.directory.models import Contact
from ilo_cms.moderation.decisions import Verdict, decide
from ilo_cms.moderation.email_change import cancel, confirm, read_confirmation
from ilo_cms.moderation.models import ChangeItem, ChangeRequest, ModerationRule, Target
from ilo_cms.moderation.reading import request_fingerprint
from ilo_cms.moderation.services import save_record
from ilo_cms.notifications.models import Notification, OutboxMessage
from ilo_cms.referentials.models import PlatformSettings
from tests.factories import ContactFactory, OfficerFactory, OrganisationFactory, UserFactory
from tests.moderation.helpers import ask, at_once, decide_all


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
        read_confirmation("n-importe-quoi")


def test_a_link_lives_seven_days(approved, time_machine):
    _, token = approved
    read_confirmation(token)
    time_machine.move_to(timezone.now() + timedelta(days=7, seconds=1), tick=False)
    with pytest.raises(ValidationError):
        read_confirmation(token)


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


# --- cancelling from the old address -----------------------------------------------------------

OLD, NEW = "ancienne@conseil-sol.example", "nouvelle@conseil-sol.example"


@pytest.fixture
def contact(wired):
    """A contact whose organisation has a referent."""
    return ContactFactory(
        user__email=OLD, organisation=OrganisationFactory(referent=OfficerFactory())
    )


def cancel_tokens() -> list[str]:
    """The cancelling links mailed to the old address, oldest first."""
    mails = OutboxMessage.objects.filter(address=OLD).order_by("created_at")
    found = (re.search(r"/compte/adresse/annuler/([^/]+)/", mail.body) for mail in mails)
    return [match.group(1) for match in found if match]


def confirm_token(email=NEW) -> str:
    """The confirming link mailed to the new address."""
    body = OutboxMessage.objects.filter(address=email).latest("created_at").body
    return re.search(r"/compte/adresse/([^/]+)/", body).group(1)


def test_the_old_address_is_warned_when_asked_and_when_accepted(contact):
    request = ask(contact, Target.CONTACT, email=NEW)
    assert len(cancel_tokens()) == 1
    ask(contact, Target.CONTACT, email=NEW, last_name="Sol")
    assert len(cancel_tokens()) == 1, "the same address again warns nobody"
    ask(contact, Target.CONTACT, email="autre@conseil-sol.example")
    assert len(cancel_tokens()) == 2
    decide_all(request, contact.organisation.referent.user)
    assert len(cancel_tokens()) == 3
    kinds = Notification.objects.filter(recipient=contact.user).values_list("kind", flat=True)
    assert {"email.requested", "email.confirm"} <= set(kinds)


def test_an_establishment_address_warns_nobody(contact):
    ModerationRule.objects.create(target=Target.ESTABLISHMENT, field="email", is_moderated=True)
    ask(contact, Target.ESTABLISHMENT, contact.establishment, email="siege@conseil-sol.example")
    assert ChangeRequest.objects.pending().exists() and cancel_tokens() == []


def test_reading_the_cancelling_page_changes_nothing(contact, client):
    request = ask(contact, Target.CONTACT, email=NEW)
    page = client.get(reverse("cancel_email", args=cancel_tokens()))
    assert page.status_code == 200 and NEW in page.text
    request.refresh_from_db()
    assert request.is_pending


def test_cancelling_the_only_field_withdraws_the_request(contact, client):
    request = ask(contact, Target.CONTACT, email=NEW)
    (token,) = cancel_tokens()
    page = client.post(reverse("cancel_email", args=[token]))
    assert "Votre identifiant reste le même" in page.text
    request.refresh_from_db()
    assert request.withdrawn_at and request.items.get().cancelled_at
    assert AuditEvent.objects.filter(action="email.cancelled").count() == 1
    told = Notification.objects.filter(kind="email.cancelled")
    assert {notice.recipient for notice in told} == {
        contact.user,
        contact.organisation.referent.user,
    }
    again = client.post(reverse("cancel_email", args=[token]))
    assert again.status_code == 410 and "rien à annuler" in again.text
    assert list(faults()) == []


def test_cancelling_one_field_of_several_leaves_the_others_waiting(contact, client):
    request = ask(contact, Target.CONTACT, email=NEW, last_name="Sol")
    client.post(reverse("cancel_email", args=cancel_tokens()))
    request.refresh_from_db()
    assert request.is_pending
    assert [item.field for item in request.items.all()] == ["last_name"]
    decide_all(request, contact.organisation.referent.user)
    assert not OutboxMessage.objects.filter(address=NEW).exists()


@pytest.mark.parametrize("which", [0, 1])
def test_either_link_cancels_an_accepted_change_for_good(contact, client, which):
    decide_all(ask(contact, Target.CONTACT, email=NEW), contact.organisation.referent.user)
    token = confirm_token()
    client.post(reverse("cancel_email", args=[cancel_tokens()[which]]))
    for method in (client.get, client.post):
        page = method(reverse("confirm_email", args=[token]))
        assert page.status_code == 410 and "annulé depuis l’ancienne adresse" in page.text
    assert login_of(contact.user) == OLD
    page = client.post(reverse("cancel_email", args=[cancel_tokens()[1 - which]]))
    assert page.status_code == 410 and "déjà annulé" in page.text


def test_an_older_link_does_not_come_back_when_a_newer_one_is_cancelled(contact, client):
    user = contact.organisation.referent.user
    decide_all(ask(contact, Target.CONTACT, email=NEW), user)
    first = confirm_token()
    decide_all(ask(contact, Target.CONTACT, email="autre@conseil-sol.example"), user)
    client.post(reverse("cancel_email", args=[cancel_tokens()[-1]]))
    with pytest.raises(ValidationError):
        confirm(first)
    assert login_of(contact.user) == OLD


def test_after_confirmation_the_page_says_whom_to_tell(contact, client):
    PlatformSettings.objects.update_or_create(
        pk=1, defaults={"support_email": "assistance@ilo.example"}
    )
    decide_all(ask(contact, Target.CONTACT, email=NEW), contact.organisation.referent.user)
    confirm(confirm_token())
    for token in cancel_tokens():
        for method in (client.get, client.post):
            page = method(reverse("cancel_email", args=[token]))
            assert page.status_code == 410
            assert contact.organisation.referent.user.email in page.text
            assert "assistance@ilo.example" in page.text
    assert login_of(contact.user) == NEW


def test_a_refused_or_withdrawn_change_has_nothing_to_cancel(contact, client):
    request = ask(contact, Target.CONTACT, email=NEW)
    decide_all(request, contact.organisation.referent.user, approved=False)
    page = client.get(reverse("cancel_email", args=cancel_tokens()))
    assert page.status_code == 410 and "rien à annuler" in page.text


@pytest.mark.parametrize("salt", ["email-change", "autre"])
def test_only_a_cancelling_link_cancels(contact, salt, client):
    request = ask(contact, Target.CONTACT, email=NEW)
    forged = signing.dumps(str(request.items.get().pk), salt=salt)
    assert client.post(reverse("cancel_email", args=[forged])).status_code == 410
    assert client.post(reverse("confirm_email", args=cancel_tokens())).status_code == 410
    request.refresh_from_db()
    assert request.is_pending


def test_a_change_accepted_over_another_login_can_be_confirmed(contact):
    """Two organisations, two requests of one person: the second is decided after the first won."""
    other = ContactFactory(
        user=contact.user, organisation=OrganisationFactory(referent=OfficerFactory())
    )
    later = ask(other, Target.CONTACT, email="autre@conseil-sol.example")
    decide_all(ask(contact, Target.CONTACT, email=NEW), contact.organisation.referent.user)
    confirm(confirm_token())
    decide_all(later, other.organisation.referent.user)
    confirm(confirm_token("autre@conseil-sol.example"))
    assert login_of(contact.user) == "autre@conseil-sol.example"


@pytest.mark.django_db(transaction=True)
def test_confirming_and_cancelling_at_once_has_one_winner():
    wire()
    contact = ContactFactory(
        user__email=OLD, organisation=OrganisationFactory(referent=OfficerFactory())
    )
    decide_all(ask(contact, Target.CONTACT, email=NEW), contact.organisation.referent.user)
    refusals = at_once(
        lambda: confirm(confirm_token()), lambda: cancel(cancel_tokens()[0]), ValidationError
    )
    cancelled = ChangeItem.objects.get().cancelled_at is not None
    assert len(refusals) == 1
    assert (login_of(contact.user) == OLD) == cancelled
    assert list(faults()) == []


@pytest.mark.parametrize("change", [{"has_access": False}, {"ended_on": date(2026, 1, 1)}])
def test_an_address_that_could_not_be_confirmed_is_not_accepted(contact, change):
    request = ask(contact, Target.CONTACT, email=NEW)
    Contact.objects.filter(pk=contact.pk).update(**change)
    referent = contact.organisation.referent.user
    with pytest.raises(ValidationError, match="n’a plus accès"):
        decide_all(request, referent)
    assert ChangeRequest.objects.pending().exists() and not confirm_mails()
    decide_all(request, referent, approved=False)
    assert not ChangeRequest.objects.pending().exists()


def confirm_mails() -> int:
    """How many confirming links left for the new address."""
    return OutboxMessage.objects.filter(address=NEW).count()
