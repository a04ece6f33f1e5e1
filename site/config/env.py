"""The one module that reads the environment. Settings import its names, nothing else does.

Every variable has a line in docs/operations.md (tests/test_settings.py holds us to it).
"""

import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import environ


ROOT = Path(__file__).resolve().parents[2]

env = environ.Env()

#: Where everything that the platform writes lives: databases, files, mails, keys.
VAR_DIR = Path(env.str("VAR_DIR", default=str(ROOT / "var"))).absolute()
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", default=False)
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")

try:
    PORT = env.int("PORT", default=8000)
except ValueError:
    PORT = 0
if not 0 < PORT < 65535:
    raise SystemExit("PORT must be a number from 1 to 65534: the reports take the next one.")
BASE_URL = env.str("BASE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
DATA_URL = env.str("DATA_URL", default=f"http://127.0.0.1:{PORT + 1}/data/")
BIND = env.str("BIND", default=f"127.0.0.1:{PORT}")
WEB_WORKERS = env.int("WEB_WORKERS", default=1)
WEB_THREADS = env.int("WEB_THREADS", default=4)
PROXY_COUNT = env.int("PROXY_COUNT", default=0)

DATABASE_URL = env.str("DATABASE_URL", default="") or f"sqlite:///{VAR_DIR / 'ilo.sqlite3'}"
HUEY_URL = env.str("HUEY_URL", default="")
STORAGE_URL = urlsplit(env.str("STORAGE_URL", default=""))
CLAMD_URL = env.str("CLAMD_URL", default="")
EMAIL_URL = env.str("EMAIL_URL", default="") or "filemail://"
SMS_URL = env.str("SMS_URL", default="")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="ILO <ne-pas-repondre@ilo.example>")
#: The name and password, "name:password", with which the mail provider tells of bounces.
ANYMAIL_WEBHOOK_SECRET = env.str("ANYMAIL_WEBHOOK_SECRET", default="")

#: None when nobody said true or false: production then requires it, a laptop does not.
REQUIRE_SECOND_FACTOR = {"true": True, "false": False}.get(
    env.str("REQUIRE_SECOND_FACTOR", default="").lower()
)

SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DATA_COOKIE_KEY = env.str("DATA_COOKIE_KEY", default="")

REDIS_SCHEMES = {"redis", "rediss"}
POSTGRES_SCHEMES = {"postgres", "postgresql"}
MAIL_SCHEMES = {"smtp", "smtp+tls", "smtp+ssl"}
WEAK_WORDS = ("changeme", "change-me", "insecure", "password", "secret", "only-for-tests")


class RefusedSettings(SystemExit):
    """The platform does not start: the message names each variable and says what it must be."""


def database() -> dict[str, Any]:
    """DATABASE_URL in Django's words."""
    return env.db_url_config(DATABASE_URL)


def mail() -> dict[str, Any]:
    """EMAIL_URL in Django's words."""
    return env.email_url_config(EMAIL_URL)


def local_secret(name: str) -> str:
    """A laptop's own key, made once and kept in `var/` so that sessions survive a restart."""
    path = VAR_DIR / name
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(64), encoding="utf-8")
    return path.read_text(encoding="utf-8")


def production_faults(values: Mapping[str, str]) -> Iterator[str]:
    """One sentence for each variable that production cannot accept, all of them in one go."""
    urls = {name: urlsplit(values.get(name, "")) for name in URL_RULES}
    for name, (accepts, must) in URL_RULES.items():
        if not accepts(urls[name]):
            yield f"{name} {must}."
    for name in ("SECRET_KEY", "DATA_COOKIE_KEY"):
        if weak := weakness(values.get(name, "")):
            yield f"{name} {weak}."
    if values.get("SECRET_KEY") == values.get("DATA_COOKIE_KEY"):
        yield "DATA_COOKIE_KEY must differ from SECRET_KEY: Datasette holds it too."
    if urls["DATA_URL"].hostname != urls["BASE_URL"].hostname:
        yield "DATA_URL must be on the host of BASE_URL: one sign-in serves both."
    name, _, password = values.get("ANYMAIL_WEBHOOK_SECRET", "").partition(":")
    if (name or password) and not (name and len(password) >= 32):
        yield "ANYMAIL_WEBHOOK_SECRET must be name:password, 32 characters or more in the latter."
    sender = values.get("DEFAULT_FROM_EMAIL", "")
    if "@" not in sender or ".example" in sender:
        yield "DEFAULT_FROM_EMAIL must be the real address that mails come from."


def weakness(key: str) -> str:
    """Why a secret key can be guessed, or an empty text. Never quotes the key itself."""
    if len(key) < 50:
        return "must have at least 50 characters, drawn at random"
    if len(set(key)) < 16:
        return "repeats few characters: it must be drawn at random"
    if any(word in key.lower() for word in WEAK_WORDS):
        return "holds a word of an example: it must be drawn at random"
    return ""


def is_site(url: SplitResult) -> bool:
    """Whether this is an https address without a path, as links in mails are built on it."""
    return url.scheme == "https" and bool(url.hostname) and url.path in {"", "/"}


def is_database(url: SplitResult) -> bool:
    """Whether this is a PostgreSQL database, or a SQLite file by its whole path."""
    if url.scheme == "sqlite":
        return not url.netloc and url.path.startswith("/") and len(url.path) > 1
    return url.scheme in POSTGRES_SCHEMES and bool(url.path.strip("/"))


def is_scanner(url: SplitResult) -> bool:
    """Whether nothing is set (no antivirus), or this is where clamd listens."""
    if url.scheme == "unix":
        return not url.netloc and len(url.path) > 1
    return not any(url) or (url.scheme == "tcp" and bool(url.hostname))


def is_sms_provider(url: SplitResult) -> bool:
    """Whether nothing is set (no SMS leaves), or this is a provider's endpoint with its key."""
    return not any(url) or (url.scheme == "https" and all([url.username, url.hostname, url.path]))


def is_store(url: SplitResult) -> bool:
    """Whether nothing is set (files on disk), or this is a bucket with its keys."""
    whole = all([url.username, url.password, url.hostname, url.path.strip("/")])
    return not any(url) or (url.scheme == "s3" and whole)


#: What production asks of each address: a test, and the sentence when it fails.
URL_RULES = {
    "BASE_URL": (is_site, "must be the site's own address: https://host, nothing after it"),
    "DATA_URL": (
        lambda url: url.scheme == "https" and url.path.endswith("/data/"),
        "must be the address of the reports: https://host/data/",
    ),
    "DATABASE_URL": (
        is_database,
        "must be postgres://user:password@host/name, or sqlite:////whole/path on one machine",
    ),
    "HUEY_URL": (
        lambda url: not any(url) or url.scheme in REDIS_SCHEMES | POSTGRES_SCHEMES,
        "must be redis://host/0 or postgres://user:password@host/name, or be left out",
    ),
    "STORAGE_URL": (is_store, "must be s3://key:secret@host/bucket, or be left out"),
    "CLAMD_URL": (is_scanner, "must be tcp://host:port or unix:///path, or be left out"),
    "SMS_URL": (is_sms_provider, "must be https://key@host/path?sender=NAME, or be left out"),
    "EMAIL_URL": (
        lambda url: url.scheme in MAIL_SCHEMES and bool(url.hostname),
        "must be smtp+ssl://user:password@host:465: mail has to leave the machine",
    ),
}


def refuse_weak_values() -> None:
    """Raise RefusedSettings unless every value is fit for production."""
    if faults := list(production_faults(env.ENVIRON)):
        raise RefusedSettings("ILO does not start:\n" + "\n".join(f"- {line}" for line in faults))
