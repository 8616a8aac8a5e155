# Everything is set up by the first target that needs it; only Python (>= 3.11) and make are assumed.
PYTHON ?= python3
BIN := .venv/bin
# A file's tests stay together: they share what is dear to set up. In their order, so that the long
# ones, which are few to a file, do not come last. Three at a time also on two cores: many only wait.
PYTEST := $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# A program starts several times faster where its bytecode is kept, and tests start many.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run quick test full check bench clean

run: .venv/ready
	$(BIN)/huiyin demo

# What starts no process and opens no room. Each worker collects everything, so two are enough.
quick: .venv/ready
	$(BIN)/python -m pytest -n 2 --dist loadfile -m quick \
	  $(addprefix --ignore=tests/,bench chaos distributed docs drills journeys nets)

test: .venv/ready
	$(PYTEST)

# The long sizes of faults, fuzz and tampering; takes hours.
full: .venv/ready
	HUIYIN_TESTS=full $(PYTEST)

check: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config .importlinter
	$(PYTEST)

bench: .venv/ready
	$(BIN)/python -m bench --json bench-result.json

# The lock file names every package with its hash; nothing else is installed.
.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version) if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.8
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@

clean:
	rm -rf .venv
