"""French inside a sentence."""

import re
import unicodedata
from collections.abc import Mapping


#: Before these an h is heard, or a vowel stands alone: "de Haute-Savoie", "de onze".
HEARD = (
    *("hale", "hall", "hama", "hand", "hang", "haut", "havr", "heris", "hero", "hibo"),
    *("hola", "homa", "hong", "hors", "houb", "houl", "onz", "oui", "yaou", "yog"),
)
MERGE_FIELD = re.compile(r"\bde \{(?P<name>\w+)\}")


def in_sentence(label: str) -> str:
    """A label after a comma or a colon: a small first letter, save for an acronym (OPCO, SIREN)."""
    is_acronym = label[1:2].isupper()
    return label if is_acronym else label[:1].lower() + label[1:]


def of(name: object) -> str:
    """A name after "de": "d’Atelier", "du Relais", "des Jardins partagés", "de Conseil Sol"."""
    text = str(name)
    for article, merged in (("le ", "du "), ("les ", "des ")):
        if text[: len(article)].lower() == article:
            return merged + text[len(article) :]
    return f"d’{text}" if is_elided_before(text) else f"de {text}"


def is_elided_before(text: str) -> bool:
    """Whether "de" loses its vowel before this: a vowel or a silent h."""
    plain = unicodedata.normalize("NFKD", text.replace("Œ", "Oe").replace("œ", "oe")).lower()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    if plain.startswith(HEARD) or not plain[:1].isalpha():
        return False
    if plain.startswith("y"):  # Yves, but Yannick
        return plain[1:2] not in "aeiou"
    return plain[0] in "aeiouh"


def filled(text: str, words: Mapping[str, object]) -> str:
    """A text with merge fields, each "de {name}" said as French says it."""

    def elided(found: re.Match[str]) -> str:
        if found["name"] not in words:
            return found[0]
        return of(words[found["name"]]).replace("{", "{{").replace("}", "}}")

    return MERGE_FIELD.sub(elided, text).format(**words)
