"""The one clock that decides on deadlines: the database's, the same for every web process."""

from datetime import UTC, datetime

from django.db import connection


#: How each engine says what time it is now, not when the transaction began.
QUESTIONS = {
    "sqlite": "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')",
    "postgresql": "SELECT clock_timestamp()",
}


def database_now() -> datetime:
    """The moment it is for the database, aware, in UTC (DESIGN decision 7).

    Ask it after a lock was taken, never before: what counts is when the change is let in.
    """
    with connection.cursor() as cursor:
        cursor.execute(QUESTIONS[connection.vendor])
        value = cursor.fetchone()[0]
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value.astimezone(UTC)
