"""Amounts looked for in what a person reads."""

import re
from html import unescape


def says(text: str, amount: str) -> bool:
    """Whether a text says an amount (as "7777.77"), however it is written, as "7 777,77 €".

    Look for one with cents: four digits alone also stand in the identifiers of a page.
    """
    return amount in re.sub(r"\s", "", unescape(text)).replace(",", ".")
