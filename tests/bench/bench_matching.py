"""Crossing themes, territory, sectors and a word, with the counts of every list: p50 and p95.

Ours is `matching.services.search`; the peer is the same asked of the database through the ORM
(page, total and counts), on the same rows in the same run; the limit is the bare AND and popcount
of the bitmaps. At 1,000,000 the index is built from drawn providers, without database or peer.
Each question counts with the best of ROUNDS; the peer is asked once.
`ratio_to_peer`: how many times faster than the peer; `ratio_to_limit`: how many times the limit.
"""

import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from uuid import UUID


sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.helpers import alone


SMALL = os.environ.get("BENCH_SIZE") == "small"
PROVIDERS, MANY, QUERIES, PEER_QUERIES = (
    (200, 1_000, 5, 2) if SMALL else (100_000, 1_000_000, 200, 12)
)
#: Each question is asked so often, and its best time counts: others use the processor too.
ROUNDS = 1 if SMALL else 5
VOCABULARY = [f"{syllable}{number:03}" for syllable in ("ba", "ce", "di") for number in range(600)]


def set_up(folder: str) -> None:
    """Django on an empty database with the reference lists."""
    alone.start(folder)
    from django.core.management import call_command

    call_command("load_referentials", verbosity=0)


def skewed(random: Random, rows: list, count: int) -> set:
    """Different rows, the first of the list far more often than the last."""
    return {rows[int(len(rows) * random.random() ** 2)] for _ in range(count)}


def fill() -> float:
    """Providers with one contact each, about 4 themes, 3 sectors, 6 départements; how long."""
    from django.db import transaction
    from django.utils import timezone

    from ilo_cms.accounts.models import User
    from ilo_cms.directory.models import Contact, Organisation
    from ilo_cms.referentials.models import Sector, Skill, Territory

    random, started = Random(7), time.perf_counter()
    lists = {
        "skills": list(Skill.objects.values_list("pk", flat=True)),
        "sectors": list(Sector.objects.values_list("pk", flat=True)),
        "territories": list(
            Territory.objects.filter(kind="departement").values_list("pk", flat=True)
        ),
    }
    for start in range(0, PROVIDERS, 5_000):
        numbers = range(start, min(start + 5_000, PROVIDERS))
        made = [
            Organisation(name=" ".join(random.choices(VOCABULARY, k=4)), is_provider=True)
            for _ in numbers
        ]
        people = [User(email=f"p{n}@bench.example", last_name="X", password="!") for n in numbers]
        with transaction.atomic():
            Organisation.objects.bulk_create(made)
            User.objects.bulk_create(people)
            Contact.objects.bulk_create(
                Contact(user=user, organisation=row) for user, row in zip(people, made, strict=True)
            )
            for name, keys in lists.items():
                through = getattr(Organisation, name).through
                column = through._meta.get_fields()[2].attname
                drawn = {"skills": 5, "sectors": 4, "territories": 8}[name]
                through.objects.bulk_create(
                    through(organisation_id=row.pk, **{column: key})
                    for row in made
                    for key in skewed(random, keys, drawn)
                )
    assert timezone.now()
    return time.perf_counter() - started


def asked(count: int) -> list:
    """Three themes, a département, a sector, and a word in one question of four."""
    from ilo_cms.matching.services import Criteria
    from ilo_cms.referentials.models import Sector, Skill, Territory

    random = Random(11)
    skills = list(Skill.objects.values_list("pk", flat=True))
    sectors = list(Sector.objects.values_list("pk", flat=True))
    places = list(Territory.objects.filter(kind="departement").values_list("pk", flat=True))
    return [
        Criteria(
            skills=tuple(random.sample(skills, 3)),
            sectors=(random.choice(sectors),),
            territory=random.choice(places),
            words=random.choice(["", "", "", random.choice(VOCABULARY)[:4]]),
        )
        for _ in range(count)
    ]


def peer(criteria) -> int:
    """The ORM's joins: one page in order, the total, and the counts of the three lists."""
    from django.db.models import Count, Q

    from ilo_cms.directory.models import Contact, Organisation

    through = {name: getattr(Organisation, name).through.objects for name in LISTS}
    rows = Organisation.objects.filter(is_provider=True, is_active=True)
    people = Contact.objects.filter(ended_on=None, user__is_active=True, user__email__isnull=False)
    rows = rows.filter(pk__in=people.values("organisation"))
    of_skill = through["skills"].filter(skill__in=criteria.skills)
    here = through["territories"].filter(territory=criteria.territory)
    rows = rows.filter(pk__in=of_skill.values("organisation"))
    rows = rows.filter(pk__in=here.values("organisation"))
    for word in criteria.words.split():
        rows = rows.filter(name__icontains=word)
    themes = Count("skills", filter=Q(skills__in=criteria.skills), distinct=True)
    sector = Count("sectors", filter=Q(sectors__in=criteria.sectors), distinct=True)
    ranked = rows.annotate(themes=themes, sector=sector).order_by("-themes", "-sector", "name")
    list(ranked.values_list("pk", "themes", "sector")[:30])
    for name, column in LISTS.items():
        counts = through[name].filter(organisation__in=rows).values_list(column)
        list(counts.annotate(Count("pk")))
    return rows.count()


LISTS = {"skills": "skill", "sectors": "sector", "territories": "territory"}


def times(run: Callable, questions: list, rounds: int = ROUNDS) -> list[float]:
    """Milliseconds of each question: the best of its rounds, which are not in a row."""
    found = [float("inf")] * len(questions)
    for _ in range(rounds):
        for place, question in enumerate(questions):
            started = time.perf_counter()
            run(question)
            found[place] = min(found[place], (time.perf_counter() - started) * 1000)
    return found


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def bare(index) -> Callable:
    """What no search on bitmaps can do without: the AND of the criteria and all the counts."""
    import numpy as np

    def run(criteria):
        columns = index.catalogue.columns
        themes = index.bits[[columns["skill", key] for key in criteria.skills]]
        mask = np.bitwise_or.reduce(themes) & index.bits[columns["department", criteria.territory]]
        for start in range(0, len(mask), 2048):
            block = slice(start, start + 2048)
            np.bitwise_count(index.bits[:, block] & mask[block]).sum(axis=1)

    return run


def line(name: str, ours: list[float], limit: list[float], peers: list[float], aim: float) -> None:
    """Print one measure."""
    mine, floor = statistics.median(ours), statistics.median(limit)
    theirs = statistics.median(peers) if peers else None
    high = p95(ours)
    row = {"name": name, "ours": round(mine, 3), "peer": theirs and round(theirs, 2)}
    row |= {"limit": round(floor, 3), "unit": "ms", "ours_p95": round(high, 3)}
    row |= {
        "ratio_to_peer": theirs and round(theirs / mine, 1),
        "ratio_to_limit": round(mine / floor, 2),
        "aim": f"p95 at most {aim} ms" + (", 30 x the peer" if peers else ""),
        "met": high <= aim and (theirs is None or theirs / mine >= 30),
    }
    print(json.dumps(row))


def in_database() -> None:
    """The engine, its build and the page on a database of PROVIDERS."""
    from ilo_cms.matching.journal import keeper, rebuilt
    from ilo_cms.matching.services import search

    filled = fill()
    before, started = memory(), time.perf_counter()
    index = rebuilt()
    built = time.perf_counter() - started
    note("built from the database", PROVIDERS, built, memory() - before, index)
    print(f"filled in {filled:.1f} s, triggers included", file=sys.stderr)
    questions = asked(QUERIES)
    for question in questions[:PEER_QUERIES]:
        total = search(question).total
        if total != peer(question):
            raise SystemExit(f"bench_matching: {total} found, {peer(question)} by the ORM")
    ours = times(search, questions)
    limit = times(bare(keeper.current()), questions)
    peers = times(peer, questions[:PEER_QUERIES], 1)
    line(f"find among {PROVIDERS} providers", ours, limit, peers, 5)
    page(questions, ours)
    refreshing()


def page(questions: list, engine: list[float]) -> None:
    """The whole screen, asked as an officer."""
    from django.test import Client

    from ilo_cms.desk.management.commands.setup_ilo import wire
    from tests.helpers.intranet import an_administrator

    wire()
    client = Client()
    client.force_login(an_administrator())

    def run(question):
        client.get(
            "/admin/prestataires/rechercher/",
            {"skills": question.skills, "territory": question.territory, "words": question.words},
        )

    run(questions[0])
    line(f"its page among {PROVIDERS} providers", times(run, questions), engine, [], 25)


def refreshing() -> None:
    """What a search costs after one record changed."""
    from ilo_cms.directory.models import Organisation
    from ilo_cms.matching.services import Criteria, search

    keys = list(Organisation.objects.providers().values_list("pk", flat=True)[:40])
    plain = times(lambda _: search(Criteria()), keys)
    after = []
    for key in keys:
        Organisation.objects.filter(pk=key).update(presentation=f"change {key}")
        after += times(search, [Criteria()], 1)
    line(f"find after a change among {PROVIDERS}", after, plain, [], 50)


def in_memory() -> None:
    """The engine on an index of MANY drawn providers."""
    from ilo_cms.matching import services
    from ilo_cms.matching.catalogue import read_catalogue
    from ilo_cms.matching.index import build
    from ilo_cms.matching.loading import Entry

    random, catalogue = Random(5), read_catalogue()
    lists = {
        kind: [value for value in catalogue.labels if value[0] == kind]
        for kind in ("skill", "sector", "department")
    }

    def drawn():
        for number in range(MANY):
            values = skewed(random, lists["skill"], 5) | skewed(random, lists["sector"], 4)
            text = random.choices(VOCABULARY, k=4)
            yield Entry(
                UUID(int=number << 64 | number),
                " ".join(text),
                frozenset(values | skewed(random, lists["department"], 8)),
                frozenset(text),
            )

    before, started = memory(), time.perf_counter()
    index = build(drawn(), catalogue)
    note("drawn and built", MANY, time.perf_counter() - started, memory() - before, index)
    services.keeper.current = lambda: index
    questions = asked(QUERIES)
    ours = times(services.search, questions)
    line(f"find among {MANY} providers", ours, times(bare(index), questions), [], 15)


def memory() -> int:
    """The most memory this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def note(how: str, count: int, seconds: float, megabytes: int, index) -> None:
    """Say on the other channel what a build took."""
    arrays = [index.bits, index.order, index.keys, index.words.slots]
    held = sum(part.nbytes for part in arrays) // 2**20
    text = (
        f"{count} providers {how} in {seconds:.1f} s, {megabytes} MB at most, {held} MB of arrays"
    )
    print(text, file=sys.stderr)


def main() -> None:
    """Print the lines of JSON."""
    with tempfile.TemporaryDirectory() as folder:
        set_up(folder)
        in_database()
        in_memory()


if __name__ == "__main__":
    main()
