"""What a policy answers: a policy is a function `can_x(user, obj) -> Decision`."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied


@dataclass(frozen=True)
class Decision:
    """Whether an act is allowed and, when it is not, the reason in the user's language."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed

    def enforce(self) -> None:
        """Raise PermissionDenied with the reason when the act is not allowed."""
        if not self.allowed:
            raise PermissionDenied(self.reason)


ALLOWED = Decision(True)


def refused(reason: str) -> Decision:
    """A refusal, with its reason as a French sentence."""
    return Decision(False, reason)
