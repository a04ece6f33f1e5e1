"""Accepting many requests at once: exactly those that were shown, each on its own (SPEC M3, O2)."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch

from ilo_cms.accounts.models import User
from ilo_cms.core.french import in_sentence
from ilo_cms.directory.models import OfficerAbsence
from ilo_cms.moderation.decisions import Verdict, decide
from ilo_cms.moderation.models import ChangeItem, ChangeRequest
from ilo_cms.moderation.policies import can_decide
from ilo_cms.moderation.querysets import ChangeRequestQuerySet
from ilo_cms.moderation.reading import Line, fingerprint, read_lines


#: How many requests one page shows and accepts.
PAGE = 100


@dataclass(frozen=True)
class Candidate:
    """A pending request with its lines, and why it cannot be accepted here, if it cannot."""

    request: ChangeRequest
    lines: list[Line]
    obstacle: str = ""

    @property
    def fingerprint(self) -> str:
        """What the page shows of it."""
        return fingerprint(self.lines)


def candidates(rows: ChangeRequestQuerySet, user: User) -> list[Candidate]:
    """The first pending requests of a list, in its order; as many queries whatever their number."""
    absences = OfficerAbsence.objects.select_related("deputy__user").prefetch_related(
        "deputy__absences"
    )
    requests = list(
        rows.pending()
        .select_related("organisation__referent__user", "contact__user")
        .prefetch_related(Prefetch("organisation__referent__absences", queryset=absences))[:PAGE]
    )
    lines: dict[UUID, list[Line]] = defaultdict(list)
    for line in read_lines(ChangeItem.objects.filter(request__in=requests)):
        lines[line.item.request_id].append(line)
    return [
        Candidate(request, lines[request.pk], obstacle(request, lines[request.pk], user))
        for request in requests
    ]


def obstacle(request: ChangeRequest, lines: list[Line], user: User) -> str:
    """Why a request is not accepted without a look at its own page; empty when it may be."""
    decision = can_decide(user, request)
    if not decision:
        return decision.reason
    moved = [in_sentence(line.label) for line in lines if line.has_moved]
    if moved:
        return f"La valeur affichée a changé depuis la demande : {', '.join(moved)}."
    return ""


def accept_shown(*, seen: dict[UUID, str], acting_user: User) -> tuple[int, list[str]]:
    """Accept each request whose fingerprint the officer saw; each is its own transaction.

    Returns how many were accepted and, for each other one, why it was not.
    """
    accepted, refused = 0, []
    shown = ChangeRequest.objects.visible_to(acting_user).filter(pk__in=seen)
    for request in shown.select_related("organisation").prefetch_related("items"):
        try:
            decide(
                change_request=request,
                verdicts={item.pk: Verdict(approved=True) for item in request.items.all()},
                fingerprint=seen[request.pk],
                acting_user=acting_user,
            )
            accepted += 1
        except (PermissionDenied, ValidationError) as error:
            reason = error.messages[0] if isinstance(error, ValidationError) else str(error)
            refused.append(f"{request} : {reason}")
    return accepted, refused
