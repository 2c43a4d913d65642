# Two commands: `make book` and `make test`. Each does all the set-up that it needs.

PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8000
TORCH ?= torch==2.13.0+cpu
TORCH_VENV ?= $(VENV)/torch

.DEFAULT_GOAL := help
.PHONY: help book test test-torch serve pdf release lint bench lock clean setup setup-dev grid

help: ## list what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

book: setup ## set up, run what is missing and render the book (REPORT_PROFILE=smoke|quick|full|paper)
	$(BIN)/report-utils build

# One process more than there are cores: some tests wait for other machines, queues and processes that they started.
# Files in the order of tests/conftest.py, the slow ones first.
test: setup-dev ## set up and run the tests
	$(BIN)/python -m pytest -n $$($(BIN)/python -c 'from report_utils.workers.processes import n_workers; print(n_workers() + 1)') --dist loadfile --no-loadscope-reorder

# PyTorch's usual wheel for Linux brings CUDA, so its build for processors is asked for by name. Where pip's index lacks
# that build: make test-torch TORCH=torch
test-torch: setup-dev ## run the tests that need PyTorch and Lightning, in an environment of their own
	test -x $(TORCH_VENV)/bin/python || $(PYTHON) -m venv $(TORCH_VENV)
	echo '$(abspath $(VENV))/lib/python3.11/site-packages' > $(TORCH_VENV)/lib/python3.11/site-packages/shared.pth
	$(TORCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check '$(TORCH)' 'lightning>=2.4'
	PYTHONPATH=src $(TORCH_VENV)/bin/python -m pytest tests/dynamics/test_with_torch.py tests/dynamics/test_curriculum.py tests/dynamics/test_crescents.py

serve: setup ## show the rendered book at http://127.0.0.1:8000/ (PORT=8001 for another)
	@test -f _build/html/index.html || { echo 'there is no book yet; make it with: make book' >&2; exit 1; }
	$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

pdf: book ## print the book, and what it found on one sheet, as PDFs, which it then offers; needs Chromium
	$(BIN)/report-utils pdf

release: setup ## pack the last commit and its book into one archive with checksums, to deposit
	$(BIN)/report-utils release

lint: setup-dev ## check style, and that rooms import only from those below them
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

bench: setup-dev ## set up and measure
	$(BIN)/python -m benchmarks

setup: $(VENV)/.ready ## set up .venv, and nothing else
setup-dev: $(VENV)/.ready-dev ## set up with JupyterLab and all that tests need

# Always with -e: a copy of the package in .venv would be run in place of src/, and edits would change nothing.
grid: setup ## add Snakemake, for report-utils grid
	sed -n 's/ *\\$$//; /^[A-Za-z0-9]/p' requirements-dev.lock > $(VENV)/constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -c $(VENV)/constraints.txt -e '.[grid]'

# One pip run for each lock file: every archive is checked against its hash, and bytecode is compiled while at it,
# since the first import of TensorFlow is three times slower without.
$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; assert sys.version_info[:2] == (3, 11), "Python 3.11 is needed: make PYTHON=/path/to/python3.11"'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	touch $@

lock: setup-dev ## write the lock files from pyproject.toml
	$(BIN)/uv pip compile $(LOCK_OPTIONS) --extra build -o requirements.lock
	$(BIN)/uv pip compile $(LOCK_OPTIONS) --extra build --extra dev -c requirements.lock -o requirements-dev.lock

LOCK_OPTIONS := pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

clean: ## remove the rendered book; runs stay
	test ! -x $(BIN)/report-utils || $(BIN)/report-utils clean --book
