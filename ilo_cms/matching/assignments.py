"""What the search learns from assignments: who was called on, and when (SPEC T3)."""

from collections.abc import Iterator
from uuid import UUID

from django.db.models import Count, Max, Q

from ilo_cms.engagements.models import Assignment, AssignmentStatus
from ilo_cms.matching.figures import Figures


#: An assignment that was really given: not a mere plan, nor one that was given up.
GIVEN = [AssignmentStatus.ENGAGED, AssignmentStatus.DONE, AssignmentStatus.CLOSED]


def assignment_figures(organisations: list[UUID]) -> Iterator[tuple[UUID, Figures]]:
    """The assignments given to each of these organisations: the last start, those in hand, all."""
    given = Assignment.objects.filter(provider__in=organisations, status__in=GIVEN).order_by()
    in_hand = Count("pk", filter=Q(status=AssignmentStatus.ENGAGED))
    rows = given.values_list("provider").annotate(
        last_on=Max("starts_on"), in_hand=in_hand, total=Count("pk")
    )
    for provider, last_on, in_progress, total in rows:
        yield provider, Figures(last_on, in_progress, total)
