"""Tenders: the call, its recipients, their offers, the choice (SPEC T)."""

from ilo_cms.tenders.models.invitation import Invitation, InvitationReminder, Question
from ilo_cms.tenders.models.offer import Deposit, LateAttempt, Offer, OfferFile, OfferPartner
from ilo_cms.tenders.models.selection import (
    HIGHEST_NOTE,
    AgreedScore,
    ConflictStatement,
    Decision,
    Letter,
    Opening,
    Rejection,
    Score,
    ScoreSheet,
)
from ilo_cms.tenders.models.states import (
    Channel,
    DepositKind,
    EventKind,
    Outcome,
    Participation,
    Phase,
)
from ilo_cms.tenders.models.template import TemplateCriterion, TenderTemplate
from ilo_cms.tenders.models.tender import Criterion, Tender, TenderAttachment, TenderEvent


__all__ = [
    "HIGHEST_NOTE",
    "AgreedScore",
    "Channel",
    "ConflictStatement",
    "Criterion",
    "Decision",
    "Deposit",
    "DepositKind",
    "EventKind",
    "Invitation",
    "InvitationReminder",
    "LateAttempt",
    "Letter",
    "Offer",
    "OfferFile",
    "OfferPartner",
    "Opening",
    "Outcome",
    "Participation",
    "Phase",
    "Question",
    "Rejection",
    "Score",
    "ScoreSheet",
    "TemplateCriterion",
    "Tender",
    "TenderAttachment",
    "TenderEvent",
    "TenderTemplate",
]
