# make grade   grade what is in submitted/, or a class of example students when there is nothing, and print the marks
# make test    lint and tests; make test-slow: the long ones, with a class of 60 in which processes are killed, and attacks
# make matrix  which example submission loses which test (wheat under 3 seeds), printed and in .cache/matrix.html
# make calibrate  the study behind the thresholds and its page, docs/threshold.md; make drift: with other versions of torch
# make bench   everything in docs/performance.md; meanwhile nothing else should run
# make release generate release/ anew from source/

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

INSTALLED := $(VENV)/installed
SAMPLE := sample_class
SAMPLE_BUILT := $(SAMPLE)/built
SAMPLE_SOURCES := $(wildcard tests/corpus/*.py tests/corpus/*/*.py grading/*.py grading/*/*.py grading/*/*/*.py)
RELEASED := release/ex04/glitch_or_chirp.ipynb release/ex04_stretch/where_does_it_end.ipynb
SUPPORT_FILES := nbgrader_config.py \
    $(wildcard course_utils/*.py course_utils/realistic/*.py course_utils/submission/*.py grading/preprocessors/*.py)

.PHONY: grade test test-slow release matrix calibrate drift drift-oldest drift-newest bench clean

# One of the examples is a damaged file: grade says 3, for not every hand-in was graded.
grade: $(RELEASED)
	@if ls submitted/*/ex04*/*.ipynb >/dev/null 2>&1; then \
	    status=0; \
	    for assignment in $$(ls -d submitted/*/ex04*/ | xargs -n1 basename | sort -u); do \
	        grade $$assignment || status=$$?; \
	    done; \
	    exit $$status; \
	else \
	    echo "Nothing in submitted/*/ex04/ yet: grading a class of example students."; \
	    $(MAKE) --no-print-directory $(SAMPLE_BUILT) && grade ex04 --course-dir $(SAMPLE) || [ $$? = 3 ]; \
	fi

# A test that hangs fails after a while (timeout in pyproject.toml). When Python itself is frozen, no Python code can tell:
# after so many seconds faulthandler shows all threads and ends the process.
FROZEN := 660

test: $(INSTALLED)
	ruff check
	ruff format --check
	pytest -m "not slow" -n 2 --dist loadfile --max-worker-restart=0 \
	    -o faulthandler_timeout=$(FROZEN) -o faulthandler_exit_on_timeout=true

test-slow: $(INSTALLED)
	pytest -m slow

release: $(RELEASED)

release/ex04/%.ipynb: source/ex04/%.ipynb source/ex04/README.md $(INSTALLED) $(SUPPORT_FILES)
	nbgrader generate_assignment ex04 --force --log-level=ERROR

release/ex04_stretch/%.ipynb: source/ex04_stretch/%.ipynb source/ex04_stretch/README.md $(INSTALLED) $(SUPPORT_FILES)
	nbgrader generate_assignment ex04_stretch --force --log-level=ERROR

matrix: $(RELEASED)
	python -m tests.corpus.matrix --seeds 3 --html .cache/matrix.html
	python -m tests.corpus.matrix --assignment ex04_stretch --seeds 3 --html .cache/matrix-stretch.html

calibrate: $(INSTALLED)
	python -m course_utils.instructor.calibration
	python -m course_utils.instructor.stretch_study
	python -m course_utils.instructor.threshold_page

# The oldest versions that pyproject.toml allows, and the newest that there are; DRIFT_NEWEST may cap them.
DRIFT_NEWEST ?= torch numpy
drift: $(INSTALLED)
	$(MAKE) --no-print-directory drift-oldest VERSIONS="torch==2.4.0 numpy==2.0.0"
	$(MAKE) --no-print-directory drift-newest VERSIONS="$(DRIFT_NEWEST)"
	python -m course_utils.instructor.threshold_page

drift-oldest drift-newest:
	$(PYTHON) -m venv .cache/$@
	.cache/$@/bin/python -m pip install --quiet --disable-pip-version-check $(VERSIONS) nbformat click rich
	PYTHONPATH=. .cache/$@/bin/python -m course_utils.instructor.calibration suggested "average pool" "max pool" \
	    --share 0.07 --study course_utils/instructor/$@.csv

bench: $(INSTALLED)
	python benchmarks/simulators.py
	python benchmarks/protection.py
	python benchmarks/one_submission.py
	python benchmarks/own_cost.py
	python benchmarks/whole_class.py
	python benchmarks/whole_class.py --no-checkpoints

$(SAMPLE_BUILT): $(RELEASED) $(SAMPLE_SOURCES)
	python -m tests.corpus $(SAMPLE)
	@touch $@

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[grading,test]"
	@touch $@

clean:
	rm -rf $(VENV) $(SAMPLE) .cache
