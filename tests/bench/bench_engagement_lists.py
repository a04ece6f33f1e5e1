"""The list of assignments in the intranet: 100,000 rows beside the same list with 60 rows.

Also the list of engagements by stage. The limit is the same list where there is little to read:
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


ROOT = Path(__file__).resolve().parents[2]
ROWS = 400 if os.environ.get("BENCH_SIZE") == "small" else 100_000
FEW = 60
AIM = 1.2


def setup(folder: Path) -> None:
    """Django on an empty database, with its tables."""
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder / 'bench.sqlite3'}")
    os.environ |= {"VAR_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    sys.path[:0] = [str(ROOT), str(ROOT / "site")]
    import django
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    django.setup()
    setup_test_environment()
    call_command("migrate", verbosity=0)


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


def plans() -> None:
    """How the database finds the first page, on stderr."""
    from ilo_cms.engagements.models import Assignment, Engagement

    first = Assignment.objects.order_by("-starts_on", "pk")[:30]
    running = Assignment.objects.filter(status="engagee").order_by("-starts_on", "pk")[:30]
    staged = Engagement.objects.with_stage().filter(current_stage="plan").order_by("-opened_on")
    for rows in (first, running, staged[:30]):
        sys.stderr.write(rows.explain() + "\n\n")


def main() -> None:
    """Print a line of JSON per list."""
    with tempfile.TemporaryDirectory() as name:
        setup(Path(name))
        from django.db import connection
        from django.urls import reverse

        from tests.factories import OrganisationFactory
        from tests.helpers.intranet import an_officer, as_

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
