"""Grids and their versions, evaluations of assignments, satisfaction requests."""

from ilo_cms.evaluations.models.evaluation import Evaluation, EvaluationAnswer, Reply
from ilo_cms.evaluations.models.grid import (
    DraftQuestion,
    Grid,
    GridVersion,
    Kind,
    Purpose,
    Question,
)
from ilo_cms.evaluations.models.satisfaction import SatisfactionAnswer, SatisfactionRequest


__all__ = [
    "DraftQuestion",
    "Evaluation",
    "EvaluationAnswer",
    "Grid",
    "GridVersion",
    "Kind",
    "Purpose",
    "Question",
    "Reply",
    "SatisfactionAnswer",
    "SatisfactionRequest",
]
