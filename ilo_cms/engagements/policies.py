"""Who may do what with engagements and what they hold (SPEC A10)."""

from collections.abc import Callable

from ilo_cms.accounts.models import User
from ilo_cms.core.french import of
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.directory.policies import active_officer, can_commit_as
from ilo_cms.engagements.models import Assignment, Engagement, Resource


def can_create_engagement(user: User) -> Decision:
    """Officers open engagements, for their operator."""
    if active_officer(user):
        return ALLOWED
    return refused("Seul·es les chargé·es d’accompagnement ouvrent des accompagnements.")


def can_edit_engagement(user: User, engagement: Engagement) -> Decision:
    """The operator's team edits."""
    officer = active_officer(user)
    if officer and officer.operator_id == engagement.operator_id:
        return ALLOWED
    return refused(f"Seule l’équipe {of(engagement.operator)} modifie cet accompagnement.")


def can_change_engagement(user: User, engagement: Engagement) -> Decision:
    """The operator's team, while the engagement is open."""
    decision = can_edit_engagement(user, engagement)
    if decision and not engagement.is_open:
        return refused("Cet accompagnement est clos : rouvrez-le pour le modifier.")
    return decision


CLOSED = "Cet accompagnement est clos : écrivez à votre chargé·e d’accompagnement."
#: What the apps above know that goes on in an engagement: they add theirs in `AppConfig.ready()`.
_pending: list[Callable[[Engagement], Decision]] = []


def keeps_open(rule: Callable[[Engagement], Decision]) -> None:
    """Have this rule asked before an engagement is closed."""
    if rule not in _pending:
        _pending.append(rule)


def nothing_goes_on(engagement: Engagement) -> Decision:
    """Whether nothing would be left that only an open engagement lets end."""
    decisions = (rule(engagement) for rule in _pending)
    return next((decision for decision in decisions if not decision), ALLOWED)


def can_read_engagement(user: User, engagement: Engagement) -> Decision:
    """The operator's team and administrators read everything in the intranet."""
    return ALLOWED if user.is_administrator else can_edit_engagement(user, engagement)


def can_edit_assignment(user: User, assignment: Assignment) -> Decision:
    """Who edits the engagement edits its assignments."""
    return can_edit_engagement(user, assignment.engagement)


def can_read_assignment_details(user: User, assignment: Assignment) -> Decision:
    """The operator's team and administrators read everything.

    Other officers see that the assignment exists: label, beneficiary, status, dates.
    """
    return can_read_engagement(user, assignment.engagement)


def can_set_budget(user: User, operator: Organisation) -> Decision:
    """The operator's team and administrators set what the operator may spend."""
    officer = active_officer(user)
    if user.is_administrator or (officer and officer.operator_id == operator.pk):
        return ALLOWED
    return refused(f"Seules l’équipe {of(operator)} et l’administration saisissent ce budget.")


def can_deposit_resource(
    user: User, acting_as: Contact | None, engagement: Engagement, assignment: Assignment | None
) -> Decision:
    """The team while the engagement is open; the beneficiary; the provider of the assignment.

    Without `acting_as` the person acts in the intranet.
    """
    if acting_as is None:
        return can_change_engagement(user, engagement)
    if acting_as.user_id != user.pk:
        return can_commit_as(None)
    if decision := can_commit_as(acting_as):
        if not engagement.is_open:
            return refused(CLOSED)
        mine = acting_as.organisation_id
        carries = bool(
            assignment and assignment.provider_id == mine and assignment.is_shown_to_provider
        )
        if carries or engagement.beneficiary_id == mine:
            return ALLOWED
        return refused("Votre structure ne participe pas à cet accompagnement.")
    return decision


def can_manage_resource(user: User, acting_as: Contact | None, resource: Resource) -> Decision:
    """The team, and the organisation that deposited it, share it, unshare it and withdraw it.

    All while the engagement is open: afterwards what was delivered stays as it was.
    """
    if acting_as is None:
        return can_change_engagement(user, resource.engagement)
    if acting_as.user_id != user.pk:
        return can_commit_as(None)
    if acting_as.organisation_id != resource.organisation_id:
        return refused("Cette ressource a été déposée par une autre structure.")
    decision = can_commit_as(acting_as)
    if decision and not resource.engagement.is_open:
        return refused(CLOSED)
    return decision


def assignment_faults(assignment: Assignment, before: Assignment | None = None) -> dict[str, str]:
    """What does not hold together, by field; `before` is the stored row, to see what changed.

    The place and the person belong to the provider; one who is chosen now is active, and is not
    the beneficiary, who may well be the provider of somebody else's.
    """
    faults = {}
    for name in ("establishment", "contact"):
        row = getattr(assignment, name)
        if row and row.organisation_id != assignment.provider_id:
            faults[name] = "Cette fiche n’est pas de la structure prestataire."
    chosen = before is None or before.provider_id != assignment.provider_id
    if chosen and assignment.provider and not assignment.provider.is_active:
        faults["provider"] = "Cette structure est inactive : elle ne peut pas être choisie."
    own = assignment.engagement_id and assignment.engagement.beneficiary_id
    if chosen and own and assignment.provider_id == own:
        faults["provider"] = "Le bénéficiaire n’est pas le prestataire de son accompagnement."
    if before and chosen and before.participants.exists():
        faults["provider"] = (
            f"Des interlocuteur·rices de {before.provider} y participent : retirez-les d’abord."
        )
    if before and chosen and before.is_shown_to_provider:
        faults["provider"] = (
            f"La prestation est engagée avec {before.provider} : abandonnez-la, puis créez-en une "
            "autre."
        )
    first, last = assignment.starts_on, assignment.ends_on
    if first and last and last < first:
        faults["ends_on"] = "La date de fin précède la date de début."
    if assignment.amount is not None and assignment.amount < 0:
        faults["amount"] = "Un montant ne peut pas être négatif."
    if assignment.days is not None and assignment.days < 0:
        faults["days"] = "Un nombre de jours ne peut pas être négatif."
    return faults
