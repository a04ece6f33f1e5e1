"""Who takes part in an engagement, and what follows when that changes.

The operator's team is no party: it reads everything and is always there.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from ilo_cms.accounts.models import User
from ilo_cms.directory.models import Organisation
from ilo_cms.engagements.models import SHOWN_TO_PROVIDER, Engagement


#: From an engagement, the organisations that joined or left it, and who acts.
Reaction = Callable[[Engagement, set[UUID], User], None]

#: What the apps above do then: they add theirs in `AppConfig.ready()`.
_reactions: list[Reaction] = []


def on_change(reaction: Reaction) -> None:
    """Have this called, in the same transaction, when an organisation joins or leaves."""
    if reaction not in _reactions:
        _reactions.append(reaction)


def parties(engagement: Engagement) -> list[Organisation]:
    """The beneficiary and the engaged providers (SPEC E4)."""
    providers = Organisation.objects.filter(
        assignments__engagement=engagement, assignments__status__in=SHOWN_TO_PROVIDER
    ).distinct()
    return [engagement.beneficiary, *providers.exclude(pk=engagement.beneficiary_id)]


@contextmanager
def watched(engagement: Engagement, acting_user: User) -> Iterator[None]:
    """Have the apps above react if what is done inside changes who takes part.

    Whoever has two assignments still takes part when one of them is abandoned.
    """
    before = {party.pk for party in parties(engagement)}
    yield
    if changed := before ^ {party.pk for party in parties(engagement)}:
        for reaction in _reactions:
            reaction(engagement, changed, acting_user)
