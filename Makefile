# make grade   grade what is in submitted/, or a class of example students when there is nothing, and print the marks
# make test    lint and tests
# make release generate release/ex04 anew from source/ex04

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

INSTALLED := $(VENV)/installed
SAMPLE := sample_class
SAMPLE_BUILT := $(SAMPLE)/built
SAMPLE_SOURCES := $(wildcard source/ex04/* tests/corpus/*.py tests/corpus/*/*.py release/ex04/*.ipynb)

.PHONY: grade test release bench clean

grade: $(INSTALLED)
	@if ls submitted/*/ex04/*.ipynb >/dev/null 2>&1; then \
	    grade ex04; \
	else \
	    echo "Nothing in submitted/*/ex04/ yet: grading a class of example students."; \
	    $(MAKE) --no-print-directory $(SAMPLE_BUILT) && grade ex04 --course-dir $(SAMPLE); \
	fi

test: $(INSTALLED)
	ruff check
	ruff format --check
	pytest -m "not slow"

release: $(INSTALLED)
	nbgrader generate_assignment ex04 --force

bench: $(INSTALLED)
	python benchmarks/simulators.py

$(SAMPLE_BUILT): $(INSTALLED) $(SAMPLE_SOURCES)
	python -m tests.corpus $(SAMPLE)
	@touch $@

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[grading,test]"
	@touch $@

clean:
	rm -rf $(VENV) $(SAMPLE) .cache
