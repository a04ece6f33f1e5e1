"""A password that changed leaves a line in the log (SPEC G3), never the password."""

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import record


def log_changed(user: User, **kwargs: object) -> None:
    """The owner, signed in, chose another password."""
    record("account.password_changed", actor=user, target=user)


def log_reset(user: User, **kwargs: object) -> None:
    """Whoever holds a mailed link chose another password."""
    record("account.password_reset", actor=user, target=user)
