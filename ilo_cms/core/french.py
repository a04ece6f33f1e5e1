"""French inside a sentence."""

import datetime
import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.utils.formats import date_format, number_format


#: Before these an h is heard, or a vowel stands alone: "de Haute-Savoie", "de onze".
HEARD = (
    *("hale", "hall", "hama", "hand", "hang", "haut", "havr", "heris", "hero", "hibo"),
    *("hola", "homa", "hong", "hors", "houb", "houl", "onz", "oui", "yaou", "yog"),
)
#: What an organisation is, when its name begins so: a sentence gives it the article.
KINDS = {
    "association": "l’",
    "compagnie": "la ",
    "cooperative": "la ",
    "dla": "le ",  # operators
    "federation": "la ",
    "fondation": "la ",
    "mutuelle": "la ",
    "regie": "la ",
    "societe": "la ",
    "union": "l’",
}
#: What Django's formats leave: they know the ordinals of English only.
FIRST_OF_MONTH = re.compile(
    r"\b1 (?=janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre)"
)
#: The merge fields that name an organisation.
ORGANISATIONS = {"beneficiary", "operator", "organisation"}
MERGE_FIELD = re.compile(r"(?m)(?P<before>\b(?:de|à|[Pp]our|[Pp]ar) |^|(?<=\. ))\{(?P<name>\w+)\}")


def sorting_key(text: object) -> str:
    """By what French sorts words: accents and capitals count for nothing (Accueil, Évaluations)."""
    return without_accents(str(text)).casefold()


def without_accents(text: str) -> str:
    """The same letters without accents, ligatures written out."""
    plain = unicodedata.normalize("NFKD", text.replace("Œ", "Oe").replace("œ", "oe"))
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def in_sentence(label: str) -> str:
    """A label after a comma or a colon: a small first letter, save for an acronym (OPCO, SIREN)."""
    is_acronym = label[1:2].isupper()
    return label if is_acronym else label[:1].lower() + label[1:]


def number(value: Decimal | str, decimals: int | None = None) -> str:
    """A number as people write it, its thousands apart; without `decimals`, no idle zero."""
    value = Decimal(value)
    return number_format(without_idle_zeros(value) if decimals is None else value, decimals)


def without_idle_zeros(value: Decimal) -> Decimal:
    """The same number, 8 for 8.00 and 7.5 for 7.50."""
    return Decimal(f"{value.normalize():f}")


def date(value: datetime.date, form: str = "DATE_FORMAT") -> str:
    """A date, or a moment in its own zone, in one of Django's formats: 1er mars 2026."""
    return first_of_month(date_format(value, form))


def first_of_month(text: str) -> str:
    """The same text, the first day of a month said as French says it."""
    return FIRST_OF_MONTH.sub("1er ", text)


def size(octets: int) -> str:
    """The size of a file as people know it: 512 octets, 214 ko, 1,4 Mo.

    Django's French says Kio; a Mo here is what a file manager shows (referentials.MEGABYTE).
    """
    value, unit = Decimal(octets), "octets" if octets > 1 else "octet"
    for larger in ("ko", "Mo", "Go"):
        if round(value) < 1024:
            break
        value, unit = value / 1024, larger
    decimals = 1 if value < 10 else 0
    return f"{number(round(value, decimals))}\N{NO-BREAK SPACE}{unit}"


def with_article(name: str) -> str:
    """A name with the article that the sentence owes it, if any."""
    kind = sorting_key(name.partition(" ")[0].rstrip(","))
    return KINDS.get(kind, "") + name


def of(name: object) -> str:
    """A name after "de": "d’Atelier", "du Relais", "de l’Association Soleil", "de Conseil Sol"."""
    text = with_article(str(name))
    for article, merged in (("le ", "du "), ("les ", "des ")):
        if text[: len(article)].lower() == article:
            return merged + text[len(article) :]
    return f"d’{text}" if is_elided_before(text) else f"de {text}"


def to(name: object) -> str:
    """A name after "à": "au Relais", "aux Jardins partagés", "à la Régie", "à Conseil Sol"."""
    text = with_article(str(name))
    for article, merged in (("le ", "au "), ("les ", "aux ")):
        if text[: len(article)].lower() == article:
            return merged + text[len(article) :]
    return f"à {text}"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: a; a et b; a, b et c."""
    *first, last = names
    return f"{', '.join(first)} et {last}" if first else last


def is_elided_before(text: str) -> bool:
    """Whether "de" loses its vowel before this: a vowel or a silent h."""
    plain = without_accents(text).lower()
    if plain.startswith(HEARD) or not plain[:1].isalpha():
        return False
    if plain.startswith("y"):  # Yves, but Yannick
        return plain[1:2] not in "aeiou"
    return plain[0] in "aeiouh"


def filled(text: str, words: Mapping[str, object]) -> str:
    """A text with merge fields, each "de {name}" and "à {name}" said as French says it.

    An organisation has its article at the start of a sentence, and after "pour" and "par"; what
    somebody wrote ({comment}, {title}) never has.
    """

    def said(found: re.Match[str]) -> str:
        before, name = found["before"], found["name"]
        if name not in words:
            return found[0]
        value = str(words[name])
        if before in {"de ", "à "}:
            value = of(value) if before == "de " else to(value)
        elif name in ORGANISATIONS:
            value = before + with_article(value)
            value = value if before else value[:1].upper() + value[1:]
        else:
            value = before + value
        return value.replace("{", "{{").replace("}", "}}")

    return MERGE_FIELD.sub(said, text).format(**words)
