# Everything runs in .venv, which the first target that needs it makes by itself from any
# Python >= 3.11 on PATH, with pip and nothing else. `make help` lists the targets.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --progress-bar off
READY := $(VENV)/.ready
# How many pytest workers: `make test WORKERS=8`.
WORKERS ?= 2
# More for pytest: `make test PYTEST=tests/aa`.
PYTEST ?=

# An environment made in another directory, or by a Python that is gone, is made again.
ifneq ($(shell $(PY) -c 'print(open("$(READY)").read().strip())' 2>/dev/null),$(CURDIR))
STALE := again
endif

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: $(READY) ## Rename a method across a real package, watch a bad change being rolled back
	@$(PY) examples/demo.py

test: lint types ## Everything that CI checks: lint, types, tests
	@$(PY) -m pytest -n $(WORKERS) $(PYTEST)

lint: $(READY) ## ruff: rules and formatting
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --check --quiet . || \
		{ echo "some files are not formatted: run 'make fmt'" >&2; exit 1; }

types: $(READY) .types/genesis_ssmp ## mypy --strict over the package, its tests and tools
	@MYPYPATH=.types $(PY) -m mypy --no-error-summary --exclude '/(tests|bench|docs|examples)/' \
		--package genesis_ssmp
	@MYPYPATH=.types $(PY) -m mypy --no-error-summary --explicit-package-bases \
		bench docs/generate.py examples/demo.py
	@cd tests && MYPYPATH=../.types ../$(PY) -m mypy --no-error-summary \
		--config-file ../pyproject.toml --cache-dir ../.mypy_cache/tests --explicit-package-bases .

fmt: $(READY) ## Format the code, fix what ruff can fix
	@$(PY) -m ruff check --quiet --fix --exit-zero .
	@$(PY) -m ruff format --quiet .

bench: $(READY) ## Measure, and print a table: figure, bar, floor of the same run
	@$(PY) -m bench

generate: $(READY) ## Write what is generated: grammar tables, docs pages
	@$(PY) docs/generate.py

soak: $(READY) ## The property tests with many times the examples
	@GENESIS_SOAK=1 $(PY) -m pytest -n $(WORKERS) $(PYTEST)

clean: ## Remove everything that make made
	rm -rf $(VENV) .types .demo build dist *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.types/genesis_ssmp:
	@mkdir -p .types && ln -sfn .. $@

# A changed lock file or pyproject.toml brings .venv up to date; only a stale one is made anew.
$(READY): pyproject.toml requirements-dev.lock $(STALE)
	@set -e; \
	if [ -n "$(STALE)" ]; then \
		for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
			if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
				>/dev/null 2>&1; then found=$$python; break; fi; \
		done; \
		if [ -z "$$found" ]; then \
			echo "No Python 3.11 or later with the venv module was found on PATH." >&2; \
			echo "Install one (on Debian or Ubuntu: apt-get install python3 python3-venv)," >&2; \
			echo "or name it: make PYTHON=/path/to/python3" >&2; \
			exit 1; \
		fi; \
		echo "Making .venv with $$("$$found" -V) ..."; \
		rm -rf $(VENV); \
		"$$found" -m venv $(VENV); \
	else \
		echo "Bringing .venv up to date ..."; \
	fi; \
	$(PIP) --requirement requirements-dev.lock; \
	$(PIP) --no-build-isolation --no-deps --editable .; \
	echo "$(CURDIR)" > $@

again:

.PHONY: help demo test lint types fmt bench generate soak clean again
