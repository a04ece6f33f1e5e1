"""Publishing a grid's draft as a new version, and the grids that a new site begins with."""

import csv
from collections.abc import Callable
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.evaluations.models import DraftQuestion, Grid, GridVersion, Kind, Question
from ilo_cms.evaluations.models.grid import QuestionFields
from ilo_cms.evaluations.policies import can_build_grids


#: What is copied from a draft into a version.
COPIED = [field.name for field in QuestionFields._meta.fields]


@logged
def save_draft(*, save: Callable[[], Grid], stored: Grid, acting_user: User) -> Grid:
    """Save a grid's draft by its form and say in the log what changed, question by question.

    `save` writes the grid with its questions, as one form holds them; `stored` names the row that
    it changes, or will make. Raises PermissionDenied.
    """
    can_build_grids(acting_user).enforce()
    former = Grid.objects.select_for_update().filter(pk=stored.pk).first()
    before = draft_words(former) if former else {}
    save()
    grid = Grid.objects.get(pk=stored.pk)
    after = draft_words(grid)
    changed = [name for name in before | after if before.get(name) != after.get(name)]
    if changed:
        record(
            "grid.updated" if former else "grid.created",
            actor=acting_user,
            target=grid,
            before={name: before.get(name) for name in changed},
            after={name: after.get(name) for name in changed},
        )
    return grid


def draft_words(grid: Grid) -> dict[str, object]:
    """What a draft says, as the log keeps it."""
    words: dict[str, object] = {
        name: getattr(grid, name) for name in ("title", "introduction", "is_active")
    }
    words["purpose"] = grid.get_purpose_display()
    for number, question in enumerate(grid.questions.all(), start=1):
        words[f"Question {number}"] = question_words(question)
    return words


def question_words(question: QuestionFields) -> str:
    """A question in one line: everything that its form asks."""
    parts = [question.label, question.help_text, question.get_kind_display()]
    if question.kind == Kind.SCALE:
        ends = (
            (question.minimum, question.minimum_label),
            (question.maximum, question.maximum_label),
        )
        parts += [f"{note} {label}".strip() for note, label in ends]
        parts.append(f"poids {question.weight.normalize():f}")
    parts += question.choices if question.kind == Kind.CHOICE else []
    parts.append("obligatoire" if question.is_required else "facultative")
    return " ; ".join(part for part in parts if part)


@logged
def publish(*, grid: Grid, acting_user: User) -> GridVersion:
    """Freeze the draft of a grid as its next version, which is filled in from now on.

    Evaluations and forms already begun keep their version. Raises PermissionDenied, or
    ValidationError when the draft cannot be filled in or says nothing new.
    """
    grid = Grid.objects.select_for_update().get(pk=grid.pk)
    can_build_grids(acting_user).enforce()
    version = freeze(grid, acting_user)
    record("grid.published", actor=acting_user, target=grid, version=version.number)
    return version


def freeze(grid: Grid, acting_user: User | None) -> GridVersion:
    """Copy the draft into a version. The caller holds the lock."""
    drafts = list(grid.questions.all())
    check(drafts)
    last = grid.current_version
    if last and not differs(grid, last):
        raise ValidationError("Rien n’a changé depuis la dernière version.")
    version = GridVersion.objects.create(
        grid=grid,
        number=last.number + 1 if last else 1,
        title=grid.title,
        introduction=grid.introduction,
        published_by=acting_user,
    )
    for draft in drafts:
        Question.objects.create(version=version, **copied(draft))
    return version


def copied(question: QuestionFields) -> dict[str, object]:
    """What a question says, without its key."""
    return {name: getattr(question, name) for name in COPIED}


def differs(grid: Grid, version: GridVersion) -> bool:
    """Whether a draft says something else than a version; positions count by their order only."""

    def said(rows: models.QuerySet) -> list[dict[str, object]]:
        return [copied(row) | {"position": number} for number, row in enumerate(rows.all())]

    words = (grid.title, grid.introduction) != (version.title, version.introduction)
    return words or said(grid.questions) != said(version.questions)


def check(drafts: list[DraftQuestion]) -> None:
    """Raise ValidationError unless a draft can be filled in and its mean makes sense."""
    if not drafts:
        raise ValidationError("Écrivez au moins une question avant de publier.")
    for draft in drafts:
        draft.full_clean(exclude=["grid"])
    ends = {(draft.minimum, draft.maximum) for draft in drafts if draft.counts}
    if len(ends) > 1:
        raise ValidationError(
            "Les notes qui comptent dans la moyenne ont toutes la même échelle : donnez-leur les "
            "mêmes bornes, ou le poids 0 à celles qui en ont d’autres."
        )


@transaction.atomic
def load_default_grids() -> int:
    """Make and publish the grids of fixtures/evaluations/ that the site misses; how many.

    A grid that exists is left as administrators made it.
    """
    path = Path(settings.FIXTURES) / "evaluations" / "questions.csv"
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    made = 0
    for code, rows in groupby(lines, key=itemgetter("grid")):
        if not Grid.objects.filter(code=code).exists():
            load_grid(code, list(rows))
            made += 1
    return made


def load_grid(code: str, rows: list[dict[str, str]]) -> None:
    """One grid with its questions; the first line holds its title and purpose."""
    first = rows[0]
    grid = Grid.objects.create(
        code=code,
        title=first["title"],
        purpose=first["purpose"],
        introduction=first["introduction"],
    )
    for number, row in enumerate(rows):
        DraftQuestion.objects.create(
            grid=grid,
            position=number,
            label=row["label"],
            help_text=row["help"],
            kind=row["kind"],
            is_required=row["required"] == "oui",
            weight=row["weight"] or 0,
            minimum_label=row["minimum_label"],
            maximum_label=row["maximum_label"],
            options=row["options"].replace("|", "\n"),
        )
    freeze(grid, None)
