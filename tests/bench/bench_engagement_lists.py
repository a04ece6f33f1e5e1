"""The list of assignments in the intranet: 100,000 rows beside the same list with 60 rows.

Also the list of engagements by stage, and the page of one engagement that holds 200 of each thing
beside the same page with 2. The limit is the same list or page where there is little to read:
`ratio_to_limit` says how many times longer the large one takes. `DATABASE_URL` chooses the
database; without it, SQLite in a folder that is removed.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path


sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.helpers import alone


ROWS = 400 if os.environ.get("BENCH_SIZE") == "small" else 100_000
FEW = 60
AIM = 1.2
#: Of each thing that one engagement holds; its page shows them all, so that it takes longer.
ITEMS = 20 if os.environ.get("BENCH_SIZE") == "small" else 200
PAGE_SECONDS = 1.0


def fill(officer, houses: list, start: int, count: int) -> None:
    """Engagements of two assignments each, over ten years, in every stage and state."""
    from ilo_cms.engagements.models import (
        Assignment,
        AssignmentStatus,
        Engagement,
        Stage,
        StageEntry,
    )

    stages, statuses = list(Stage), list(AssignmentStatus)
    engagements, entries, assignments = [], [], []
    for number in range(start, start + count // 2):
        day = date(2016, 1, 1) + timedelta(days=number % 3650)
        engagement = Engagement(
            beneficiary=houses[number % len(houses)],
            operator=officer.operator,
            officer=officer,
            title=f"Accompagnement {number}",
            opened_on=day,
        )
        engagements.append(engagement)
        for rank in range(number % 5 + 1):
            entries.append(
                StageEntry(
                    engagement=engagement,
                    stage=stages[rank],
                    rank=rank,
                    entered_on=day + timedelta(days=30 * rank),
                )
            )
        for half in range(2):
            assignments.append(
                Assignment(
                    engagement=engagement,
                    label=f"Prestation {number} {half}",
                    provider=houses[(number + half) % len(houses)],
                    amount="5400.10",
                    starts_on=day + timedelta(days=60),
                    status=statuses[(number + half) % len(statuses)],
                )
            )
    for model, rows in (
        (Engagement, engagements),
        (StageEntry, entries),
        (Assignment, assignments),
    ):
        model.objects.bulk_create(rows, batch_size=2000)


def timed(client, addresses: list[str]) -> dict[str, float]:
    """The median of five visits of each list, after one to warm up."""
    found = {}
    for address in addresses:
        times = []
        for number in range(6):
            started = time.perf_counter()
            response = client.get(address)
            if response.status_code != 200:
                raise SystemExit(f"bench_engagement_lists: {address}: {response.status_code}")
            if number:
                times.append(time.perf_counter() - started)
        found[address] = statistics.median(times)
    return found


def one_page(client, user) -> dict:
    """The page of one engagement with ITEMS of each thing beside 2: its seconds and its queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    from tests.engagements.helpers import crowd, started

    engagement = started(officer=user.officer)
    address = reverse("engagement_page", args=[engagement.pk])
    seconds, queries, held = [], [], 0
    for size in (2, ITEMS):
        crowd(engagement, size - held)
        held = size
        seconds.append(timed(client, [address])[address])
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        queries.append(len(asked))
    few, many = seconds
    return {
        "name": f"one engagement, {ITEMS} of each, {queries[1]} queries ({connection.vendor})",
        "ours": round(many, 4),
        "peer": round(few, 4),
        "limit": round(few, 4),
        "unit": "s",
        "ratio_to_peer": round(few / many, 2),
        "ratio_to_limit": round(many / few, 2),
        "aim": f"at most {PAGE_SECONDS} s, and as many queries as with 2 of each ({queries[0]})",
        "met": many <= PAGE_SECONDS and queries[0] == queries[1],
    }


def plans() -> None:
    """How the database finds the first page, on stderr."""
    from ilo_cms.engagements.models import Assignment, Engagement

    first = Assignment.objects.order_by("-starts_on", "pk")[:30]
    running = Assignment.objects.filter(status="engagee").order_by("-starts_on", "pk")[:30]
    staged = Engagement.objects.with_stage().filter(current_stage="plan").order_by("-opened_on")
    for rows in (first, running, staged[:30]):
        sys.stderr.write(rows.explain() + "\n\n")


def main() -> None:
    """Print a line of JSON for the page and one per list."""
    with tempfile.TemporaryDirectory() as name:
        alone.start(name, any_engine=True)
        from django.db import connection
        from django.test.utils import setup_test_environment
        from django.urls import reverse

        from tests.factories import OrganisationFactory
        from tests.helpers.intranet import an_officer, as_

        setup_test_environment()
        user = an_officer()
        houses = [OrganisationFactory() for _ in range(20)]
        client = as_(user)
        addresses = {
            "assignments": reverse("assignment:index"),
            "engaged assignments": reverse("assignment:index") + "?status=engagee",
            "engagements": reverse("engagement:index"),
            "engagements by stage": reverse("engagement:index") + "?stage=plan",
        }
        fill(user.officer, houses, 0, FEW)
        few = timed(client, list(addresses.values()))
        fill(user.officer, houses, FEW, ROWS - FEW)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        many = timed(client, list(addresses.values()))
        plans()
        sys.stdout.write(json.dumps(one_page(client, user), ensure_ascii=False) + "\n")
        for title, address in addresses.items():
            ratio = many[address] / few[address]
            line = {
                "name": f"{title}, {ROWS} rows ({connection.vendor})",
                "ours": round(many[address], 4),
                "peer": round(few[address], 4),
                "limit": round(few[address], 4),
                "unit": "s",
                "ratio_to_peer": round(few[address] / many[address], 2),
                "ratio_to_limit": round(ratio, 2),
                "aim": f"at most {AIM} x the same list with {FEW} rows",
                "met": ratio <= AIM,
            }
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
