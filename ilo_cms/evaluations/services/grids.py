"""Publishing a grid's draft as a new version, and the grids that a new site begins with."""

import csv
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.evaluations.models import DraftQuestion, Grid, GridVersion, Question
from ilo_cms.evaluations.models.grid import QuestionFields
from ilo_cms.evaluations.policies import can_build_grids


#: What is copied from a draft into a version.
COPIED = [field.name for field in QuestionFields._meta.fields]


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
