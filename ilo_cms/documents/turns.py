"""Whose turn it is to have a file checked, which may take seconds of a processor (SPEC D2).

A person has two checks at once at most, counted in the cache that all processes share, as failed
sign-ins are. How many run in all is the sandbox's matter: one in each web process.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache
from django.core.exceptions import ValidationError

from ilo_cms.accounts.models import User
from ilo_cms.documents.checks.sandbox import QUEUE_SECONDS, WALL_SECONDS


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
    places = [f"file-check:{person.pk}:{number}" for number in range(TOGETHER)]
    place = next((key for key in places if cache.add(key, True, timeout=HELD_SECONDS)), None)
    if place is None:
        raise ValidationError(BUSY, code="busy")
    try:
        yield
    finally:
        cache.delete(place)
