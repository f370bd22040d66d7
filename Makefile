# make grade   grade what is in submitted/, or a class of example students when there is nothing, and print the marks
# make test    lint and tests
# make matrix  which example submission loses which test (wheat under 3 seeds), printed and in .cache/matrix.html
# make release generate release/ex04 anew from source/ex04

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

INSTALLED := $(VENV)/installed
SAMPLE := sample_class
SAMPLE_BUILT := $(SAMPLE)/built
SAMPLE_SOURCES := $(wildcard tests/corpus/*.py tests/corpus/*/*.py grading/*.py grading/*/*.py grading/*/*/*.py)
RELEASED := release/ex04/glitch_or_chirp.ipynb
RELEASE_SOURCES := nbgrader_config.py \
    $(wildcard source/ex04/*.ipynb source/ex04/*.md course_utils/*.py course_utils/submission/*.py grading/preprocessors/*.py)

.PHONY: grade test release matrix bench clean

grade: $(RELEASED)
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

release: $(RELEASED)

$(RELEASED): $(INSTALLED) $(RELEASE_SOURCES)
	nbgrader generate_assignment ex04 --force --log-level=ERROR

matrix: $(RELEASED)
	python -m tests.corpus.matrix --seeds 3 --html .cache/matrix.html

bench: $(INSTALLED)
	python benchmarks/simulators.py

$(SAMPLE_BUILT): $(RELEASED) $(SAMPLE_SOURCES)
	python -m tests.corpus $(SAMPLE)
	@touch $@

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[grading,test]"
	@touch $@

clean:
	rm -rf $(VENV) $(SAMPLE) .cache
