"""Building a grid in the intranet, publishing versions, and that none loses an answer."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.services import faults
from ilo_cms.evaluations.models import EvaluationAnswer, Grid, GridVersion
from ilo_cms.evaluations.services.grids import load_default_grids, publish
from tests.evaluations.factories import EvaluationFactory, GridFactory
from tests.helpers.intranet import an_administrator, an_officer, as_


pytestmark = pytest.mark.django_db


def posted(questions, **fields):
    """What the builder's form posts."""
    data = {"title": "Nouvelle", "purpose": "evaluation", "introduction": "", "is_active": "on"}
    data |= fields
    data |= {
        "questions-TOTAL_FORMS": str(len(questions)),
        "questions-INITIAL_FORMS": str(sum("id" in question for question in questions)),
        "questions-MIN_NUM_FORMS": "0",
        "questions-MAX_NUM_FORMS": "1000",
    }
    for number, question in enumerate(questions):
        words = {
            "label": "Question",
            "help_text": "",
            "kind": "scale",
            "minimum": "1",
            "maximum": "5",
            "minimum_label": "",
            "maximum_label": "",
            "weight": "1",
            "options": "",
            "id": "",
            "ORDER": str(number + 1),
            "DELETE": "",
        }
        data |= {f"questions-{number}-{name}": value for name, value in (words | question).items()}
    return data


def test_an_administrator_builds_reorders_and_publishes():
    client = as_(an_administrator())
    client.get(reverse("grid:add"))
    page = client.post(
        reverse("grid:add"),
        posted([{"label": "Première"}, {"label": "Seconde", "kind": "choice", "options": "a\nb"}]),
    )
    assert page.status_code == 302
    grid = Grid.objects.get(title="Nouvelle")
    assert [row.label for row in grid.questions.all()] == ["Première", "Seconde"]
    first, second = grid.questions.all()
    page = client.post(
        reverse("grid:edit", args=[grid.pk]),
        posted(
            [
                {"label": "Première", "id": str(first.pk), "ORDER": "2"},
                {
                    "label": "Seconde",
                    "kind": "choice",
                    "options": "a\nb",
                    "id": str(second.pk),
                    "ORDER": "1",
                },
            ]
        ),
    )
    assert page.url == reverse("grid_preview", args=[grid.pk])
    assert "Publier une nouvelle version" in client.get(page.url).text
    client.post(page.url)
    version = GridVersion.objects.get()
    assert [row.label for row in version.questions.all()] == ["Seconde", "Première"]
    assert "rien à publier" in client.get(page.url).text


def test_faults_are_said_beside_the_field():
    client = as_(an_administrator())
    page = client.post(
        reverse("grid:add"),
        posted([{"minimum": "5", "maximum": "5"}, {"kind": "choice", "options": "seul"}]),
    )
    assert page.status_code == 200
    assert "La note la plus haute doit dépasser" in page.text
    assert "Proposez au moins deux choix" in page.text
    assert not Grid.objects.exists()


def test_a_new_version_changes_no_old_answer():
    row = EvaluationFactory(finished=True)
    question = row.version.questions.first()
    EvaluationAnswer.objects.create(evaluation=row, question=question, note=4)
    draft = row.grid.questions.first()
    draft.label, draft.maximum = "Tout autre", 5
    draft.save()
    row.grid.questions.last().delete()
    version = publish(grid=row.grid, acting_user=an_administrator())
    assert version.number == 2
    row.refresh_from_db()
    answer = row.answers.get()
    assert (row.version.number, answer.question.label, answer.note) == (1, "Qualité", 4)
    assert row.version.questions.count() == 4 and version.questions.count() == 3


def test_a_published_version_is_frozen():
    version = GridFactory().current_version
    question = version.questions.first()
    for row in (version, question):
        with pytest.raises(ValidationError):
            row.save()


def test_who_publishes_and_what_is_refused():
    grid = GridFactory()
    administrator = an_administrator()
    with pytest.raises(PermissionDenied):
        publish(grid=grid, acting_user=an_officer())
    with pytest.raises(ValidationError, match="Rien n’a changé"):
        publish(grid=grid, acting_user=administrator)
    grid.questions.filter(label="Délais").update(maximum=10)
    with pytest.raises(ValidationError, match="même échelle"):
        publish(grid=grid, acting_user=administrator)
    grid.questions.all().delete()
    with pytest.raises(ValidationError, match="au moins une question"):
        publish(grid=grid, acting_user=administrator)


def test_default_grids_are_made_once_and_left_as_administrators_made_them():
    assert load_default_grids() == 2
    assert {grid.current_version.number for grid in Grid.objects.all()} == {1}
    Grid.objects.update(is_active=False)
    assert load_default_grids() == 0
    assert Grid.objects.filter(is_active=False).count() == 2


def drafts_logged() -> list[tuple[str, dict, dict]]:
    """What the log says of drafts: act, before, after."""
    rows = AuditEvent.objects.filter(action__in=["grid.created", "grid.updated"])
    said = [(row.action, row.detail.content) for row in rows.order_by("sequence")]
    return [(action, words["before"], words["after"]) for action, words in said]


def test_the_log_keeps_each_change_of_a_draft():
    user = an_administrator()
    client = as_(user)
    client.post(reverse("grid:add"), posted([{"label": "Première"}]))
    grid = Grid.objects.get(title="Nouvelle")
    first = grid.questions.get()
    same = {"label": "Première", "id": str(first.pk)}
    edit = reverse("grid:edit", args=[grid.pk])
    assert client.post(edit, posted([same])).status_code == 302  # nothing changed: no line
    second = {"label": "Avis", "kind": "text", "is_required": "on"}
    client.post(edit, posted([same | {"weight": "2.5"}, second], title="Bilan"))
    client.post(edit, posted([same | {"weight": "2.5"}, second], title=""))  # refused: no line
    created, updated = drafts_logged()
    assert created[0] == "grid.created" and created[2]["title"] == "Nouvelle"
    assert updated[0] == "grid.updated" and updated[1]["title"] == "Nouvelle"
    assert "poids 1 ;" in updated[1]["Question 1"] and "poids 2.5 ;" in updated[2]["Question 1"]
    assert updated[1]["Question 2"] is None
    assert updated[2]["Question 2"] == "Avis ; Texte libre ; obligatoire"
    assert set(updated[2]) == {"title", "Question 1", "Question 2"}
    event = AuditEvent.objects.filter(action="grid.updated").get()
    assert (event.actor_id, event.target_id) == (str(user.pk), str(grid.pk))
    page = client.get(reverse("grid:history", args=[grid.pk])).text
    assert "Brouillon d’une grille modifié" in page and "Avis" in page
    assert list(faults()) == []


def test_an_officer_s_draft_is_neither_saved_nor_logged():
    grid = GridFactory()
    client = as_(an_officer())
    client.post(reverse("grid:edit", args=[grid.pk]), posted([], title="Autre"))
    grid.refresh_from_db()
    assert grid.title != "Autre" and drafts_logged() == []
