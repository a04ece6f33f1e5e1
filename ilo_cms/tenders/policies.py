"""Who may prepare, send and run a tender (SPEC A10, T2, T4)."""

from django.db.models import Q

from ilo_cms.accounts.models import User
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.models import Officer, Organisation
from ilo_cms.directory.policies import active_officer
from ilo_cms.engagements.models import Assignment, Engagement
from ilo_cms.engagements.policies import can_change_engagement
from ilo_cms.tenders.models import ConflictStatement, Outcome, Tender


def can_start(user: User) -> Decision:
    """Whether a person prepares tenders at all: administrators of the platform do not."""
    if active_officer(user) is None:
        return refused("Seul·es les chargé·es d’accompagnement préparent une mise en concurrence.")
    return ALLOWED


def can_prepare(user: User, engagement: Engagement) -> Decision:
    """The operator's team opens tenders while the engagement is open."""
    if not (decision := can_start(user)):
        return decision
    return can_change_engagement(user, engagement)


def can_run(user: User, tender: Tender) -> Decision:
    """The operator's team acts on a tender while its engagement is open."""
    return can_prepare(user, tender.engagement)


def has_no_conflict(user: User, tender: Tender) -> Decision:
    """Who stated a conflict of interests leaves to colleagues all that weighs on the choice."""
    rows = ConflictStatement.objects.filter(tender=tender, evaluator=user, has_conflict=True)
    if rows.exists():
        return refused(
            "Vous avez déclaré un conflit d’intérêts : vos collègues notent et décident sans vous."
        )
    return ALLOWED


def can_weigh(user: User, tender: Tender) -> Decision:
    """The team enters offers from outside and takes them out, save who has a conflict (T12)."""
    return can_run(user, tender) and has_no_conflict(user, tender)


def can_cancel(user: User, tender: Tender) -> Decision:
    """So it cancels; where nobody of the team is free of conflicts, any of them ends it (T12)."""
    if not (decision := can_run(user, tender)):
        return decision
    concerned = ConflictStatement.objects.filter(tender=tender, has_conflict=True)
    team = Officer.objects.active().filter(operator=tender.engagement.operator_id)
    if not team.exclude(user__in=concerned.values("evaluator")).exists():
        return ALLOWED
    return has_no_conflict(user, tender)


def looks_for_nobody(assignment: Assignment) -> Decision:
    """An assignment stays in competition while a tender runs for it, or retained an offer."""
    rows = Tender.objects.exclude(published_at=None).filter(cancelled_at=None)
    rows = rows.filter(Q(decision=None) | Q(decision__outcome=Outcome.RETAINED))
    if tender := rows.filter(assignment=assignment).first():
        return refused(f"La mise en concurrence « {tender} » la concerne encore.")
    return ALLOWED


def no_tender_runs(engagement: Engagement) -> Decision:
    """Nobody could open the offers of a closed engagement, nor decide."""
    rows = engagement.tenders.exclude(published_at=None).filter(cancelled_at=None, decision=None)
    if tender := rows.first():
        return refused(
            f"La mise en concurrence « {tender} » n’est pas terminée : prenez la décision, ou "
            "annulez-la."
        )
    return ALLOWED


def can_receive(tender: Tender, organisation: Organisation) -> Decision:
    """Whether an organisation may be sent this tender (SPEC A8).

    Anyone in activity may, provider or not yet, save those who cannot be paid by it.
    """
    if not organisation.is_active:
        return refused(
            f"{organisation} est inactive : elle ne peut pas être sollicitée. Réactivez d’abord sa "
            "fiche."
        )
    if organisation.pk == tender.engagement.beneficiary_id:
        return refused(f"{organisation} est la bénéficiaire de cette mise en concurrence.")
    if organisation.pk == tender.engagement.operator_id:
        return refused(f"{organisation} conduit cette mise en concurrence.")
    return ALLOWED
