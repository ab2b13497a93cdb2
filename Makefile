# Each target sets up what it needs in .venv; name another interpreter with PYTHON=...
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
BUILD := build
NOTEBOOKS := $(wildcard notebooks/*.md)

.PHONY: demo test lint types unit docs notebooks bench bench-light clean

demo: $(VENV)/.core
	$(PY) -m nesssym derive kinesin --check

test: lint types docs
	$(PY) -m pytest

lint: $(VENV)/.all
	$(PY) -m ruff check
	$(PY) -m ruff format --check

types: $(VENV)/.all
	$(PY) -m mypy

unit: $(VENV)/.all
	$(PY) -m pytest

docs: $(VENV)/.all
	$(PY) -m sphinx -W --keep-going -E -q -d $(BUILD)/doctrees docs $(BUILD)/docs
	@echo "$(BUILD)/docs/index.html"

notebooks: $(NOTEBOOKS:notebooks/%.md=$(BUILD)/notebooks/%.ipynb)

$(BUILD)/notebooks/%.ipynb: notebooks/%.md $(VENV)/.all FORCE
	@mkdir -p $(@D)
	$(PY) -m jupytext --quiet --to ipynb --execute --output $@ $<

bench: $(VENV)/.bench
	@mkdir -p $(BUILD)
	$(PY) -m pytest benchmarks --benchmark-enable --benchmark-only --benchmark-quiet \
	  --benchmark-json=$(BUILD)/bench.json
	$(PY) -m benchmarks.report $(BUILD)/bench.json

bench-light: $(VENV)/.all
	$(PY) -m pytest tests/test_benchmarks.py

clean:
	rm -rf $(VENV) $(BUILD) dist docs/gallery docs/notebooks .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find nesssym tests docs -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/.core: $(VENV)/.made pyproject.toml
	$(PY) -m pip install --quiet --editable .
	@touch $@

$(VENV)/.bench: $(VENV)/.all
	$(PY) -m pip install --quiet --editable '.[bench]'
	@touch $@

$(VENV)/.all: $(VENV)/.made pyproject.toml
	$(PY) -m pip install --quiet --editable '.[test,docs]'
	@touch $@

# The second way is for Pythons whose distribution keeps ensurepip apart.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and "nesssym needs Python 3.11 or newer, $(PYTHON) is %d.%d; try make PYTHON=python3.12" % v[:2])'
	$(PYTHON) -m venv --clear $(VENV) || { \
	  $(PYTHON) -m venv --clear --without-pip $(VENV) && \
	  $(PYTHON) -m pip --python $(PY) install --quiet pip; }
	@touch $@

FORCE:
