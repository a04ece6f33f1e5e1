"""The index in memory: one row of bits per value, one bit per provider.

An index is never changed: `Index.changed` returns another one, so that threads that search go on
with the one they have.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ilo_cms.matching.catalogue import Catalogue, Value
from ilo_cms.matching.figures import Figures
from ilo_cms.matching.loading import Entry
from ilo_cms.matching.words import folded


Bits = NDArray[np.uint64]
EPOCH = date(2000, 1, 1).toordinal()
#: The key of the fair order, 52 bits: last day (15), assignments in hand (8), name's rank (29).
DAYS, BUSY, RANKS = 2**15 - 1, 2**8 - 1, 2**29


class NoRoomError(Exception):
    """A change does not fit in this index: build it anew."""


def name_key(entry_name: str, key: UUID) -> str:
    """What providers of equal figures are ordered by: the folded name, then the identifier."""
    return f"{folded(entry_name)}\0{key.hex}"


def fair_key(figures: Figures) -> int:
    """Never called on first, then longest ago, then those with least in hand."""
    called_on = figures.called_on
    day = min(max(called_on.toordinal() - EPOCH, 0) + 1, DAYS) if called_on else 0
    return (day * (BUSY + 1) + min(figures.open, BUSY)) * RANKS


@dataclass(frozen=True)
class Words:
    """Which slots hold which word: sorted words, and their slots one after the other."""

    vocabulary: list[str]
    starts: NDArray[np.int64]
    slots: NDArray[np.int32]

    def beginning(self, prefix: str) -> NDArray[np.int32]:
        """The slots that hold a word beginning so; a slot may come twice."""
        first = bisect_left(self.vocabulary, prefix)
        last = bisect_left(self.vocabulary, prefix + "\x7f")
        return self.slots[self.starts[first] : self.starts[last]]


class Inverting:
    """Turns the words of each slot round, without keeping them."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.codes, self.slots = array("i"), array("i")

    def add(self, slot: int, text: frozenset[str]) -> None:
        """The words of one slot."""
        numbers = self.numbers
        self.codes.extend([numbers.setdefault(word, len(numbers)) for word in text])
        self.slots.extend([slot] * len(text))

    def done(self) -> Words:
        """All words, sorted, each with its slots."""
        vocabulary = sorted(self.numbers)
        place = np.empty(len(vocabulary), np.int32)
        place[[self.numbers[word] for word in vocabulary]] = np.arange(len(vocabulary))
        codes = place[np.array(self.codes, np.int32)]
        counts = np.bincount(codes, minlength=len(vocabulary))
        return Words(
            vocabulary,
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            np.array(self.slots, np.int32)[np.argsort(codes, kind="stable")],
        )


@dataclass(frozen=True)
class Index:
    """Every provider that may be found. `names` and `ranks` go together, sorted."""

    catalogue: Catalogue
    size: int
    bits: Bits
    alive: Bits
    order: NDArray[np.int64]
    figures: Mapping[int, Figures]
    keys: NDArray[np.uint64]
    words: Words
    names: list[str]
    ranks: list[int]
    #: What the slots changed since the build hold; `words` is not asked about them.
    rewritten: Mapping[int, frozenset[str]]

    @property
    def capacity(self) -> int:
        """How many slots there are, used or not."""
        return len(self.order)

    def key(self, slot: int) -> UUID:
        """The organisation of a slot."""
        high, low = self.keys[slot].tolist()
        return UUID(int=high << 64 | low)

    def row(self, value: Value) -> Bits:
        """Who has a value; nobody when it is unknown."""
        place = self.catalogue.columns.get(value)
        return np.zeros_like(self.alive) if place is None else self.bits[place]

    def has(self, slot: int, value: Value) -> bool:
        """Whether a slot has a value of the catalogue."""
        word = int(self.bits[self.catalogue.columns[value], slot >> 6])
        return bool(word >> (slot & 63) & 1)

    def holding(self, prefix: str) -> Bits:
        """Who has a word beginning so."""
        found = np.zeros(self.capacity, bool)
        found[self.words.beginning(prefix)] = True
        for slot, text in self.rewritten.items():
            found[slot] = any(word.startswith(prefix) for word in text)
        return packed(found)

    def changed(self, keys: list[UUID], entries: Iterable[Entry]) -> Index:
        """The index in which these organisations are as `entries` says, and the others gone."""
        return Rewriting(self).done(keys, {entry.id: entry for entry in entries})


def packed(flags: NDArray[np.bool_]) -> Bits:
    """One bit per slot; the number of slots is a multiple of 64."""
    return np.packbits(flags, bitorder="little").view(np.uint64)


def unpacked(bits: Bits) -> NDArray[np.bool_]:
    """One flag per slot."""
    return np.unpackbits(bits.view(np.uint8), bitorder="little").view(np.bool_)


def halves(key: UUID) -> tuple[int, int]:
    """An identifier as two numbers."""
    return key.int >> 64, key.int & (2**64 - 1)


def build(entries: Iterable[Entry], catalogue: Catalogue) -> Index:
    """Build the whole index, with room for one new provider in twenty."""
    places, slots = array("i"), array("i")
    texts, names, order, keys = Inverting(), [], array("q"), array("Q")
    figures: dict[int, Figures] = {}
    for slot, entry in enumerate(entries):
        places.extend([catalogue.columns[value] for value in entry.values])
        slots.extend([slot] * len(entry.values))
        texts.add(slot, entry.words)
        names.append(name_key(entry.name, entry.id))
        order.append(fair_key(entry.figures))
        keys.extend(halves(entry.id))
        if not entry.figures.never:
            figures[slot] = entry.figures
    size = len(names)
    capacity = (size + size // 20 + 1024) // 64 * 64
    bits = set_bits(len(catalogue.columns), capacity, places, slots)
    sequence = sorted(range(size), key=names.__getitem__)
    gap = RANKS // (size + 1)
    ranks = np.zeros(capacity, np.int64)
    ranks[sequence] = np.arange(1, size + 1) * gap
    ranks[:size] += np.array(order, np.int64)
    held = np.zeros((capacity, 2), np.uint64)
    held[:size] = np.array(keys, np.uint64).reshape(-1, 2)
    return Index(
        catalogue=catalogue,
        size=size,
        bits=bits,
        alive=packed(np.arange(capacity) < size),
        order=ranks,
        figures=figures,
        keys=held,
        words=texts.done(),
        names=[names[slot] for slot in sequence],
        ranks=[gap * number for number in range(1, size + 1)],
        rewritten={},
    )


def set_bits(columns: int, capacity: int, places: array, slots: array) -> Bits:
    """One row per value, with the bits of these pairs of value and slot."""
    flags = np.zeros(columns * capacity // 8, np.uint8)
    at = np.array(slots, np.int64)
    into = np.array(places, np.int64) * (capacity // 8) + (at >> 3)
    np.bitwise_or.at(flags, into, np.left_shift(1, at & 7).astype(np.uint8))
    return flags.view(np.uint64).reshape(columns, capacity // 64)


class Rewriting:
    """A copy of an index while some of its slots are written anew."""

    def __init__(self, index: Index) -> None:
        self.index = replace(
            index,
            bits=index.bits.copy(),
            alive=index.alive.copy(),
            order=index.order.copy(),
            keys=index.keys.copy(),
            figures=dict(index.figures),
            names=index.names.copy(),
            ranks=index.ranks.copy(),
            rewritten=dict(index.rewritten),
        )
        self.size = index.size

    def done(self, keys: list[UUID], entries: Mapping[UUID, Entry]) -> Index:
        """Write all, return the new index. Raises NoRoomError."""
        for key in keys:
            slot = self.slot_of(key)
            if slot is None and key in entries:
                slot = self.new_slot(key)
            if slot is not None:
                self.write(slot, entries.get(key))
        return replace(self.index, size=self.size)

    def slot_of(self, key: UUID) -> int | None:
        """Where an organisation already stands."""
        high, low = halves(key)
        held = self.index.keys[: self.size]
        found = np.flatnonzero((held[:, 0] == np.uint64(high)) & (held[:, 1] == np.uint64(low)))
        return int(found[0]) if len(found) else None

    def new_slot(self, key: UUID) -> int:
        """One of the slots that were kept free."""
        if self.size == self.index.capacity:
            raise NoRoomError
        self.index.keys[self.size] = halves(key)
        self.size += 1
        return self.size - 1

    def write(self, slot: int, entry: Entry | None) -> None:
        """Make one slot what the entry says, or empty."""
        index, word, bit = self.index, slot >> 6, np.uint64(1 << (slot & 63))
        index.bits[:, word] &= ~bit
        index.alive[word] &= ~bit
        index.figures.pop(slot, None)
        index.rewritten[slot] = entry.words if entry else frozenset()
        if entry is None:
            return
        index.alive[word] |= bit
        for value in entry.values:
            index.bits[index.catalogue.columns[value], word] |= bit
        index.order[slot] = fair_key(entry.figures) + self.rank(name_key(entry.name, entry.id))
        if not entry.figures.never:
            index.figures[slot] = entry.figures

    def rank(self, name: str) -> int:
        """The rank of a name: the one it has, or one between its neighbours'."""
        names, ranks = self.index.names, self.index.ranks
        at = bisect_left(names, name)
        if at < len(names) and names[at] == name:
            return ranks[at]
        before = ranks[at - 1] if at else 0
        after = ranks[at] if at < len(ranks) else RANKS
        between = (before + after) // 2
        if between == before:
            raise NoRoomError
        names.insert(at, name)
        ranks.insert(at, between)
        return between
