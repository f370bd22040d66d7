"""The thresholds follow from the stored study, and the notebook and the page say so."""

import re

import nbformat
import numpy as np
import pytest
from scipy.stats import binom

from course_utils.instructor import calibration, fairness, threshold_page
from course_utils.instructor.recipes import SUGGESTED, recipes
from course_utils.submission.thresholds import ACCURACY_BANDS, FRESH_IMAGES, PREVIEW_ACCURACY, share_for
from tests.corpus.build import NOTEBOOK, RELEASE, SOURCE

FULL = ACCURACY_BANDS[0][0]


@pytest.fixture(scope="module")
def study():
    return calibration.read()


@pytest.fixture(scope="module")
def surprises(study):
    return threshold_page.surprises(study)


def test_the_study_is_complete(study):
    done = {(row.recipe, row.seed, row.threads, row.memory_format) for row in study}
    assert {(run.recipe, run.seed, run.threads, run.memory_format) for run in calibration.plan()} <= done


def test_the_suggested_recipe_reaches_full_marks(study):
    runs = [row for row in threshold_page.first_runs(study) if row.recipe == SUGGESTED]
    assert len(runs) >= 300
    assert np.mean(threshold_page.hidden_accuracy(runs) >= FULL) >= 0.99


def test_the_hidden_check_is_no_surprise(surprises):
    assert surprises["checkpoint"] < 1e-3 and surprises["checkpoint_worst"] < 1e-3
    assert surprises["threads"] < 1e-3


def test_nets_that_learnt_nothing_get_nothing(study):
    hopeless = ("untrained", "one epoch", "shuffled labels", "broadcasting", "linear on pixels")
    rows = [row for row in study if row.recipe in hopeless]
    assert np.mean([share_for(row.hidden / FRESH_IMAGES) for row in rows]) < 0.05


def test_the_notebook_says_what_counts():
    for folder in (SOURCE, RELEASE):
        cells = {cell.id: cell.source for cell in nbformat.read(folder / NOTEBOOK, as_version=4).cells}
        told = " ".join(cells["task-evaluate"].split())
        words = ", ".join(f"{share * 10:g} from {threshold * 100:g} %" for threshold, share in ACCURACY_BANDS[1:])
        assert f"all ten from {FULL * 100:g} % on, {words}." in told
        assert f"asks for {PREVIEW_ACCURACY * 100:g} % of {FRESH_IMAGES:,} images" in told
        assert (
            words in cells["evaluate-fresh-accuracy"] and f"from {FULL * 100:g} %" in cells["evaluate-fresh-accuracy"]
        )


def test_the_page_is_current(tmp_path):
    threshold_page.write(tmp_path)
    for path in tmp_path.iterdir():
        if path.suffix == ".md":
            assert path.read_text() == (threshold_page.DOCS / path.name).read_text(), "run 'make calibrate' and commit"
        assert (threshold_page.DOCS / path.name).exists()


def test_the_page_speaks_of_every_recipe(study):
    page = (threshold_page.DOCS / "threshold.md").read_text()
    assert all(f"| {recipe.name}" in page for recipe in recipes())


def test_bands_fall():
    thresholds, shares = zip(*ACCURACY_BANDS, strict=True)
    assert list(thresholds) == sorted(thresholds, reverse=True) and list(shares) == sorted(shares, reverse=True)
    assert shares[0] == 1 and FULL < PREVIEW_ACCURACY


@pytest.mark.parametrize(("threshold", "share"), ACCURACY_BANDS)
def test_share(threshold, share):
    assert share_for(threshold) == share
    assert share_for(np.nextafter(threshold, 0)) < share
    assert share_for(0.0) == 0


@pytest.mark.parametrize(("successes", "trials", "low", "high"), [(0, 10, 0, 0.3085), (5, 10, 0.1871, 0.8129)])
def test_confidence_interval_by_the_book(successes, trials, low, high):
    assert fairness.confidence_interval(successes, trials) == pytest.approx((low, high), abs=1e-4)


def test_confidence_interval_needs_trials():
    with pytest.raises(ValueError, match="0 trials"):
        fairness.confidence_interval(0, 0)


def test_needed_is_what_reaches_the_threshold():
    for threshold in (0.7, 0.85, 0.9):
        assert fairness.needed(threshold) / FRESH_IMAGES >= threshold
        assert (fairness.needed(threshold) - 1) / FRESH_IMAGES < threshold


def test_passing_and_failing_agrees_with_simulation():
    rng = np.random.default_rng(1)
    right = np.array([7240])
    accuracy = rng.beta(right + 1, 2 * FRESH_IMAGES - right + 1, 400_000)
    visible, hidden = (rng.binomial(FRESH_IMAGES, accuracy) for _ in range(2))
    passes = visible >= fairness.needed(0.91)
    both = passes & (hidden < fairness.needed(0.90))
    expected = [passes.mean(), both.mean()]
    assert np.ravel(fairness.passes_then_fails(right, 0.91, 0.90)) == pytest.approx(expected, rel=0.05)


def test_worst_surprise_is_worse_than_any():
    worst = fairness.worst_surprise(0.92, 0.90)
    for accuracy in (0.90, 0.91, 0.915):
        passes = binom.sf(fairness.needed(0.92) - 1, FRESH_IMAGES, accuracy)
        assert passes * binom.cdf(fairness.needed(0.90) - 1, FRESH_IMAGES, accuracy) <= worst
    assert fairness.worst_surprise(0.92, 0.90, np.array([-0.02, 0.02])) > worst


def test_a_run_gives_the_same_row_again():
    run = calibration.Run("linear on pixels", seed=3)
    first, second = ([(row.visible, row.hidden) for row in calibration.execute(run)] for _ in range(2))
    assert first == second and re.fullmatch(r"[\d.+a-z]+", calibration.execute(run)[0].torch)


@pytest.mark.slow
def test_a_study_is_continued(tmp_path):
    path = tmp_path / "study.csv"
    runs = [calibration.Run("smoothed maximum, no net", seed) for seed in (0, 1)]
    calibration.continue_study(path, runs[:1], workers=1)
    before = path.read_text()
    calibration.continue_study(path, runs, workers=1)
    assert path.read_text().startswith(before)
    assert [row.seed for row in calibration.read(path)] == [0, 1]
