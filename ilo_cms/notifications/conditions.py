"""Whether a notice is still true, asked anew when its mail leaves (SPEC N3).

Notifications stand below the apps whose facts they tell, so those register their checks in
`AppConfig.ready()`. A mail whose notice is no longer true does not leave; the notice stays where it
is, as history.
"""

from collections.abc import Callable

from ilo_cms.core.policies import ALLOWED, Decision
from ilo_cms.notifications.models import Notification


#: From a notice to whether its reader still has to be told, with the reason when not.
Check = Callable[[Notification], Decision]

_checks: dict[str, list[Check]] = {}
_EVERY_KIND = ""


def register(check: Check, *kinds: str) -> None:
    """Ask this check before the mail of a notice of these kinds leaves; of every kind if none."""
    for kind in kinds or [_EVERY_KIND]:
        checks = _checks.setdefault(kind, [])
        if check not in checks:
            checks.append(check)


def still_true(notice: Notification) -> Decision:
    """The first refusal among the checks of a notice, or ALLOWED."""
    for check in [*_checks.get(_EVERY_KIND, []), *_checks.get(notice.kind, [])]:
        if not (decision := check(notice)):
            return decision
    return ALLOWED
