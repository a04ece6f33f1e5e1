"""The one module that reads the environment. Settings import its names, nothing else does."""

import secrets
from pathlib import Path

import environ


ROOT = Path(__file__).resolve().parents[2]

env = environ.Env()

#: Where everything that the platform writes lives: databases, files, mails, logs.
VAR = Path(env.str("VAR_DIR", default=str(ROOT / "var")))


class MissingSetting(SystemExit):
    """Production refuses to start: the message names the variable and says what it must be."""


def local_secret() -> str:
    """The laptop's own secret key, made once and kept in `var/` so that sessions survive a restart."""
    path = VAR / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(secrets.token_urlsafe(64), encoding="utf-8")
        path.chmod(0o600)
    return path.read_text(encoding="utf-8")


def required(name: str, *, minimum_length: int = 1) -> str:
    """The value of an environment variable that production cannot do without.

    Raises MissingSetting, which names the variable, when it is absent or too short.
    """
    value = env.str(name, default="")
    if len(value) < minimum_length:
        raise MissingSetting(
            f"{name} is missing or too short: set it to at least {minimum_length} characters."
        )
    return value
