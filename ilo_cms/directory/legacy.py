"""Old values of Enée beside the new lists: what may replace them (SPEC P6, L3).

Proposals only: words that resemble each other are shown to their owner, who decides. Nothing is
ticked for them.
"""

import re
from collections.abc import Iterable

from anyascii import anyascii
from django.db import models
from django.utils import timezone
from rapidfuzz import fuzz

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import record as log
from ilo_cms.directory.models import LegacyValue
from ilo_cms.referentials.models import Sector, Skill, Territory


MAXIMUM_PROPOSALS = 5
#: Two words resemble each other above this ratio: "regroupement" and "groupement", not "média" and
#: "santé".
SAME_WORD = 85
#: The share of the old value's words that a proposal must have.
SHARED_WORDS = 1 / 3
#: Words that say nothing of a skill, sector or territory.
EMPTY_WORDS = {"aux", "avec", "dans", "des", "les", "par", "pour", "sur", "une", "vers"}


def offered(kind: str) -> models.QuerySet:
    """The rows of the new list that takes the place of a kind of old value."""
    if kind == LegacyValue.Kind.TERRITORY:
        return Territory.objects.select_related("region")
    if kind == LegacyValue.Kind.SECTOR:
        return Sector.objects.active()
    return Skill.objects.active().select_related("group")


def words(text: str) -> set[str]:
    """The telling words of a label: no accents, capitals, plurals or link words."""
    plain = re.findall(r"[a-z0-9]+", anyascii(text).lower())
    return {
        word.rstrip("sx") or word
        for word in plain
        if word not in EMPTY_WORDS and (len(word) > 2 or word.isdecimal())
    }


def resemble(one: str, other: str) -> bool:
    """Whether two words may mean the same: nearly equal, or one is the larger part of the other."""
    if one.isdecimal() or other.isdecimal():
        return one == other
    short, long = sorted((one, other), key=len)
    part = len(short) >= 5 and 2 * len(short) >= len(long) and short in long
    return part or fuzz.ratio(one, other) >= SAME_WORD


def proposals(value: LegacyValue, rows: Iterable[models.Model]) -> list[models.Model]:
    """The rows whose label shares words with an old value; often none.

    First those that share most, then the shortest.
    """
    old = words(value.label) or {""}
    scored = []
    for row in rows:
        new = words(str(row))
        share = sum(any(resemble(word, own) for own in new) for word in old) / len(old)
        if share >= SHARED_WORDS:
            scored.append((-share, len(new), row))
    scored.sort(key=lambda entry: entry[:2])  # then the order of the list: sorting is stable
    return [row for *_, row in scored[:MAXIMUM_PROPOSALS]]


def mark_handled(*, value: LegacyValue, chosen: list[models.Model], acting_user: User) -> None:
    """Close an old value: what took its place, or nothing. The caller holds its lock."""
    value.handled_at = timezone.now()
    value.save(update_fields=["handled_at"])
    owner = value.contact or value.organisation
    log(
        f"{owner._meta.model_name}.reentered",
        actor=acting_user,
        target=owner,
        organisation=value.organisation,
        before=str(value),
        after=", ".join(str(row) for row in chosen) or "aucun équivalent",
    )
