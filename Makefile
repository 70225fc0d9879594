PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TORCH  ?= torch==2.13.0
STAMP  := $(VENV)/.installed

.PHONY: setup demo test lint bench soak docs screenshots clean

setup: $(STAMP)

# torch comes first and pinned: left to a resolver, it brings several GB of CUDA packages.
# TORCH is not quoted, so that it may hold an index as well:
# make setup TORCH="torch==2.13.0 --index-url https://download.pytorch.org/whl/cu126"
$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@

demo: setup
	rm -rf build/demo
	$(BIN)/evenhand sample tweets -o build/demo/tweets
	$(BIN)/evenhand train build/demo/tweets/train.csv --out build/demo/run

# Two tests at a time, one thread each: two threads for every one of two cores would wait for each other.
test: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/thresholds.py

# The long form of the tests of the service; BUNDLE is a run or a bundle of texts.
BUNDLE ?= build/demo/run

soak: setup
	test -d $(BUNDLE) || $(MAKE) demo
	$(BIN)/python benchmarks/soak.py $(BUNDLE)

docs: setup
	$(BIN)/python docs/generate.py

# Needs a Chromium (Debian: apt-get install chromium); takes the run of "make demo".
screenshots: setup
	test -f build/demo/run/report.html || $(MAKE) demo
	$(BIN)/python -m pip install --quiet --disable-pip-version-check playwright
	$(BIN)/python scripts/screenshots.py build/demo/run --out docs/images

clean:
	rm -rf build runs .pytest_cache .mypy_cache .ruff_cache
