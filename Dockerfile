# One image for the three processes (compose.yaml). Written without a Docker daemon at hand:
# not built yet (docs/operations.md).
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY requirements/bootstrap.txt requirements/base.txt requirements/
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/bootstrap.txt \
    && /venv/bin/uv pip install --python /venv/bin/python --no-cache --compile-bytecode \
       --require-hashes -r requirements/base.txt

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
       libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 ilo \
    && install -d -o ilo -m 0700 /var/lib/ilo
COPY --from=build /venv /venv
COPY . /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production \
    VAR_DIR=/var/lib/ilo \
    BIND=0.0.0.0:8000
USER ilo
VOLUME /var/lib/ilo
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "-c", "gunicorn.conf.py", "config.wsgi"]
