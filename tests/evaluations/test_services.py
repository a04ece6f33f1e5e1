"""Saving, finishing, sharing and replying: what is stored, told and logged, and bad input."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from ilo_cms.audit.models import AuditEvent
from ilo_cms.engagements.models import AssignmentStatus
from ilo_cms.evaluations.models import Evaluation, EvaluationAnswer, Reply
from ilo_cms.evaluations.services.evaluations import (
    reopen,
    reply_to,
    save_evaluation,
    share,
    unshare,
)
from ilo_cms.notifications.models import Notification
from tests.evaluations.factories import EvaluationFactory, GridFactory
from tests.factories import AssignmentFactory, ContactFactory, OfficerFactory
from tests.helpers.intranet import as_, open_intranet


pytestmark = pytest.mark.django_db


@pytest.fixture
def assignment():
    return AssignmentFactory(done=True)


@pytest.fixture
def grid():
    return GridFactory()


def keys(grid):
    """The keys of the grid's four questions."""
    return [question.pk for question in grid.current_version.questions.all()]


def save(assignment, grid, values, *, finish=True, edition=0, user=None):
    return save_evaluation(
        assignment=assignment,
        grid=grid,
        values=values,
        edition=edition,
        finish=finish,
        acting_user=user or assignment.engagement.officer.user,
    )


def test_a_finished_evaluation_with_its_mean(assignment, grid):
    quality, delays, goals, remarks = keys(grid)
    saved = save(assignment, grid, {quality: 5, delays: 3, goals: "Oui", remarks: "Bien."})
    saved = Evaluation.objects.get(pk=saved.pk)
    assert saved.state == "terminée"
    assert str(saved.mean) == "4.33"  # (5 × 2 + 3) / 3
    assert saved.answers.count() == 4
    assert AuditEvent.objects.filter(action="evaluation.finished").count() == 1
    assert not Notification.objects.exists()


def test_a_question_without_answer_does_not_count(assignment, grid):
    quality, *_ = keys(grid)
    saved = save(assignment, grid, {quality: 4})
    assert str(Evaluation.objects.get(pk=saved.pk).mean) == "4.00"


@pytest.mark.parametrize(
    ("position", "value", "said"),
    [
        (0, 6, "Choisissez une note de 1 à 5."),
        (0, 0, "Choisissez une note de 1 à 5."),
        (0, "3", "Choisissez une note de 1 à 5."),
        (0, True, "Choisissez une note de 1 à 5."),
        (2, "Peut-être", "Choisissez une des réponses proposées."),
        (3, "x" * 4001, "4000 au plus"),
    ],
)
def test_a_wrong_answer_is_named(assignment, grid, position, value, said):
    with pytest.raises(ValidationError) as refusal:
        save(assignment, grid, {keys(grid)[position]: value}, finish=False)
    assert said in str(refusal.value.message_dict)
    assert not Evaluation.objects.exists()


def test_a_draft_may_be_incomplete_and_a_finished_one_not(assignment, grid):
    draft = save(assignment, grid, {}, finish=False)
    assert draft.state == "brouillon"
    with pytest.raises(ValidationError) as refusal:
        save(assignment, grid, {}, edition=1)
    assert "obligatoire" in str(refusal.value)


def test_questions_of_another_grid_are_refused(assignment, grid):
    with pytest.raises(ValidationError):
        save(assignment, grid, {keys(GridFactory())[0]: 3}, finish=False)


def test_the_second_of_two_officers_is_told(assignment, grid):
    quality, *_ = keys(grid)
    colleague = OfficerFactory(operator=assignment.engagement.operator).user
    save(assignment, grid, {quality: 5}, finish=False)
    with pytest.raises(ValidationError) as refusal:
        save(assignment, grid, {quality: 1}, finish=False, user=colleague)
    assert refusal.value.code == "changed"
    assert EvaluationAnswer.objects.get().note == 5
    save(assignment, grid, {quality: 1}, finish=False, edition=1, user=colleague)
    assert EvaluationAnswer.objects.get().note == 1


def test_the_page_keeps_what_the_second_typed_and_shows_what_was_saved(assignment, grid):
    quality, delays, _, remarks = keys(grid)
    save(assignment, grid, {quality: 5, remarks: "Du premier"}, finish=False)
    client = as_(open_intranet(OfficerFactory(operator=assignment.engagement.operator).user))
    address = f"/admin/prestations/{assignment.pk}/evaluer/?grille={grid.pk}"
    typed = {f"question_{quality}": "1", f"question_{remarks}": "Du second", "act": "draft"}
    page = client.post(address, typed | {"edition": "0"})
    assert page.status_code == 409
    assert "Du premier" in page.text and "Du second" in page.text
    assert 'name="edition" value="1"' in page.text
    assert client.post(address, typed | {"edition": "1"}).status_code == 302
    assert "Du second" in {answer.text for answer in EvaluationAnswer.objects.all()}


def test_a_missing_compulsory_answer_keeps_what_was_typed(assignment, grid):
    quality, _, _, remarks = keys(grid)
    client = as_(open_intranet(assignment.engagement.officer.user))
    address = f"/admin/prestations/{assignment.pk}/evaluer/?grille={grid.pk}"
    typed = {f"question_{remarks}": "À garder", "edition": "0", "act": "finish"}
    page = client.post(address, typed)
    assert page.status_code == 422
    assert "À garder" in page.text and "elle est obligatoire" in page.text
    page = client.post(address, typed | {f"question_{quality}": "9"})
    assert page.status_code == 422 and "Choisissez une note de 1 à 5." in page.text


@pytest.mark.parametrize("status", set(AssignmentStatus) - {"realisee", "cloturee"})
def test_only_what_is_over_is_evaluated(assignment, grid, status):
    assignment.status = status
    assignment.save()
    with pytest.raises(PermissionDenied):
        save(assignment, grid, {}, finish=False)


def test_another_team_does_not_evaluate(assignment, grid):
    with pytest.raises(PermissionDenied):
        save(assignment, grid, {}, finish=False, user=OfficerFactory().user)


def test_sharing_tells_everyone_who_can_sign_in_and_the_reply_tells_the_officer():
    row = EvaluationFactory(finished=True)
    contact = row.assignment.contact
    colleague = ContactFactory(organisation=row.provider)
    ContactFactory(organisation=row.provider, former=True)
    ContactFactory(organisation=row.provider, without_access=True)
    never = ContactFactory(organisation=row.provider).user
    never.set_unusable_password()
    never.save()
    share(evaluation=row, acting_user=row.saved_by)
    told = Notification.objects.filter(kind="evaluation.shared")
    assert {notice.recipient for notice in told} == {contact.user, colleague.user}
    reply_to(evaluation=row, text=" Merci. ", acting_as=colleague)
    assert Reply.objects.get().text == "Merci."
    notice = Notification.objects.get(kind="evaluation.replied")
    assert notice.recipient == row.saved_by and notice.path == row.admin_path
    with pytest.raises(PermissionDenied):
        reply_to(evaluation=row, text="Encore.", acting_as=contact)


def test_ending_the_sharing_keeps_mark_and_reply_for_the_team():
    row = EvaluationFactory(shared=True)
    reply_to(evaluation=row, text="Merci.", acting_as=row.assignment.contact)
    unshare(evaluation=row, acting_user=row.saved_by)
    row = Evaluation.objects.get(pk=row.pk)
    assert row.read_at and row.has_reply
    assert not Evaluation.objects.shared_with(row.assignment.contact).exists()
    with pytest.raises(PermissionDenied):
        reopen(evaluation=row, acting_user=row.saved_by)
    share(evaluation=row, acting_user=row.saved_by)
    with pytest.raises(PermissionDenied):
        reply_to(evaluation=row, text="Encore.", acting_as=row.assignment.contact)


def test_the_database_holds_what_the_services_promise():
    row = EvaluationFactory(shared=True)
    first = row.version.questions.first()
    EvaluationAnswer.objects.create(evaluation=row, question=first, note=3)
    Reply.objects.create(evaluation=row, contact=row.assignment.contact, text="x")
    for broken in (
        lambda: EvaluationFactory(assignment=row.assignment, grid=row.grid),
        lambda: EvaluationAnswer.objects.create(evaluation=row, question=first, note=4),
        lambda: EvaluationAnswer.objects.create(evaluation=EvaluationFactory(), question=first),
        lambda: Reply.objects.create(evaluation=row, contact=row.assignment.contact, text="y"),
        lambda: Evaluation.objects.filter(pk=row.pk).update(finished_at=None),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            broken()
