"""What an operator may spend on assignments in a year, and what it plans, engages and spends.

An assignment counts whole in the year in which it starts; without a start, in the year in which its
engagement opened. Abandoned ones do not count.
"""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from ilo_cms.core.models import TimestampedModel, UUIDModel
from ilo_cms.directory.models import Organisation
from ilo_cms.directory.policies import active_officer
from ilo_cms.engagements.models.assignment import Assignment
from ilo_cms.engagements.models.states import AssignmentStatus


ZERO = Decimal("0.00")
PART_OF = {
    AssignmentStatus.PLANNED: "planned",
    AssignmentStatus.TENDERED: "planned",
    AssignmentStatus.ENGAGED: "engaged",
    AssignmentStatus.DONE: "spent",
    AssignmentStatus.CLOSED: "spent",
}


class BudgetQuerySet(models.QuerySet):
    """Who may see which budget."""

    def visible_to(self, user):
        """The operator's team and administrators."""
        if not user.is_authenticated or not user.is_staff:
            return self.none()
        if user.is_administrator:
            return self
        officer = active_officer(user)
        return self.filter(operator=officer.operator_id) if officer else self.none()


class Budget(UUIDModel, TimestampedModel):
    """The amount that an operator has for the assignments of a year."""

    operator = models.ForeignKey(
        Organisation,
        verbose_name="structure porteuse",
        related_name="budgets",
        on_delete=models.PROTECT,  # money is history
    )
    year = models.PositiveSmallIntegerField(
        "année", validators=[MinValueValidator(2000), MaxValueValidator(2100)]
    )
    amount = models.DecimalField(
        "montant (€)", max_digits=12, decimal_places=2, validators=[MinValueValidator(0)]
    )

    objects = BudgetQuerySet.as_manager()

    class Meta:
        verbose_name = "budget"
        verbose_name_plural = "budgets"
        ordering = ["-year", "operator__name"]
        constraints = [
            models.UniqueConstraint(fields=["operator", "year"], name="budget_once_a_year"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="budget_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.operator} {self.year}"


@dataclass
class Sums:
    """What an operator's assignments of a year come to; an unknown amount counts for nothing."""

    planned: Decimal = ZERO
    engaged: Decimal = ZERO
    spent: Decimal = ZERO
    unpriced: int = 0

    @property
    def total(self) -> Decimal:
        """Everything that is planned, engaged or spent."""
        return self.planned + self.engaged + self.spent


def sums_by_year(operator: Organisation) -> dict[int, Sums]:
    """The sums of an operator, by year, exact to the cent.

    Added up here: SQLite adds decimals as floating-point numbers.
    """
    rows = Assignment.objects.filter(engagement__operator=operator).exclude(
        status=AssignmentStatus.ABANDONED
    )
    rows = rows.annotate(day=Coalesce(F("starts_on"), F("engagement__opened_on"))).order_by()
    found: defaultdict[int, Sums] = defaultdict(Sums)
    for day, status, amount in rows.values_list("day", "status", "amount").iterator(2000):
        sums = found[day.year]
        if amount is None:
            sums.unpriced += 1
            continue
        part = PART_OF[AssignmentStatus(status)]
        setattr(sums, part, getattr(sums, part) + amount)
    return dict(found)
