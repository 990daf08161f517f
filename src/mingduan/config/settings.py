"""Django's settings. What differs between installations comes from the environment; defaults are safe."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF

from . import limits, logs

ROOT = Path(__file__).resolve().parents[3]
HOME = Path(os.environ.get("MINGDUAN_HOME", ROOT / "var"))
HOME.mkdir(parents=True, exist_ok=True)
RULEBOOKS_DIR = Path(os.environ.get("MINGDUAN_RULEBOOKS", ROOT / "rulebooks"))
SCORECARDS_DIR = Path(os.environ.get("MINGDUAN_SCORECARDS", ROOT / "scorecards"))


def _secret() -> str:
    """The signing key: from the environment, or made once and kept readable by the owner only."""
    if key := os.environ.get("MINGDUAN_SECRET_KEY"):
        return key
    file = HOME / "secret_key"
    try:
        fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text()
    key = secrets.token_urlsafe(64)
    with os.fdopen(fd, "w") as out:
        out.write(key)
    return key


SECRET_KEY = _secret()
SECOND_FACTOR_KEY = (
    os.environ.get("MINGDUAN_MFA_KEY") or SECRET_KEY
)  # what the secrets of second factors are sealed with
DEBUG = os.environ.get("MINGDUAN_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("MINGDUAN_HOSTS", "127.0.0.1,localhost").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("MINGDUAN_ORIGINS", "").split(",") if o]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "mingduan.people",
    "mingduan.cases",
    "mingduan.paper",
    "mingduan.registry",
    "mingduan.complaints",
    "mingduan.web",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "mingduan.api",
]
MIDDLEWARE = [
    "mingduan.config.observing.ObservingMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "mingduan.web.keepable.KeepableMiddleware",
    "mingduan.web.accounts.SecondFactorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "mingduan.api.middleware.InterfaceMiddleware",
    "mingduan.api.tmf621.middleware.TmfMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mingduan.web.context.page",
            ],
            "builtins": ["mingduan.web.templatetags.mingduan", "mingduan.web.templatetags.papers"],
        },
    }
]
ROOT_URLCONF = "mingduan.config.urls"
WSGI_APPLICATION = "mingduan.config.wsgi.application"

DATABASES = {"default": dj_database_url.config(default=f"sqlite:///{HOME / 'mingduan.sqlite3'}", conn_max_age=60)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(HOME / "test.sqlite3")}  # a file, so that threads meet as in life
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # a writer waits for its turn instead of failing halfway
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000; PRAGMA secure_delete=ON;",
    }
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 200_000},  # so that nobody pushes their failed sign-ins out with many names
    }
}  # fmt: skip
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "people.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "mingduan.web.signin.Adapter"
ACCOUNT_FORMS = {"signup": "mingduan.web.signup.EnterpriseForm"}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"login_failed": limits.rate("sign-in", "sign-in-account")}
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if os.environ.get("MINGDUAN_HTTPS") == "1" else "http"
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("MINGDUAN_PROXIES", "0"))
MFA_ADAPTER = "mingduan.web.signin.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # whoever signed up has proven it; for the others the administrator vouches
REQUIRE_SECOND_FACTOR = os.environ.get("MINGDUAN_REQUIRE_MFA") == "1"
LOGIN_URL, LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "login", "home", "front"

# The address people reach this installation at: it stands in QR codes and credentials, so it must last.
PUBLIC_URL = os.environ.get("MINGDUAN_URL", "http://127.0.0.1:8000").rstrip("/")
# The Ed25519 key (PEM) of Verifiable Credentials; one is made in HOME if none is named.
CREDENTIAL_KEY = os.environ.get("MINGDUAN_CREDENTIAL_KEY", "")
# The Ed25519 key (PEM) that signs checkpoints of the store; one is made in HOME if none is named. Who stamps them: `cases.stamping`.
CHECKPOINT_KEY = os.environ.get("MINGDUAN_CHECKPOINT_KEY", "")
# The Fernet keys, newest first and separated by commas, that wrap the keys of cases; one is made in HOME if none is named.
DATA_KEYS = os.environ.get("MINGDUAN_DATA_KEYS", "").replace(" ", "")
TSA_URL = os.environ.get("MINGDUAN_TSA_URL", "")
TIME_STAMPER = os.environ.get("MINGDUAN_TIME_STAMPER", "mingduan.cases.stamping.over_http" if TSA_URL else "")
# Whether webhooks may go to this very machine: for trying them out.
HOOKS_TO_LOOPBACK = os.environ.get("MINGDUAN_HOOKS_TO_LOOPBACK") == "1"
# Who signs certificates: see `registry.signing`.
SIGNER = {"kind": os.environ.get("MINGDUAN_SIGNER", "test-ca")} | {
    key: os.environ[name]
    for key in ("file", "passphrase", "module", "token", "pin", "label", "roots")
    if os.environ.get(name := f"MINGDUAN_SIGNER_{key.upper()}")
}

LANGUAGE_CODE, LANGUAGES = "zh-hans", [("zh-hans", "中文"), ("en", "English")]
TIME_ZONE, USE_TZ = "Asia/Shanghai", True
STATIC_URL, STATIC_ROOT = "/static/", HOME / "static"
WHITENOISE_USE_FINDERS = True
STATIC_ROOT.mkdir(exist_ok=True)

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = os.environ.get("MINGDUAN_HTTPS") == "1"
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = os.environ.get("MINGDUAN_HTTPS") == "1"
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]  # asked from beside the server, not through the proxy
SECURE_HSTS_SECONDS = 31_536_000 if os.environ.get("MINGDUAN_HTTPS") == "1" else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
# Subdomains and browsers' preload lists are not ours to bind: an installation is one host of somebody's domain.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF], "script-src": [SELF], "style-src": [SELF], "img-src": [SELF, "data:"],
        "object-src": [NONE], "base-uri": [NONE], "form-action": [SELF], "frame-ancestors": [NONE],
    }
}  # fmt: skip
# Mail is written to files until a server is named.
MAIL_ADDRESS = os.environ.get("MINGDUAN_MAIL_ADDRESS", "mingduan@localhost")
MAIL_DOMAIN = MAIL_ADDRESS.rpartition("@")[2]
DEFAULT_FROM_EMAIL = SERVER_EMAIL = f"明断 <{MAIL_ADDRESS}>"
EMAIL_HOST = os.environ.get("MINGDUAN_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("MINGDUAN_SMTP_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("MINGDUAN_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("MINGDUAN_SMTP_PASSWORD", "")
EMAIL_USE_TLS = EMAIL_PORT == 587
EMAIL_USE_SSL = EMAIL_PORT == 465
EMAIL_TIMEOUT = 20
# Text messages are written to a file until a back end is named: a class with `send(to, text, key)`.
SMS_BACKEND = os.environ.get("MINGDUAN_SMS_BACKEND", "mingduan.complaints.sms.FileBackend")
# What reads the text messages that a gateway posts, and the secret it signs them with; without one none are taken.
SMS_RECEIVER = os.environ.get("MINGDUAN_SMS_RECEIVER", "mingduan.complaints.post.texts.SignedJson")
SMS_SECRET = os.environ.get("MINGDUAN_SMS_SECRET", "")
EMAIL_FILE_PATH = HOME / "mail"
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"

# How it is logged: `json` or `text`; a person at a terminal is told only what went wrong.
_TERMINAL = sys.stderr.isatty()
LOG_STYLE = os.environ.get("MINGDUAN_LOG", "text" if _TERMINAL else "json")
LOGGING = logs.configuration(LOG_STYLE, os.environ.get("MINGDUAN_LOG_LEVEL", "WARNING" if _TERMINAL else "INFO"))
# Where the processes of one machine count what Prometheus asks for, and the token it asks with; without one it is told nothing.
METRICS_DIR = Path(os.environ.get("MINGDUAN_METRICS_DIR", HOME / "metrics"))
METRICS_TOKEN = os.environ.get("MINGDUAN_METRICS_TOKEN", "")

CLAMD = os.environ.get("MINGDUAN_CLAMD", "")
SCANNER = os.environ.get("MINGDUAN_SCANNER", "mingduan.cases.scanning.clamd" if CLAMD else "")
