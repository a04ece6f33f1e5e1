"""A page that is only read changes nothing, however the statement is written."""

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from ilo_cms.core.middleware import ReadOnlyGetMiddleware, WriteOnGetError, only_reads
from tests.factories import UserFactory


READS = [
    "SELECT 1",
    "  (SELECT 1) UNION (SELECT 2)",
    "/* who */ select 1",
    "-- who\nSELECT 1",
    "SELECT 'a; DELETE FROM x'",
    'SELECT "update" FROM t FOR UPDATE OF "t"',
    "WITH a AS (SELECT 1) SELECT * FROM a",
    'WITH a AS (SELECT 1) SELECT "insert" FROM a FOR NO KEY UPDATE',
    "EXPLAIN QUERY PLAN SELECT 1",
    "PRAGMA table_info(x)",
    "SAVEPOINT s1",
    "RELEASE SAVEPOINT s1",
    "ROLLBACK TO SAVEPOINT s1",
    "BEGIN IMMEDIATE",
    "COMMIT;",
]
WRITES = [
    "UPDATE t SET a = 1",
    'update"t"set a = 1',
    "/* SELECT */ DELETE FROM t",
    "-- SELECT\nINSERT INTO t VALUES (1)",
    "REPLACE INTO t VALUES (1)",
    "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
    "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a",
    "EXPLAIN ANALYZE DELETE FROM t",
    "SELECT 1; DELETE FROM t",
    "MERGE INTO t USING u ON true WHEN MATCHED THEN DO NOTHING",
    "TRUNCATE t",
    "ALTER TABLE t ADD a int",
    "VACUUM",
    "COPY t FROM STDIN",
    "CALL p()",
    "DO $$ BEGIN END $$",
    "",
]


@pytest.mark.parametrize("sql", READS)
def test_a_read_is_let_through(sql):
    assert only_reads(sql)


@pytest.mark.parametrize("sql", WRITES)
def test_what_may_write_is_not(sql):
    assert not only_reads(sql)


def answer(method: str, act, path: str = "/") -> HttpResponse:
    """What the middleware makes of a view that does this."""

    def view(request):
        act()
        return HttpResponse()

    return ReadOnlyGetMiddleware(view)(getattr(RequestFactory(), method)(path))


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_view_cannot_write_while_it_shows_a_page(method):
    user = UserFactory()

    def hidden_write():
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH a AS (SELECT %s AS name) UPDATE accounts_user SET last_name = "
                "(SELECT name FROM a)",
                ["Autre"],
            )

    for act in (user.save, hidden_write, user.delete):
        with pytest.raises(WriteOnGetError), transaction.atomic():
            answer(method, act)
    user.refresh_from_db()
    assert user.last_name != "Autre"


@pytest.mark.django_db
def test_a_post_writes_and_so_does_the_intranet():
    user = UserFactory()
    assert answer("post", user.save).status_code == 200
    assert answer("get", user.save, "/admin/").status_code == 200
