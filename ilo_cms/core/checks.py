"""System checks: settings that look harmless and lose data or let people in (`manage.py check`)."""

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core import checks
from django.utils.module_loading import import_string


@checks.register
def database_takes_the_write_lock_first(**kwargs) -> list[checks.Error]:
    """On SQLite a transaction that reads, then writes, loses against another unless IMMEDIATE."""
    database = settings.DATABASES["default"]
    faults = []
    if database.get("ATOMIC_REQUESTS"):
        faults.append("ATOMIC_REQUESTS must be off: a page that only reads would hold the lock.")
    if "sqlite3" in database["ENGINE"]:
        if database.get("OPTIONS", {}).get("transaction_mode") != "IMMEDIATE":
            faults.append("On SQLite OPTIONS must hold transaction_mode IMMEDIATE.")
    return [checks.Error(fault, id="ilo.E001") for fault in faults]


@checks.register
def pages_require_signing_in(**kwargs) -> list[checks.Error]:
    """Every view asks for a sign-in unless it says otherwise."""
    for path in settings.MIDDLEWARE:
        middleware = import_string(path)
        if isinstance(middleware, type) and issubclass(middleware, LoginRequiredMiddleware):
            return []
    return [checks.Error("MIDDLEWARE must hold LoginRequiredMiddleware.", id="ilo.E002")]


@checks.register
def tasks_run_in_the_worker(**kwargs) -> list[checks.Error]:
    """Left out, `immediate` follows DEBUG and tasks run inside the web process."""
    if settings.HUEY.get("immediate", True) or settings.HUEY.get("results", True):
        return [checks.Error("HUEY must say immediate and results False.", id="ilo.E003")]
    return []
