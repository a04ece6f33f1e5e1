"""Production. Refuses to start on a missing or weak value and names it (docs/operations.md)."""

from config import env


env.refuse_weak_values()  # before the settings are built from those values

from config.settings.base import *  # noqa: E402, F403
from config.settings.base import STORAGES  # noqa: E402


DEBUG = False
DEVELOPER_PAGES = False
SECRET_KEY = env.SECRET_KEY
SECRET_KEY_FALLBACKS = env.SECRET_KEY_FALLBACKS
DATA_COOKIE_KEY = env.DATA_COOKIE_KEY
REQUIRE_SECOND_FACTOR = env.REQUIRE_SECOND_FACTOR is not False

STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
}
SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
