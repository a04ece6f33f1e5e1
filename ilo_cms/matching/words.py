"""Words as the index compares them: without accents, case and common French plurals."""

import re

from anyascii import anyascii


#: Plurals that no rule gives.
IRREGULAR = {"travaux": "travail", "yeux": "oeil", "baux": "bail", "emaux": "email"}
#: Nobody types more of them.
MOST = 20


def folded(text: str) -> str:
    """A text in plain lower-case letters."""
    return (text if text.isascii() else anyascii(text)).lower()


def singular(word: str) -> str:
    """A folded word without its plural: locaux → local, réseaux → reseau, jeux → jeu."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if word.endswith("aux") and not word.endswith("eaux") and len(word) > 4:
        return f"{word[:-3]}al"
    return word[:-1] if len(word) > 3 and word[-1] in "sx" else word


def words(text: str) -> list[str]:
    """The words of a text as the index holds them."""
    return [singular(word) for word in re.findall(r"[a-z0-9]+", folded(text))]


def asked_words(text: str) -> tuple[str, ...]:
    """The different words that somebody typed, in order; those beyond MOST are not looked for."""
    return tuple(dict.fromkeys(words(text)))[:MOST]
