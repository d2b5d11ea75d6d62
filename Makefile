# A fresh clone needs Python >= 3.11, git and make; the targets set up the rest in .venv by themselves.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench fixtures generated constraints clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

demo: $(STAMP)  ## show what would change in an example tree
	$(BIN)/ngc-migrate fixtures/whole-tree/before --dry-run

test: $(STAMP)  ## run all tests
	$(BIN)/pytest --numprocesses=auto --dist=worksteal

lint: $(STAMP)  ## check style, layout and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(STAMP)  ## time whole runs, as ratios to floors
	$(BIN)/python -m tests.bench

fixtures: $(STAMP)  ## write the fixtures' after/ trees anew
	$(BIN)/pytest tests/test_fixtures.py tests/test_counts.py --update-fixtures

generated: fixtures  ## write anew everything that is made from something else
	$(BIN)/python -m tests.picture

constraints:  ## choose package versions anew (needs uv)
	sed -n '/^#/p' constraints.txt > constraints.new
	printf 'hatchling>=1.27\neditables>=0.5\n' | uv pip compile --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --no-header --upgrade --extra online --group pyproject.toml:dev \
	  pyproject.toml - >> constraints.new
	mv constraints.new constraints.txt

clean:  ## remove what the other targets made
	rm -rf .venv .venv-oldest .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(STAMP): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement constraints.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
