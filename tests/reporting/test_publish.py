"""Building and publishing the snapshot: right figures, whole or not at all, nothing personal."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from etl.reporting import definitions
from etl.reporting.publish import PublishError, alone, publish
from etl.reporting.snapshot import snapshot_age
from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.models import Contact, Establishment, LegacyValue, Organisation
from ilo_cms.moderation.fields import FIELDS, label
from ilo_cms.moderation.models import ChangeItem
from tests.factories import AssignmentFactory


def rows(path, sql):
    """What a reader of the snapshot gets."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(sql)]


def report(folder, name="small", *, columns=None, sql="SELECT 'a' AS code, 1 AS total"):
    """Write one report file and read it back."""
    columns = columns or [
        "code | TEXT | Code | | Un code.",
        "total | INTEGER | Total | | Un total.",
    ]
    header = ["title: Petit rapport", "description: Pour le test.", "key: code"]
    header += [f"column: {column}" for column in columns]
    folder.mkdir(exist_ok=True)
    text = "".join(f"-- {line}\n" for line in header) + f"\n{sql}\n"
    (folder / f"{name}.sql").write_text(text, encoding="utf-8")
    return definitions.tables(folder)


def test_coverage_counts_a_region_as_its_departments_and_shows_the_gaps(world, snapshot_path):
    publish()
    sql = "SELECT department_code, providers, located, confirmed FROM providers_by_territory"
    assert rows(snapshot_path, sql) == [
        {"department_code": "38", "providers": 1, "located": 0, "confirmed": 1},
        {"department_code": "59", "providers": 0, "located": 0, "confirmed": 0},
        {"department_code": "69", "providers": 1, "located": 1, "confirmed": 1},
    ]


def test_assignments_are_summed_by_year_operator_theme_and_status(world, snapshot_path):
    AssignmentFactory(
        engagement=world.assignment.engagement, contact=world.assignment.contact, amount=None,
        skill=world.assignment.skill, days="0.5",
    )  # fmt: skip
    AssignmentFactory(planned=True, engagement=world.assignment.engagement, starts_on=None,
                      ends_on=None)  # fmt: skip
    publish()
    sql = """SELECT year, operator, theme, status_label, assignments, days, amount, without_amount
             FROM assignments_by_year ORDER BY theme"""
    assert [tuple(row.values()) for row in rows(snapshot_path, sql)] == [
        (2026, "DLA du Rhône", "Non précisée", "Prévue", 1, 6.0, 5400.0, 0),
        (2026, "DLA du Rhône", "Projet stratégique", "Engagée", 2, 6.5, 5400.5, 1),
    ]


def test_data_quality_says_what_each_kind_of_organisation_lacks(world, snapshot_path):
    publish()
    sql = "SELECT * FROM data_quality WHERE kind = 'provider'"
    assert rows(snapshot_path, sql) == [
        {
            "kind": "provider",
            "kind_label": "Prestataires",
            "organisations": 2,
            "active": 2,
            "without_siren": 1,
            "without_referent": 1,
            "awaiting_insee": 1,
            "closed": 0,
            "with_old_values": 1,
            "confirmed": 1,
        }
    ]


def test_a_decision_and_a_confirmation_show_at_the_next_publication(world, snapshot_path):
    publish()
    states = "SELECT field, state_label, changes FROM moderation_by_field"
    assert rows(snapshot_path, states) == [
        {"field": "name", "state_label": "En attente", "changes": 1}
    ]
    ChangeItem.objects.update(verdict=ChangeItem.Verdict.APPROVED)
    Organisation.objects.filter(siren=None).update(confirmed_at=timezone.now())
    assert publish().changed
    assert rows(snapshot_path, states) == [
        {"field": "name", "state_label": "Acceptée", "changes": 1}
    ]
    sql = "SELECT confirmed FROM data_quality WHERE kind = 'provider'"
    assert rows(snapshot_path, sql) == [{"confirmed": 2}]


def test_a_withdrawn_request_counts_as_withdrawn(world, snapshot_path):
    world.item.request.withdrawn_at = timezone.now()
    world.item.request.save()
    publish()
    assert rows(snapshot_path, "SELECT state FROM moderation_by_field") == [{"state": "withdrawn"}]


def test_every_field_of_the_record_has_its_label():
    (sql,) = [table.sql for table in definitions.tables() if table.name == "moderation_by_field"]
    for target, names in FIELDS.items():
        for name in names:
            assert f"WHEN '{name}' THEN '{label(target, name)}'" in sql


def test_nothing_changed_is_said_and_only_dates_the_file(world, snapshot_path):
    first = publish()
    before = snapshot_path.read_bytes()
    second = publish()
    assert (first.changed, second.changed) == (True, False)
    assert snapshot_path.read_bytes() == before
    assert AuditEvent.objects.filter(action="reports.published").count() == 1


def test_the_snapshot_knows_its_age(db, snapshot_path):
    assert snapshot_age(snapshot_path) is None
    publish()
    assert 0 <= snapshot_age(snapshot_path).total_seconds() < 600


def test_the_publication_is_logged_with_its_figures(db, snapshot_path):
    done = publish()
    detail = AuditEvent.objects.get(action="reports.published").detail.content
    assert (detail["tables"], detail["rows"]) == (done.tables, done.rows)


def test_every_column_is_documented_in_the_snapshot(world, snapshot_path):
    publish()
    documented = {
        (row["table_name"], row["name"]): row
        for row in rows(snapshot_path, "SELECT * FROM _columns")
    }
    for table in rows(snapshot_path, "SELECT * FROM _tables"):
        assert table["title"] and table["description"] and table["sources"]
        for column in rows(snapshot_path, f"PRAGMA table_info({table['name']})"):
            words = documented[table["name"], column["name"]]
            assert words["title"] and words["description"]
            assert column["notnull"] and words["type"] == column["type"]
    built = rows(snapshot_path, "SELECT * FROM _snapshot")[0]
    assert built["source_rows"] > 0 and built["rows"] > 0 and built["built_at"]


def personal_values():
    """Every name, address and number of a person that the database holds."""
    for first, last, email in User.objects.values_list("first_name", "last_name", "email"):
        yield from filter(None, [first, last, email])
    for model in [Contact, Establishment]:
        yield from filter(None, model.objects.values_list("phone", flat=True))
    yield from filter(None, Establishment.objects.values_list("email", flat=True))
    yield from LegacyValue.objects.values_list("label", flat=True)
    yield from ChangeItem.objects.values_list("new_label", flat=True)
    yield from Organisation.objects.filter(is_operator=False).values_list("name", flat=True)


def test_no_personal_value_of_the_database_is_in_the_snapshot(world, snapshot_path):
    publish()
    content = snapshot_path.read_bytes().lower()
    values = list(personal_values())
    assert len(values) > 10
    found = [value for value in values if value.lower().encode() in content]
    assert found == []
    assert b"canari" not in content


def test_no_report_reads_the_people(db, snapshot_path):
    publish()
    read = {row["sources"] for row in rows(snapshot_path, "SELECT sources FROM _tables")}
    assert "accounts_user" not in " ".join(read)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sql": "SELECT 'a' AS code, 1 AS total FROM nowhere"}, "nowhere"),
        ({"sql": "SELECT 'a' AS code"}, "the header describes code, total"),
        ({"sql": "SELECT 'a' AS code, 'many' AS total"}, "small.sql"),
        ({"sql": "SELECT NULL AS code, 1 AS total"}, "NOT NULL"),
        ({"sql": "SELECT 'a' AS code, 1 AS total UNION ALL SELECT 'a', 2"}, "UNIQUE"),
    ],
)
def test_a_faulty_report_publishes_nothing_and_is_named(
    db, snapshot_path, tmp_path, change, message
):
    publish()
    before = snapshot_path.read_bytes()
    tables = [*definitions.tables(), *report(tmp_path / "tables", **change)]
    with pytest.raises(PublishError, match=message) as refusal:
        publish(tables=tables)
    assert "tables/small.sql" in str(refusal.value)
    assert snapshot_path.read_bytes() == before
    assert [path.name for path in snapshot_path.parent.glob("*.new*")] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-- title: Sans requête\n", "there is no SQL"),
        ("-- titre: Faux mot\nSELECT 1", "line 1: cannot read"),
        ("-- title: T\n-- description: D\n-- key: a\nSELECT 1 AS a", "describe each column"),
        ("-- title: T\n-- key: a\n-- column: a | TEXT | A | | B\nSELECT 1 AS a", "description"),
        ("-- title: T\n-- column: a | MONEY | A | | B\nSELECT 1 AS a", "not MONEY"),
        ("-- title: T\n-- column: a | TEXT | A |\nSELECT 1 AS a", "takes 5 cells"),
        ("-- title: T\n-- column: a | TEXT | A | | \nSELECT 1 AS a", "lacks a title or"),
    ],
)
def test_a_badly_described_report_is_refused_in_words(tmp_path, text, message):
    (tmp_path / "bad.sql").write_text(text, encoding="utf-8")
    with pytest.raises(definitions.DefinitionError, match=message):
        definitions.tables(tmp_path)


def test_a_new_report_is_one_file(db, snapshot_path, tmp_path):
    publish(tables=report(tmp_path / "tables"), queries=[])
    assert rows(snapshot_path, "SELECT * FROM small") == [{"code": "a", "total": 1}]


def test_a_new_definition_is_published_even_when_no_row_changed(db, snapshot_path, tmp_path):
    publish(tables=report(tmp_path / "tables"), queries=[])
    columns = ["code | TEXT | Code | | Mieux dit.", "total | INTEGER | Total | | Un total."]
    tables = report(tmp_path / "tables", columns=columns)
    assert publish(tables=tables, queries=[]).changed


def test_a_ready_query_is_tried_before_it_is_published(db, snapshot_path, tmp_path):
    folder = tmp_path / "queries"
    folder.mkdir()
    (folder / "bad.sql").write_text("-- title: T\n-- description: D\nSELECT a FROM nowhere")
    with pytest.raises(PublishError, match="queries/bad.sql: no such table: nowhere"):
        publish(queries=definitions.queries(folder))
    assert not snapshot_path.exists()


def test_the_command_fails_clearly_and_the_old_snapshot_serves(db, snapshot_path):
    out = StringIO()
    call_command("publish_reports", stdout=out)
    call_command("publish_reports", stdout=out)
    assert "published: 4 tables" in out.getvalue() and "nothing changed" in out.getvalue()
    before = snapshot_path.read_bytes()
    snapshot_path.with_name("ilo.db.new").mkdir()  # the place of the build is taken: no disk for it
    with pytest.raises(CommandError, match="Reports not published: .*old snapshot still serves"):
        call_command("publish_reports")
    assert snapshot_path.read_bytes() == before


FULL_DISK = """
import resource
import signal
import sys
from pathlib import Path

import django

django.setup()

from django.conf import settings
from django.db import connection

from etl.reporting.publish import PublishError, publish

settings.SNAPSHOT_PATH = Path(sys.argv[1])
connection.settings_dict["NAME"] = sys.argv[2]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    publish()
except PublishError as error:
    sys.exit(f"not published: {error}")
"""


def test_a_disk_that_fills_up_publishes_nothing(db, snapshot_path):
    publish()
    before = snapshot_path.read_bytes()
    name = str(connection.settings_dict["NAME"])
    root = Path(django_settings.BASE_DIR)
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(snapshot_path), name],
        capture_output=True, text=True, cwd=root, timeout=120,
        env={**os.environ, "PYTHONPATH": f"{root}:{root / 'site'}",
             "DJANGO_SETTINGS_MODULE": "config.settings.test"},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "not published" in done.stderr
    assert snapshot_path.read_bytes() == before


def test_two_publications_do_not_build_at_once(db, snapshot_path):
    snapshot_path.parent.mkdir(parents=True)
    with alone(snapshot_path.with_name("ilo.db.lock")):
        with pytest.raises(PublishError, match="another publication is under way"):
            publish()


def test_a_file_that_is_no_snapshot_is_replaced(db, snapshot_path):
    snapshot_path.parent.mkdir(parents=True)
    snapshot_path.write_bytes(b"not a database" * 100)
    assert publish().changed
    assert rows(snapshot_path, "SELECT COUNT(*) AS n FROM data_quality") == [{"n": 3}]
