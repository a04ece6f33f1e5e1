"""Fictional identifiers, phones and the ways a French export writes dates and amounts."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random


#: Ranges that ARCEP keeps for works of fiction: nobody answers. The mobile one, 06 39 98, is left
#: out: phone libraries read it as a number of Mayotte.
PHONE_PREFIXES = ["019900", "026191", "035301", "046571", "053649"]
EXCEL_EPOCH = date(1899, 12, 30)


def luhn_digit(digits: str) -> str:
    """The key that makes `digits` + key pass Luhn."""
    total = 0
    for rank, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if rank % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def sirens(rng: Random) -> Iterator[str]:
    """SIREN numbers nobody has: they start with 000 and pass Luhn. 90,000 of them."""
    for number in rng.sample(range(10_000, 100_000), 90_000):
        digits = f"000{number}"
        yield digits + luhn_digit(digits)


def siret(siren: str, rank: int = 1) -> str:
    """The SIRET of the rank-th establishment of a SIREN."""
    digits = f"{siren}{rank:04d}"
    return digits + luhn_digit(digits)


def phone(rng: Random) -> str:
    """A number of a fiction range, in one of the ways people type it."""
    digits = f"{rng.choice(PHONE_PREFIXES)}{rng.randrange(10_000):04d}"
    pairs = [digits[i : i + 2] for i in range(0, 10, 2)]
    style = rng.randrange(10)
    if style < 5:
        return " ".join(pairs)
    if style < 7:
        return ".".join(pairs)
    if style < 9:
        return digits
    return f"+33 {digits[1]} " + " ".join(pairs[1:])


def french_date(day: date | None) -> str:
    """12/03/2017, or nothing."""
    return day.strftime("%d/%m/%Y") if day else ""


def excel_serial(text: str) -> str:
    """The number Excel shows when a date cell lost its format."""
    return str((parsed(text) - EXCEL_EPOCH).days)


def short_year(text: str) -> str:
    """12/03/2017 as 12/03/17."""
    return text[:6] + text[8:]


def shifted(text: str, days: int) -> str:
    """The same date, some days away."""
    return french_date(parsed(text) + timedelta(days=days))


def parsed(text: str) -> date:
    """A date written by french_date."""
    day, month, year = map(int, text.split("/"))
    return date(year, month, day)


def french_amount(euros: int) -> str:
    """5400 as "5 400,00 €"."""
    return f"{euros:,}".replace(",", " ") + ",00 €"
