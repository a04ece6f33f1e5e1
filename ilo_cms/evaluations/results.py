"""What the answers to one version say together: counts for charts, rows for a spreadsheet."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ilo_cms.evaluations.answers import is_given, values_of
from ilo_cms.evaluations.models import GridVersion, Kind, Question
from ilo_cms.evaluations.scoring import weighted_mean


@dataclass(frozen=True)
class Bar:
    """One line of a chart. `percent` is of the longest line, for its width."""

    label: str
    count: int
    percent: int


@dataclass(frozen=True)
class Result:
    """One question with what was answered: bars, or the latest texts."""

    question: Question
    answered: int
    mean: Decimal | None
    bars: list[Bar]
    texts: list[str]


#: So many texts on the page; the export holds them all.
TEXTS_SHOWN = 20


def results(version: GridVersion, answered: Iterable) -> list[Result]:
    """Per question, what these evaluations or forms answered (their `answers` prefetched)."""
    given = [values_of(row.answers.all()) for row in answered]
    return [
        result(question, [values[question.pk] for values in given if question.pk in values])
        for question in version.questions.all()
    ]


def result(question: Question, values: list[Any]) -> Result:
    """The chart of one question; every possible answer has its bar, even of nobody."""
    counts = Counter(values)
    possible: list[Any] = []
    if question.kind == Kind.SCALE:
        possible = list(question.notes)
    elif question.kind == Kind.CHOICE:
        possible = question.choices
    longest = max((counts[value] for value in possible), default=0) or 1
    is_note = question.kind == Kind.SCALE
    return Result(
        question=question,
        answered=len(values),
        mean=weighted_mean((value, Decimal(1)) for value in values) if is_note else None,
        bars=[
            Bar(str(value), counts[value], round(100 * counts[value] / longest))
            for value in possible
        ],
        texts=values[:TEXTS_SHOWN] if question.kind == Kind.TEXT else [],
    )


def cells(version: GridVersion, row: Any) -> list[Any]:
    """One evaluation or form as cells, one per question."""
    values = values_of(row.answers.all())
    found = (values.get(question.pk) for question in version.questions.all())
    return [value if is_given(value) else "" for value in found]
