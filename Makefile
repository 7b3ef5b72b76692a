# What one can do here: make demo, make test, make check (all CI checks). Each does its own set-up.
SHELL := /bin/sh
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
RUN := $(UV) run --locked
.DEFAULT_GOAL := help
.PHONY: help setup demo up down test check lint types rooms migrations docs bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: .venv/.ready ## the environment, from the lock file

.venv/.ready: pyproject.toml uv.lock
	@sh scripts/bootstrap.sh
	@$(UV) sync --locked --quiet --compile-bytecode
	@touch $@

DEMO_HOME ?= demo-home
demo: setup ## two nights over the example inboxes, then the 2021 report
	@$(RUN) doublehigh demo --home $(DEMO_HOME)

up: setup ## Prefect server, worker and warehouse on this machine; its address is printed
	@$(RUN) doublehigh up

down: setup ## stop what `make up` started
	@$(RUN) doublehigh down

test: setup ## the tests
	@$(RUN) pytest -n 2 --dist loadgroup

check: setup lint types rooms migrations test ## everything CI checks; the docs are checked among the tests

lint: setup ## style and formatting
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .

types: setup ## mypy, strict
	@$(RUN) mypy

rooms: setup ## imports run down the rooms only
	@$(RUN) lint-imports

migrations: setup ## the migrations give exactly the tables of the models and contracts
	@$(RUN) doublehigh migrate --check

docs: setup ## the README's commands and tables agree with the program (part of the tests)
	@$(RUN) pytest -q tests/test_docs.py

bench: setup ## speed and reading scores, side by side
	@$(RUN) python -m bench

clean: ## what make made
	@rm -rf .venv .uv .pytest_cache .mypy_cache .ruff_cache
