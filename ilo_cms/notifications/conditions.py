"""Whether a notice is still true, asked anew when its mail leaves (SPEC N3).

Notifications stand below the apps whose facts they tell, so those register their checks in
`AppConfig.ready()`. A mail whose notice is no longer true does not leave; the notice stays where it
is, as history. A check that needs rows may have them fetched for many notices at once, so that a
digest asks as little for twenty notices as for two.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from ilo_cms.core.policies import ALLOWED, Decision
from ilo_cms.notifications.models import Notification


#: From a notice, and the facts fetched for its check if any, to whether its reader still has to be
#: told, with the reason when not.
Check = Callable[..., Decision]
#: From notices of one reader to what a check needs to judge each of them.
Facts = Callable[[list[Notification]], Any]

_checks: dict[str, list[Check]] = {}
_facts: dict[Check, Facts] = {}
_EVERY_KIND = ""


def register(check: Check, *kinds: str, facts: Facts | None = None) -> None:
    """Ask this check before the mail of a notice of these kinds leaves; of every kind if none.

    With `facts` it is called with what they found beside the notice.
    """
    if facts:
        _facts[check] = facts
    for kind in kinds or [_EVERY_KIND]:
        checks = _checks.setdefault(kind, [])
        if check not in checks:
            checks.append(check)


def rows_about(rows: Callable[[], QuerySet]) -> Facts:
    """The rows that notices tell of, by their keys, among those that these rows are."""
    return lambda notices: rows().in_bulk([n.about_id for n in notices if n.about_id])


def still_true(notice: Notification) -> Decision:
    """The first refusal among the checks of a notice, or ALLOWED."""
    return refusals([notice]).get(notice, ALLOWED)


def refusals(notices: list[Notification]) -> dict[Notification, Decision]:
    """Those of one reader's notices that are no longer true, each with its first refusal."""
    found: dict[Notification, Decision] = {}
    for kind in [_EVERY_KIND, *dict.fromkeys(notice.kind for notice in notices)]:
        for check in _checks.get(kind, []):
            asked = [n for n in notices if n not in found and kind in (_EVERY_KIND, n.kind)]
            facts = [_facts[check](asked)] if check in _facts and asked else []
            decisions = {notice: check(notice, *facts) for notice in asked}
            found |= {notice: decision for notice, decision in decisions.items() if not decision}
    return found
