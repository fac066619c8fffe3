# Targets for people and for CI. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh

# The first Python >= 3.11 that is there; PYTHON=... chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
IMAGE ?= gracekeeper/sample-app:latest
DB_IMAGE ?= gracekeeper/db:latest
BASE_IMAGE ?= python:3.11-slim-bookworm
UV_VERSION := 0.13.9
ARGS ?=

# What lint and types look at; a folder that is not there yet is left out.
SOURCES := $(wildcard supervisor launcher sample_app entrypoints benchmarks tests docs docker)
TYPED := $(wildcard supervisor launcher sample_app entrypoints benchmarks tests docs docker/app/wsgi.py)

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Set up
.PHONY: setup
setup: $(VENV)/.project ## Make .venv with pinned dependencies and the gracekeeper command
	@:

# Dependencies again when a lock changes; the project itself (editable) when its metadata or its launcher does.
$(VENV)/.dependencies: requirements/build.txt requirements/dev.txt
	@sh scripts/check-python.sh "$(PYTHON)"
	@echo "setup: dependencies into $(VENV) (uWSGI is compiled: about a minute the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements/build.txt
	@$(PIP) install --require-hashes --no-build-isolation -r requirements/dev.txt
	@touch $@

$(VENV)/.project: $(VENV)/.dependencies pyproject.toml launcher/build.py launcher/gracekeeper.c
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: base-images
base-images: ## Make the base images where none can be pulled (root, Docker, debootstrap)
	@sh docker/base/make-base.sh

.PHONY: image
image: base-images ## Build the sample app's image (IMAGE=, BASE_IMAGE=)
	docker build --build-arg BASE_IMAGE=$(BASE_IMAGE) -f docker/app/Dockerfile --target app -t $(IMAGE) .

.PHONY: db-image
db-image: base-images ## Build PostgreSQL's image (DB_IMAGE=, BASE_IMAGE=)
	docker build --build-arg BASE_IMAGE=$(BASE_IMAGE) -f docker/db/Dockerfile -t $(DB_IMAGE) .

.PHONY: secrets
secrets: ## Make up the database password that docker/compose.yaml wants
	@sh docker/make-secrets.sh

##@ Try
.PHONY: demo
demo: setup ## Load on the sample app, SIGTERM in the middle: report, exit 143, lost 0 (no Docker)
	@$(BIN)/python -m demo

.PHONY: run
run: setup ## The sample app on 127.0.0.1:8000 until Ctrl-C
	@exec $(BIN)/python -m demo run

##@ Check
.PHONY: test
test: lint types core-coverage base-images ## Everything: lint, types, coverage of the core, the whole suite
	$(BIN)/python -m pytest $(ARGS)

.PHONY: fast
fast: setup ## The tests that start neither processes nor containers
	$(BIN)/python -m pytest -m "not process and not docker" $(ARGS)

# Without those that try thousands of lives: one test for each branch is there besides, and tracing makes them slow.
.PHONY: core-coverage
core-coverage: setup ## The stories of tests/core, with a gate: every branch of supervisor/core
	$(BIN)/python -m pytest tests/core -k "not search and not sequences and not long_row" \
	  --cov=supervisor.core --cov-branch --cov-fail-under=100

.PHONY: lint
lint: setup ## ruff: rules and format
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

.PHONY: types
types: setup ## mypy, strict
	$(BIN)/mypy $(TYPED)

.PHONY: format
format: setup ## Format, and repair what ruff can
	$(BIN)/ruff check --fix --quiet $(SOURCES) || true
	$(BIN)/ruff format $(SOURCES)

.PHONY: fuzz-doctor
fuzz-doctor: setup ## Trees of bad files for `gracekeeper doctor` (ARGS=--minutes=10; guided, with atheris in .venv)
	$(BIN)/python -m benchmarks.fuzz_doctor $(ARGS)

##@ Measure
.PHONY: bench-stop
bench-stop: setup ## What six entrypoints lose when they are stopped at saturation (ARGS=)
	$(BIN)/python -m benchmarks.stop $(ARGS)

.PHONY: bench-recycle
bench-recycle: setup ## What clients notice when workers are replaced, ours and uWSGI's ways (ARGS=)
	$(BIN)/python -m benchmarks.recycle $(ARGS)

.PHONY: bench-pid1
bench-pid1: setup ## What being PID 1 costs, ours, a bare loop's and seven other inits' (root, gcc; ARGS=)
	$(BIN)/python -m benchmarks.init $(ARGS)

.PHONY: bench-fleet
bench-fleet: setup ## Several services, ours and others': start, stop, order, lines (PostgreSQL, nginx; ARGS=)
	$(BIN)/python -m benchmarks.fleet $(ARGS)

.PHONY: bench-db
bench-db: setup db-image ## How PostgreSQL ends with clients inside, ours and by plain signals (ARGS=)
	$(BIN)/python -m benchmarks.db --image $(DB_IMAGE) $(ARGS)

.PHONY: bench-report
bench-report: setup ## A report from a journal of a million events: seconds and memory (ARGS=)
	$(BIN)/python -m benchmarks.report $(ARGS)

.PHONY: bench-kit
bench-kit: setup base-images ## What the test kit adds to a test of plain testcontainers (ARGS=)
	$(BIN)/python -m benchmarks.kit $(ARGS)

.PHONY: bench-load
bench-load: setup ## Requests a second of the drill's load on one core, beside ab, wrk, hey (nginx, two cores; ARGS=)
	$(BIN)/python -m benchmarks.load $(ARGS)

.PHONY: bench-doctor
bench-doctor: setup ## How long `gracekeeper doctor` takes on 5,000 files on one core, and its memory (ARGS=)
	$(BIN)/python -m benchmarks.doctor $(ARGS)

.PHONY: bench-ledger
bench-ledger: setup base-images ## Is all that was answered 201 in the database, once? (Docker Compose v2; ARGS=)
	$(BIN)/python -m benchmarks.ledger $(ARGS)

##@ Look after
.PHONY: lock
lock: ## Resolve the pinned dependencies anew (ARGS=--upgrade for newer versions)
	@test -x .lock-venv/bin/uv || $(PYTHON) -m venv .lock-venv
	@.lock-venv/bin/python -m pip --disable-pip-version-check install --quiet uv==$(UV_VERSION)
	sh scripts/lock.sh .lock-venv/bin/uv $(ARGS)

.PHONY: clean
clean: ## Remove .venv, caches and builds
	rm -rf $(VENV) .lock-venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
