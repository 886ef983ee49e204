# segstudio: `make demo` shows it, `make test` tests it. Both make their own virtual environment first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
FORMATS := .venv-formats
export QT_LOGGING_RULES ?= qt.qpa.plugin=true

.PHONY: help setup demo test test-slow test-gpu formats-test bench bench-gpu lint format types contracts translations screenshots constraints clean

help: ## what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(STAMP) ## the virtual environment with everything in it

$(STAMP): pyproject.toml constraints.txt docs/system-libraries.sh
	@sh docs/system-libraries.sh
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "segstudio needs Python 3.11 or newer; try make PYTHON=python3.12"'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' -c constraints.txt
	@touch $@

demo: setup ## the main job, end to end, on real images
	$(BIN)/segstudio demo --out demo-out

test: setup lint types contracts ## every check and the whole test suite (without the slow and GPU tests)
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-slow: setup ## the tests that take minutes
	$(BIN)/python -m pytest -m slow

test-gpu: setup ## the tests that need an accelerator
	$(BIN)/python -m pytest -m gpu

# labelme, whose licence is the GPL, takes part where SEGSTUDIO_LABELME_PYTHON names an interpreter that has it
formats-test: $(FORMATS)/.installed ## what is exported, read by the programs of others, in an environment of its own
	$(FORMATS)/bin/python -m pytest tests/io/exporters tests/io/test_dicom_seg.py tests/io/test_huggingface.py

$(FORMATS)/.installed: pyproject.toml constraints.txt
	test -x $(FORMATS)/bin/python || $(PYTHON) -m venv $(FORMATS)
	$(FORMATS)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[formats-test]' -c constraints.txt
	@touch $@

bench: setup ## measurements, as JSON
	for script in bench/*.py; do $(BIN)/python $$script || exit 1; done

bench-gpu: setup ## images a second and utilisation of this machine's graphics card, as JSON
	$(BIN)/python bench/devices.py

lint: setup ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: setup ## bring all code into form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: setup ## mypy --strict
	$(BIN)/mypy

contracts: setup ## import-linter: floors, and who may know Qt and torch
	$(BIN)/lint-imports

translations: setup ## collect the texts of the window into resources/translations, and compile what is translated
	$(BIN)/python scripts/translations.py

screenshots: setup ## pictures of every dialog, every panel and the window in each of its states, to be looked at
	$(BIN)/python scripts/screenshots.py screenshots --twice

constraints: setup ## record the versions that are installed now as the tested ones
	$(BIN)/python -m pip list --format=freeze --exclude-editable --disable-pip-version-check | grep -v -i -E '^(pip|setuptools|nvidia-|cuda-|triton)' > constraints.new
	grep -i -E '^(datasets|datumaro|SimpleITK|supervision)=' constraints.txt >> constraints.new # of `make formats-test`
	mv constraints.new constraints.txt

clean: ## remove what was built
	rm -rf $(VENV) $(FORMATS) build dist demo-out screenshots .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
