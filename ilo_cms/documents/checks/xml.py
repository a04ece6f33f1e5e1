"""XML of an office document, read by expat: no document type, no entities, only UTF-8."""

from collections.abc import Callable, Iterable
from typing import NoReturn
from xml.parsers import expat

from ilo_cms.documents.checks.refusal import DAMAGED, DISGUISED, Refused


#: Given a start tag as "namespace name" and its attributes, likewise named.
OnStart = Callable[[str, dict[str, str]], None]
#: Given the text between tags, entire or in pieces.
TextReader = Callable[[str], None]
#: How XML in UTF-16 begins, with or without its mark: the parser reads it, a search would not.
WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")


class Enough(Exception):
    """The root element has begun: what can only stand before it is known."""


def parse(
    pieces: Iterable[bytes], label: str, on_start: OnStart, on_text: TextReader | None = None
) -> None:
    """Read XML and call `on_start` for each element, `on_text` for its text. Raises Refused."""

    def refuse(*_: object) -> NoReturn:
        raise Refused(DISGUISED.format(label=label))

    def declaration(_: str, encoding: str | None, __: int) -> None:
        if (encoding or "utf-8").lower() not in ("utf-8", "us-ascii"):
            refuse()

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.XmlDeclHandler = declaration
    parser.StartElementHandler = on_start
    parser.CharacterDataHandler = on_text
    first = True
    try:
        for piece in pieces:
            if first and piece.startswith(WIDE):
                refuse()
            first = False
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Refused(DAMAGED.format(label=label)) from error


def parse_head(pieces: Iterable[bytes], label: str) -> None:
    """Read up to the root element: a document type can stand nowhere else."""

    def stop(*_: object) -> NoReturn:
        raise Enough

    try:
        parse(pieces, label, stop)
    except Enough:
        return
