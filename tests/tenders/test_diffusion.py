"""Sending a tender, and the acts that all invited are told of (SPEC T4, T6, T10, T13)."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.formats import date_format

from ilo_cms.audit.models import AuditEvent
from ilo_cms.core.clock import database_now
from ilo_cms.engagements.assignments import change_status
from ilo_cms.engagements.models import AssignmentStatus
from ilo_cms.engagements.path import close_engagement
from ilo_cms.notifications.conditions import still_true
from ilo_cms.notifications.models import Notification, OutboxMessage
from ilo_cms.tenders.decisions import decide
from ilo_cms.tenders.diffusion import (
    amend,
    cancel_tender,
    end_participation,
    invite_more,
    move_deadlines,
    publish,
)
from ilo_cms.tenders.models import (
    ConflictStatement,
    EventKind,
    Invitation,
    Opening,
    Outcome,
    Phase,
    Question,
    Tender,
)
from ilo_cms.tenders.opening import open_tender
from ilo_cms.tenders.phases import phase
from ilo_cms.tenders.questions import answer_question
from ilo_cms.tenders.rules import Weighted
from tests.factories import (
    AssignmentFactory,
    ContactFactory,
    OfficerFactory,
    OrganisationFactory,
)
from tests.tenders.drafts import (
    a_draft,
    a_sent_tender,
    accept,
    again,
    boss,
    choose,
    in_days,
    pass_deadlines,
    told,
)


pytestmark = pytest.mark.django_db


def act(service, tender, *, user=None, seen=None, **values):
    seen = again(tender).revision if seen is None else seen
    return service(tender=tender, seen=seen, acting_user=user or boss(tender), **values)


def change(tender, **values):
    said = {"values": {"days": 8}, "message": "Deux jours de plus.", "is_requirement": False}
    return act(amend, tender, **said | values)


def move(tender, message="Des congés.", **deadlines):
    return act(move_deadlines, tender, deadlines=deadlines, message=message)


def cancel(tender, reason="Le besoin a disparu."):
    return act(cancel_tender, tender, reason=reason)


def phase_of(tender) -> Phase:
    return phase(again(tender), database_now())


def kinds_of(tender) -> list[str]:
    return [event.kind for event in tender.events.all()]


# --- sending ----------------------------------------------------------------------------------


def test_sending_reaches_every_current_contact_of_each_organisation():
    first, second = OrganisationFactory(), OrganisationFactory()
    people = [ContactFactory(organisation=first).user for _ in range(2)]
    people.append(ContactFactory(organisation=second).user)
    ContactFactory(organisation=first, former=True)
    ContactFactory(organisation=first, without_access=True)
    tender = a_sent_tender(first, second)
    assert phase_of(tender) == Phase.PARTICIPATION
    assert told("tender.invited") == people
    assert OutboxMessage.objects.count() == 3
    invited = Invitation.objects.filter(tender=tender)
    assert {row.invited_at for row in invited} == {tender.published_at}
    notice = Notification.objects.filter(recipient=people[-1]).get()
    assert notice.path == f"/mises-en-concurrence/{tender.pk}/"
    assert notice.organisation_id == second.pk
    assert kinds_of(tender) == [EventKind.PUBLISHED]
    content = AuditEvent.objects.get(action="tender.published").detail.content
    assert content["people"] == 3


def test_everything_that_is_missing_is_said_at_once():
    tender = a_draft(need="<p> </p>", criteria=[Weighted("Prix", 90)], deposit_deadline=None)
    tender.themes.clear()
    with pytest.raises(ValidationError) as error:
        act(publish, tender)
    sentences = " ".join(error.value.messages)
    for word in ("besoin", "thématique", "90 %", "dépôt des offres", "au moins un prestataire"):
        assert word in sentences
    assert again(tender).published_at is None


@pytest.mark.parametrize("days", [-1, 0])
def test_nothing_is_sent_with_a_deadline_gone_by(days):
    tender = a_draft()
    choose(tender, ContactFactory().organisation)
    Tender.objects.filter(pk=tender.pk).update(participation_deadline=in_days(days))
    with pytest.raises(ValidationError, match="passée"):
        act(publish, tender)


def test_an_organisation_made_inactive_since_must_be_removed_first():
    tender, contact = a_draft(), ContactFactory()
    choose(tender, contact.organisation, ContactFactory().organisation)
    contact.organisation.is_active = False
    contact.organisation.save()
    with pytest.raises(ValidationError, match="inactive"):
        act(publish, tender)


def test_a_tender_that_nobody_would_read_is_not_sent():
    tender = a_draft()
    choose(tender, OrganisationFactory())
    with pytest.raises(ValidationError, match="Aucun contact"):
        act(publish, tender)


def test_a_second_click_sends_nothing_twice():
    tender = a_sent_tender()
    with pytest.raises(ValidationError) as error:
        act(publish, tender, seen=0)
    assert error.value.code == "changed"
    with pytest.raises(ValidationError, match="diffusée"):
        act(publish, tender)
    assert Notification.objects.filter(kind="tender.invited").count() == 1


def test_only_the_team_sends():
    tender = a_draft()
    choose(tender, ContactFactory().organisation)
    with pytest.raises(PermissionDenied):
        act(publish, tender, user=OfficerFactory().user)


def test_the_assignment_is_then_in_competition():
    assignment = AssignmentFactory(planned=True)
    a_sent_tender(engagement=assignment.engagement, assignment=assignment)
    assignment.refresh_from_db()
    assert assignment.status == AssignmentStatus.TENDERED


# --- later invitations ------------------------------------------------------------------------


def test_those_invited_later_get_it_and_the_others_learn_how_many():
    first = ContactFactory()
    tender = a_sent_tender(first.organisation)
    late = ContactFactory()
    act(invite_more, tender, organisations=[late.organisation], because={})
    assert late.user in told("tender.invited")
    assert told("tender.others_invited") == [first.user]
    notice = Notification.objects.get(kind="tender.others_invited")
    assert "1 structure de plus" in notice.text
    assert late.organisation.name not in notice.text
    assert Invitation.objects.get(organisation=late.organisation).invited_at


def test_nobody_is_invited_once_answers_are_closed():
    tender = pass_deadlines(a_sent_tender())
    with pytest.raises(ValidationError) as error:
        act(invite_more, tender, organisations=[ContactFactory().organisation], because={})
    assert error.value.code == "phase"


def test_a_later_invitation_brings_somebody_new_who_can_be_reached():
    contact = ContactFactory()
    tender = a_sent_tender(contact.organisation)
    for other in (contact.organisation, OrganisationFactory()):
        with pytest.raises(ValidationError):
            act(invite_more, tender, organisations=[other], because={})
    assert Invitation.objects.count() == 1


# --- amendments -------------------------------------------------------------------------------


def test_an_amendment_is_told_and_kept():
    contact = ContactFactory()
    tender = change(a_sent_tender(contact.organisation), values={"days": 8})
    assert (again(tender).days, tender.requirements) == (8, 1)
    assert told("tender.amended") == [contact.user]
    event = tender.events.get(kind=EventKind.AMENDED)
    assert event.text == "Deux jours de plus.\nCe qui change : jours."


def test_a_change_of_requirements_counts_a_version():
    assert change(a_sent_tender(), is_requirement=True).requirements == 2
    assert "doit être confirmée" in Notification.objects.get(kind="tender.amended").text
    tender = a_sent_tender()
    assert change(tender, values={}, criteria=[Weighted("Prix", 100)]).requirements == 2


def test_an_amendment_needs_a_message_and_leaves_a_whole_tender():
    tender = a_sent_tender()
    for values in (
        {"message": " "},
        {"values": {"need": ""}},
        {"values": {"themes": []}},
        {"criteria": [Weighted("Prix", 90)]},
    ):
        with pytest.raises(ValidationError):
            change(tender, **values)
    assert again(tender).revision == 1
    with pytest.raises(TypeError):
        change(tender, values={"title": "Autre"})


def test_a_budget_that_is_not_shown_is_not_told():
    tender = change(a_sent_tender(), values={"budget": 9000})
    assert "budget" not in tender.events.get(kind=EventKind.AMENDED).text.lower()


def test_nothing_changes_after_the_deposits():
    tender = pass_deadlines(a_sent_tender(), deposits=True)
    for late in (
        lambda: change(tender),
        lambda: move(tender, deposit_deadline=in_days(20)),
        lambda: act(end_participation, tender),
    ):
        with pytest.raises(ValidationError) as error:
            late()
        assert error.value.code == "phase"


# --- deadlines --------------------------------------------------------------------------------


def test_deadlines_move_both_ways_and_all_are_told():
    contact = ContactFactory()
    tender = a_sent_tender(contact.organisation)
    soon = in_days(11)
    move(tender, deposit_deadline=in_days(30))
    move(tender, deposit_deadline=soon)
    assert again(tender).deposit_deadline == soon
    assert told("tender.deadlines_moved") == [contact.user] * 2
    text = tender.events.filter(kind=EventKind.DEADLINES_MOVED).first().text
    assert "Dépôt des offres jusqu’au : " in text
    assert "heure de Paris" in text


def test_the_day_of_the_decision_follows_the_deposits_in_the_same_act():
    decision = in_days(15).date()
    tender = a_sent_tender(decision_on=decision)
    with pytest.raises(ValidationError, match="précéder"):
        move(tender, deposit_deadline=in_days(30))
    later = decision + timedelta(days=20)
    moved = move(tender, deposit_deadline=in_days(30), decision_on=later)
    assert moved.decision_on == later
    text = tender.events.get(kind=EventKind.DEADLINES_MOVED).text
    assert date_format(later, "j F Y") in text
    assert moved.requirements == tender.requirements  # nobody has to confirm for that


@pytest.mark.parametrize(
    "deadlines",
    [
        {"deposit_deadline": -0.001},
        {"deposit_deadline": 6},  # before that of answers
        {"questions_deadline": -1},
        {"deposit_deadline": 1200},  # no year 9999 by a slip
        {"participation_deadline": 14},
        {"participation_deadline": None},
        {"deposit_deadline": None},
    ],
)
def test_a_deadline_moves_neither_into_the_past_nor_out_of_order(deadlines):
    tender = a_sent_tender()
    deadlines = {name: days and in_days(days) for name, days in deadlines.items()}
    with pytest.raises(ValidationError) as error:
        move(tender, **deadlines)
    assert error.value.message_dict
    assert again(tender).revision == 1


def test_a_move_says_why_and_changes_something():
    tender = a_sent_tender()
    with pytest.raises(ValidationError):
        move(tender, message="", deposit_deadline=in_days(30))
    with pytest.raises(ValidationError, match="Aucune échéance"):
        move(tender, deposit_deadline=tender.deposit_deadline)


def test_closed_answers_are_not_reopened():
    tender = pass_deadlines(a_sent_tender())
    with pytest.raises(ValidationError) as error:
        move(tender, participation_deadline=in_days(3))
    assert "participation_deadline" in error.value.message_dict
    later = in_days(20)
    assert move(tender, deposit_deadline=later).deposit_deadline == later


# --- the early end of answers -----------------------------------------------------------------


def test_answers_end_early_once_all_have_answered():
    contacts = ContactFactory(), ContactFactory()
    tender = a_sent_tender(*(contact.organisation for contact in contacts))
    accept(tender, contacts[0].organisation)
    with pytest.raises(ValidationError, match=contacts[1].organisation.name):
        act(end_participation, tender)
    accept(tender)
    act(end_participation, tender)
    assert phase_of(tender) == Phase.DEPOSIT
    assert told("tender.participation_ended") == [contact.user for contact in contacts]
    soon = in_days(1)
    moved = move(tender, deposit_deadline=soon, questions_deadline=None)
    assert moved.deposit_deadline == soon  # sooner than answers once were


def test_an_organisation_made_inactive_is_not_waited_for():
    contacts = ContactFactory(), ContactFactory()
    tender = a_sent_tender(*(contact.organisation for contact in contacts))
    accept(tender, contacts[0].organisation)
    contacts[1].organisation.is_active = False
    contacts[1].organisation.save()
    act(end_participation, tender)
    assert told("tender.participation_ended") == [contacts[0].user]


# --- cancelling -------------------------------------------------------------------------------


def test_a_cancellation_is_told_with_its_reason():
    contact = ContactFactory()
    tender = cancel(a_sent_tender(contact.organisation))
    assert phase_of(tender) == Phase.CANCELLED
    assert told("tender.cancelled") == [contact.user]
    assert "Le besoin a disparu." in Notification.objects.get(kind="tender.cancelled").text


def test_a_draft_is_given_up_in_silence():
    tender = a_draft()
    choose(tender, ContactFactory().organisation)
    assert phase_of(cancel(tender)) == Phase.CANCELLED
    assert not Notification.objects.exists()


def test_a_cancellation_has_a_reason_and_happens_once():
    tender = a_sent_tender()
    with pytest.raises(ValidationError):
        cancel(tender, reason=" ")
    cancel(tender)
    with pytest.raises(ValidationError):
        cancel(tender)


@pytest.mark.parametrize("by_decision", [False, True])
def test_an_assignment_that_found_nobody_is_planned_again(by_decision):
    assignment = AssignmentFactory(status=AssignmentStatus.PLANNED)
    said = {"engagement": assignment.engagement, "assignment": assignment}
    tender = a_sent_tender(**said)
    assignment.refresh_from_db()
    assert assignment.status == AssignmentStatus.TENDERED
    with pytest.raises(ValidationError, match="mise en concurrence"):
        change_status(
            assignment=assignment, transition="untender", acting_user=boss(tender), reason="x"
        )
    if by_decision:
        tender = pass_deadlines(tender, deposits=True)
        open_tender(tender=tender, acting_user=boss(tender))
        ConflictStatement.objects.create(tender=tender, evaluator=boss(tender), has_conflict=False)
        none = {
            "outcome": Outcome.UNSUCCESSFUL,
            "offer": None,
            "comment": "Personne.",
            "reasons": {},
        }
        act(decide, again(tender), **none)
    else:
        cancel(tender)
    assignment.refresh_from_db()
    assert assignment.status == AssignmentStatus.PLANNED
    assert assignment.status_entries.latest("entered_at").reason


def test_an_engagement_stays_open_while_a_tender_runs():
    tender = pass_deadlines(a_sent_tender(), deposits=True)
    day = {"closed_on": tender.engagement.opened_on, "reason": "Terminé."}
    who = {"engagement": tender.engagement, "acting_user": boss(tender)}
    with pytest.raises(ValidationError, match="Diagnostic de gouvernance"):
        close_engagement(**who, **day)
    cancel(tender)
    assert close_engagement(**who, **day).closed_on


def test_offers_that_were_opened_can_still_be_cancelled():
    tender = pass_deadlines(a_sent_tender(), deposits=True)
    Opening.objects.create(tender=tender, at=database_now(), by=boss(tender), record={}, digest="0")
    assert phase_of(tender) == Phase.SELECTION
    assert phase_of(cancel(tender)) == Phase.CANCELLED


# --- two officers at once ---------------------------------------------------------------------


def test_the_second_officer_is_told_what_the_first_did():
    tender = a_sent_tender()
    change(tender)
    for service, values in (
        (move_deadlines, {"deadlines": {"deposit_deadline": in_days(20)}, "message": "x"}),
        (cancel_tender, {"reason": "x"}),
        (end_participation, {}),
    ):
        with pytest.raises(ValidationError) as error:
            act(service, tender, seen=1, **values)
        assert error.value.code == "changed"
        assert "modification" in error.value.messages[0]


# --- questions --------------------------------------------------------------------------------


def ask(tender, contact) -> Question:
    invitation = tender.invitations.get(organisation=contact.organisation)
    return Question.objects.create(
        tender=tender, invitation=invitation, asked_by=contact, text="Combien de salariés ?"
    )


def reply(question, answer="Douze.", user=None):
    return answer_question(
        question=question, answer=answer, acting_user=user or boss(question.tender)
    )


def test_an_answer_goes_to_all_without_the_asker():
    asker, other = ContactFactory(), ContactFactory()
    tender = a_sent_tender(asker.organisation, other.organisation)
    reply(ask(tender, asker))
    assert told("tender.question_answered") == [asker.user, other.user]
    notice = Notification.objects.get(kind="tender.question_answered", recipient=other.user)
    assert "Combien de salariés ?" in notice.text and "Douze." in notice.text
    mail = OutboxMessage.objects.get(notice=notice).body
    for secret in (asker.organisation.name, asker.user.last_name):
        assert secret not in notice.text + mail


def test_a_question_is_answered_once_by_the_team_and_in_time():
    asker = ContactFactory()
    tender = a_sent_tender(asker.organisation)
    question = ask(tender, asker)
    with pytest.raises(PermissionDenied):
        reply(question, user=OfficerFactory().user)
    with pytest.raises(ValidationError):
        reply(question, answer=" ")
    reply(question)
    with pytest.raises(ValidationError) as error:
        reply(question, answer="Treize.")
    assert error.value.code == "changed"
    late = ask(tender, asker)
    pass_deadlines(tender, deposits=True)
    with pytest.raises(ValidationError) as error:
        reply(late)
    assert error.value.code == "phase"


# --- whether it is still so when the mail leaves ----------------------------------------------


def test_a_mail_leaves_while_it_is_true():
    contact = ContactFactory()
    tender = a_sent_tender(contact.organisation)
    notice = Notification.objects.get(kind="tender.invited")
    assert still_true(notice)
    contact.ended_on = (database_now() - timedelta(days=1)).date()
    contact.save()
    assert not still_true(notice)
    contact.ended_on = None
    contact.save()
    cancel(tender)
    assert not still_true(notice)
    assert still_true(Notification.objects.get(kind="tender.cancelled"))
