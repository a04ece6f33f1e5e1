"""Evaluating an assignment, sharing it, and what the provider does with it (SPEC E7).

Each service locks the rows first, then asks the policy, changes, logs and tells, in one
transaction.
"""

from django.core.exceptions import ValidationError
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.directory.confirmation import people_with_access
from ilo_cms.directory.models import Contact
from ilo_cms.engagements.models import Assignment
from ilo_cms.evaluations.answers import Values, check_answers, write_answers
from ilo_cms.evaluations.models import Evaluation, Grid, Purpose, Reply
from ilo_cms.evaluations.policies import (
    can_edit_evaluation,
    can_evaluate,
    can_mark_read,
    can_reopen,
    can_reply,
    can_share,
    can_unshare,
)
from ilo_cms.evaluations.recipients import officers_of
from ilo_cms.notifications.services import notify


def locked(evaluation: Evaluation) -> Evaluation:
    """The row as it is now, locked."""
    rows = Evaluation.objects.select_for_update(of=("self",))
    return rows.select_related("assignment__engagement", "provider", "version").get(
        pk=evaluation.pk
    )


@logged
def save_evaluation(
    *,
    assignment: Assignment,
    grid: Grid,
    values: Values,
    edition: int,
    finish: bool,
    acting_user: User,
) -> Evaluation:
    """Save the answers of an assignment's evaluation on one grid; begin it when there is none.

    `edition` is the saving that the page showed, 0 for none: when somebody saved meanwhile,
    ValidationError with code "changed" and nothing is written. A draft may leave any question open;
    finishing asks for the compulsory ones. Raises ValidationError by field, PermissionDenied.
    """
    assignment = (
        Assignment.objects.select_for_update(of=("self",))
        .select_related("engagement__operator")
        .get(pk=assignment.pk)
    )
    can_evaluate(acting_user, assignment).enforce()
    evaluation = Evaluation.objects.filter(assignment=assignment, grid=grid).first()
    if (evaluation.edition if evaluation else 0) != edition:
        raise ValidationError(changed_by(evaluation), code="changed")
    if evaluation is None:
        evaluation = begun(assignment, grid)
    can_edit_evaluation(acting_user, evaluation).enforce()
    check_answers(evaluation.version, values, complete=finish)
    is_new = not evaluation.edition
    evaluation.edition += 1
    evaluation.saved_by = acting_user
    evaluation.finished_at = timezone.now() if finish else None
    evaluation.save()
    write_answers(evaluation.answers, evaluation.version, values)
    action = "finished" if finish else "created" if is_new else "updated"
    log(f"evaluation.{action}", evaluation, acting_user, grid=str(evaluation.version))
    return evaluation


def begun(assignment: Assignment, grid: Grid) -> Evaluation:
    """A new evaluation on the version in use, not stored yet."""
    version = grid.current_version
    if version is None or not grid.is_active or grid.purpose != Purpose.EVALUATION:
        raise ValidationError("Cette grille n’est pas proposée pour évaluer une prestation.")
    return Evaluation(
        assignment=assignment, provider_id=assignment.provider_id, grid=grid, version=version
    )


def changed_by(evaluation: Evaluation | None) -> str:
    """What the second of two officers is told."""
    who = f"{evaluation.saved_by} a" if evaluation else "Quelqu’un a"
    return (
        f"{who} enregistré cette évaluation pendant votre saisie : rien n’est encore remplacé. "
        "Comparez avec ce qui est enregistré, puis enregistrez à nouveau pour garder votre saisie."
    )


@logged
def reopen(*, evaluation: Evaluation, acting_user: User) -> None:
    """Take a finished evaluation up again as a draft; what was read is read no more."""
    evaluation = locked(evaluation)
    can_reopen(acting_user, evaluation).enforce()
    evaluation.finished_at = evaluation.read_at = evaluation.read_by = None
    evaluation.save()
    log("evaluation.reopened", evaluation, acting_user)


@logged
def share(*, evaluation: Evaluation, acting_user: User) -> None:
    """Let the provider read it, and tell each of its contacts who can sign in."""
    evaluation = locked(evaluation)
    can_share(acting_user, evaluation).enforce()
    evaluation.shared_at, evaluation.shared_by = timezone.now(), acting_user
    evaluation.save()
    log("evaluation.shared", evaluation, acting_user)
    notify(
        "evaluation.shared",
        recipients=people_with_access(evaluation.provider),
        organisation_id=evaluation.provider_id,
        path=evaluation.path,
        about_id=evaluation.pk,
        officer=acting_user,
        assignment=evaluation.assignment.label,
    )


@logged
def unshare(*, evaluation: Evaluation, acting_user: User) -> None:
    """End the sharing. The provider reads it no more; mark and reply stay with the team."""
    evaluation = locked(evaluation)
    can_unshare(acting_user, evaluation).enforce()
    evaluation.shared_at = evaluation.shared_by = None
    evaluation.save()
    log("evaluation.unshared", evaluation, acting_user)


@logged
def mark_read(*, evaluation: Evaluation, acting_as: Contact) -> None:
    """Keep who of the provider read it, and when."""
    evaluation = locked(evaluation)
    can_mark_read(acting_as, evaluation).enforce()
    evaluation.read_at, evaluation.read_by = timezone.now(), acting_as
    evaluation.save()
    log("evaluation.read", evaluation, acting_as.user)


@logged
def reply_to(*, evaluation: Evaluation, text: str, acting_as: Contact) -> Reply:
    """Store the provider's one reply and tell the officers; it marks the evaluation as read.

    Raises ValidationError on an empty or too long text, PermissionDenied.
    """
    evaluation = locked(evaluation)
    can_reply(acting_as, evaluation).enforce()
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise ValidationError("Écrivez votre réponse.")
    if len(text) > Reply.MAXIMUM:
        raise ValidationError(f"Votre réponse a {len(text)} caractères : {Reply.MAXIMUM} au plus.")
    reply = Reply.objects.create(evaluation=evaluation, contact=acting_as, text=text)
    if evaluation.read_at is None:
        evaluation.read_at, evaluation.read_by = timezone.now(), acting_as
        evaluation.save()
    log("evaluation.replied", evaluation, acting_as.user)
    notify(
        "evaluation.replied",
        recipients=officers_of(evaluation.assignment.engagement, evaluation.shared_by),
        organisation_id=None,
        path=evaluation.admin_path,
        about_id=evaluation.pk,
        organisation=evaluation.provider,
        assignment=evaluation.assignment.label,
    )
    return reply


def log(action: str, evaluation: Evaluation, actor: User, **words: object) -> None:
    """One line of the log, under the provider."""
    record(
        action,
        actor=actor,
        target=evaluation,
        organisation=evaluation.provider,
        assignment=evaluation.assignment.label,
        **words,
    )
