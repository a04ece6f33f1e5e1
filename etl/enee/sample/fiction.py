"""Draws names, places, codes and days for the fictional world."""

import re
import unicodedata
from datetime import date, timedelta
from random import Random

from etl.enee.sample import words


def slug(text: str) -> str:
    """Letters and digits of a name, for addresses."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def operator_domain(name: str) -> str:
    """The mail domain of an operator: "DLA du Rhône" has dla-rhone.example."""
    return slug(name).replace("dla-du-", "dla-") + ".example"


class Fiction:
    """What is drawn by chance, always from the same generator."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.taken: set[str] = set()

    def unique_name(self, *parts: list[str]) -> str:
        """A name of the given kinds that no other organisation has."""
        while True:
            name = " ".join(filter(None, map(self.rng.choice, parts)))
            if name in self.taken:
                name = f"{name} {self.rng.choice(words.LAST_NAMES)} {self.rng.randrange(2, 99)}"
            if name not in self.taken:
                self.taken.add(name)
                return name

    def person(self) -> tuple[str, str, str]:
        """Title, first name and last name."""
        title, first = self.rng.choice(words.FIRST_NAMES)
        return title, first, self.rng.choice(words.LAST_NAMES)

    def address(self, first: str, last: str, domain: str) -> str:
        """An address that nobody else of this world has."""
        address, rank = f"{slug(first)}.{slug(last)}@{domain}", 1
        while address in self.taken:
            rank += 1
            address = f"{slug(first)}.{slug(last)}{rank}@{domain}"
        self.taken.add(address)
        return address

    def place(self) -> tuple[str, str]:
        """Postcode and city."""
        return self.rng.choice(words.PLACES)[:2]

    def street(self) -> str:
        """Number and street."""
        return f"{self.rng.randint(1, 180)} {self.rng.choice(words.STREETS)}"

    def codes(self, letter: str, size: int, least: int, most: int) -> str:
        """Some codes of an old list, separated by commas."""
        ranks = self.rng.sample(range(1, size + 1), self.rng.randint(least, most))
        return ",".join(f"{letter}{rank:02d}" for rank in sorted(ranks))

    def zones(self, postcode: str) -> str:
        """Where a provider works: its département, some others, or an old region by name."""
        if self.rng.random() < 0.15:
            return self.rng.choice(list(words.OLD_REGIONS))
        home = postcode[:3] if postcode.startswith("97") else postcode[:2]
        others = self.rng.sample(["01", "26", "38", "42", "59", "62", "73"], self.rng.randint(0, 3))
        return ",".join(dict.fromkeys(["2A" if postcode == "20000" else home, *others]))

    def day(self, first: date, last: date) -> date:
        """A day between two others."""
        return first + timedelta(days=self.rng.randint(0, (last - first).days))
