"""The columns of the index: every value that a provider can have, and its name."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ilo_cms.referentials.models import HeadcountBand, Sector, Skill, Territory


SKILL, SECTOR, DEPARTMENT, BAND, CAE = "skill", "sector", "department", "band", "cae"
#: One value of a provider: its kind and the key of its row.
Value = tuple[str, int]
THE_CAE: Value = (CAE, 1)


@dataclass(frozen=True)
class Catalogue:
    """Labels of all values, in the order in which screens show them, and regions' départements."""

    labels: Mapping[Value, str]
    regions: Mapping[int, tuple[str, tuple[int, ...]]]

    @cached_property
    def columns(self) -> dict[Value, int]:
        """The place of each value in the index."""
        return {value: place for place, value in enumerate(self.labels)}

    def departments(self, territory: int) -> tuple[int, ...]:
        """The départements meant by a territory: itself, or those of a region (SPEC P2)."""
        return self.regions[territory][1] if territory in self.regions else (territory,)


def read_catalogue() -> Catalogue:
    """The reference lists as they are now; outdated rows too, for records still hold them."""
    labels: dict[Value, str] = {}
    for kind, model in ((SKILL, Skill), (SECTOR, Sector), (BAND, HeadcountBand)):
        labels |= {(kind, pk): label for pk, label in model.objects.values_list("pk", "label")}
    regions: dict[int, tuple[str, list[int]]] = {}
    for territory in Territory.objects.order_by("kind", "code"):
        if territory.kind == Territory.Kind.DEPARTMENT:
            labels[DEPARTMENT, territory.pk] = str(territory)
            if territory.region_id:
                regions.setdefault(territory.region_id, ("", []))[1].append(territory.pk)
        else:
            children = regions.get(territory.pk, ("", []))[1]
            regions[territory.pk] = (str(territory), children)
    labels[THE_CAE] = "Coopérative d’activités et d’emploi"
    return Catalogue(labels, {pk: (label, tuple(rows)) for pk, (label, rows) in regions.items()})
