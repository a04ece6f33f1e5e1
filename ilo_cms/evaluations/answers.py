"""Answers to the questions of a version: checked against them, written, read."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models

from ilo_cms.evaluations.models import GridVersion, Kind, Question


#: What somebody answered, by question; None and "" are no answer.
Values = Mapping[UUID, Any]

#: As much as a page holds.
LONGEST_TEXT = 4000


def name_of(question: Question) -> str:
    """The name of a question's field in a form."""
    return f"question_{question.pk}"


def fault(question: Question, value: Any) -> str:
    """What is wrong with an answer, as a sentence; empty when nothing is."""
    if question.kind == Kind.SCALE and (type(value) is not int or value not in question.notes):
        return f"Choisissez une note de {question.minimum} à {question.maximum}."
    if question.kind == Kind.CHOICE and value not in question.choices:
        return "Choisissez une des réponses proposées."
    if question.kind == Kind.TEXT and len(value) > LONGEST_TEXT:
        return f"Votre texte a {len(value)} caractères : {LONGEST_TEXT} au plus."
    return ""


def is_given(value: Any) -> bool:
    """Whether there is an answer."""
    return value is not None and value != ""


def check_answers(version: GridVersion, values: Values, *, complete: bool) -> None:
    """Raise ValidationError by field name on every answer that is wrong or, if `complete`, missing.

    A question of another version is refused as a whole: it was never on the page.
    """
    questions = {question.pk: question for question in version.questions.all()}
    if not values.keys() <= questions.keys():
        raise ValidationError("Cette grille a changé : rechargez la page.")
    faults = {}
    for key, question in questions.items():
        value = values.get(key)
        if is_given(value):
            if wrong := fault(question, value):
                faults[name_of(question)] = wrong
        elif complete and question.is_required:
            faults[name_of(question)] = "Répondez à cette question, elle est obligatoire."
    if faults:
        raise ValidationError(faults)


def write_answers(answers: models.Manager, version: GridVersion, values: Values) -> None:
    """Put the answers of one evaluation or form in place of those before. The caller checked."""
    answers.all().delete()
    rows = []
    for question in version.questions.all():
        value = values.get(question.pk)
        if is_given(value):
            field = {Kind.SCALE: "note", Kind.CHOICE: "choice", Kind.TEXT: "text"}
            said = {field[Kind(question.kind)]: value}
            rows.append(answers.model(**answers.core_filters, question=question, **said))
    answers.bulk_create(rows)


def values_of(answers: Iterable) -> dict[UUID, Any]:
    """The answers given, by question."""
    return {answer.question_id: answer.value for answer in answers}


def readable(question: Question, value: Any) -> str:
    """An answer in words: a note with the top of its scale."""
    if not is_given(value):
        return ""
    return f"{value} sur {question.maximum}" if question.kind == Kind.SCALE else str(value)


def lines(version: GridVersion, answers: Iterable) -> list[tuple[Question, str]]:
    """Every question of a version with its answer in words; empty where there is none."""
    values = values_of(answers)
    return [
        (question, readable(question, values.get(question.pk)))
        for question in version.questions.all()
    ]
