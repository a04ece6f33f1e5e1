"""What follows when a person leaves an organisation, or turns out not to have left (SPEC A7).

The apps above react: they add theirs in `AppConfig.ready()`.
"""

from collections.abc import Callable

from ilo_cms.accounts.models import User
from ilo_cms.directory.models import Contact


#: From the contact, saved with the day of leaving or without it, and who acts.
Reaction = Callable[[Contact, User], None]

_reactions: list[Reaction] = []


def on_departure(reaction: Reaction) -> None:
    """Have this called, in the same transaction, when a contact leaves or is back."""
    if reaction not in _reactions:
        _reactions.append(reaction)


def departed(contact: Contact, acting_user: User) -> None:
    """Have the apps above react to a contact who left, or is back."""
    for reaction in _reactions:
        reaction(contact, acting_user)
