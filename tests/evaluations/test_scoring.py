"""The weighted mean is exact, and counts what was answered only."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ilo_cms.evaluations.scoring import weighted_mean


@pytest.mark.parametrize(
    ("notes", "mean"),
    [
        ([], None),
        ([(4, Decimal(0))], None),
        ([(4, Decimal(2)), (1, Decimal(1))], "3.00"),
        ([(5, Decimal(1)), (5, Decimal(1)), (4, Decimal(1))], "4.67"),
        # 2.675 in binary is a little less, and would read 2.67.
        ([(3, Decimal("67.50")), (2, Decimal("32.50"))], "2.68"),
        ([(1, Decimal("0.01")), (10, Decimal("999.99"))], "10.00"),
    ],
)
def test_mean(notes, mean):
    assert weighted_mean(notes) == (mean and Decimal(mean))


weights = st.decimals(0, 999, places=2)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 10), weights), max_size=8))
def test_mean_is_the_rounded_fraction(notes):
    total = sum((Fraction(weight) for _, weight in notes), Fraction(0))
    mean = weighted_mean(notes)
    if not total:
        assert mean is None
        return
    exact = sum(note * Fraction(weight) for note, weight in notes) / total
    assert abs(Fraction(mean) - exact) <= Fraction(1, 200)
    assert mean == mean.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert weighted_mean([*notes, (7, Decimal(0))]) == mean
