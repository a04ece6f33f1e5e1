"""Django in a folder of its own, for what runs beside the suite: trials, benchmarks, a whole site.

Written for scripts that are started by their path; import it before anything of Django.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path


ROOT = Path(__file__).resolve().parents[2]
#: The variable that names a SQLite file with all tables and no row; the suite makes it once.
EMPTY = "EMPTY_DATABASE"

sys.path.insert(0, str(ROOT / "site"))


def start(folder: str | Path, *, any_engine: bool = False, **environment: str) -> None:
    """Set Django up on a database with all tables and no row, everything in this folder.

    `environment` says more than its defaults. With `any_engine` the database is that of
    DATABASE_URL where this is set, and is migrated.
    """
    database = Path(folder, "ilo.sqlite3")
    os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings.test", "VAR_DIR": str(folder)}
    os.environ |= environment
    if not any_engine:
        os.environ.pop("DATABASE_URL", None)
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{database}")
    if os.environ["DATABASE_URL"] == f"sqlite:///{database}" and EMPTY in os.environ:
        shutil.copyfile(os.environ[EMPTY], database)
    import django

    django.setup()
    from django.core.management import call_command

    if not database.is_file():
        call_command("migrate", verbosity=0)


def make_empty(folder: Path) -> Path:
    """Migrate a new SQLite file in this folder, by a process of its own; returns its path."""
    database = folder / "empty.sqlite3"
    environment = os.environ | {"VAR_DIR": str(folder), "DATABASE_URL": f"sqlite:///{database}"}
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings.test"}
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(run.stderr[-3000:])
    return database
