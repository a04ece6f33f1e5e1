"""From a page of HTML to a PDF that a screen reader can read, without fetching anything."""

from typing import NoReturn

from weasyprint import HTML


class FetchRefusedError(Exception):
    """A document asked for something outside itself."""


def refuse(url: str, *_: object, **__: object) -> NoReturn:
    """Whatever a document asks for: no file of the server, no other host."""
    raise FetchRefusedError(f"A PDF holds all it shows: {url[:80]}")


def pdf_of(html: str) -> bytes:
    """The PDF/UA-1 of a page, which says its own language, title and styles."""
    return HTML(string=html, url_fetcher=refuse).write_pdf(pdf_variant="pdf/ua-1")
