# Everything runs in .venv, which is made on first use. On Windows use the plain pip
# lines of the README.
PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/densecell
READY := .venv/ready-dev
CORE := .venv/ready

.PHONY: help demo test check format clean

help:
	@echo "make demo    train and segment synthetic tissue, end to end, into demo/"
	@echo "make test    all tests"
	@echo "make check   ruff and mypy"
	@echo "make format  let ruff format and sort"
	@echo "make clean   remove .venv and caches"

demo: $(CORE)
	$(RUN) demo --out demo

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(CORE): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[mesh]'
	touch $@

$(READY): pyproject.toml constraints.txt $(CORE)
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
