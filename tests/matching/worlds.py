"""Directories drawn at random, and what may be asked of them."""

from datetime import date, timedelta
from random import Random

from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.engagements.models import Assignment
from ilo_cms.matching.services import Criteria
from ilo_cms.referentials.models import HeadcountBand, Sector, Skill, SkillGroup, Territory
from tests.factories import (
    AssignmentFactory,
    ContactFactory,
    EngagementFactory,
    OrganisationFactory,
)


NAMES = ["Réseaux", "Locaux", "Œuvre", "Atelier", "ateliers", "Sol", "Émile", "Journal", "Zébu"]
STATUSES = ["engagee", "realisee", "cloturee", "abandonnee", "prevue"]


class World:
    """The lists of a small directory; `fill` draws its providers anew."""

    def __init__(self) -> None:
        group = SkillGroup.objects.create(code="g", label="Famille")
        self.skills = [
            Skill.objects.create(code=f"s{n}", label=f"Thème {name}", group=group)
            for n, name in enumerate(["gouvernance", "emploi", "journaux", "finances"])
        ]
        self.sectors = [Sector.objects.create(code=f"c{n}", label=f"C{n}") for n in range(3)]
        self.bands = [HeadcountBand.objects.create(code=f"b{n}", label=f"B{n}") for n in range(2)]
        self.territories = []
        for region in range(2):
            top = Territory.objects.create(kind="region", code=f"r{region}", label=f"R{region}")
            self.territories.append(top)
            self.territories += [
                Territory.objects.create(
                    kind="departement", code=f"{region}{n}", label=f"D{region}{n}", region=top
                )
                for n in range(2)
            ]

    def some(self, random: Random, rows: list) -> list:
        """A few of a list, often none."""
        return random.sample(rows, random.choice([0, 0, 1, 1, 2]))

    def fill(self, random: Random, count: int) -> None:
        """Providers, people and assignments with every property that the search looks at."""
        engagement = EngagementFactory()
        for _ in range(count):
            organisation = OrganisationFactory(
                name=" ".join(random.choices(NAMES, k=random.choice([1, 2]))),
                acronym=random.choice(["", "AÉI"]),
                presentation=random.choice(["", "Locaux et journaux"]),
                is_active=random.random() < 0.9,
                is_provider=random.random() < 0.9,
                is_cae=random.random() < 0.3,
                headcount_band=random.choice([None, *self.bands]),
            )
            self.choose(random, organisation)
            for _ in range(random.choice([0, 1, 1, 2])):
                contact = ContactFactory(
                    organisation=organisation,
                    establishment=None,
                    former=random.random() < 0.2,
                    user__is_active=random.random() < 0.9,
                    user__no_email=random.random() < 0.1,
                )
                self.choose(random, contact)
            for _ in range(random.choice([0, 0, 1, 2])):
                AssignmentFactory(
                    engagement=engagement,
                    contact=None,
                    provider=organisation,
                    establishment=None,
                    status=random.choice(STATUSES),
                    starts_on=random.choice([None, a_day(random)]),
                    ends_on=None,
                )

    def choose(self, random: Random, record: Organisation | Contact) -> None:
        """Draw a record's lists."""
        record.skills.set(self.some(random, self.skills))
        record.sectors.set(self.some(random, self.sectors))
        record.territories.set(self.some(random, self.territories))

    def disturb(self, random: Random) -> None:
        """Change one thing, in one of the ways in which things change."""
        organisation = random.choice(list(Organisation.objects.filter(is_operator=False)))
        way = random.randrange(6)
        rows = Organisation.objects.filter(pk=organisation.pk)
        if way == 0:
            rows.update(is_active=not organisation.is_active)
        elif way == 1:
            rows.update(name=random.choice(NAMES))
        elif way == 2:
            self.choose(random, organisation)
        elif way == 3:
            for contact in organisation.contacts.all():
                self.choose(random, contact)
        elif way == 4:
            organisation.contacts.update(ended_on=random.choice([None, a_day(random)]))
        else:
            Assignment.objects.filter(provider=organisation).update(status=random.choice(STATUSES))

    def criteria(self, random: Random) -> Criteria:
        """Something to ask."""
        return Criteria(
            skills=tuple(row.pk for row in self.some(random, self.skills)),
            sectors=tuple(row.pk for row in self.some(random, self.sectors)),
            territory=random.choice([None, None, 0, *(row.pk for row in self.territories)]),
            words=random.choice(["", "", "", "atelier", "loc", "JOURNAUX", "œuvres sol", "aei"]),
            is_cae=random.choice([None, None, True, False]),
            bands=tuple(row.pk for row in self.some(random, self.bands)),
            never_called=random.random() < 0.2,
        )


def a_day(random: Random) -> date:
    """One of few days, so that equals occur."""
    return date(2026, 1, 1) + timedelta(days=random.randrange(4))
