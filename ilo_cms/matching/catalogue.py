"""The columns of the index: every value that a provider can have, and its name."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ilo_cms.referentials.models import HeadcountBand, Sector, Skill, Territory


SKILL, SECTOR, DEPARTMENT, REGION, BAND = "skill", "sector", "department", "region", "band"
#: One value of a provider: its kind and the key of its row.
Value = tuple[str, int]
THE_CAE: Value = ("cae", 1)
#: Never given an assignment, never invited.
NEVER: Value = ("never", 1)


@dataclass(frozen=True)
class Catalogue:
    """Labels of all values, in the order in which screens show them, and régions' départements."""

    labels: Mapping[Value, str]
    regions: Mapping[int, tuple[int, ...]]
    outdated: frozenset[Value] = frozenset()

    @cached_property
    def columns(self) -> dict[Value, int]:
        """The place of each value in the index."""
        return {value: place for place, value in enumerate(self.labels)}

    @cached_property
    def choices(self) -> dict[str, list[tuple[int, str]]]:
        """What may be asked for, list by list: the rows that are not outdated, with their names."""
        found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for value, label in self.labels.items():
            if value not in self.outdated:
                found[value[0]].append((value[1], label))
        return found

    @cached_property
    def covers(self) -> dict[int, tuple[Value, ...]]:
        """What declaring a territory covers: the département, or those of the région (SPEC P2).

        The région is a value of its own, had by who covers one of its départements. One without
        départements covers nothing.
        """
        found: dict[int, tuple[Value, ...]] = {
            key: ((DEPARTMENT, key),) for kind, key in self.labels if kind == DEPARTMENT
        }
        for region, inside in self.regions.items():
            found |= {key: ((DEPARTMENT, key), (REGION, region)) for key in inside}
            own = ((REGION, region),) if inside else ()
            found[region] = (*((DEPARTMENT, key) for key in inside), *own)
        return found

    def departments(self, territory: int) -> tuple[int, ...]:
        """The départements meant by a territory: itself, or those of a région (SPEC P2)."""
        return self.regions.get(territory, (territory,))

    def place(self, territory: int) -> Value:
        """The value of who covers a territory, or of a région a part of it."""
        return (REGION if territory in self.regions else DEPARTMENT, territory)


def read_catalogue() -> Catalogue:
    """The reference lists as they are now; outdated rows too, for records still hold them."""
    labels: dict[Value, str] = {}
    outdated = []
    for kind, model in ((SKILL, Skill), (SECTOR, Sector), (BAND, HeadcountBand)):
        for key, label, is_active in model.objects.values_list("pk", "label", "is_active"):
            labels[kind, key] = label
            outdated += [] if is_active else [(kind, key)]
    regions: dict[int, list[int]] = {}
    for territory in Territory.objects.order_by("kind", "code"):
        if territory.kind == Territory.Kind.DEPARTMENT:
            labels[DEPARTMENT, territory.pk] = str(territory)
            if territory.region_id:
                regions.setdefault(territory.region_id, []).append(territory.pk)
        else:
            labels[REGION, territory.pk] = str(territory)
            regions.setdefault(territory.pk, [])
    labels[THE_CAE] = "Coopérative d’activités et d’emploi"
    labels[NEVER] = "Jamais appelé"
    inside = {region: tuple(departments) for region, departments in regions.items()}
    return Catalogue(labels, inside, frozenset(outdated))
