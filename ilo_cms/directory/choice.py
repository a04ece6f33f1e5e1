"""The structure choice: which of their organisations a person acts for, kept in the session."""

from django.http import HttpRequest

from ilo_cms.directory.models import Contact


SESSION_KEY = "contact_id"


def current_contact(request: HttpRequest) -> Contact | None:
    """The membership this session acts in, if the person may still choose it.

    A person with one membership need not choose. One with several acts in none until they have
    chosen, and a choice that is no longer theirs is forgotten: never a silent default.
    """
    if not request.user.is_authenticated:
        return None
    choices = request.user.contacts.choosable()
    chosen = request.session.get(SESSION_KEY)
    if chosen:
        return choices.filter(pk=chosen).first()
    first_two = list(choices[:2])
    return first_two[0] if len(first_two) == 1 else None


def choose(request: HttpRequest, contact: Contact) -> None:
    """Act for this membership's organisation from now on, in a session of a new key."""
    request.session.cycle_key()
    request.session[SESSION_KEY] = str(contact.pk)
    request.contact = contact
