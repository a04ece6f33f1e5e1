"""Whose turn it is to have a file checked, which may take seconds of a processor (SPEC D2).

A person has two checks at once at most, counted in the cache that all processes share, as failed
sign-ins are. How many run in all is the sandbox's matter: one in each web process. While the cache
is out of reach nobody counts, and a file is checked all the same: no upload is lost for that.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache
from django.core.exceptions import ValidationError

from ilo_cms.accounts.models import User
from ilo_cms.documents.checks.sandbox import QUEUE_SECONDS, WALL_SECONDS


logger = logging.getLogger(__name__)

TOGETHER = 2
#: A place that a killed process left is free again after the longest that a check may take.
HELD_SECONDS = QUEUE_SECONDS + WALL_SECONDS + 10
BUSY = (
    "Un autre de vos fichiers est en cours de vérification : celui-ci n’est pas enregistré. "
    "Envoyez-le à nouveau dans quelques secondes."
)


@contextmanager
def turn(person: User) -> Iterator[None]:
    """Hold one of a person's places. Raises ValidationError ("busy") when all are taken."""
    place = taken_place(person)
    try:
        yield
    finally:
        give_back(place)


def taken_place(person: User) -> str:
    """The place that was free; "" when the cache cannot say. Raises ValidationError ("busy")."""
    places = [f"file-check:{person.pk}:{number}" for number in range(TOGETHER)]
    try:
        place = next((key for key in places if cache.add(key, True, timeout=HELD_SECONDS)), None)
    except Exception:  # each cache has errors of its own
        logger.exception("The cache does not answer: a file is checked without its turn")
        return ""
    if place is None:
        raise ValidationError(BUSY, code="busy")
    return place


def give_back(place: str) -> None:
    """Free a place; one that the cache does not let go ends by itself."""
    try:
        if place:
            cache.delete(place)
    except Exception:  # each cache has errors of its own
        logger.exception("The cache does not answer: %s stays taken for a while", place)
