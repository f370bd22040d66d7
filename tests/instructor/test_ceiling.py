"""The optimal classifier computes what it says, and the result kept in the tree is what it should be."""

import json
import math
from dataclasses import asdict, replace

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import ks_2samp

from course_utils import simulators
from course_utils.instructor import ceiling, evidence
from course_utils.instructor.evidence import COARSE, GRID, log_evidence_blip, log_evidence_chirp, log_odds
from course_utils.simulators import BLIP, CHIRP

EVIDENCE = {BLIP: log_evidence_blip, CHIRP: log_evidence_chirp}
SIGNAL = {BLIP: simulators.blip_signal, CHIRP: simulators.chirp_signal}


# An empty image is like the faintest signals alone: far from what the usual grid is made for.
FINE = replace(GRID, amplitudes=16, widths=12)


def test_chirp_evidence_of_an_empty_image():
    # Nothing matters but the length; that a few long chirps run along the edge changes less than 1e-15.
    def of_length(length):
        a = np.linspace(1.0, 2.2, 10_001)
        return np.trapezoid(np.exp(-(a**2) * 1.32 * length / (2 * 0.8**2)), a) / 1.2

    likelihood = {length: of_length(length) for length in range(8, 59)}
    by_start = [np.mean([likelihood[length] for length in range(8, 64 - t0)]) for t0 in range(5, 49)]
    expected = math.log(np.mean(by_start))
    assert log_evidence_chirp(np.zeros((1, 32, 64)), FINE) == pytest.approx(expected, abs=1e-5)


def test_blip_evidence_of_an_empty_image():
    # The sum over pixels of the squared blip is its integral, pi amp^2 sigma_t sigma_f, but for the image's edges,
    # which the narrow and faint blips that count here hardly reach.
    middles = (np.arange(300) + 0.5) / 300
    sigma_t, sigma_f = 1.5 + 2 * middles[:, None], 2 + 2.5 * middles
    amp = 1.5 + 1.5 * middles
    likelihood = [np.exp(-np.pi * a**2 * sigma_t * sigma_f / (2 * 0.8**2)).mean() for a in amp]
    expected = math.log(np.mean(likelihood))
    assert log_evidence_blip(np.zeros((1, 32, 64)), FINE) == pytest.approx(expected, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("label", [BLIP, CHIRP])
def test_evidence_is_the_average_likelihood_over_the_prior(label):
    rng = np.random.default_rng(11)
    # Faint slopes: so many signals fit a little that few draws make a good average. Bright towards the right, the
    # top and the bottom, for the edges to matter.
    time, frequency = np.meshgrid(np.arange(64) / 63, np.arange(32) / 31)
    images = 0.4 * np.stack([time, frequency, 1 - frequency]) + simulators.noises(3, rng) / 4
    likelihoods = []
    for _ in range(40):
        parameters, _ = ceiling._draw(label, 2500, rng)
        signals = SIGNAL[label](**parameters).reshape(2500, -1)
        norms = np.einsum("ni,ni->n", signals, signals)
        likelihoods.append(np.exp((signals @ images.reshape(3, -1).T - norms[:, None] / 2) / 0.8**2))
    likelihoods = np.concatenate(likelihoods)
    mean, error = likelihoods.mean(axis=0), likelihoods.std(axis=0) / np.sqrt(len(likelihoods))
    assert (error < 0.2 * mean).all()
    assert (np.abs(np.exp(EVIDENCE[label](images)) - mean) < 4 * error).all()


@pytest.mark.slow
@pytest.mark.parametrize("label", [BLIP, CHIRP])
def test_probability_of_a_signal_is_calibrated(label):
    rng = np.random.default_rng(12)
    n = 150
    signals = simulators.simulate(np.full(n, label), rng).images[:, 0]
    images = np.concatenate([signals, simulators.noises(n, rng)])
    is_signal = np.repeat([True, False], n)
    probability = 1 / (1 + np.exp(-np.clip(EVIDENCE[label](images), -500, 500)))
    # Of all images, and of those that are hard to tell, as many are signals as their probabilities say.
    for some in np.full(2 * n, True), np.abs(probability - 0.5) < 0.49:
        expected = probability[some].sum()
        error = np.sqrt((probability * (1 - probability))[some].sum())
        assert abs(is_signal[some].sum() - expected) < 3.5 * error
    assert ((probability > 0.5) == is_signal).mean() > 0.8


@pytest.mark.slow
def test_the_optimal_classifier_is_right():
    dataset = simulators.fresh(100, seed=13)
    odds = log_odds(dataset.images)
    assert odds.shape == (100,) and odds.dtype == np.float64
    assert ((odds > 0) == (dataset.labels == CHIRP)).all()


@pytest.mark.parametrize("label", [BLIP, CHIRP])
def test_the_loudest_images(label):
    blip = simulators.blip_signal(amp=3, sigma_t=3.5, sigma_f=4.5)
    chirp = simulators.chirp_signal(f0=2, rate=0.45, t0=5, amp=2.2, length=58)
    signal = (blip, chirp)[label]
    image = signal * (1 + 3 * 0.8 / np.linalg.norm(signal))  # with noise that makes it louder still by 3 sigma
    assert (log_odds(image[None]) > 0) == (label == CHIRP)
    # The evidence is below the highest likelihood, as few parameters of all fit so well. The grid may miss some.
    highest = (image**2).sum() / (2 * 0.8**2)
    assert 0.8 * highest < EVIDENCE[label](image[None])[0] < highest - 5


def test_a_line_that_falls_is_no_chirp():
    image = simulators.chirp_signal(f0=5, rate=0.45, t0=12, amp=2, length=40)
    assert log_evidence_chirp(image[None]) > 100
    assert log_evidence_chirp(image[None, :, ::-1]) < 40


def test_images_are_independent_of_each_other_and_may_have_channels():
    images = simulators.fresh(20, seed=14).images  # more than one batch
    odds = log_odds(images)
    assert np.allclose(odds, log_odds(images[:, 0].astype(np.float64)))
    assert np.allclose(odds[17:18], log_odds(images[17:18]))
    assert log_odds(images[:0]).shape == (0,)


@pytest.mark.parametrize("log_evidence", EVIDENCE.values())
def test_nonsense_is_refused(log_evidence):
    with pytest.raises(ValueError, match="must have the shape"):
        log_evidence(np.zeros((32, 64)))
    with pytest.raises(ValueError, match="must have the shape"):
        log_evidence(np.zeros((5, 3, 32, 64)))
    for value in np.nan, 1e3, -1e3:
        with pytest.raises(ValueError, match="not a finite number"):
            log_evidence(np.full((1, 32, 64), value))


@pytest.mark.parametrize("divisions", [1, 3])
def test_every_line_is_counted_once(divisions):
    shares = np.zeros(20)

    def walk(steps):
        for step in steps:
            shares[step.column] += step.share
            walk(step.following)

    walk(evidence._lines(8, 20, divisions))
    assert shares == pytest.approx([0] * 7 + [1] * 13)


@pytest.mark.parametrize("label", [BLIP, CHIRP])
def test_signals_are_drawn_as_by_the_simulators(label):
    dataset = simulators.simulate(np.full(3000, label), np.random.default_rng(15))
    drawn, snr = ceiling._draw(label, 100_000, np.random.default_rng(16))
    for name, values in drawn.items():
        theirs = dataset.parameters[name]
        assert ks_2samp(values, theirs).pvalue > 1e-3, name
        if values.dtype.kind == "i":
            assert values.min() <= theirs.min() and theirs.max() <= values.max()
        else:
            low, high = evidence.parameter_range(label, name)
            assert low <= theirs.min() and theirs.max() < high
    assert ks_2samp(drawn["t0"] * snr, dataset.parameters["t0"] * dataset.optimal_snr).pvalue > 1e-4


def test_a_sieve_leaves_means_unbiased():
    rng = np.random.default_rng(17)
    excess = rng.normal(1, 2, 100_000)
    kept, weights = ceiling._sieve(excess, rng)
    assert len(kept) < 70_000
    assert (weights[excess[kept] <= 0] == 1).all()
    values = np.exp(-excess[kept])
    estimate = ceiling.Sample(100_000, np.empty(0), weights, np.empty(0)).mean(values)
    assert abs(estimate.value - np.exp(-excess).mean()) < 4 * estimate.error


@pytest.mark.slow
def test_hard_images_and_their_log_odds(monkeypatch):
    monkeypatch.setattr(ceiling, "BLIPS", 15_000)
    monkeypatch.setattr(ceiling, "CHIRPS", 750)
    found = ceiling.ceiling(np.random.default_rng(18), rounds=2)
    assert (found.blips.drawn, found.chirps.drawn) == (30_000, 1500)
    assert 10 < len(found.blips.images) < 300
    assert np.array_equal(found.blips.log_odds[-5:], log_odds(found.blips.images[-5:]))
    assert 0 < found.from_blips.error < 2e-4
    assert abs(found.from_blips.value - 2.6e-4) < 4 * found.from_blips.error
    coarse = log_odds(found.blips.images, COARSE)
    assert np.abs(coarse - found.blips.log_odds).max() < 3  # the third sieve starts at 4
    changes = ceiling.convergence(found.blips, most=4)
    assert changes.keys() == ceiling.FINER.keys()
    assert all(change["largest"] < 0.5 for change in changes.values())


def test_a_mean_and_its_error():
    sample = ceiling.Sample(10, np.empty(0), np.array([1.0, 2.0]), np.empty(0))
    values = [1, 6] + 8 * [0]  # what plain averaging would see
    assert sample.mean(np.array([1.0, 3.0])).value == pytest.approx(np.mean(values))
    assert sample.mean(np.array([1.0, 3.0])).error == pytest.approx(np.std(values) / np.sqrt(10))


@pytest.mark.slow
def test_command(monkeypatch, tmp_path):
    monkeypatch.setattr(ceiling, "ROUNDS", 1)
    monkeypatch.setattr(ceiling, "BLIPS", 5_000)
    monkeypatch.setattr(ceiling, "CHIRPS", 200)
    monkeypatch.setattr(ceiling, "FINER", {"amplitudes x 2": ceiling.FINER["amplitudes x 2"]})
    done = CliRunner().invoke(ceiling.main, ["--out", str(tmp_path / "ceiling.json")], catch_exceptions=False)
    assert done.exit_code == 0
    assert "Error rate" in done.output and "amplitudes x 2" in done.output
    result = json.loads((tmp_path / "ceiling.json").read_text())
    assert result["blips"]["drawn"] == 5_000
    assert result.keys() == json.loads(ceiling.RESULT.read_text()).keys()


def test_the_result_kept():
    result = json.loads(ceiling.RESULT.read_text())
    rate, error = result["error_rate"], result["standard_error"]
    assert error < 0.05 * rate
    assert result["accuracy"] == 1 - rate
    # An earlier estimate, made in another way: (1.9 +- 0.5)e-4.
    assert abs(rate - 1.9e-4) < 2 * math.hypot(error, 0.5e-4)
    # Blips and chirps are drawn apart; with wrong evidence they would disagree.
    for estimate in result["estimates"]["from_chirps"], result["estimates"]["counted"]:
        assert abs(rate - estimate["value"]) < 3 * math.hypot(error, estimate["error"])
    assert all(abs(change["error_rate"]) < error / rate for change in result["convergence"].values())
    assert result["grid"] == {**asdict(GRID), "lines": list(GRID.lines)}
    assert result["seed"] == ceiling.SEED
    assert result["blips"]["drawn"] == ceiling.ROUNDS * ceiling.BLIPS
