"""What is told is still true when the mail leaves, and its reader may still read it (SPEC N3)."""

from datetime import date

import pytest
from django.core import mail

from ilo_cms.accounts.models import User
from ilo_cms.moderation.decisions import Verdict, decide
from ilo_cms.moderation.models import ChangeRequest, Target
from ilo_cms.moderation.reading import request_fingerprint
from ilo_cms.moderation.services import save_record, withdraw
from ilo_cms.notifications import conditions
from ilo_cms.notifications.conditions import register, still_true
from ilo_cms.notifications.delivery import deliver
from ilo_cms.notifications.models import OutboxMessage
from tests.factories import ContactFactory, OfficerFactory, OrganisationFactory, UserFactory


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wired")]


@pytest.fixture
def contact():
    return ContactFactory(organisation__referent=OfficerFactory())


@pytest.fixture
def request_(contact):
    return save_record(
        contact=contact,
        target=Target.ORGANISATION,
        record_id=contact.organisation.pk,
        values={"name": "Conseil Sol SCOP"},
    )


def decide_all(request_, officer):
    return decide(
        change_request=request_,
        verdicts={item.pk: Verdict(True) for item in request_.items.all()},
        fingerprint=request_fingerprint(request_),
        acting_user=officer.user,
    )


def outcome(kind: str) -> str:
    """What becomes of the mail of a kind: sent, or the reason why it does not leave."""
    message = OutboxMessage.objects.get(notice__kind=kind)
    left = deliver(str(message.pk))
    message.refresh_from_db()
    assert left == bool(message.sent_at) == (len(mail.outbox) == 1)
    return "sent" if left else f"{message.state} : {message.last_error}"


def test_what_is_still_true_leaves(request_):
    assert outcome("moderation.requested") == "sent"


def test_a_request_withdrawn_meanwhile_asks_nobody(request_, contact):
    withdraw(change_request=request_, contact=contact)
    assert outcome("moderation.requested").startswith("sans objet : La demande a été traitée")


def test_a_request_that_passed_to_another_referent_asks_the_first_no_more(request_, contact):
    contact.organisation.referent = OfficerFactory()
    contact.organisation.save()
    assert "quelqu’un d’autre" in outcome("moderation.requested")


def test_an_officer_who_left_is_asked_no_more(request_, contact):
    referent = contact.organisation.referent
    referent.is_active = False
    referent.save()
    assert "quelqu’un d’autre" in outcome("moderation.requested")


def test_a_decision_is_told(request_, contact):
    decide_all(request_, contact.organisation.referent)
    assert outcome("moderation.decided") == "sent"


@pytest.mark.parametrize("change", [{"has_access": False}, {"ended_on": date(2026, 1, 1)}])
def test_only_who_may_still_choose_the_structure_is_told(request_, contact, change):
    decide_all(request_, contact.organisation.referent)
    type(contact).objects.filter(pk=contact.pk).update(**change)
    result = outcome("moderation.decided")
    assert result == "sent" if "ended_on" in change else "n’a plus accès" in result


def test_a_decision_is_told_to_nobody_else(request_, contact):
    decide_all(request_, contact.organisation.referent)
    stranger = ContactFactory(organisation=contact.organisation).user
    message = OutboxMessage.objects.get(notice__kind="moderation.decided")
    type(message.notice).objects.update(recipient=stranger)
    assert "n’est plus celle" in outcome("moderation.decided")


def test_a_security_warning_reaches_the_address_it_was_written_for(contact):
    """Its link cancels the change: it is for the old mailbox, even once the new one holds."""
    old = contact.user.email
    request = save_record(
        contact=contact,
        target=Target.CONTACT,
        record_id=contact.pk,
        values={"email": "neuve@exemple.example"},
    )
    decide_all(request, contact.organisation.referent)
    warning = OutboxMessage.objects.filter(address=old, notice=None).latest("created_at")
    User.objects.filter(pk=contact.user.pk).update(email="neuve@exemple.example")
    assert deliver(str(warning.pk))
    assert mail.outbox[0].to == [old]


def test_a_request_that_is_gone_asks_nobody(request_):
    notice = OutboxMessage.objects.get(notice__kind="moderation.requested").notice
    notice.about_id = None
    assert not still_true(notice)
    assert not ChangeRequest.objects.filter(pk=None).exists()


def test_officers_need_no_contact_to_read_of_an_organisation(contact, request_):
    notice = OutboxMessage.objects.get(notice__kind="moderation.requested").notice
    notice.organisation_id = OrganisationFactory().pk
    assert still_true(notice)
    notice.recipient = UserFactory()
    assert not still_true(notice)


def test_a_check_is_asked_once_however_often_it_is_registered(monkeypatch):
    monkeypatch.setattr(conditions, "_checks", {})

    def check(notice):
        raise AssertionError

    register(check, "x")
    register(check, "x")
    assert conditions._checks == {"x": [check]}


def test_a_check_that_fails_delays_the_mail_and_says_why(request_, monkeypatch):
    def broken(notice):
        raise RuntimeError("panne")

    monkeypatch.setattr(conditions, "_checks", {"": [broken]})
    result = outcome("moderation.requested")
    assert result == "nouvel essai prévu : RuntimeError: panne"
