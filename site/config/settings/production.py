"""Production. Refuses to start on a missing or weak value and names it (docs/operations.md)."""

from urllib.parse import urlsplit

from config.env import env, required
from config.settings.base import *  # noqa: F403


DEBUG = False
DEVELOPER_PAGES = False
SECRET_KEY = required("SECRET_KEY", minimum_length=50)
DATA_COOKIE_KEY = required("DATA_COOKIE_KEY", minimum_length=50)
BASE_URL = required("BASE_URL").rstrip("/")
DATA_URL = required("DATA_URL")
required("DATABASE_URL")
ALLOWED_HOSTS = [urlsplit(BASE_URL).hostname]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
WAGTAILADMIN_BASE_URL = BASE_URL

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
vars().update(env.email_url("EMAIL_URL", default="") if required("EMAIL_URL") else {})
DEFAULT_FROM_EMAIL = required("DEFAULT_FROM_EMAIL")

STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
}
SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
