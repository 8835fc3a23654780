.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
SURVEY := .survey
BIN := $(VENV)/bin
ARGS ?=
RUNNER ?=
# The locks are complete, so nothing is left to resolve. What is never imported need not be compiled: that is most of it.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --require-hashes
# Compiled modules halve the start of each process that tests start; some machines are told not to write them.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo run doctor test bench benchaudit torture check quick-demo quick-torture coverage types style supply mutants format lock clean

help: ## what you can do here
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Comeback needs Python 3.11 or newer: try make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV)

# Two stamps, so that `make demo` fetches what runs and not what tests.
$(VENV)/.app: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing Comeback (the first time only) ..."
	@$(INSTALL) -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.app
	@echo "Installing the test tools (the first time only) ..."
	@$(INSTALL) -r requirements-dev.txt
	@touch $@

demo: $(VENV)/.app ## see it work in a sandbox, in your browser (ARGS=--script: in the terminal, by itself)
	@$(BIN)/python -m sandbox.demo $(ARGS)

run: $(VENV)/.app ## run the bot with your settings
	@$(BIN)/comeback run

doctor: $(VENV)/.app ## ask what is wrong with your settings
	@$(BIN)/comeback doctor

test: $(VENV)/.dev ## the tests, on SQLite and on a PostgreSQL that they bring along
	@$(BIN)/python $(RUNNER) -m pytest -n 3 --dist worksteal $(ARGS)

bench: $(VENV)/.app ## a scan of 100,000 people, beside the floor of reading them (three minutes; ARGS="--people 10000")
	@$(BIN)/python -m benchmarks.scan $(ARGS)

benchaudit: $(VENV)/.app ## a check of an audit trail of 10,000,000 entries, beside reading it (ten minutes, 6 GB; ARGS="--entries 1000000")
	@$(BIN)/python -m benchmarks.audit $(ARGS)

torture: $(VENV)/.dev ## kill, pause and starve the bot, and check that nothing is lost or doubled (half an hour; ARGS=--quick: two minutes)
	@$(BIN)/python -m tests.torture $(ARGS)

check: $(VENV)/.dev ## all that CI checks
	@$(MAKE) --no-print-directory --jobs 3 style types test
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target quick-demo quick-torture

# Both wait for most of their time, so they do it side by side.
quick-demo: ; @$(MAKE) --no-print-directory demo ARGS=--script
quick-torture: ; @$(MAKE) --no-print-directory torture ARGS=--quick

coverage: $(VENV)/.dev ## the tests again, and which lines they do not reach (half as long again)
	@rm -f .coverage .coverage.*
	@$(MAKE) --no-print-directory test RUNNER="-m coverage run"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

types: $(VENV)/.dev
	$(BIN)/mypy

style: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check

supply: $(SURVEY)/.done ## ask for known holes in the dependencies, and write their list (sbom.cdx.json)
	$(SURVEY)/bin/pip-audit --strict --require-hashes --disable-pip -r requirements.txt
	$(SURVEY)/bin/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml --output-reproducible -o sbom.cdx.json

mutants: $(SURVEY)/.done ## change the rules, the outbox and the audit chain, line by line, and see that a test fails each time (ten minutes; not part of CI)
	@$(SURVEY)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(SURVEY)/bin/mutmut run && $(SURVEY)/bin/mutmut results

$(SURVEY)/.done: requirements-survey.txt | $(BIN)/python
	@echo "Installing the survey tools (the first time only) ..."
	@$(PYTHON) -m venv $(SURVEY)
	@$(SURVEY)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-survey.txt
	@touch $@

format: $(VENV)/.dev ## format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock: $(VENV)/.dev ## lock the newest versions of the dependencies, with hashes
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate --extra postgres --extra charts --group build pyproject.toml -o requirements.txt
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate --extra postgres --extra charts --group build --group dev pyproject.toml -o requirements-dev.txt
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate --extra postgres --extra charts --group build --group dev --group survey pyproject.toml -o requirements-survey.txt

clean: ## remove the environment and everything that was built
	@rm -rf $(VENV) $(SURVEY) mutants build *.egg-info .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
