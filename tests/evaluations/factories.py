"""Rows of evaluations, as tests/factories.py makes the others."""

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from ilo_cms.evaluations.models import (
    DraftQuestion,
    Evaluation,
    Grid,
    Kind,
    Purpose,
    SatisfactionRequest,
)
from ilo_cms.evaluations.services.grids import freeze
from tests.factories import AssignmentFactory, ContactFactory, EngagementFactory


class GridFactory(DjangoModelFactory):
    """Grids published once: a weighted note, a note, a choice, a text. Trait `satisfaction`."""

    class Meta:
        model = Grid
        skip_postgeneration_save = True

    class Params:
        satisfaction = factory.Trait(purpose=Purpose.SATISFACTION)

    title = factory.Sequence(lambda n: f"Grille {n:04}")
    purpose = Purpose.EVALUATION

    @factory.post_generation
    def draft(self, create, extracted, **kwargs):
        """Questions, then version 1; `draft=True` publishes nothing."""
        for number, fields in enumerate(
            [
                {"label": "Qualité", "kind": Kind.SCALE, "is_required": True, "weight": 2},
                {"label": "Délais", "kind": Kind.SCALE},
                {"label": "Objectifs", "kind": Kind.CHOICE, "options": "Oui\nNon"},
                {"label": "Remarques", "kind": Kind.TEXT},
            ]
        ):
            DraftQuestion.objects.create(grid=self, position=number, **fields)
        if not extracted:
            freeze(self, None)


class EvaluationFactory(DjangoModelFactory):
    """Evaluations begun, of an assignment that is done. Traits `finished` and `shared`."""

    class Meta:
        model = Evaluation

    class Params:
        finished = factory.Trait(finished_at=factory.LazyFunction(timezone.now))
        shared = factory.Trait(
            finished_at=factory.LazyFunction(timezone.now),
            shared_at=factory.SelfAttribute("finished_at"),
            shared_by=factory.SelfAttribute("saved_by"),
        )

    assignment = factory.SubFactory(AssignmentFactory, done=True)
    provider = factory.SelfAttribute("assignment.provider")
    grid = factory.SubFactory(GridFactory)
    version = factory.LazyAttribute(lambda row: row.grid.current_version)
    edition = 1
    saved_by = factory.SelfAttribute("assignment.engagement.officer.user")


class SatisfactionRequestFactory(DjangoModelFactory):
    """Forms that wait for a contact of the beneficiary. Trait `answered`."""

    class Meta:
        model = SatisfactionRequest

    class Params:
        answered = factory.Trait(answered_at=factory.SelfAttribute("sent_at"))

    sent_at = factory.LazyFunction(timezone.now)
    engagement = factory.SubFactory(EngagementFactory, closed=True)
    grid = factory.SubFactory(GridFactory, satisfaction=True)
    version = factory.LazyAttribute(lambda row: row.grid.current_version)
    contact = factory.SubFactory(
        ContactFactory, organisation=factory.SelfAttribute("..engagement.beneficiary")
    )
    sent_by = factory.SelfAttribute("engagement.officer.user")
