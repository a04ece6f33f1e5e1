"""File names as people send them, made harmless: what is shown is what is there."""

import re
import unicodedata


LONGEST = 150
#: Names that Windows gives to devices: a file of that name cannot be saved there.
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
SPOKEN_FOR = re.compile(r'[<>:"|?*]')


def clean_name(name: str) -> str:
    """The name without path, without invisible or reversing characters, at most 150 long.

    The extension is kept when the rest is cut. A name of which nothing remains is "document".
    """
    name = unicodedata.normalize("NFC", name)
    # C: controls, bidirectional marks, surrogates, private and unassigned; Z: all kinds of spaces.
    visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in name)
    last = re.split(r"[/\\]", visible)[-1]
    tidy = " ".join(SPOKEN_FOR.sub("_", last).split()).rstrip(". ")
    stem, dot, extension = tidy.rpartition(".")
    if not dot:
        stem, extension = tidy, ""
    stem = stem.strip(". ") or "document"
    if RESERVED.fullmatch(stem.split(".")[0].strip()):
        stem = f"_{stem}"
    extension = extension.strip()[:20].strip()
    ending = f".{extension}" if extension else ""
    return stem[: LONGEST - len(ending)].rstrip(". ") + ending


def extension_of(name: str) -> str:
    """The extension of a cleaned name, in lower case, under its usual spelling."""
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    return "jpg" if extension == "jpeg" else extension
