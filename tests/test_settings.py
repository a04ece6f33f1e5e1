"""Settings: production refuses what is missing or weak, and every name is documented."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config import env


ROOT = Path(__file__).resolve().parents[1]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
GOOD = {
    "SECRET_KEY": "f3Zq-8LmPw_x2RtYvB7nKdC5hJ9sGaE1uWoTi4MbXeQzNrVlDp",
    "DATA_COOKIE_KEY": "p0Ls-4KdRj_e7WnTfG2yHvB8mZ6cXaQ1uIoEi5NbYtUzMrClSk",
    "BASE_URL": "https://ilo.test",
    "DATA_URL": "https://ilo.test/data/",
    "DATABASE_URL": "postgres://ilo:pass@127.0.0.1/ilo",
    "EMAIL_URL": "smtp+ssl://ilo:pass@mail.ilo.test:465",
    "DEFAULT_FROM_EMAIL": "ILO <ne-pas-repondre@ilo.test>",
}
BAD = [
    ("SECRET_KEY", "too-short"),
    ("SECRET_KEY", "abc" * 30),
    ("SECRET_KEY", "django-insecure-" + GOOD["SECRET_KEY"]),
    ("SECRET_KEY", "changeme" + GOOD["SECRET_KEY"]),
    ("DATA_COOKIE_KEY", "x" * 80),
    ("DATA_COOKIE_KEY", GOOD["SECRET_KEY"]),
    ("BASE_URL", "http://ilo.test"),
    ("BASE_URL", "https://ilo.test/somewhere"),
    ("BASE_URL", "ilo.test"),
    ("DATA_URL", "https://ilo.test/"),
    ("DATA_URL", "https://elsewhere.test/data/"),
    ("DATABASE_URL", "mysql://ilo@127.0.0.1/ilo"),
    ("DATABASE_URL", "sqlite://:memory:"),
    ("DATABASE_URL", "sqlite:///"),
    ("DATABASE_URL", "postgres://127.0.0.1"),
    ("HUEY_URL", "amqp://127.0.0.1"),
    ("STORAGE_URL", "s3://store.test/bucket"),
    ("STORAGE_URL", "file:///srv/files"),
    ("EMAIL_URL", "filemail:///tmp/mail"),
    ("EMAIL_URL", "consolemail://"),
    ("EMAIL_URL", "smtp://"),
    ("SMS_URL", "http://key@sms.test/send"),
    ("SMS_URL", "https://sms.test/send"),
    ("SMS_URL", "console:"),
    ("ANYMAIL_WEBHOOK_SECRET", "facteur"),
    ("ANYMAIL_WEBHOOK_SECRET", "facteur:court"),
    ("ANYMAIL_WEBHOOK_SECRET", ":" + "q8" * 20),
    ("DEFAULT_FROM_EMAIL", "ILO"),
    ("DEFAULT_FROM_EMAIL", "ILO <ne-pas-repondre@ilo.example>"),
]


def production(code: list[str], **values: str) -> subprocess.CompletedProcess[str]:
    """Run Python with production settings and only these variables."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, *code],
        cwd=ROOT,
        env=inherited
        | {"DJANGO_SETTINGS_MODULE": "config.settings.production", "PYTHONPATH": str(ROOT / "site")}
        | values,
        capture_output=True,
        text=True,
    )


def test_production_accepts_good_values():
    assert list(env.production_faults(GOOD)) == []
    others = {
        "DATABASE_URL": "sqlite:////srv/ilo/ilo.sqlite3",
        "HUEY_URL": "rediss://:pass@queue.test:6379/0",
        "STORAGE_URL": "s3://key:secret@store.test/bucket",
        "EMAIL_URL": "smtp://relay.test",
        "SMS_URL": "https://key@sms.test/send?sender=ILO",
        "ANYMAIL_WEBHOOK_SECRET": "facteur:" + "q8" * 20,
    }
    assert list(env.production_faults(GOOD | others)) == []


@pytest.mark.parametrize("name", sorted(GOOD))
def test_production_names_what_is_missing(name):
    values = {key: value for key, value in GOOD.items() if key != name}
    assert any(fault.startswith(f"{name} must ") for fault in env.production_faults(values))


@pytest.mark.parametrize(("name", "value"), BAD)
def test_production_names_what_is_weak(name, value):
    faults = list(env.production_faults(GOOD | {name: value}))
    assert [fault for fault in faults if fault.startswith(f"{name} ")], faults
    assert "KEY" not in name or value not in "".join(faults)  # no secret in a log


def test_production_does_not_start_on_bad_values(tmp_path):
    run = production(["manage.py", "check"], **GOOD | {"EMAIL_URL": "", "VAR_DIR": str(tmp_path)})
    assert run.returncode == 1
    assert run.stderr.startswith("ILO does not start:\n- EMAIL_URL must be smtp+ssl://")
    assert "Traceback" not in run.stderr


def test_the_web_server_stops_with_the_sentence(tmp_path):
    command = ["-m", "gunicorn", "-c", "gunicorn.conf.py", "--bind", "127.0.0.1:0", "config.wsgi"]
    run = production(command, **GOOD | {"SECRET_KEY": "", "VAR_DIR": str(tmp_path)})
    assert run.returncode == 1
    assert "- SECRET_KEY must have at least 50 characters" in run.stderr


@pytest.fixture(scope="module")
def values(tmp_path_factory) -> dict:
    """The settings of production, as one dictionary."""
    code = (
        "import json; from django.conf import settings as s;"
        "print(json.dumps({n: getattr(s, n) for n in dir(s) if n.isupper()}, default=str))"
    )
    var = str(tmp_path_factory.mktemp("var"))
    run = production(["-c", code], **GOOD | {"VAR_DIR": var, "DEBUG": "true", "PROXY_COUNT": "1"})
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_production_settings_are_closed(values):
    assert values["DEBUG"] is False  # even when the environment asks for it
    assert values["DEVELOPER_PAGES"] is False
    assert values["ALLOWED_HOSTS"] == ["ilo.test"]
    assert values["USE_X_FORWARDED_HOST"] is False
    assert values["WAGTAILADMIN_BASE_URL"] == values["BASE_URL"] == "https://ilo.test"
    assert values["REQUIRE_SECOND_FACTOR"] is True  # unless somebody says "false"
    assert values["SECURE_SSL_REDIRECT"] is True
    assert values["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    assert values["SESSION_COOKIE_SECURE"] and values["CSRF_COOKIE_SECURE"]
    assert values["SESSION_COOKIE_HTTPONLY"] is True
    assert values["SECURE_REFERRER_POLICY"] == "same-origin"
    assert values["SECURE_CROSS_ORIGIN_OPENER_POLICY"] == "same-origin"
    assert values["SECURE_CONTENT_TYPE_NOSNIFF"] is True
    assert values["X_FRAME_OPTIONS"] == "DENY"
    assert "Argon2" in values["PASSWORD_HASHERS"][0]
    assert values["EMAIL_USE_SSL"] is True and values["EMAIL_HOST"] == "mail.ilo.test"
    assert values["HUEY"]["immediate"] is False
    assert values["STORAGES"]["default"]["OPTIONS"]["base_url"] is None  # files have no address
    policy = values["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    assert policy["default-src"] == policy["style-src"] == ["'self'"]
    assert "'unsafe-inline'" not in policy["script-src"]
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]


@pytest.mark.parametrize(
    ("value", "required"),
    [("", True), ("true", True), ("oui", True), ("0", True), ("False", False), ("false", False)],
)
def test_only_one_word_turns_the_second_factor_off(value, required, tmp_path):
    code = "from django.conf import settings; print(settings.REQUIRE_SECOND_FACTOR)"
    run = production(
        ["-c", code], **GOOD | {"VAR_DIR": str(tmp_path), "REQUIRE_SECOND_FACTOR": value}
    )
    assert run.stdout.strip() == str(required), run.stderr


def test_logs_hold_no_personal_data(values):
    assert values["LOGGING"]["loggers"]["django.request"]["level"] == "ERROR"
    assert all(
        handler["class"] == "logging.StreamHandler"
        for handler in values["LOGGING"]["handlers"].values()
    )


def test_deployment_checks_are_clean():
    run = subprocess.run(["tools/check_deploy.sh"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 silenced" in run.stdout


def test_a_laptop_keeps_its_keys(tmp_path, monkeypatch):
    monkeypatch.setattr(env, "VAR_DIR", tmp_path)
    key = env.local_secret("secret_key")
    assert env.local_secret("secret_key") == key
    assert env.local_secret("data_cookie_key") != key
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_one_module_reads_the_environment():
    allowed = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE"'
    for folder in ("site", "ilo_cms"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8").replace(allowed, "")
            if path != Path(env.__file__):
                assert not re.search(r"\benviron\b|\bgetenv\b", text), path


def variables() -> set[str]:
    """Every environment variable that the product reads."""
    found = set(
        re.findall(r'env\.\w+\("([A-Z_]+)"', Path(env.__file__).read_text(encoding="utf-8"))
    )
    for path in (ROOT / "datasette" / "plugins").glob("*.py"):
        found |= set(re.findall(r'environ\w*\("([A-Z_]+)"', path.read_text(encoding="utf-8")))
    return found


def our_settings() -> set[str]:
    """Every setting that our modules define."""
    files = (ROOT / "site/config/settings").glob("*.py")
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return set(re.findall(r"^ *([A-Z][A-Z_]+) =", text, re.MULTILINE))


def section(title: str) -> str:
    """One section of docs/operations.md."""
    return OPERATIONS.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_every_variable_is_documented():
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", section("Environment"), re.MULTILINE))
    assert documented == variables()


def test_every_setting_is_documented():
    first_cells = re.findall(r"^\| (`.+?) \|", section("Settings"), re.MULTILINE)
    documented = set(re.findall(r"`([A-Z][A-Z_]+)`", " ".join(first_cells)))
    assert our_settings() - documented == set(), "document these in docs/operations.md"
    assert documented - our_settings() == set(), "these exist no more"
