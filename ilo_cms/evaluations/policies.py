"""Who may do what with grids, evaluations and satisfaction forms (SPEC A10, E7, E10).

Who reads what is `visible_to`, `shared_with` and `asked_of` of the models.
"""

from datetime import date

from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.models import Contact
from ilo_cms.directory.policies import can_commit_as
from ilo_cms.engagements.models import Assignment, AssignmentStatus, Engagement, Stage
from ilo_cms.engagements.policies import can_edit_assignment, can_edit_engagement
from ilo_cms.evaluations.models import Evaluation, SatisfactionRequest


#: An assignment is evaluated once it is over.
OVER = frozenset({AssignmentStatus.DONE, AssignmentStatus.CLOSED})


def can_build_grids(user: User) -> Decision:
    """Administrators write grids and publish them (SPEC O4)."""
    if user.is_active and (user.is_administrator or user.is_superuser):
        return ALLOWED
    return refused("Seule l’administration nationale modifie et publie les grilles.")


def can_evaluate(user: User, assignment: Assignment) -> Decision:
    """The operator's team, once the assignment is done or closed."""
    team = can_edit_assignment(user, assignment)
    if not team:
        return refused("Seule l’équipe de la structure porteuse évalue cette prestation.")
    if assignment.status not in OVER:
        return refused("Une prestation s’évalue quand elle est réalisée ou clôturée.")
    if assignment.provider_id is None:
        return refused("Cette prestation n’a pas de prestataire : indiquez-le d’abord.")
    return ALLOWED


def can_edit_evaluation(user: User, evaluation: Evaluation) -> Decision:
    """The team, while it is a draft."""
    decision = can_evaluate(user, evaluation.assignment)
    if not decision:
        return decision
    if evaluation.finished_at:
        return refused("Cette évaluation est terminée : reprenez-la avant de la modifier.")
    if evaluation.assignment.provider_id != evaluation.provider_id:
        return refused("Le prestataire a changé depuis le début de cette évaluation.")
    return ALLOWED


def can_reopen(user: User, evaluation: Evaluation) -> Decision:
    """The team takes a finished evaluation up again, unless the provider reads it or replied."""
    decision = can_evaluate(user, evaluation.assignment)
    if not decision:
        return decision
    if not evaluation.finished_at:
        return refused("Cette évaluation n’est pas terminée.")
    if evaluation.shared_at:
        return refused("Cette évaluation est partagée : cessez d’abord le partage.")
    if evaluation.has_reply:
        return refused("Le prestataire a répondu à cette évaluation : elle ne change plus.")
    return ALLOWED


def can_share(user: User, evaluation: Evaluation) -> Decision:
    """The team shares what is finished, with the provider that was evaluated."""
    if not can_edit_assignment(user, evaluation.assignment):
        return refused("Seule l’équipe de la structure porteuse partage cette évaluation.")
    if not evaluation.finished_at:
        return refused("Terminez l’évaluation avant de la partager.")
    if evaluation.shared_at:
        return refused("Cette évaluation est déjà partagée.")
    if evaluation.assignment.provider_id != evaluation.provider_id:
        return refused("Le prestataire a changé depuis cette évaluation : elle ne se partage plus.")
    return ALLOWED


def can_unshare(user: User, evaluation: Evaluation) -> Decision:
    """The team ends the sharing."""
    if not can_edit_assignment(user, evaluation.assignment):
        return refused("Seule l’équipe de la structure porteuse cesse le partage.")
    if not evaluation.shared_at:
        return refused("Cette évaluation n’est pas partagée.")
    return ALLOWED


def can_mark_read(contact: Contact | None, evaluation: Evaluation) -> Decision:
    """A current contact of the provider, themself, once."""
    decision = can_commit_as(contact)
    if not decision:
        return decision
    if not Evaluation.objects.shared_with(contact).filter(pk=evaluation.pk).exists():
        return refused("Cette évaluation n’est plus partagée avec votre structure.")
    if evaluation.read_at:
        return refused("Cette évaluation est déjà marquée comme lue.")
    return ALLOWED


def can_reply(contact: Contact | None, evaluation: Evaluation) -> Decision:
    """A current contact of the provider, themself; one reply for the whole organisation."""
    decision = can_commit_as(contact)
    if not decision:
        return decision
    if not Evaluation.objects.shared_with(contact).filter(pk=evaluation.pk).exists():
        return refused("Cette évaluation n’est plus partagée avec votre structure.")
    if evaluation.has_reply:
        return refused("Votre structure a déjà répondu à cette évaluation : une seule réponse.")
    return ALLOWED


def can_send_satisfaction(user: User, engagement: Engagement, stage: str) -> Decision:
    """The team, about a stage that was entered or, at the end, about the whole."""
    if not can_edit_engagement(user, engagement):
        return refused("Seule l’équipe de la structure porteuse envoie ce formulaire.")
    entries = engagement.stage_entries.all()
    entered = {entry.stage for entry in entries if entry.withdrawn_at is None}
    if stage and stage not in entered:
        return refused("L’accompagnement n’est pas encore entré dans cette étape.")
    if not stage and not engagement.closed_on and Stage.FOLLOW_UP not in entered:
        return refused("L’accompagnement n’est pas à son terme : choisissez l’étape qui s’achève.")
    return ALLOWED


def can_remind(user: User, request: SatisfactionRequest) -> Decision:
    """The team reminds who has not answered, once a day at most."""
    if not can_edit_engagement(user, request.engagement):
        return refused("Seule l’équipe de la structure porteuse envoie ce rappel.")
    if request.answered_at:
        return refused(f"{request.contact.user} a déjà répondu.")
    if not can_be_asked(request.contact):
        return can_be_asked(request.contact)
    if last_told(request) >= timezone.localdate():
        return refused(f"{request.contact.user} a déjà reçu un message aujourd’hui.")
    return ALLOWED


def last_told(request: SatisfactionRequest) -> date:
    """The day of the last message about a form."""
    return timezone.localdate(request.reminded_at or request.sent_at)


def can_be_asked(contact: Contact) -> Decision:
    """Whether somebody can open a form on the extranet and answer it."""
    if contact.is_former or not contact.has_access or not contact.user.is_active:
        return refused(f"{contact.user} n’a pas, ou plus, accès à l’extranet.")
    if not contact.organisation.is_active:
        return refused(f"{contact.organisation} est inactive : ses contacts ne répondent plus.")
    return ALLOWED


def can_answer(contact: Contact | None, request: SatisfactionRequest) -> Decision:
    """The person asked, themself, once."""
    decision = can_commit_as(contact)
    if not decision:
        return decision
    if contact is None or request.contact_id != contact.pk:
        return refused("Ce formulaire est adressé à une autre personne.")
    if request.answered_at:
        return refused("Vous avez déjà répondu à ce formulaire.")
    return ALLOWED


def is_not_evaluated(assignment: Assignment) -> Decision:
    """An assignment that was evaluated stays done: what was written rests on it (SPEC E7)."""
    if Evaluation.objects.filter(assignment=assignment).exists():
        return refused("Cette prestation est évaluée : elle reste réalisée.")
    return ALLOWED
