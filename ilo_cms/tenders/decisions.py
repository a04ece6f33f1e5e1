"""Deciding: one offer retained, or none, each participant told why (SPEC T13, T14)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid5

from django.core.exceptions import ValidationError

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.core.french import listed, of
from ilo_cms.directory.models import Establishment
from ilo_cms.engagements.assignments import change_status, create_assignment, edit_assignment
from ilo_cms.engagements.changes import needed
from ilo_cms.engagements.models import Assignment, AssignmentStatus
from ilo_cms.tenders.changes import add_event, plan_again, raise_revision, to_change
from ilo_cms.tenders.models import (
    AgreedScore,
    Criterion,
    Decision,
    Deposit,
    EventKind,
    Offer,
    Outcome,
    Phase,
    Rejection,
    Tender,
)
from ilo_cms.tenders.notices_selection import tell_decision
from ilo_cms.tenders.phases import phase
from ilo_cms.tenders.scoring import agreed_notes, can_evaluate, ranks, scored, total


@logged
def decide(
    *,
    tender: Tender,
    outcome: str,
    offer: Offer | None,
    comment: str,
    reasons: Mapping[Offer, str],
    seen: int,
    acting_user: User,
    despite_rank: int | None = None,
) -> Decision:
    """Retain one of the offers, or none; every participant is told, with a letter (SPEC T13).

    An offer that others outrank is retained only when `despite_rank` is its rank: who passed over
    one better offer did not pass over two. `reasons` say why each of the others is not retained;
    with no offer retained, those without a reason of their own read the comment. Retaining makes,
    or completes, the assignment (T14).
    Raises PermissionDenied, ValidationError by field, or coded "changed".
    """
    row, now = to_change(tender, seen, acting_user)
    if phase(row, now) != Phase.SELECTION:
        raise ValidationError("Aucune décision n’est à prendre maintenant.", code="changed")
    can_evaluate(acting_user, row).enforce()
    comment = needed(comment, "Écrivez le commentaire que tous liront.", "comment")
    offers, criteria = scored(row)
    retained = retained_offer(outcome, offer, offers)
    if retained:
        check_agreed(offers, len(criteria))
        check_rank(offers, retained, criteria, despite_rank)
    why = reasons_of(offers, retained, reasons, comment)
    decision = Decision.objects.create(
        tender=row,
        outcome=outcome,
        offer=retained,
        comment=comment,
        decided_at=now,
        decided_by=acting_user,
        assignment=assignment_of(row, retained, acting_user) if retained else None,
    )
    Rejection.objects.bulk_create(
        Rejection(decision=decision, offer=each, reason=reason) for each, reason in why.items()
    )
    publish_decision(row, decision, now, acting_user)
    if retained is None:
        plan_again(row, comment, acting_user)
    return decision


def retained_offer(outcome: str, offer: Offer | None, offers: list[Offer]) -> Offer | None:
    """The offer to retain, read anew among those that stand. Raises ValidationError by field."""
    if outcome not in Outcome.values:
        raise ValidationError({"outcome": "Choisissez l’issue de la mise en concurrence."})
    if outcome != Outcome.RETAINED:
        if offer:
            both = f"Aucune offre n’est retenue, et celle {of(offer.author)} est choisie"
            raise ValidationError({"offer": f"{both} : changez l’un ou l’autre."})
        return None
    found = next((each for each in offers if offer and each.pk == offer.pk), None)
    if found is None:
        raise ValidationError({"offer": "Choisissez l’offre retenue."})
    organisation = found.invitation.organisation
    if not organisation.is_active:
        raise ValidationError(
            {"offer": f"{organisation} est inactive : choisissez une autre offre."}
        )
    return found


def check_agreed(offers: list[Offer], criteria: int) -> None:
    """Raise ValidationError unless the panel agreed on every note."""
    if AgreedScore.objects.filter(offer__in=offers).count() < len(offers) * criteria:
        raise ValidationError("Arrêtez d’abord les notes de toutes les offres.")


def check_rank(
    offers: list[Offer], retained: Offer, criteria: list[Criterion], despite_rank: int | None
) -> None:
    """Raise ValidationError naming the better offers, unless they are passed over on purpose."""
    notes = agreed_notes(offers)
    rank = ranks({offer: total(notes[offer.pk], criteria) for offer in offers})
    better = [of(each.author) for each, place in rank.items() if place < rank[retained]]
    if better and rank[retained] != despite_rank:
        those = f"{'celles' if len(better) > 1 else 'celle'} {listed(better)}"
        raise ValidationError(
            f"L’offre {of(retained.author)} est au rang {rank[retained]}, après {those}. Si c’est "
            "votre choix, dites pourquoi dans le commentaire, puis confirmez-le."
        )


def reasons_of(
    offers: list[Offer], retained: Offer | None, reasons: Mapping[Offer, str], comment: str
) -> dict[Offer, str]:
    """Why each other offer is not retained. Raises ValidationError naming those without reason."""
    given = {offer.pk: reason.strip() for offer, reason in reasons.items()}
    others = [offer for offer in offers if retained is None or offer.pk != retained.pk]
    if retained:
        silent = [str(each.author) for each in others if not given.get(each.pk)]
        if silent:
            which = "chacune de ces offres" if len(silent) > 1 else "cette offre"
            raise ValidationError(
                {"reasons": f"Dites pourquoi {which} n’est pas retenue : {', '.join(silent)}."}
            )
    return {each: given.get(each.pk) or comment for each in others}


def assignment_of(tender: Tender, offer: Offer, acting_user: User) -> Assignment:
    """The assignment of the retained offer, from what was deposited (SPEC T14).

    It stays "en concurrence" until the agreement is signed.
    """
    content = Deposit.objects.standing().get(offer=offer).content
    values: dict[str, Any] = {
        "provider": offer.invitation.organisation,
        "establishment": place_of(content),
        "contact": offer.cooperator,
        "amount": Decimal(content["price"]),
        "days": Decimal(content["days"]),
    }
    if tender.starts_on:
        values["starts_on"] = tender.starts_on
    assignment = tender.assignment
    if assignment:
        check_waiting(assignment)
        assignment = edit_assignment(assignment=assignment, values=values, acting_user=acting_user)
    else:
        assignment = create_assignment(
            key=uuid5(tender.pk, "assignment"),
            engagement=tender.engagement,
            acting_user=acting_user,
            label=tender.title,
            skill=tender.themes.first(),
            **values,
        )
    if assignment.status != AssignmentStatus.PLANNED:
        return assignment
    return change_status(assignment=assignment, transition="tender", acting_user=acting_user)


def check_waiting(assignment: Assignment) -> None:
    """Raise ValidationError when an assignment no longer looks for its provider."""
    if assignment.status in {AssignmentStatus.PLANNED, AssignmentStatus.TENDERED}:
        return
    state = assignment.get_status_display().lower()
    raise ValidationError(
        f"La prestation « {assignment} » est {state} : remettez-la à l’état « prévue » pour "
        "l’attribuer, ou annulez la mise en concurrence."
    )


def place_of(content: dict) -> Establishment | None:
    """The holder establishment of a deposit."""
    key = content.get("establishment")
    return Establishment.objects.filter(pk=key).first() if key else None


def publish_decision(tender: Tender, decision: Decision, now: datetime, acting_user: User) -> None:
    """Write the decision into the history and the log, and tell everyone."""
    add_event(tender, EventKind.DECIDED, at=now, by=acting_user, text=decision.comment)
    raise_revision(tender)
    record(
        "tender.decided",
        actor=acting_user,
        target=tender,
        organisation=tender.engagement.beneficiary,
        outcome=decision.get_outcome_display(),
        retained=str(decision.offer.author) if decision.offer else "",
        comment=decision.comment,
    )
    tell_decision(tender, decision)
