# Every daily command. Needs only make and Python 3.11 or later; `make` alone prints the list.

PORT ?= 8000
VAR_DIR ?= $(CURDIR)/var
export PORT VAR_DIR
# Many short Pythons follow each other here: what one has compiled, the next must not compile anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON := .venv/bin/python
MANAGE := $(PYTHON) manage.py
BASE := .venv/.base-installed
DEV := .venv/.dev-installed
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url $(UPGRADE)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test test-services quality bench trials fix lock clean \
	lint types templates imports spelling migrations deployment

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(BASE) ## Start the platform with demonstration data (PORT=8000; FRESH=1 starts over)
	@$(MANAGE) serve --check
ifdef FRESH
	@cd "$(VAR_DIR)" && rm -rf ilo.sqlite3* huey.sqlite3* files mail sms reports cache enee insee
endif
	@echo "Préparation de la base et des données de démonstration…"
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) load_demo
	@$(MANAGE) publish_reports
	@exec $(MANAGE) serve --welcome fixtures/demo/welcome.txt

test: $(DEV) ## Run the whole suite on SQLite (ARGS="-k word" chooses)
	$(PYTHON) -m pytest $(ARGS)

test-services: $(DEV) ## What asks for a database, on PostgreSQL and Redis
	tools/with_services.sh $(PYTHON) -m pytest -m "not e2e and not own_database" $(ARGS)

quality: lint types templates imports spelling migrations deployment ## Everything that can be checked without running the product

lint: $(DEV)
	.venv/bin/ruff check
	.venv/bin/ruff format --check

types: $(DEV)
	.venv/bin/mypy

templates: $(DEV)
	.venv/bin/djlint --lint --quiet site/templates ilo_cms datasette/templates

imports: $(DEV)
	.venv/bin/lint-imports --no-logo

spelling: $(DEV)
	.venv/bin/codespell ilo_cms etl site datasette tests tools docs *.md *.py Makefile

migrations: $(DEV)
	$(MANAGE) makemigrations --check --dry-run --settings config.settings.test

deployment: $(DEV)
	tools/check_deploy.sh

bench: $(DEV) ## Run every benchmark beside its peer; lines go to var/bench.jsonl
	$(PYTHON) tools/bench.py

trials: $(DEV) ## Run the long trials in full size (concurrency, loss)
	@for trial in tests/trials/trial_*.py; do echo "== $$trial"; $(PYTHON) $$trial || exit 1; done

fix: $(DEV) ## Let ruff repair and format
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

lock: $(DEV) ## Write requirements/*.txt anew from *.in (UPGRADE=--upgrade takes newer versions)
	$(COMPILE) requirements/bootstrap.in -o requirements/bootstrap.txt
	$(COMPILE) requirements/base.in -o requirements/base.txt
	$(COMPILE) requirements/dev.in -o requirements/dev.txt

clean: ## Remove caches and test databases; keeps .venv and the data in var/
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build *.egg-info
	rm -f "$(VAR_DIR)"/test.sqlite3*
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

$(BASE): requirements/base.txt requirements/bootstrap.txt
	@tools/bootstrap.sh base
	@touch $(BASE)

$(DEV): requirements/dev.txt requirements/bootstrap.txt
	@tools/bootstrap.sh dev
	@touch $(BASE) $(DEV)
