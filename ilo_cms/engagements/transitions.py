"""The states of an assignment as one table: what leads where, and on what condition."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone

from ilo_cms.core import french
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.engagements.models import Assignment, AssignmentStatus


Status = AssignmentStatus


def always(assignment: Assignment) -> Decision:
    """No condition."""
    return ALLOWED


def is_complete(assignment: Assignment) -> Decision:
    """What must be known of an assignment before anyone is bound by it."""
    if assignment.provider is None:
        return refused("Choisissez d’abord le prestataire.")
    if not assignment.provider.is_active:
        return refused(f"{assignment.provider} est inactive : elle ne peut pas être engagée.")
    if assignment.amount is None or assignment.starts_on is None:
        return refused("Saisissez d’abord le montant et la date de début.")
    return ALLOWED


def has_begun(assignment: Assignment) -> Decision:
    """Nothing is done before it begins."""
    if assignment.starts_on and assignment.starts_on > timezone.localdate():
        day = french.date(assignment.starts_on)
        return refused(f"Cette prestation ne commence que le {day} : corrigez d’abord ses dates.")
    return ALLOWED


#: What the apps above know that keeps an assignment done: they add theirs in `AppConfig.ready()`.
_ties: list[Callable[[Assignment], Decision]] = []


def keeps_done(rule: Callable[[Assignment], Decision]) -> None:
    """Have this rule asked before an assignment that was done is taken up again."""
    if rule not in _ties:
        _ties.append(rule)


def nothing_rests_on_it(assignment: Assignment) -> Decision:
    """Whether nothing that was said of the finished work would lose its ground."""
    decisions = (rule(assignment) for rule in _ties)
    return next((decision for decision in decisions if not decision), ALLOWED)


#: What the apps above know that still looks for the provider of an assignment.
_searches: list[Callable[[Assignment], Decision]] = []


def keeps_tendered(rule: Callable[[Assignment], Decision]) -> None:
    """Have this rule asked before an assignment in competition is planned again."""
    if rule not in _searches:
        _searches.append(rule)


def nothing_looks_for_it(assignment: Assignment) -> Decision:
    """Whether no competition still looks for its provider."""
    decisions = (rule(assignment) for rule in _searches)
    return next((decision for decision in decisions if not decision), ALLOWED)


@dataclass(frozen=True)
class Transition:
    """One way from a state to another."""

    name: str
    label: str
    sources: frozenset[Status]
    target: Status
    guard: Callable[[Assignment], Decision] = always
    needs_reason: bool = False
    #: Whether the provider and the beneficiary are told, when the provider sees the assignment.
    tells_parties: bool = True


TRANSITIONS = {
    transition.name: transition
    for transition in [
        Transition(
            "tender",
            "Noter « en concurrence »",
            frozenset({Status.PLANNED}),
            Status.TENDERED,
            tells_parties=False,
        ),
        Transition(
            "untender",
            "Revenir à « prévue »",
            frozenset({Status.TENDERED}),
            Status.PLANNED,
            nothing_looks_for_it,
            needs_reason=True,
            tells_parties=False,
        ),
        Transition(
            "engage",
            "Engager",
            frozenset({Status.PLANNED, Status.TENDERED}),
            Status.ENGAGED,
            is_complete,
        ),
        Transition(
            "complete", "Déclarer réalisée", frozenset({Status.ENGAGED}), Status.DONE, has_begun
        ),
        Transition("close", "Clôturer", frozenset({Status.DONE}), Status.CLOSED),
        Transition(
            "abandon",
            "Abandonner",
            frozenset({Status.PLANNED, Status.TENDERED, Status.ENGAGED}),
            Status.ABANDONED,
            needs_reason=True,
        ),
        # A state entered by mistake is undone by a step of its own: the history keeps both.
        Transition(
            "reopen",
            "Revenir à « engagée »",
            frozenset({Status.DONE}),
            Status.ENGAGED,
            nothing_rests_on_it,
            needs_reason=True,
        ),
        Transition(
            "unclose",
            "Revenir à « réalisée »",
            frozenset({Status.CLOSED}),
            Status.DONE,
            needs_reason=True,
        ),
        Transition(
            "resume",
            "Reprendre la prestation abandonnée",
            frozenset({Status.ABANDONED}),
            Status.PLANNED,
            needs_reason=True,
        ),
    ]
}


def transitions_from(status: str) -> list[Transition]:
    """What may follow a state."""
    return [transition for transition in TRANSITIONS.values() if status in transition.sources]
