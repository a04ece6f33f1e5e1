"""The test suite: fast hashes, mail in memory, tasks run only when a test asks.

SQLite and a queue in memory, unless DATABASE_URL and HUEY_URL say otherwise
(`make test-services`).
"""

from config.settings.base import *  # noqa: F403
from config.settings.base import HUEY, HUEY_URL


DEBUG = False
SECRET_KEY = "only-for-tests-" + "x" * 40
DATA_COOKIE_KEY = "only-for-tests-" + "y" * 40
BASE_URL = "http://testserver"
WAGTAILADMIN_BASE_URL = BASE_URL
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
CSRF_TRUSTED_ORIGINS = []
DEVELOPER_PAGES = True
REQUIRE_SECOND_FACTOR = False  # the tests that are about it turn it on
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
WHITENOISE_AUTOREFRESH = True  # looks files up one by one: no collected folder needed
if not HUEY_URL:
    HUEY = {key: value for key, value in HUEY.items() if key != "filename"}
    HUEY["huey_class"] = "huey.MemoryHuey"
