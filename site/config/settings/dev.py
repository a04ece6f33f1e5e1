"""A laptop: the demonstration and daily work. Everything on disk below var/, nothing to install."""

from config.env import local_secret
from config.settings.base import *  # noqa: F403


DEBUG = env.bool("DEBUG", default=False)  # noqa: F405
SECRET_KEY = local_secret()
DATA_COOKIE_KEY = SECRET_KEY
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
#: Opens the pages that only developers need: the gallery of components.
DEVELOPER_PAGES = True
