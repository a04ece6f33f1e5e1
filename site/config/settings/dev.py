"""A laptop: the demonstration and daily work. Everything on disk below var/, nothing to install."""

import sys

from config import env
from config.settings.base import *  # noqa: F403


DEBUG = env.DEBUG
SECRET_KEY = env.SECRET_KEY or env.local_secret("secret_key")
DATA_COOKIE_KEY = env.DATA_COOKIE_KEY or env.local_secret("data_cookie_key")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
#: Opens the pages that only developers need: the gallery of components.
DEVELOPER_PAGES = True

# Static files are served from where they are written: nothing to collect.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True

#: What `manage.py serve` runs together: a name, its command line, the port it needs.
SERVE_PROCESSES = [
    ("web", [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "config.wsgi"], env.PORT),
    ("worker", [sys.executable, "manage.py", "run_huey"], None),
    ("data", [sys.executable, "manage.py", "serve_reports", str(env.PORT + 1)], env.PORT + 1),
]
