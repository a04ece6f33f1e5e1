"""Keeping a list as it is filtered, and finding it again (SPEC O2)."""

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import Resolver404, resolve

from ilo_cms.accounts.models import User
from ilo_cms.desk.models import SavedFilter


#: What an address of a list may hold beside its filters: none of it is kept.
NOT_FILTERS = {"p", "export", "_w_filter_fragment", "csrfmiddlewaretoken"}
#: How many a person keeps for one list: the choice stays readable.
MAXIMUM = 30


def filters_in(query: str) -> str:
    """The filters and the order of a list's address, without its page; empty when there are none.

    Raises ValidationError when it holds more than any list of ours can ask.
    """
    try:
        asked = QueryDict(query, mutable=True)
    except ValueError as error:  # more fields than any form may hold
        raise ValidationError("Ce filtre est trop long pour être enregistré.") from error
    for name in list(asked):
        values = [value for value in asked.getlist(name) if value]
        if name in NOT_FILTERS or not values:
            del asked[name]
        else:
            asked.setlist(name, values)
    return asked.urlencode()


def is_list(path: str) -> bool:
    """Whether an address is that of a list of the intranet."""
    try:
        found = resolve(path)
    except Resolver404:
        return False
    return path.startswith("/admin/") and found.url_name == "index" and not found.kwargs


def save_filter(
    *, owner: User, list_path: str, query: str, name: str, is_shared: bool
) -> SavedFilter:
    """Keep a filtered list under a name; the same name on the same list replaces its filter.

    Raises ValidationError when the list is none of ours, nothing is filtered, the name is missing
    or too long, or the person keeps too many already.
    """
    query = filters_in(query)
    if not is_list(list_path):
        raise ValidationError("Cette liste ne garde pas de filtre.")
    if not query:
        raise ValidationError("Rien n’est filtré : choisissez d’abord des filtres.")
    own = SavedFilter.objects.filter(owner=owner, list_path=list_path)
    saved = own.filter(name=name.strip()).first()
    if saved is None and own.count() >= MAXIMUM:
        raise ValidationError(f"Vous gardez déjà {MAXIMUM} filtres pour cette liste : retirez-en.")
    saved = saved or SavedFilter(owner=owner, list_path=list_path, name=name.strip())
    saved.query, saved.is_shared = query, is_shared
    saved.full_clean()
    saved.save()
    return saved
