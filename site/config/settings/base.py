"""Settings common to every place ILO runs. What differs by place comes from config.env."""

from urllib.parse import unquote, urlsplit

from csp.constants import NONCE, NONE, SELF

from config import env


BASE_DIR = env.ROOT
VAR_DIR = env.VAR_DIR
SNAPSHOT_PATH = VAR_DIR / "reports" / "ilo.db"

# --- addresses -------------------------------------------------------------------------------
# Links in mails come from BASE_URL, never from a request's Host header.
PORT = env.PORT
BASE_URL = env.BASE_URL
DATA_URL = env.DATA_URL
ALLOWED_HOSTS = [urlsplit(BASE_URL).hostname]
CSRF_TRUSTED_ORIGINS = [BASE_URL]

# --- applications ----------------------------------------------------------------------------
INSTALLED_APPS = [
    "ilo_cms.core",
    "ilo_cms.audit",
    "ilo_cms.referentials",
    "ilo_cms.accounts",
    "ilo_cms.notifications",
    "ilo_cms.directory",
    "ilo_cms.support",
    "ilo_cms.referencing",
    "ilo_cms.documents",
    "ilo_cms.moderation",
    "ilo_cms.engagements",
    "ilo_cms.matching",
    "ilo_cms.evaluations",
    "ilo_cms.meetings",
    "ilo_cms.document_requests",
    "ilo_cms.tenders",
    "ilo_cms.extranet",
    "ilo_cms.desk",
    "etl.enee",
    "etl.insee",
    "etl.reporting",
    "etl.demo",
    "wagtail.snippets",
    "wagtail.users",
    "wagtail.images",
    "wagtail.documents",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "huey.contrib.djhuey",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "ilo_cms.core.middleware.AdminContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ilo_cms.extranet.middleware.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "ilo_cms.core.middleware.NeverCacheSignedInMiddleware",
    "ilo_cms.support.middleware.AssistanceMiddleware",
    "ilo_cms.directory.middleware.CurrentContactMiddleware",
    "ilo_cms.accounts.middleware.SecondFactorMiddleware",
    "ilo_cms.core.middleware.SideDoorsMiddleware",
    "ilo_cms.core.middleware.ReadOnlyGetMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "site" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "ilo_cms.extranet.context_processors.page",
            ],
            # Without a load; `date` takes the place of Django's (1er mars).
            "builtins": ["ilo_cms.core.templatetags.french"],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- database --------------------------------------------------------------------------------
DATABASES = {"default": env.database()}
# A new connection costs 3 to 4 ms on SQLite too: it reads the whole schema anew.
DATABASES["default"]["CONN_MAX_AGE"] = 60
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE took 1,000 of 1,000 concurrent writes, the defaults 132: hence no ATOMIC_REQUESTS
    # and nothing slow inside atomic() (docs/decisions/0002). FULL: what was acknowledged survives
    # a power cut, for 0.2 ms a commit.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;",
    }
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# --- tasks -----------------------------------------------------------------------------------
# huey only wakes the outbox (docs/decisions/0004): a lost task delays a mail by a minute.
HUEY_URL = env.HUEY_URL
HUEY = {
    "name": "ilo",
    "immediate": False,
    "results": False,
    "consumer": {
        "workers": 2,
        "max_delay": 1,
        "graceful_signal": "TERM",
        "shutdown_timeout": 20,
        "flush_locks": True,
    },
}
if HUEY_URL.startswith(("redis://", "rediss://")):
    HUEY |= {"huey_class": "huey.PriorityRedisHuey", "url": HUEY_URL}
elif HUEY_URL.startswith(("postgres://", "postgresql://")):
    HUEY |= {"huey_class": "huey.PostgresHuey", "dsn": HUEY_URL}
else:
    HUEY |= {"huey_class": "huey.SqliteHuey", "filename": str(VAR_DIR / "huey.sqlite3")}

# --- cache -----------------------------------------------------------------------------------
# It counts failed sign-ins, so all web processes must share it and nothing may push a count out.
CACHES = {
    "default": {
        "BACKEND": "ilo_cms.core.cache.CountingCache",
        "LOCATION": VAR_DIR / "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}
if HUEY_URL.startswith(("redis://", "rediss://")):
    CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": HUEY_URL,
        # Out of reach, it must not hold up whoever asks.
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }

# --- files -----------------------------------------------------------------------------------
# STORAGE_URL: s3://key:secret@host/bucket; without it files stay on disk, never under an address.
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "files", "base_url": None},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if env.STORAGE_URL.scheme == "s3":
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "access_key": unquote(env.STORAGE_URL.username or ""),
            "secret_key": unquote(env.STORAGE_URL.password or ""),
            "endpoint_url": f"https://{env.STORAGE_URL.hostname}:{env.STORAGE_URL.port or 443}",
            "bucket_name": env.STORAGE_URL.path.strip("/"),
            "default_acl": "private",
        },
    }
FILE_UPLOAD_HANDLERS = ["ilo_cms.documents.uploads.BoundedUploadHandler"]
CLAMD_URL = env.CLAMD_URL
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "site" / "static"]
FIXTURES = BASE_DIR / "fixtures"

# --- sign-in ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "ilo_cms.notifications.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an officer created the account; activation proves the address
ACCOUNT_EMAIL_SUBJECT_PREFIX = "ILO\u00a0: "
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # strangers get no mail; the page answers the same (A4)
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True  # the way in while somebody else locks the account (A5)
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a change of password or second factor is told by mail
ACCOUNT_FORMS = {
    "login": "ilo_cms.directory.forms.SignInForm",
    "reset_password": "ilo_cms.directory.forms.ForgottenForm",
}
# allauth's own generator stores addresses of its own, also while a link is merely opened.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105  a class
# What is counted, per IP address and per account, and what it lets through: see AccountAdapter.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/h/key",
    "referencing": "20/h/ip,3/d/key",
    "kept_form": "60/h/ip",
    "support": "10/h/user",
    "calendar": "600/h/ip,60/h/key",
}
PASSWORD_RESET_TIMEOUT = 24 * 3600  # a day: the mail says so
ALLAUTH_TRUSTED_PROXY_COUNT = env.PROXY_COUNT
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "ILO"
MFA_ADAPTER = "ilo_cms.accounts.factor_secrets.MFAAdapter"
#: Officers and administrators without a second factor reach nothing but the page that adds one.
REQUIRE_SECOND_FACTOR = bool(env.REQUIRE_SECOND_FACTOR)
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

# --- headers ---------------------------------------------------------------------------------
#: Wagtail's editor sends one field per cell of a form.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "ilo_cms.extranet.views.account.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        # The sign-in form may lead on to the reports, which on a laptop have their own port.
        "form-action": [SELF, "{0.scheme}://{0.netloc}".format(urlsplit(DATA_URL))],
        "frame-ancestors": [NONE],
    },
}

# --- mail ------------------------------------------------------------------------------------
# Without EMAIL_URL each mail is a file in var/mail, which the demonstration shows.
_mail = env.mail()
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail["EMAIL_HOST"] or "localhost"
EMAIL_PORT = _mail["EMAIL_PORT"] or 25
EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_TIMEOUT = 20  # seconds, per step of some fifteen: see LEASE in notifications/delivery.py
DEFAULT_FROM_EMAIL = env.DEFAULT_FROM_EMAIL
SMS_URL = env.SMS_URL
SMS_FILE_PATH = VAR_DIR / "sms"
ANYMAIL_WEBHOOK_SECRET = env.ANYMAIL_WEBHOOK_SECRET

# --- language and time -----------------------------------------------------------------------
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français")]
TIME_ZONE = "Europe/Paris"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["config.formats"]
FILTERS_EMPTY_CHOICE_LABEL = "Tous"  # what a filter of a list says of no choice, unless it is told

# --- Wagtail ---------------------------------------------------------------------------------
WAGTAIL_SITE_NAME = "ILO"
# Otherwise its calendar takes a date typed as people write it here for a mistake, and puts today.
WAGTAIL_DATE_FORMAT = "%d/%m/%Y"
WAGTAIL_DATETIME_FORMAT = "%d/%m/%Y %H:%M"
WAGTAILADMIN_BASE_URL = BASE_URL
WAGTAILADMIN_LOGIN_URL = "admin_login"
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
WAGTAIL_AUTOSAVE_INTERVAL = 0
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_FINISH_WORKFLOW_ACTION = "ilo_cms.moderation.workflow.finish"
WAGTAIL_WORKFLOW_REQUIRE_REAPPROVAL_ON_EDIT = True
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}

# --- logs ------------------------------------------------------------------------------------
# No personal data: 4xx answers are not logged (their addresses may hold a link's token), nothing
# is mailed to administrators (such a mail carries the form), and no library tells what it fetched.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # One line per search-index update would drown everything else.
    "root": {"handlers": ["console"], "level": env.LOG_LEVEL},
    "loggers": {
        "django": {"handlers": ["console"], "propagate": False},
        "django.request": {"level": "ERROR"},
        "huey": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "django_tasks": {"level": "WARNING"},
        "wagtail": {"level": "WARNING"},  # at INFO it names what was edited, so also people
        "httpx": {"level": "WARNING"},
        "fido2": {"level": "WARNING"},  # it names the passkeys
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
    },
}
