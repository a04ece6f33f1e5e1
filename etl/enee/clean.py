"""One cell at a time: what an Enée export wrote, as ILO stores it. Pure functions, no database.

Each returns the clean value, or None for an empty cell, and raises Unreadable with the reason when
the cell holds something it cannot read. Nothing is guessed.
"""

import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from stdnum.fr import siret as stdnum_siret

from ilo_cms.core.identifiers import compact, normal_phone


#: Spreadsheets count days from here; serials between 1955 and 2064 are taken for dates.
EXCEL_EPOCH = date(1899, 12, 30)
EXCEL_SERIAL = range(20_090, 60_001)
YES, NO = {"o", "oui", "1", "vrai", "x"}, {"n", "non", "0", "faux", ""}
SPACES = re.compile(r"[\s\u00a0\u202f]+")
#: A digit of every second place, doubled: 7 gives 14, which counts 1 + 4.
DOUBLED = dict(zip("0123456789", [0, 2, 4, 6, 8, 1, 3, 5, 7, 9], strict=True))
DIGITS = re.compile(r"[0-9]+")
SCIENTIFIC = re.compile(r"[0-9] ?E *\+? ?[0-9]", re.IGNORECASE)
#: Most addresses; the others, odd but valid, take Django's slower way.
PLAIN_EMAIL = re.compile(r"[a-z0-9]+([._+-][a-z0-9]+)*@([a-z0-9]+(-[a-z0-9]+)*\.)+[a-z]{2,}")
FRENCH_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?: 00:00(?::00)?)?")
ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[ T]00:00:00)?")
LARGEST_AMOUNT = Decimal("9999999999.99")
GROUPED_NUMBER = re.compile(r"-?\d{1,3}(\.\d{3})+(,\d+)?")
NUMBER = re.compile(r"-?\d+([.,]\d+)?")
NAF = re.compile(r"[0-9]{4}[A-Z]")
POSTCODE = re.compile(r"[0-9]{4,5}")
FRENCH_PHONE = re.compile(r"0[1-9][0-9]{8}")
FRENCH_PHONE_ABROAD = re.compile(r"(\+33|0033)[1-9][0-9]{8}")
LIST_SPLIT = re.compile(r"[,;|/\n]")
NOT_WORD = re.compile(r"[^a-z0-9]+")
PHONE_SPLIT = re.compile(r"\s*(?:/|;|,|\bou\b|\bet\b|\s-\s)\s*")


class Unreadable(ValueError):
    """The cell holds something, but not what its column is for; the text says why."""


def text(cell: str, limit: int = 255) -> str:
    """The cell without doubled, trailing or odd spaces, cut at the length of its field."""
    if cell.isprintable() and "  " not in cell:
        return cell.strip()[:limit]  # most cells: the slow way would change nothing
    return SPACES.sub(" ", cell).strip()[:limit]


def folded(name: str) -> str:
    """A name without case, accents, punctuation or plural: equal for names that are near-equal."""
    plain = (
        unicodedata.normalize("NFKD", name.replace("’", "'"))
        .encode("ascii", "ignore")
        .decode()
        .lower()
    )
    words = NOT_WORD.sub(" ", plain).split()
    return " ".join(word.rstrip("s") or word for word in words)


def digits_of(cell: str, length: int) -> str:
    """The digits of an identifier, with up to three leading zeros that a spreadsheet dropped."""
    digits = compact(cell.removesuffix(".0"))
    if SCIENTIFIC.search(cell):
        raise Unreadable("scientific notation: the last digits are lost")
    if not DIGITS.fullmatch(digits):
        raise Unreadable("not a number")
    if not length - 3 <= len(digits) <= length:
        raise Unreadable(f"{len(digits)} digits instead of {length}")
    return digits.zfill(length)


def luhn_holds(digits: str) -> bool:
    """Whether the key of a number holds; many times faster than a library's general way."""
    return (sum(map(int, digits[::-2])) + sum(map(DOUBLED.__getitem__, digits[-2::-2]))) % 10 == 0


def siren(cell: str) -> str | None:
    """A SIREN of nine digits whose key holds."""
    if not cell.strip():
        return None
    digits = digits_of(cell, 9)
    if not luhn_holds(digits):
        raise Unreadable("the check digit of this SIREN is wrong")
    return digits


def siret(cell: str) -> str | None:
    """A SIRET of fourteen digits whose keys hold."""
    if not cell.strip():
        return None
    digits = digits_of(cell, 14)
    plain = luhn_holds(digits) and luhn_holds(digits[:9])
    if not plain and not stdnum_siret.is_valid(digits):  # La Poste has a rule of its own
        raise Unreadable("the check digit of this SIRET is wrong")
    return digits


def email(cell: str) -> str | None:
    """An address in lower case, as accounts store it."""
    address = cell.strip().lower()
    if not address:
        return None
    if PLAIN_EMAIL.fullmatch(address) and len(address) < 254:
        return address
    try:
        validate_email(address)
    except ValidationError:
        raise Unreadable("not an email address") from None
    return address


def phones(cell: str, department: str = "") -> tuple[str, str]:
    """One or two numbers in E.164; the second is empty most of the time."""
    numbers = [part for part in PHONE_SPLIT.split(cell.strip()) if part]
    if len(numbers) > 2:
        raise Unreadable("more than two phone numbers")
    try:
        read = [one_phone(number, department) for number in numbers]
    except ValidationError:
        raise Unreadable("not a phone number") from None
    first, second, *_ = [*read, "", ""]
    return first, second


def one_phone(number: str, department: str) -> str:
    """One number; of a French one the first seven digits decide whether it may exist."""
    digits = compact(number)
    if FRENCH_PHONE.fullmatch(digits):
        return prefix_in_full(digits[:7], department) + digits[7:]
    if FRENCH_PHONE_ABROAD.fullmatch(digits):
        return prefix_in_full(f"0{digits[-9:-3]}", "") + digits[-3:]
    return normal_phone(number, department)


@lru_cache(maxsize=20_000)
def prefix_in_full(prefix: str, department: str) -> str:
    """The first seven digits in E.164, checked once for all the numbers that share them."""
    return normal_phone(f"{prefix}000", department)[:-3]


def day(cell: str) -> str | None:
    """A date in ISO form: 12/03/2017, 12/03/17, 2017-03-12 or a spreadsheet's day number."""
    cell = cell.strip()
    if not cell:
        return None
    if cell.isdecimal() and int(cell) in EXCEL_SERIAL:
        return (EXCEL_EPOCH + timedelta(days=int(cell))).isoformat()
    parts = FRENCH_DATE.fullmatch(cell)
    if parts:
        days, months, years = map(int, parts.groups())
    elif parts := ISO_DATE.fullmatch(cell):
        years, months, days = map(int, parts.groups())
    else:
        raise Unreadable("not a date")
    try:
        return date(full_year(years), months, days).isoformat()
    except ValueError:
        raise Unreadable("this day does not exist") from None


def full_year(year: int) -> int:
    """17 is 2017 and 98 is 1998: nobody planned in Enée beyond 2049."""
    if year >= 100:
        return year
    return year + (2000 if year < 50 else 1900)


def number(cell: str) -> str | None:
    """An amount or a count, as a decimal text: "5 400,00 €", "5400", "5.400,50"."""
    bare = SPACES.sub("", cell).removesuffix("€").removesuffix("EUR").replace("\u2019", "")
    if not bare:
        return None
    if GROUPED_NUMBER.fullmatch(bare):
        bare = bare.replace(".", "")
    if not NUMBER.fullmatch(bare):
        raise Unreadable("not an amount")
    value = Decimal(bare.replace(",", "."))
    if value < 0:
        raise Unreadable("a negative amount")
    if value > LARGEST_AMOUNT:
        raise Unreadable("an amount too large to be true")
    return str(value.quantize(Decimal("0.01")))


def postcode(cell: str) -> str | None:
    """Five digits; the zero that a spreadsheet dropped comes back."""
    code = compact(cell)
    if not code:
        return None
    if not POSTCODE.fullmatch(code):
        raise Unreadable("not a postcode")
    return code.zfill(5)


def department(code: str | None) -> str:
    """The département code that a postcode points to; an empty text without postcode."""
    if not code:
        return ""
    if code.startswith(("97", "98")):
        return code[:3]
    if code.startswith(("200", "201")):
        return "2A"
    return "2B" if code.startswith(("202", "206")) else code[:2]


def naf(cell: str) -> str | None:
    """A NAF code with its dot: "9003B" is 90.03B."""
    code = compact(cell).upper()
    if not code:
        return None
    if not NAF.fullmatch(code):
        raise Unreadable("not a NAF code")
    return f"{code[:2]}.{code[2:]}"


def website(cell: str) -> str | None:
    """An address of the web, with its scheme."""
    address = cell.strip()
    if not address:
        return None
    if "://" not in address:
        address = f"https://{address}"
    try:
        URLValidator(schemes=["http", "https"])(address)
    except ValidationError:
        raise Unreadable("not a web address") from None
    return address[:200]


def flag(cell: str) -> bool:
    """O or N; an empty cell is no."""
    word = cell.strip().lower()
    if word not in YES | NO:
        raise Unreadable("neither O nor N")
    return word in YES


def codes(cell: str) -> list[str]:
    """The old codes or names of a cell, whatever stands between them."""
    return [part for part in map(text, LIST_SPLIT.split(cell)) if part]
