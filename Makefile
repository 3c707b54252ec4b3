# Everything a newcomer needs; `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PROVIDERS := .providers
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo run test test-browser test-providers lint bench faults soak phrases lock

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Regulars needs Python 3.11 or newer; try: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/.installed ## the virtual environment with what Regulars needs, locked with hashes

demo: setup ## the demo café with its simulator: no token, no account
	@$(BIN)/regulars demo $(ARGS)

run: setup ## the real thing, with your settings from .env and programme.toml
	@$(BIN)/regulars run $(ARGS)

test: $(VENV)/.installed-dev ## every test, on SQLite and on a real PostgreSQL
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal $(ARGS)

test-browser: $(VENV)/.installed-dev ## the demo in a real browser (needs Chromium)
	$(BIN)/python -m pytest -o addopts= tests/browser $(ARGS)

test-providers: $(VENV)/.installed-dev ## what we send to Twilio, against its own OpenAPI document (needs npm)
	npm install --silent --no-audit --no-fund --no-package-lock --prefix $(PROVIDERS) @stoplight/prism-cli@5.14 @twilio-alpha/mcp@0.7
	$(BIN)/python -m pytest -o addopts= tests/providers $(ARGS)

lint: $(VENV)/.installed-dev ## style, types and the arrows between packages
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-dev ## speed, as ratios within one run; writes benchmarks/results/latest.json
	$(BIN)/python -m benchmarks $(ARGS)

faults: $(VENV)/.installed-dev ## a broadcast to 20,000, sent by processes that are killed again and again
	$(BIN)/python -m tests.simulation.broadcast_kills $(ARGS)

soak: $(VENV)/.installed-dev ## two years in six time zones, hour by hour (about half an hour)
	$(BIN)/python -m tests.simulation.two_years $(ARGS)

phrases: $(VENV)/.installed-dev ## all that is said, into docs/phrases/, and played through, into docs/transcripts/
	@$(BIN)/python -m bot.phrases
	@REGULARS_TRANSCRIPTS=1 $(BIN)/python -m pytest -q tests/acceptance/test_languages.py
	@test ! -f locales/measure.py || $(BIN)/python -m locales.measure

lock: ## resolve the locked versions anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml --group build -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
