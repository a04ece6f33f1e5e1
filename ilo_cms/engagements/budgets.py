"""Setting what an operator may spend in a year."""

from decimal import Decimal

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged
from ilo_cms.directory.models import Organisation
from ilo_cms.engagements.changes import log_changes, write
from ilo_cms.engagements.models import Budget
from ilo_cms.engagements.policies import can_set_budget


@logged
def set_budget(*, operator: Organisation, year: int, amount: Decimal, acting_user: User) -> Budget:
    """Set the amount of an operator's year, or change it; the log keeps the one before.

    Raises PermissionDenied, ValidationError by field.
    """
    can_set_budget(acting_user, operator).enforce()
    budget = Budget.objects.select_for_update(of=("self",)).filter(
        operator=operator, year=year
    ).first() or Budget(operator=operator, year=year)
    before = write(budget, {"amount": amount})
    budget.save()
    log_changes("budget.set", row=budget, before=before, actor=acting_user, organisation=operator)
    return budget
