"""The test suite: fast hashes, mail in memory, tasks run only when a test asks."""

from config.settings.base import *  # noqa: F403


DEBUG = False
SECRET_KEY = "only-for-tests-" + "x" * 40
DATA_COOKIE_KEY = SECRET_KEY
BASE_URL = "http://testserver"
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
CSRF_TRUSTED_ORIGINS = []
DEVELOPER_PAGES = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
if not HUEY_URL:  # noqa: F405
    HUEY = HUEY | {"huey_class": "huey.MemoryHuey"}  # noqa: F405
    HUEY.pop("filename", None)
WHITENOISE_AUTOREFRESH = True
