"""The one door: `search(criteria)` (SPEC T3). Screens and tenders ask here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from uuid import UUID

import numpy as np

from ilo_cms.matching.catalogue import (
    BAND,
    DEPARTMENT,
    NEVER,
    SECTOR,
    SKILL,
    THE_CAE,
    Catalogue,
    Value,
)
from ilo_cms.matching.figures import NOTHING, Figures
from ilo_cms.matching.index import Bits, Index, unpacked
from ilo_cms.matching.journal import keeper
from ilo_cms.matching.words import asked_words


#: Words of 64 providers that are counted at once: what a processor keeps near.
BLOCK = 2**16


@dataclass(frozen=True)
class Criteria:
    """What is looked for. Keys of reference rows; an unknown key is a value that nobody has.

    One of the themes is enough, the more the better; the territory must be covered (of a région:
    one of its départements); sectors only raise the rank; every word must begin a word of the
    record. Nothing asked finds everybody.
    """

    skills: tuple[int, ...] = ()
    sectors: tuple[int, ...] = ()
    territory: int | None = None
    words: str = ""
    is_cae: bool | None = None
    bands: tuple[int, ...] = ()
    never_called: bool = False


@dataclass(frozen=True)
class Hit:
    """One suggestion: what of the criteria it meets, and how much it was called on."""

    organisation: UUID
    skills: tuple[str, ...]
    sectors: tuple[str, ...]
    territories: tuple[str, ...]
    figures: Figures

    @property
    def reasons(self) -> str:
        """Why it is suggested, in words; empty when nothing was asked that tells."""
        parts = [
            named("thématique", self.skills),
            f"couvre : {', '.join(self.territories)}" if self.territories else "",
            named("secteur", self.sectors),
        ]
        text = " ; ".join(filter(None, parts))
        return text[:1].upper() + text[1:]

    @property
    def never_called_on(self) -> bool:
        """Whether no assignment was ever given, nor an invitation sent."""
        return self.figures.never


@dataclass(frozen=True, slots=True)
class Facet:
    """One value of a list, how many of those found have it, and whether it may be asked for."""

    kind: str
    key: int
    label: str
    count: int
    offered: bool


@dataclass(frozen=True)
class Results:
    """What was found: how many, one page of it in order, and the counts over all of it."""

    total: int
    hits: tuple[Hit, ...]
    facets: tuple[Facet, ...]

    def of(self, kind: str) -> list[Facet]:
        """The facets of one list."""
        return [facet for facet in self.facets if facet.kind == kind]


def named(word: str, labels: Sequence[str]) -> str:
    """A reason: its name, in the plural if need be, and the values."""
    return f"{word}{'s' if len(labels) > 1 else ''} : {', '.join(labels)}" if labels else ""


def search(criteria: Criteria, *, offset: int = 0, limit: int | None = 30) -> Results:
    """Providers that meet the criteria, best first.

    Order: themes met, sectors met, never called on first, then the longest ago, the fewest
    assignments in hand, the name, the identifier. `limit` None gives all. Who is inactive, is no
    provider or has nobody to write to is never found (SPEC A8).
    """
    index = keeper.current()
    mask = matching(index, criteria)
    slots, scores = scored(index, criteria, mask)
    end = len(slots) if limit is None else offset + limit
    chosen = ordered(index, slots, scores, min(end, len(slots)))[offset:]
    hits = tuple(hit(index, criteria, slot) for slot in chosen)
    return Results(len(slots), hits, tuple(facets(index, mask)))


def catalogue() -> Catalogue:
    """The lists that may be asked for, as the index knows them now."""
    return keeper.current().catalogue


def any_of(index: Index, values: Sequence[Value]) -> Bits:
    """Who has one of these values at least."""
    return reduce(np.bitwise_or, [index.row(value) for value in values])


def matching(index: Index, criteria: Criteria) -> Bits:
    """Who meets the criteria."""
    mask = index.alive
    if criteria.skills:
        mask = mask & any_of(index, [(SKILL, key) for key in criteria.skills])
    if criteria.territory is not None:
        mask = mask & index.row(index.catalogue.place(criteria.territory))
    if criteria.bands:
        mask = mask & any_of(index, [(BAND, key) for key in criteria.bands])
    if criteria.is_cae is not None:
        cae = index.row(THE_CAE)
        mask = mask & (cae if criteria.is_cae else ~cae)
    if criteria.never_called:
        mask = mask & index.row(NEVER)
    for word in asked_words(criteria.words):
        mask = mask & index.holding(word)
    return mask


def scored(index: Index, criteria: Criteria, mask: Bits) -> tuple[np.ndarray, np.ndarray]:
    """The slots found, and how many themes, then sectors, each meets."""
    slots = np.flatnonzero(unpacked(mask))
    scores = np.zeros(len(slots), np.int32)
    octets, bits = slots >> 3, (slots & 7).astype(np.uint8)
    sectors = dict.fromkeys(criteria.sectors)
    for key in dict.fromkeys(criteria.skills):
        scores += index.row((SKILL, key)).view(np.uint8)[octets] >> bits & 1
    scores *= len(sectors) + 1
    for key in sectors:
        scores += index.row((SECTOR, key)).view(np.uint8)[octets] >> bits & 1
    return slots, scores


def ordered(index: Index, slots: np.ndarray, scores: np.ndarray, end: int) -> list[int]:
    """The first `end` slots in order: score by score, sorting no more of each than is shown."""
    chosen: list[int] = []
    counts = np.bincount(scores)
    for score in np.flatnonzero(counts)[::-1].tolist():
        wanted = end - len(chosen)
        if wanted <= 0:
            break
        group = slots[scores == score]
        keys = index.order[group]
        if wanted < len(group):
            best = np.argpartition(keys, wanted)[:wanted]
            group, keys = group[best], keys[best]
        chosen += group[np.argsort(keys)].tolist()
    return chosen


def hit(index: Index, criteria: Criteria, slot: int) -> Hit:
    """One suggestion with what it meets."""
    place = criteria.territory
    places = () if place is None else index.catalogue.departments(place)
    return Hit(
        organisation=index.key(slot),
        skills=met(index, slot, [(SKILL, key) for key in dict.fromkeys(criteria.skills)]),
        sectors=met(index, slot, [(SECTOR, key) for key in dict.fromkeys(criteria.sectors)]),
        territories=met(index, slot, [(DEPARTMENT, key) for key in places]),
        figures=index.figures.get(slot, NOTHING),
    )


def met(index: Index, slot: int, values: Sequence[Value]) -> tuple[str, ...]:
    """The names of those of these values that a slot has."""
    labels = index.catalogue.labels
    return tuple(labels[value] for value in values if value in labels and index.has(slot, value))


def facets(index: Index, mask: Bits) -> Iterator[Facet]:
    """Every value of every list with its count among those found."""
    labels, outdated = index.catalogue.labels, index.catalogue.outdated
    for (value, label), count in zip(labels.items(), counted(index.bits, mask), strict=True):
        yield Facet(*value, label, count, value not in outdated)


def counted(bits: Bits, mask: Bits) -> list[int]:
    """How many of the mask each row of bits holds: as many rows at once as fit in BLOCK."""
    counts: list[int] = []
    some = max(1, BLOCK // max(1, len(mask)))
    for start in range(0, len(bits), some):
        both = np.bitwise_count(bits[start : start + some] & mask)
        counts += both.sum(axis=1, dtype=np.int64).tolist()
    return counts
