"""The index finds exactly what the database finds when it is asked the usual way."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ilo_cms.matching.journal import keeper
from ilo_cms.matching.services import search
from ilo_cms.matching.words import singular, words
from tests.matching import reference
from tests.matching.worlds import World


class SameAsTheDatabase(TestCase):
    @given(seed=st.integers(0, 2**32))
    @settings(max_examples=4)
    def test_same_ranking(self, seed):
        """Also after changes, which refresh the index piece by piece."""
        keeper.forget()
        random = Random(seed)
        world = World()
        world.fill(random, 6)
        for _ in range(3):
            criteria = world.criteria(random)
            hits = search(criteria, limit=None).hits
            assert [hit.organisation for hit in hits] == reference.search(criteria), criteria
            world.disturb(random)


@pytest.mark.parametrize(
    ("plural", "single"),
    [
        ("locaux", "local"),
        ("reseaux", "reseau"),
        ("jeux", "jeu"),
        ("travaux", "travail"),
        ("associations", "association"),
        ("sol", "sol"),
        ("aux", "aux"),
    ],
)
def test_plurals(plural, single):
    assert singular(plural) == single


@given(st.text(max_size=40))
@settings(max_examples=25)
def test_any_text_has_words_that_find_it(text):
    held = words(text)
    assert words(text.upper()) == held or not text.isascii()
    assert all(word.isascii() and word.isalnum() for word in held)
