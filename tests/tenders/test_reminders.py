"""Reminders of deadlines: to who still has to act, never twice a day, to nobody else (SPEC T15)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from ilo_cms.core.clock import database_now
from ilo_cms.meetings.feeds import calendar_text
from ilo_cms.notifications.conditions import still_true
from ilo_cms.notifications.kinds import KINDS
from ilo_cms.notifications.models import Notification
from ilo_cms.referentials.models import PlatformSettings
from ilo_cms.tenders.diffusion import cancel_tender
from ilo_cms.tenders.models import (
    Deposit,
    DepositKind,
    Invitation,
    InvitationReminder,
    Offer,
    Participation,
    Question,
    Tender,
)
from ilo_cms.tenders.questions import answer_question
from ilo_cms.tenders.reminders import remind_all
from tests.factories import ContactFactory, OfficerFactory, OrganisationFactory
from tests.tenders.drafts import a_sent_tender, accept, again, boss, in_days, told


pytestmark = pytest.mark.django_db
ANSWER, DEPOSIT = "tender.answer_awaited", "tender.deposit_awaited"
QUESTIONS, TO_ANSWER = "tender.questions_end", "tender.to_answer"


def near(tender: Tender, *, answers=None, deposits=None) -> Tender:
    """Put deadlines so many days from now; those invited were two weeks ago."""
    Invitation.objects.filter(tender=tender).update(invited_at=in_days(-14))
    values = {"questions_deadline": None}
    if answers is not None:
        values |= {"participation_deadline": in_days(answers)}
    if deposits is not None:
        values |= {"deposit_deadline": in_days(deposits)}
    Tender.objects.filter(pk=tender.pk).update(**values)
    return again(tender)


def waiting_for_offers(*organisations, days=2.0) -> Tender:
    tender = near(a_sent_tender(*organisations), answers=-1, deposits=days)
    accept(tender)
    return tender


def deposit(tender, contact, kind=DepositKind.DEPOSITED, cooperator=None, **values) -> Offer:
    invitation = tender.invitations.get(organisation=contact.organisation)
    offer, _ = Offer.objects.get_or_create(invitation=invitation, cooperator=cooperator)
    said = {"requirements": 1, "digest": "0" * 64, "at": timezone.now(), "by": contact.user}
    Deposit.objects.create(
        key=uuid4(), offer=offer, number=offer.deposits.count() + 1, kind=kind, **said | values
    )
    return offer


def days_pass(tender, days: int) -> None:
    """Put a reminder back, as if it had been sent so many days ago."""
    for row in InvitationReminder.objects.filter(invitation__tender=tender):
        row.day -= timedelta(days=days)
        row.save()


def test_who_has_not_answered_is_reminded_and_nobody_else():
    silent, accepted, declined = ContactFactory(), ContactFactory(), ContactFactory()
    colleague = ContactFactory(organisation=silent.organisation)
    gone = ContactFactory(organisation=silent.organisation, former=True)
    tender = a_sent_tender(*(contact.organisation for contact in (silent, accepted, declined)))
    near(tender, answers=2)
    accept(tender, accepted.organisation)
    tender.invitations.filter(organisation=declined.organisation).update(
        participation=Participation.DECLINED, decline_reason="Surcharge."
    )
    assert remind_all() == 2
    assert {*told(ANSWER)} == {silent.user, colleague.user}
    assert gone.user not in told(ANSWER)


def test_never_twice_a_day_and_again_the_day_before():
    tender = near(a_sent_tender(), answers=2)
    assert remind_all() == 1
    assert remind_all() == 0
    days_pass(tender, 1)
    assert remind_all() == 0  # not every day
    near(tender, answers=0.5)
    days_pass(tender, 1)
    assert remind_all() == 1
    assert remind_all() == 0


def test_nobody_is_reminded_early_late_or_on_the_day_of_the_invitation():
    far = near(a_sent_tender(), answers=6)
    assert remind_all() == 0
    near(far, answers=2)
    Invitation.objects.update(invited_at=database_now())
    assert remind_all() == 0


def test_the_number_of_days_is_a_setting():
    near(a_sent_tender(), answers=6)
    PlatformSettings.objects.update_or_create(pk=1, defaults={"tender_reminder_days": 7})
    assert remind_all() == 1


@pytest.mark.parametrize("count", [1, 2])
def test_who_has_not_deposited_is_reminded(count):
    contacts = [ContactFactory() for _ in range(2)]
    tender = waiting_for_offers(*(contact.organisation for contact in contacts))
    for contact in contacts[:count]:
        deposit(tender, contact)
    assert remind_all() == 2 - count
    assert told(DEPOSIT) == [contact.user for contact in contacts[count:]]


def test_a_withdrawn_or_unconfirmed_offer_is_still_awaited():
    withdrawn, unconfirmed, confirmed = (ContactFactory() for _ in range(3))
    tender = waiting_for_offers(
        *(contact.organisation for contact in (withdrawn, unconfirmed, confirmed))
    )
    Tender.objects.filter(pk=tender.pk).update(requirements=2)
    deposit(tender, withdrawn)
    deposit(tender, withdrawn, kind=DepositKind.WITHDRAWN)
    deposit(tender, unconfirmed)
    deposit(tender, confirmed)
    deposit(tender, confirmed, kind=DepositKind.CONFIRMED, requirements=2)
    remind_all()
    texts = {row.recipient: row.text for row in Notification.objects.filter(kind=DEPOSIT)}
    assert texts.keys() == {withdrawn.user, unconfirmed.user}
    assert "Déposez votre offre" in texts[withdrawn.user]
    assert "confirmez votre offre" in texts[unconfirmed.user]


def test_in_a_cae_each_cooperator_is_reminded_of_their_own_offer():
    cae = OrganisationFactory(cae=True)
    done, draft, idle = (ContactFactory(organisation=cae) for _ in range(3))
    tender = waiting_for_offers(cae)
    deposit(tender, done, cooperator=done)
    Offer.objects.create(invitation=tender.invitations.get(), cooperator=draft)
    remind_all()
    assert told(DEPOSIT) == [draft.user]
    assert idle.user not in told(DEPOSIT)


def test_a_reminder_of_a_deposit_is_sealed():
    assert KINDS[DEPOSIT].is_sealed
    assert not KINDS[ANSWER].is_sealed


def test_a_mail_that_is_no_longer_needed_does_not_leave():
    contact = ContactFactory()
    tender = waiting_for_offers(contact.organisation)
    remind_all()
    notice = Notification.objects.get(kind=DEPOSIT)
    assert still_true(notice)
    deposit(tender, contact)
    assert not still_true(notice)


@pytest.mark.parametrize("end", ["cancelled", "inactive", "declined"])
def test_nobody_is_reminded_of_what_is_over(end):
    contact = ContactFactory()
    tender = waiting_for_offers(contact.organisation)
    if end == "cancelled":
        cancel_tender(tender=tender, reason="x", seen=1, acting_user=boss(tender))
    elif end == "inactive":
        contact.organisation.is_active = False
        contact.organisation.save()
    else:
        tender.invitations.update(participation=Participation.DECLINED, decline_reason="x")
    assert remind_all() == 0


def questions_end(tender: Tender, days=2.0) -> Tender:
    """Put the end of questions so many days from now, and that of deposits far from it."""
    Tender.objects.filter(pk=tender.pk).update(questions_deadline=in_days(days))
    return again(tender)


def ask(tender, contact, days_ago=5.0, **values) -> Question:
    place = tender.invitations.get(organisation=contact.organisation)
    said = {"text": "Où ?", "asked_by": contact, "asked_at": in_days(-days_ago)}
    return Question.objects.create(tender=tender, invitation=place, **said | values)


@pytest.mark.parametrize("answering", [True, False])
def test_who_takes_part_and_asked_nothing_is_told_when_questions_end(answering):
    silent, accepted, declined, asked = people = [ContactFactory() for _ in range(4)]
    tender = a_sent_tender(*(contact.organisation for contact in people))
    near(tender, answers=8 if answering else -1, deposits=9)
    questions_end(tender)
    for contact in (accepted, asked):
        accept(tender, contact.organisation)
    tender.invitations.filter(organisation=declined.organisation).update(
        participation=Participation.DECLINED, decline_reason="Surcharge."
    )
    ask(tender, asked, answer="Ici.", answered_at=timezone.now())
    assert remind_all() == (2 if answering else 1)
    assert told(QUESTIONS) == ([silent.user, accepted.user] if answering else [accepted.user])
    assert remind_all() == 0
    text = Notification.objects.filter(kind=QUESTIONS)[0].text
    assert f"{timezone.localtime(again(tender).questions_deadline):%d/%m/%Y à %H:%M}" in text


def test_the_end_of_questions_is_told_neither_early_nor_late_nor_beside_another_reminder():
    contact = ContactFactory()
    tender = waiting_for_offers(contact.organisation, days=9)
    for days in (6, -0.1):
        questions_end(tender, days)
        assert remind_all() == 0
    near(tender, deposits=2)
    questions_end(tender)
    assert remind_all() == 1
    assert told(DEPOSIT) == [contact.user]
    assert remind_all() == 0
    days_pass(tender, 1)
    assert remind_all() == 1
    assert told(QUESTIONS) == [contact.user]


def test_that_questions_end_is_not_told_to_who_asked_meanwhile_or_too_late():
    contact = ContactFactory()
    tender = questions_end(waiting_for_offers(contact.organisation, days=9))
    remind_all()
    notice = Notification.objects.get(kind=QUESTIONS)
    assert still_true(notice)
    question = ask(tender, contact)
    assert not still_true(notice)
    question.delete()
    questions_end(tender, -0.1)
    assert not still_true(notice)


def test_the_end_of_questions_would_tell_who_was_reminded_of_a_deposit():
    assert KINDS[QUESTIONS].is_sealed


@pytest.mark.parametrize("deadline", ["questions", "deposits"])
def test_the_officer_is_told_of_questions_that_wait_near_both_deadlines(deadline):
    contact = ContactFactory()
    tender = waiting_for_offers(contact.organisation, days=9)
    deposit(tender, contact)
    question = ask(tender, contact)
    assert remind_all() == 0  # no deadline is near
    if deadline == "questions":
        questions_end(tender)
    else:
        near(tender, deposits=2)
    assert remind_all() == 1
    assert remind_all() == 0
    assert told(TO_ANSWER) == [boss(tender)]
    notice = Notification.objects.get(kind=TO_ANSWER)
    assert "1 question sans réponse" in notice.text
    assert still_true(notice)
    Notification.objects.update(created_at=in_days(-1))
    assert remind_all() == 0  # not every day
    near(tender, deposits=1)
    assert remind_all() == 1  # the day before
    answer_question(question=question, answer="À Lyon.", acting_user=boss(tender))
    assert not still_true(notice)


@pytest.mark.parametrize("why", ["answered", "asked today", "over"])
def test_the_officer_is_told_of_no_question_that_does_not_wait(why):
    contact = ContactFactory()
    tender = waiting_for_offers(contact.organisation)
    deposit(tender, contact)
    if why == "answered":
        ask(tender, contact, answer="Ici.", answered_at=timezone.now())
    else:
        ask(tender, contact, days_ago=0 if why == "asked today" else 5)
    if why == "over":
        near(tender, deposits=-0.1)
    remind_all()
    assert told(TO_ANSWER) == []


def test_the_officer_is_told_once_that_offers_wait_and_that_a_decision_is_due():
    tender = near(a_sent_tender(), answers=-3, deposits=-1)
    tender.decision_on = timezone.localdate() + timedelta(days=1)
    tender.save()
    colleague = OfficerFactory(operator=tender.engagement.operator)
    assert remind_all() == 2
    assert remind_all() == 0
    assert told("tender.to_open") == told("tender.to_decide") == [boss(tender)]
    assert still_true(Notification.objects.get(kind="tender.to_open"))
    cancel_tender(tender=tender, reason="x", seen=1, acting_user=colleague.user)
    assert not still_true(Notification.objects.get(kind="tender.to_open"))


def test_deadlines_are_in_each_persons_calendar():
    contact, declined = ContactFactory(), ContactFactory()
    tender = a_sent_tender(contact.organisation, declined.organisation, title="Statuts")
    tender.invitations.filter(organisation=declined.organisation).update(
        participation=Participation.DECLINED, decline_reason="x"
    )
    text = calendar_text(contact.user)
    assert "SUMMARY:Fin des réponses de participation : Statuts" in text
    assert "SUMMARY:Fin du dépôt des offres : Statuts" in text
    assert f"/mises-en-concurrence/{tender.pk}/" in text.replace("\r\n ", "")
    assert "Statuts" not in calendar_text(declined.user)
    assert "Statuts" not in calendar_text(ContactFactory().user)
    assert "Fin du dépôt des offres" in calendar_text(boss(tender))
    accept(tender, contact.organisation)
    assert "Fin des réponses" not in calendar_text(contact.user)
    cancel_tender(tender=tender, reason="x", seen=1, acting_user=boss(tender))
    assert "Statuts" not in calendar_text(contact.user)
