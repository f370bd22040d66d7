# `make help` lists the targets; it prints the comment above each.
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export PATH := $(abspath $(BIN)):$(PATH)

INSTALLED := $(VENV)/installed
SAMPLE := sample_class
SAMPLE_BUILT := $(SAMPLE)/built
SAMPLE_SOURCES := $(wildcard tests/corpus/*.py tests/corpus/*/*.py $(shell find packages/nbjudge/src -name "*.py"))
RELEASED := release/ex04/glitch_or_chirp.ipynb release/ex04_stretch/where_does_it_end.ipynb
SUPPORT_FILES := nbgrader_config.py \
    $(wildcard course_utils/*.py course_utils/realistic/*.py course_utils/submission/*.py packages/nbjudge/src/nbjudge/plugin/generate/*.py \
    packages/nbjudge/src/nbjudge/ask/*.py)

.PHONY: help grade lint format types test test-slow docs mutation release matrix calibrate drift drift-oldest drift-newest bench clean coverage

# Print this list
help:
	@awk '/^# /{text = text substr($$0, 2); next} \
	    /^[a-z][a-z-]*:/ && text {sub(":.*", ""); printf "make %-11s%s\n", $$0, text} \
	    {text = ""}' $(firstword $(MAKEFILE_LIST))

# Grade what is in submitted/, or a class of example students when there is nothing, and print the marks
grade: $(RELEASED)
	@# One of the examples is a damaged file: nbjudge says 3, for not every hand-in was graded.
	@if ls submitted/*/ex04*/*.ipynb >/dev/null 2>&1; then \
	    status=0; \
	    for assignment in $$(ls -d submitted/*/ex04*/ | xargs -n1 basename | sort -u); do \
	        nbjudge grade $$assignment || status=$$?; \
	    done; \
	    exit $$status; \
	else \
	    echo "Nothing in submitted/*/ex04/ yet: grading a class of example students."; \
	    $(MAKE) --no-print-directory $(SAMPLE_BUILT) && nbjudge grade ex04 --course-dir $(SAMPLE) || [ $$? = 3 ]; \
	fi

# A test that hangs fails after a while (timeout in pyproject.toml). When Python itself is frozen, no Python code can tell:
# after so many seconds faulthandler shows all threads and ends the process.
FROZEN := 660

# Look for mistakes and for lines that are not formatted; notebooks, too
lint: $(INSTALLED)
	ruff check
	ruff format --check

# Format all code, and mend what can be mended without asking
format: $(INSTALLED)
	ruff check --fix
	ruff format

# Check the types
types: $(INSTALLED)
	mypy

# Lint, types and tests, about 20 minutes on two processors; many tests wait, so three run at once. Files keep their
# order, or the few long tests of some files would come last, one after another.
test: lint types
	pytest -m "not slow" -n 3 --dist loadfile --no-loadscope-reorder --max-worker-restart=0 \
	    -o faulthandler_timeout=$(FROZEN) -o faulthandler_exit_on_timeout=true

# The tests that take long: a class of 60 in which processes are killed, and attacks
test-slow: $(INSTALLED)
	pytest -m slow

# Show which lines and branches the quick tests of the engine reach; what runs in other processes is not seen
coverage: $(INSTALLED)
	pytest -q -m "not slow" -n 2 --dist loadfile packages/nbjudge/tests --cov=nbjudge --cov-branch --cov-report=term

# Change the code that decides marks, one operator at a time, and count the changes that no test notices; an hour
mutation: $(VENV)/mutation-installed
	nice -n 10 python tests/mutation/run.py

# Write the documentation site into .cache/site; a broken link is an error
docs: $(VENV)/docs-installed
	NO_MKDOCS_2_WARNING=1 mkdocs build --strict
	@echo "Open .cache/site/index.html"

# Generate release/ anew from source/
release: $(RELEASED)

release/ex04/%.ipynb: source/ex04/%.ipynb source/ex04/README.md $(INSTALLED) $(SUPPORT_FILES)
	nbgrader generate_assignment ex04 --force --log-level=ERROR

release/ex04_stretch/%.ipynb: source/ex04_stretch/%.ipynb source/ex04_stretch/README.md $(INSTALLED) $(SUPPORT_FILES)
	nbgrader generate_assignment ex04_stretch --force --log-level=ERROR

# Grade every example submission: which loses which test, printed and in .cache/matrix.html
matrix: $(RELEASED)
	python -m tests.corpus.matrix --seeds 3 --html .cache/matrix.html
	python -m tests.corpus.matrix --assignment ex04_stretch --seeds 3 --html .cache/matrix-stretch.html

# Make the study behind the thresholds, some hours, and its page docs/threshold.md
calibrate: $(INSTALLED)
	python -m course_utils.instructor.calibration
	python -m course_utils.instructor.stretch_study
	python -m course_utils.instructor.threshold_page

# What `make drift` takes as the newest versions; cap them here.
DRIFT_NEWEST ?= torch numpy

# The same study with the oldest versions that pyproject.toml allows, and the newest that there are
drift: $(INSTALLED)
	$(MAKE) --no-print-directory drift-oldest VERSIONS="torch==2.4.0 numpy==2.0.0"
	$(MAKE) --no-print-directory drift-newest VERSIONS="$(DRIFT_NEWEST)"
	python -m course_utils.instructor.threshold_page

drift-oldest drift-newest:
	$(PYTHON) -m venv .cache/$@
	.cache/$@/bin/python -m pip install --quiet --disable-pip-version-check $(VERSIONS) nbformat click rich
	PYTHONPATH=. .cache/$@/bin/python -m course_utils.instructor.calibration suggested "average pool" "max pool" \
	    --share 0.07 --study course_utils/instructor/$@.csv

# Measure everything in docs/performance.md; nothing else should run meanwhile
bench: $(INSTALLED)
	python benchmarks/simulators.py
	python benchmarks/protection.py
	python benchmarks/one_submission.py
	python benchmarks/own_cost.py
	python benchmarks/class_speed.py
	python benchmarks/class_speed.py --no-checkpoints

$(SAMPLE_BUILT): $(RELEASED) $(SAMPLE_SOURCES)
	python -m tests.corpus $(SAMPLE)
	@touch $@

$(INSTALLED): pyproject.toml packages/nbjudge/pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e packages/nbjudge -e ".[grading,test]"
	@touch $@

$(VENV)/docs-installed: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[docs]"
	@touch $@

$(VENV)/mutation-installed: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[mutation]"
	@touch $@

# Remove the environment, the example class and everything that is made again
clean:
	rm -rf $(VENV) $(SAMPLE) .cache
