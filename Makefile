# Two commands matter: `make run` and `make test`. Everything they need they install.
SHELL := /bin/bash
PY := .venv/bin/python
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: run test test-sqlite test-postgres lint fmt types contracts bench rulebooks lock debian

run: .venv/.run
	.venv/bin/mingduan up

test: .venv/.dev debian test-postgres test-sqlite

test-sqlite: .venv/.dev
	$(PY) -m pytest -n 2 -q

# All but the pure engine and the scenarios, which meet no database, and the browser's walks: the same pages are asked in tests/web.
test-postgres: .venv/.dev
	scripts/with-postgres $(PY) -m pytest -n 2 -q tests --ignore tests/procedure --ignore tests/scenarios --ignore tests/e2e

lint: .venv/.dev
	.venv/bin/ruff check . && .venv/bin/ruff format --check .

fmt: .venv/.dev
	.venv/bin/ruff check --fix . && .venv/bin/ruff format .

types: .venv/.dev
	.venv/bin/mypy

contracts: .venv/.dev
	.venv/bin/lint-imports

rulebooks: .venv/.dev
	.venv/bin/mingduan rulebook check rulebooks scorecards

bench: .venv/.dev
	for b in benchmarks/bench_*.py; do echo "== $$b"; $(PY) $$b || exit 1; done

lock: .venv/.dev
	.venv/bin/pip install -q pip-tools
	.venv/bin/pip-compile -q --strip-extras --no-emit-index-url --no-emit-find-links --no-header -o requirements.lock pyproject.toml
	.venv/bin/pip-compile -q --strip-extras --no-emit-index-url --no-emit-find-links --no-header --extra dev -o requirements-dev.lock pyproject.toml

# A Debian python3 may come without ensurepip, which the venv needs.
.venv/bin/python:
	python3 -m venv .venv || { rm -rf .venv; $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq python3-venv && python3 -m venv .venv; }

.venv/.run: .venv/bin/python requirements.lock pyproject.toml
	.venv/bin/pip install -q -r requirements.lock
	.venv/bin/pip install -q --no-deps -e .
	touch $@

.venv/.dev: .venv/.run requirements-dev.lock
	.venv/bin/pip install -q -r requirements-dev.lock
	touch $@

debian:
	scripts/install-debian curl jq chromium postgresql dovecot-imapd fonts-noto-cjk poppler-utils softhsm2 libpdfbox2-java libactivation-java libjaxb-api-java default-jre-headless
