"""How fast an Enée export is loaded: python tests/bench/bench_enee_load.py

Prints one JSON line. Unit: rows of the export a second, median of interleaved rounds on a fresh
database. `ours` is the whole load (reading, checks, writing, account, balance); `peer` is the
usual loop of get_or_create and save() in one transaction, on a part of the same rows; `limit` is
the bare insertion of the tuples that the load computes, nothing read or checked. The search index,
which is filled after the load, is told apart. DATABASE_URL moves it from SQLite to PostgreSQL;
BENCH_SIZE=small makes it short.
"""

import json
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from statistics import median


sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.helpers import alone


SMALL = os.environ.get("BENCH_SIZE") == "small"
SCALE, ROUNDS, PEER_ROWS = (1.0, 1, 100) if SMALL else (20.7, 3, 1000)


def main() -> None:
    """Set up a database of its own, time the three, print the line."""
    with tempfile.TemporaryDirectory() as folder:
        alone.start(folder, any_engine=True)
        logging.disable()
        sys.stdout.write(json.dumps(measure(Path(folder))) + "\n")


def measure(folder: Path) -> dict:
    """Interleave the rounds, so that a busy machine slows all three alike."""
    from django.core.management import call_command
    from django.db import connection

    from etl.enee.load import transfer
    from etl.enee.sample import generate
    from etl.enee.search import index_missing

    export = folder / "export"
    rows = sum(generate(export, scale=SCALE).values())
    call_command("flush", interactive=False, verbosity=0)
    load_lists()
    connection.close()
    keep_fresh(folder)
    tables: list = []
    times: dict[str, list[float]] = {"ours": [], "peer": [], "limit": [], "index": []}
    for _ in range(ROUNDS):
        fresh(folder)
        times["ours"].append(seconds(lambda: tables.append(transfer(export)[1])))
        times["index"].append(seconds(lambda: index_missing(tables[-1])))
        fresh(folder)
        times["limit"].append(seconds(lambda: insert_only(tables[-1])))
        fresh(folder)
        times["peer"].append(seconds(lambda: save_loop(export)) * rows / peer_rows(export))
    speed = {name: rows / median(spent) for name, spent in times.items()}
    aim = 20_000 if connection.vendor == "sqlite" else 10_000
    return {
        "name": f"enee_load_{connection.vendor}",
        "ours": round(speed["ours"]),
        "peer": round(speed["peer"]),
        "limit": round(speed["limit"]),
        "unit": "rows/s",
        "ratio_to_peer": round(speed["ours"] / speed["peer"], 1),
        "ratio_to_limit": round(speed["ours"] / speed["limit"], 2),
        "aim": aim,
        "met": speed["ours"] >= aim,
        "rows": rows,
        "search_index_seconds": round(median(times["index"]), 1),
    }


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def load_lists() -> None:
    """The reference lists, and the type of action that the plan's lines are given."""
    from django.core.management import call_command

    from ilo_cms.engagements.assignments import consulting

    call_command("load_referentials", stdout=StringIO())
    consulting()


def keep_fresh(folder: Path) -> None:
    """Remember the database that has only the reference lists."""
    if (folder / "ilo.sqlite3").exists():
        shutil.copy(folder / "ilo.sqlite3", folder / "fresh.sqlite3")


def fresh(folder: Path) -> None:
    """Give every round that database again."""
    from django.core.management import call_command
    from django.db import connection

    if connection.vendor == "sqlite":
        connection.close()
        for path in folder.glob("ilo.sqlite3*"):
            path.unlink()
        shutil.copy(folder / "fresh.sqlite3", folder / "ilo.sqlite3")
    else:
        call_command("flush", interactive=False, verbosity=0)
        load_lists()
    connection.ensure_connection()


def insert_only(tables: list) -> None:
    """The same tuples into the same tables, and nothing else."""
    from django.db import transaction

    from etl.enee.store import roomy_cache

    with roomy_cache(), transaction.atomic():
        for table in tables:
            table.write()


def peer_rows(export: Path) -> int:
    """How many rows the loop reads."""
    return sum(min(PEER_ROWS, len(read(export, name))) for name in PEER_FILES)


PEER_FILES = ["prestataires", "intervenants", "prestations"]


def read(export: Path, name: str) -> list[dict[str, str]]:
    """The rows of one file that fit their columns."""
    import csv

    text = (export / f"{name}.csv").read_bytes().replace(b"\x00", b"").decode("cp1252", "ignore")
    rows = csv.DictReader(StringIO(text, newline=""), delimiter=";")
    return [row for row in rows if None not in row and None not in row.values()]


def save_loop(export: Path) -> None:
    """What one writes first: a row, a few look-ups, get_or_create, save(). No search index here."""
    from django.db import transaction
    from django.test import override_settings

    from ilo_cms.accounts.models import User
    from ilo_cms.directory.models import Contact, Organisation
    from ilo_cms.engagements.models import Assignment, Engagement
    from ilo_cms.referentials.models import Sector, Skill

    unindexed = {"default": {"BACKEND": "wagtail.search.backends.database", "AUTO_UPDATE": False}}
    with override_settings(WAGTAILSEARCH_BACKENDS=unindexed), transaction.atomic():
        providers = {}
        for row in read(export, "prestataires")[:PEER_ROWS]:
            siren = row["SIREN"].replace(" ", "").replace(".", "").zfill(9)
            name = row["RAISON_SOCIALE"]
            provider, _ = Organisation.objects.get_or_create(siren=siren, defaults={"name": name})
            provider.is_provider = True
            provider.save()
            provider.skills.set(Skill.objects.all()[: row["THEMES"].count(",") + 1])
            provider.sectors.set(Sector.objects.all()[: row["SECTEURS"].count(",") + 1])
            providers[row["ID_PRESTATAIRE"]] = provider
        default = next(iter(providers.values()))
        for row in read(export, "intervenants")[:PEER_ROWS]:
            email = row["MEL"].strip().lower() or None
            defaults = {"last_name": row["NOM"], "first_name": row["PRENOM"]}
            user, _ = User.objects.get_or_create(email=email, defaults=defaults)
            organisation = providers.get(row["ID_PRESTATAIRE"], default)
            contact, _ = Contact.objects.get_or_create(user=user, organisation=organisation)
            contact.skills.set(Skill.objects.all()[: row["THEMES"].count(",") + 1])
        engagement = Engagement.objects.create(
            beneficiary=default, operator=default, title="Accompagnement", opened_on="2020-01-01"
        )
        for row in read(export, "prestations")[:PEER_ROWS]:
            Assignment.objects.get_or_create(
                engagement=engagement,
                label=f"{row['ID_PRESTATION']} {row['INTITULE']}",
                provider=providers.get(row["ID_PRESTATAIRE"]),
            )


if __name__ == "__main__":
    main()
