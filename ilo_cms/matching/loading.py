"""Reading providers from the database into what the index holds of each."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef

from ilo_cms.directory.models import Contact, Establishment, Organisation
from ilo_cms.matching.catalogue import BAND, NEVER, SECTOR, SKILL, THE_CAE, Catalogue, Value
from ilo_cms.matching.figures import NOTHING, Figures, figures_of
from ilo_cms.matching.words import words


CHUNK = 2000


@dataclass(frozen=True)
class Entry:
    """What the index holds of one provider."""

    id: UUID
    name: str
    values: frozenset[Value]
    words: frozenset[str]
    figures: Figures = NOTHING


def suggestible():
    """Active providers with somebody to write to (SPEC A8): nobody else is ever found."""
    reachable = Contact.objects.reachable().filter(organisation=OuterRef("pk"))
    return Organisation.objects.providers().active().filter(Exists(reachable))


def all_entries(catalogue: Catalogue) -> Iterator[Entry]:
    """Every provider that may be found."""
    keys = list(suggestible().order_by("pk").values_list("pk", flat=True))
    for chunk in chunks(keys):
        yield from entries(chunk, catalogue)


def chunks(keys: list[UUID]) -> Iterator[list[UUID]]:
    """Keys in pieces that one query takes."""
    for start in range(0, len(keys), CHUNK):
        yield keys[start : start + CHUNK]


def entries(keys: list[UUID], catalogue: Catalogue) -> Iterator[Entry]:
    """Those of these organisations that may be found; a constant number of queries."""
    values = values_of(keys, catalogue)
    texts: dict[UUID, list[str]] = defaultdict(list)
    places = Establishment.objects.filter(organisation__in=keys, is_active=True).exclude(name="")
    for key, name in places.order_by().values_list("organisation", "name"):
        texts[key].append(name)
    figures = figures_of(keys)
    rows = suggestible().filter(pk__in=keys).order_by()
    for key, name, acronym, presentation, is_cae, band in rows.values_list(
        "pk", "name", "acronym", "presentation", "is_cae", "headcount_band"
    ):
        own = values[key]
        if is_cae:
            own.add(THE_CAE)
        if band:
            own.add((BAND, band))
        found = figures.get(key, NOTHING)
        if found.never:
            own.add(NEVER)
        labels = [catalogue.labels[value] for value in own if value[0] == SKILL]
        text = " ".join([name, acronym, presentation, *texts[key], *labels])
        yield Entry(key, name, frozenset(own), frozenset(words(text)), found)


def values_of(keys: list[UUID], catalogue: Catalogue) -> dict[UUID, set[Value]]:
    """Skills, sectors and places of each: the organisation's and those of its people.

    Who declares no territory covers none (SPEC P2).
    """
    values: dict[UUID, set[Value]] = defaultdict(set)
    for key, row in declared("skills", "skill", keys):
        values[key].add((SKILL, row))
    for key, row in declared("sectors", "sector", keys):
        values[key].add((SECTOR, row))
    for key, row in declared("territories", "territory", keys):
        values[key].update(catalogue.covers.get(row, ()))
    for own in values.values():
        own &= catalogue.columns.keys()  # what was added to a list since is read again anyway
    return values


def declared(field: str, column: str, keys: list[UUID]) -> Iterable[tuple[UUID, int]]:
    """What organisations chose in a list, then what the people one can write to there chose."""
    through = getattr(Organisation, field).through
    yield from through.objects.filter(organisation__in=keys).values_list("organisation", column)
    people = Contact.objects.reachable().filter(organisation__in=keys).order_by()
    theirs = getattr(Contact, field).through.objects.filter(contact__in=people.values("pk"))
    yield from theirs.values_list("contact__organisation", column)
