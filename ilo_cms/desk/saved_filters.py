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
LONGEST_NAME = SavedFilter._meta.get_field("name").max_length
LONGEST_QUERY = SavedFilter._meta.get_field("query").max_length


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
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise ValidationError(f"Donnez à ce filtre un nom de {LONGEST_NAME} caractères au plus.")
    if len(query) > LONGEST_QUERY:
        raise ValidationError("Ce filtre est trop long pour être enregistré : choisissez-en moins.")
    own = SavedFilter.objects.filter(owner=owner, list_path=list_path)
    if own.exclude(name=name).count() >= MAXIMUM:
        raise ValidationError(f"Vous gardez déjà {MAXIMUM} filtres pour cette liste : retirez-en.")
    saved, _ = SavedFilter.objects.update_or_create(
        owner=owner,
        list_path=list_path,
        name=name,
        defaults={"query": query, "is_shared": is_shared},
    )
    return saved
