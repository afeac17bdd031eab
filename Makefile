# Everything runs in .venv, which is made on first use. On Windows use the plain pip
# lines of the README.
PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/densecell
READY := .venv/ready-dev
CORE := .venv/ready

.PHONY: help demo studio test coverage check soak docs notebooks notebooks-run format clean

help:
	@echo "make demo    train and segment synthetic tissue, end to end, into demo/"
	@echo "make studio  open a window on synthetic tissue: paint, see a sketch, train"
	@echo "make test    all tests"
	@echo "make coverage  all tests, and the lines that none of them runs"
	@echo "make check   ruff and mypy"
	@echo "make soak    kill long commands, damage files, at random, for hours"
	@echo "make docs    the documentation, into build/site"
	@echo "make notebooks      set up, and open the notebooks in a browser; options of"
	@echo "                    Jupyter: LAB='--no-browser --port 8888'; as root --allow-root"
	@echo "make notebooks-run  run them all, into build/notebooks"
	@echo "make format  let ruff format and sort"
	@echo "make clean   remove .venv and caches"

demo: $(CORE)
	$(RUN) demo --out demo

# The folder keeps what is painted; delete it to begin anew.
studio: $(CORE)
	test -e studio-demo/tissue.zarr || $(RUN) phantom studio-demo/tissue.zarr --shape 24 512 512
	$(RUN) studio --root studio-demo $(STUDIO)

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal

coverage: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=term-missing:skip-covered

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	! command -v tsc > /dev/null || tsc -p tests/studio/jsconfig.json

soak: $(READY)
	$(BIN)/python -m soak.kills --kills 50
	$(BIN)/python -m soak.workers --kills 20
	$(BIN)/python -m soak.fuzz --minutes 10
	$(BIN)/python -m soak.studio --actions 2000 --kills 20

docs: $(READY)
	$(BIN)/python -m mkdocs build --strict
	@echo "build/site/index.html: open it in a browser; $(BIN)/mkdocs serve also searches"

# The .py files are the source; notebooks are made from them, never kept in git. One that
# is there, perhaps with work in it, stays as it is.
notebooks: $(CORE)
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[mesh,notebooks]' jupyterlab
	$(BIN)/python -m ipykernel install --sys-prefix --name densecell
	for each in notebooks/0*.py; do \
	  test -e $${each%.py}.ipynb || $(BIN)/jupytext -q --to ipynb $$each || exit; \
	done
	cd notebooks && ../$(BIN)/jupyter lab $(LAB)

# One after another: two that train at once on two cores wait for each other's threads.
notebooks-run: $(READY)
	rm -rf build/notebooks && mkdir -p build/notebooks
	for each in notebooks/0*.py; do \
	  $(BIN)/jupytext -q --to ipynb --output build/$${each%.py}.ipynb $$each || exit; \
	done
	$(BIN)/python -m pytest -q -o filterwarnings=ignore -o timeout=1800 --nbmake --nbmake-timeout 1200 --overwrite \
	  --nbmake-kernel=python3 build/notebooks

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(CORE): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[mesh,report,view,studio]'
	touch $@

$(READY): pyproject.toml constraints.txt $(CORE)
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis
