"""The weighted mean of notes, exact.

A question without answer does not count: neither its note nor its weight. Without any note there is
no mean. All notes that count stand on one scale (`services.grids.publish` sees to it), so the mean
reads on that scale.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction


CENT = Decimal("0.01")


def weighted_mean(notes: Iterable[tuple[int, Decimal]]) -> Decimal | None:
    """The mean of (note, weight) pairs to two decimals, half up; None where nothing weighs.

    Fractions until the one rounding at the end: 2.675 never becomes 2.67 on the way.
    """
    total, weights = Fraction(0), Fraction(0)
    for note, weight in notes:
        total += note * Fraction(weight)
        weights += Fraction(weight)
    if not weights:
        return None
    hundredths = total / weights * 100
    return (Decimal(int(hundredths + Fraction(1, 2))) * CENT).quantize(CENT, ROUND_HALF_UP)
