#!/bin/sh
# Django's deployment checks with production settings and values of a real shape; any warning fails.
set -eu
cd "$(dirname "$0")/.."

random() { .venv/bin/python -c 'import secrets; print(secrets.token_urlsafe(64))'; }

export DJANGO_SETTINGS_MODULE=config.settings.production
export SECRET_KEY="$(random)" DATA_COOKIE_KEY="$(random)"
export BASE_URL=https://ilo.test DATA_URL=https://ilo.test/data/
export DATABASE_URL=postgres://ilo:ilo@127.0.0.1/ilo HUEY_URL=redis://127.0.0.1/0
export EMAIL_URL=smtp+ssl://ilo:ilo@mail.ilo.test:465 DEFAULT_FROM_EMAIL="ILO <ne-pas-repondre@ilo.test>"
unset DJANGO_ALLOW_ASYNC_UNSAFE # the test suite sets it for its browser
exec .venv/bin/python manage.py check --deploy --fail-level WARNING
