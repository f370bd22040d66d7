"""The simulators: the right images, to the bit, from the right draws."""

import doctest
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ks_2samp, kstest

from course_utils import simulators
from course_utils.simulators import BLIP, BLIP_PARAMETERS, CHIRP, CHIRP_PARAMETERS, NOISE_SIGMA
from tests import straightforward

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "fixed_dataset.json").read_text())
# The chirps of the golden dataset alone: they need no exp, so they are the same on every machine.
CHIRPS_SHA256 = "536eb6220d19f5abcf83a442c9eceef16586ad4fdb28e7b900db0345eafd3cdd"

KINDS = {
    "chirp": (simulators.chirp, simulators.chirps, straightforward.chirp),
    "blip": (simulators.blip, simulators.blips, straightforward.blip),
    "noise": (
        simulators.noise,
        simulators.noises,
        lambda rng: rng.normal(0, NOISE_SIGMA, (32, 64)).astype(np.float32),
    ),
}
each_kind = pytest.mark.parametrize(("single", "batch", "reference"), KINDS.values(), ids=KINDS)


def sha256(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def assert_golden(images, checksum, reference):
    """Images have the golden checksum, or, where this machine's exp rounds differently, so does the loop."""
    if sha256(images) != checksum:
        assert sha256(reference) != checksum, "the straightforward loop reproduces the golden images, we do not"
        np.testing.assert_allclose(images, reference, rtol=0, atol=1e-6)


@pytest.fixture(scope="module")
def fixed():
    return simulators.fixed()


# The golden data


def test_fixed_dataset_is_golden():
    golden = GOLDEN["fixed_dataset"]
    X, y = simulators.fixed_dataset()
    assert (X.shape, X.dtype, y.shape, y.dtype) == ((1000, 1, 32, 64), np.float32, (1000,), np.int64)
    assert sha256(y) == golden["y_sha256"]
    assert sha256(X[:500]) == CHIRPS_SHA256
    np.testing.assert_allclose(X[0, 0, 0, :3], golden["X[0,0,0,:3]"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(X[500, 0, 0, :3], golden["X[500,0,0,:3]"], rtol=0, atol=1e-6)
    assert_golden(X, golden["X_sha256"], straightforward.fixed_dataset()[0])


def test_drawing_in_turns_leaves_the_generator_at_the_golden_position():
    rng = np.random.default_rng(0)
    dataset = simulators.simulate([CHIRP, BLIP] * 500, rng)
    assert rng.uniform() == GOLDEN["fixed_dataset"]["next_uniform_of_the_same_generator"]
    assert sha256(dataset.images[::2]) == CHIRPS_SHA256


def test_small_case_is_golden():
    golden = GOLDEN["small_case"]
    rng, again = np.random.default_rng(golden["seed"]), np.random.default_rng(golden["seed"])
    images = np.concatenate([simulators.chirps(4, rng), simulators.blips(4, rng)])
    assert rng.uniform() == golden["next_uniform_of_the_same_generator"]
    loop = [straightforward.chirp(again) for _ in range(4)] + [straightforward.blip(again) for _ in range(4)]
    assert_golden(images, golden["sha256"], np.stack(loop))


# The same draws, however the images are asked for


@each_kind
@pytest.mark.parametrize("n", [1, 2, 200])  # 200 images are more than one block
def test_batch_equals_single_calls_and_the_loop(single, batch, reference, n):
    rngs = [np.random.default_rng(5) for _ in range(3)]
    together = batch(n, rngs[0])
    np.testing.assert_array_equal(together, np.stack([single(rngs[1]) for _ in range(n)]))
    np.testing.assert_allclose(together, np.stack([reference(rngs[2]) for _ in range(n)]), rtol=0, atol=1e-6)
    assert (together.shape, together.dtype) == ((n, 32, 64), np.float32)
    assert rngs[0].bit_generator.state == rngs[1].bit_generator.state == rngs[2].bit_generator.state


def test_mixed_labels_are_drawn_in_their_order():
    labels = np.random.default_rng(0).integers(2, size=300)
    rng, again = np.random.default_rng(6), np.random.default_rng(6)
    dataset = simulators.simulate(labels, rng)
    loop = [straightforward.chirp(again) if label == CHIRP else straightforward.blip(again) for label in labels]
    np.testing.assert_allclose(dataset.images[:, 0], np.stack(loop), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(dataset.images[labels == CHIRP, 0], np.stack(loop)[labels == CHIRP])
    np.testing.assert_array_equal(dataset.labels, labels)
    assert rng.bit_generator.state == again.bit_generator.state


@each_kind
def test_no_images_no_draws(single, batch, reference):
    rng = np.random.default_rng(5)
    images = batch(0, rng)
    assert (images.shape, images.dtype) == ((0, 32, 64), np.float32)
    assert rng.bit_generator.state == np.random.default_rng(5).bit_generator.state


# Signals without noise


def test_chirp_signal_by_hand():
    # Rows 29.5, 30, 30.5, 31, 31.5 (kept inside: 31): the line 29, 30, 30, 31, 31 from column 3 on.
    expected = np.zeros((32, 64), np.float32)
    for column, row in zip(range(3, 8), [29, 30, 30, 31, 31], strict=True):
        expected[row, column] = 2
        expected[row - 1, column] = 0.8
        expected[row + 1 : row + 2, column] = 0.8
    np.testing.assert_array_equal(simulators.chirp_signal(f0=29.5, rate=0.5, t0=3, amp=2, length=5), expected)


def test_chirp_signal_at_the_lower_edge_and_the_last_column():
    signal = simulators.chirp_signal(f0=0.9, rate=0, t0=62, amp=1, length=10)
    expected = np.zeros((32, 64), np.float32)
    expected[:2, 62:] = [[1, 1], [0.4, 0.4]]
    np.testing.assert_array_equal(signal, expected)


def test_blip_signal_by_hand():
    signal = simulators.blip_signal(t0=20, f0=10, sigma_t=2, sigma_f=3, amp=2, drift=0.5)
    assert signal[10, 20] == 2
    assert np.unravel_index(signal.argmax(), signal.shape) == (10, 20)
    np.testing.assert_allclose(signal[13, 20], 2 * np.exp(-1 / 2), rtol=1e-6)  # one sigma_f up
    np.testing.assert_allclose(signal[11, 22], 2 * np.exp(-1 / 2), rtol=1e-6)  # one sigma_t later, on the ridge
    np.testing.assert_allclose(signal[9, 22], 2 * np.exp(-1 / 2 - 4 / 18), rtol=1e-6)  # and two rows below it


@pytest.mark.parametrize(
    ("signal", "name"),
    [(simulators.chirp_signal, name) for name in CHIRP_PARAMETERS]
    + [(simulators.blip_signal, name) for name in BLIP_PARAMETERS],
)
def test_signals_broadcast_over_any_parameter(signal, name):
    values = np.array([[2.0, 3.0, 4.0], [5.0, 6.0, 7.0]])
    signals = signal(**{name: values})
    assert (signals.shape, signals.dtype) == ((2, 3, 32, 64), np.float32)
    for place in np.ndindex(values.shape):
        np.testing.assert_array_equal(signals[place], signal(**{name: values[place]}))
    assert not np.array_equal(signals[0, 0], signals[1, 2])


# What the images were made from


def test_parameters_fill_their_ranges(fixed):
    ranges = {
        CHIRP: {"f0": (2, 12), "rate": (0.1, 0.5), "t0": (5, 48), "amp": (1.0, 2.2), "length": (8, 58)},
        BLIP: {
            "t0": (10, 54),
            "f0": (5, 27),
            "sigma_t": (1.5, 3.5),
            "sigma_f": (2.0, 4.5),
            "amp": (1.5, 3.0),
            "drift": (-0.1, 0.1),
        },
    }
    for label, of_class in ranges.items():
        parameters = fixed.parameters[fixed.labels == label]
        for name in parameters.dtype.names:
            if name in of_class:
                low, high = of_class[name]
                assert low <= parameters[name].min() < low + 0.02 * (high - low)
                assert high >= parameters[name].max() > high - 0.1 * (high - low)
            else:
                assert np.isnan(parameters[name]).all()
    chirps = fixed.parameters[fixed.labels == CHIRP]
    assert (chirps["t0"] % 1 == 0).all() and (chirps["length"] % 1 == 0).all()
    assert (chirps["t0"] + chirps["length"] < 64).all()


def test_image_minus_signal_is_the_noise(fixed):
    rng = np.random.default_rng(0)
    draws = [(straightforward.chirp_draws(rng), straightforward.blip_draws(rng)) for _ in range(500)]
    noise = np.array([draw[-1] for of_class in zip(*draws, strict=True) for draw in of_class])
    np.testing.assert_allclose((fixed.images - fixed.signals)[:, 0], noise, rtol=0, atol=1e-6)
    # and that noise is white, of the right strength
    assert abs(noise.mean()) < 5 * NOISE_SIGMA / np.sqrt(noise.size)
    assert abs(noise.std() / NOISE_SIGMA - 1) < 5 / np.sqrt(2 * noise.size)
    assert abs((noise[..., 1:] * noise[..., :-1]).mean()) < 5 * NOISE_SIGMA**2 / np.sqrt(noise.size)


def test_snr_by_hand():
    parameters = np.full(1, np.nan, simulators.fresh(1, seed=0).parameters.dtype)
    for name, value in {"f0": 5.0, "rate": 0.0, "t0": 10, "amp": 2.0, "length": 8}.items():
        parameters[name] = value
    images = np.ones((1, 1, 32, 64), np.float32)
    dataset = simulators.Dataset(images, np.array([CHIRP]), parameters)
    # Eight columns of 2 with 0.8 above and below: the sum of h is 8 * 3.6, that of its squares 8 * 5.28.
    np.testing.assert_allclose(dataset.optimal_snr, np.sqrt(8 * 5.28) / 0.8, rtol=1e-6)
    np.testing.assert_allclose(dataset.snr, 8 * 3.6 / (0.8 * np.sqrt(8 * 5.28)), rtol=1e-6)


@pytest.mark.parametrize("label", [BLIP, CHIRP])
def test_snr_is_normal_around_the_optimum(fixed, label):
    excess = np.sort((fixed.snr - fixed.optimal_snr)[fixed.labels == label])
    n = len(excess)
    assert abs(excess.mean()) < 4 / np.sqrt(n)
    assert abs(excess.std() - 1) < 4 / np.sqrt(2 * n)
    for sigmas, below in {-1: 0.1587, 0: 0.5, 1: 0.8413}.items():  # the normal distribution function
        assert abs((excess < sigmas).mean() - below) < 4 * np.sqrt(below * (1 - below) / n)


# Fresh images


def test_fresh_depends_on_the_seed_alone():
    one, same, other = (simulators.fresh(10, seed=seed) for seed in (2**127 + 1, 2**127 + 1, 2**127))
    assert (one.images.shape, one.images.dtype) == ((10, 1, 32, 64), np.float32)
    assert (one.labels.shape, one.labels.dtype) == ((10,), np.int64)
    for field in ("images", "labels", "parameters"):
        assert getattr(one, field).tobytes() == getattr(same, field).tobytes()
    assert not np.array_equal(one.images, other.images)
    sequence = np.random.SeedSequence(2**127 + 1)
    np.testing.assert_array_equal(simulators.fresh(10, seed=sequence).images, one.images)


def test_fresh_images_belong_to_their_labels():
    dataset = simulators.fresh(400, seed=3)
    excess = dataset.snr - dataset.optimal_snr
    assert abs(excess.mean()) < 4 / np.sqrt(400)
    assert abs(excess.std() - 1) < 4 / np.sqrt(2 * 400)


def test_fresh_is_shuffled_with_random_counts():
    labels = np.array([simulators.fresh(40, seed=seed).labels for seed in range(50)])
    assert abs(labels.mean() - 0.5) < 4 * 0.5 / np.sqrt(labels.size)
    assert abs((labels[:, 1:] != labels[:, :-1]).mean() - 0.5) < 4 * 0.5 / np.sqrt(labels.size)  # no order
    assert 0.5 < labels.sum(axis=1).std() / np.sqrt(40 / 4) < 1.5  # as a binomial's


@pytest.mark.parametrize("n", [2, 3])
def test_fresh_has_both_classes(n):
    for seed in range(100):
        assert set(simulators.fresh(n, seed=seed).labels.tolist()) == {BLIP, CHIRP}


def test_fresh_small():
    assert simulators.fresh(0, seed=1).images.shape == (0, 1, 32, 64)
    assert simulators.fresh(0, seed=1).snr.shape == (0,)
    assert simulators.fresh(1, seed=1).images.shape == (1, 1, 32, 64)
    assert {simulators.fresh(1, seed=seed).labels.item() for seed in range(20)} == {BLIP, CHIRP}


# Mistakes


SEEDED = (simulators.fresh, simulators.fresh_in_bulk)


@pytest.mark.parametrize("batch", [simulators.chirps, simulators.blips, simulators.noises, *SEEDED])
def test_wrong_counts_are_named(batch):
    argument = 1 if batch in SEEDED else np.random.default_rng(1)
    with pytest.raises(ValueError, match="n must not be negative, got -1"):
        batch(-1, argument)
    with pytest.raises(TypeError, match=r"n must be an int, got 2\.5"):
        batch(2.5, argument)


@pytest.mark.parametrize("rng", [0, None, np.random.PCG64(0)], ids=lambda rng: type(rng).__name__)
@pytest.mark.parametrize(
    "draw",
    [kind[0] for kind in KINDS.values()]
    + [lambda rng, batch=kind[1]: batch(2, rng) for kind in KINDS.values()]
    + [lambda rng: simulators.simulate([CHIRP], rng)],
)
def test_a_seed_is_not_a_generator(draw, rng):
    with pytest.raises(TypeError, match=r"rng must be a numpy.random.Generator, such as np.random.default_rng"):
        draw(rng)


@pytest.mark.parametrize("labels", [[2], [-1, 0], [0.5], 1, [[0, 1]]])
def test_labels_are_blip_or_chirp(labels):
    with pytest.raises(ValueError, match="labels must be a list of"):
        simulators.simulate(labels, np.random.default_rng(0))


@pytest.mark.parametrize("seed", [None, np.random.default_rng(0)], ids=["None", "Generator"])
def test_a_seed_that_would_not_repeat_is_refused(seed):
    with pytest.raises(TypeError, match="seed must be an int or a SeedSequence"):
        simulators.fresh(4, seed=seed)


def test_a_dataset_cannot_be_changed_by_accident(fixed):
    with pytest.raises(AttributeError):
        fixed.labels = fixed.labels[::-1]


def test_examples():
    assert doctest.testmod(simulators).failed == 0


def test_fresh_images_are_ones_own():
    first = simulators.fresh(8, seed=3)
    expected = first.images.copy(), first.labels.copy(), first.parameters.copy()
    for array in (first.images, first.labels, first.parameters):
        array[:] = 0
    again = simulators.fresh(8, seed=3)
    for array, right in zip((again.images, again.labels, again.parameters), expected, strict=True):
        assert array.tobytes() == right.tobytes()
    assert simulators.fresh(8, seed=np.random.SeedSequence(3)).images.tobytes() == expected[0].tobytes()


# Fresh images in bulk: the same distribution, from other draws


N = 8000


@pytest.fixture(scope="module")
def in_bulk():
    return simulators.fresh_in_bulk(N, seed=1)


@pytest.fixture(scope="module")
def one_by_one():
    return simulators.fresh(N, seed=1)


def test_in_bulk_depends_on_the_seed_alone():
    one, other = (simulators.fresh_in_bulk(300, seed=seed) for seed in (2**127 + 1, 2**127))
    same = simulators.fresh_in_bulk(300, seed=2**127 + 1)
    for field in ("images", "labels", "parameters"):
        assert getattr(one, field).tobytes() == getattr(same, field).tobytes()
        assert getattr(one, field).tobytes() != getattr(other, field).tobytes()
    assert (one.images.shape, one.images.dtype) == ((300, 1, 32, 64), np.float32)
    assert (one.labels.shape, one.labels.dtype) == ((300,), np.int64)
    assert one.parameters.dtype == simulators.fresh(1, seed=0).parameters.dtype


def test_in_bulk_no_pixel_of_one_seed_says_anything_about_another():
    one, other = (simulators.fresh_in_bulk(2000, seed=seed) for seed in (1, 2))
    noise = [((d.images - d.signals) / NOISE_SIGMA).reshape(2000, -1) for d in (one, other)]
    # Each noise with each other one: the largest of 4 million correlations is as large as chance makes it. (A half of
    # one in the other, anywhere, would be 22.)
    together = noise[0] @ noise[1].T / np.sqrt(noise[0].shape[1])
    assert abs(together).max() < 6.5
    assert abs(together.std() - 1) < 0.01
    for name in CHIRP_PARAMETERS + BLIP_PARAMETERS:
        values = (d.parameters[name][~np.isnan(d.parameters[name])] for d in (one, other))
        assert name in ("t0", "length") or not np.intersect1d(*values).size


@pytest.mark.parametrize("label", [BLIP, CHIRP])
def test_in_bulk_the_parameters_have_the_same_distribution(in_bulk, one_by_one, label):
    for name in in_bulk.parameters.dtype.names:
        one, other = (d.parameters[name][d.labels == label] for d in (in_bulk, one_by_one))
        assert np.isnan(one).all() == np.isnan(other).all() and np.isnan(one).any() == np.isnan(other).any()
        if not np.isnan(one).all():
            assert ks_2samp(one, other).pvalue > 1e-4, name
    if label == CHIRP:
        chirps = in_bulk.parameters[in_bulk.labels == CHIRP]
        assert (chirps["t0"] % 1 == 0).all() and (chirps["length"] % 1 == 0).all()
        assert (chirps["t0"] + chirps["length"] < 64).all() and chirps["length"].min() == 8


def test_in_bulk_the_noise_is_white_and_normal(in_bulk):
    noise = ((in_bulk.images - in_bulk.signals)[:, 0] / NOISE_SIGMA).astype(np.float64)
    for power, moment in ((1, 0), (2, 1), (3, 0), (4, 3)):  # those of the normal distribution
        spread = np.sqrt({1: 1, 2: 2, 3: 15, 4: 96}[power] / noise.size)
        assert abs((noise**power).mean() - moment) < 5 * spread
    assert kstest(noise[::20].ravel(), "norm").pvalue > 1e-4
    assert abs((abs(noise) > 4).mean() / 6.334e-5 - 1) < 5 / np.sqrt(6.334e-5 * noise.size)
    # Neither neighbours, nor the two of a pair, nor one place in different images, nor their squares.
    for one, other in (
        (noise[:, 1:], noise[:, :-1]),
        (noise[:, :, 1:], noise[:, :, :-1]),
        *((noise[step:], noise[:-step]) for step in (1, 2, 32, 64, 128)),
    ):
        for f in (lambda x: x, lambda x: (x**2 - 1) / np.sqrt(2)):
            assert abs((f(one) * f(other)).mean()) < 5 / np.sqrt(one.size)


def test_in_bulk_images_belong_to_their_labels(in_bulk):
    excess = in_bulk.snr - in_bulk.optimal_snr
    assert abs(excess.mean()) < 4 / np.sqrt(N)
    assert abs(excess.std() - 1) < 4 / np.sqrt(2 * N)


def test_in_bulk_is_shuffled_with_random_counts():
    labels = np.array([simulators.fresh_in_bulk(40, seed=seed).labels for seed in range(50)])
    assert abs(labels.mean() - 0.5) < 4 * 0.5 / np.sqrt(labels.size)
    assert abs((labels[:, 1:] != labels[:, :-1]).mean() - 0.5) < 4 * 0.5 / np.sqrt(labels.size)  # no order
    assert 0.5 < labels.sum(axis=1).std() / np.sqrt(40 / 4) < 1.5  # as a binomial's


def test_in_bulk_small():
    assert simulators.fresh_in_bulk(0, seed=1).snr.shape == (0,)
    assert {simulators.fresh_in_bulk(1, seed=seed).labels.item() for seed in range(20)} == {BLIP, CHIRP}
    for seed in range(100):
        assert set(simulators.fresh_in_bulk(2, seed=seed).labels.tolist()) == {BLIP, CHIRP}


def test_in_bulk_images_are_kept_and_cannot_be_written_to():
    dataset = simulators.fresh_in_bulk(8, seed=3)
    for array in (dataset.images, dataset.labels, dataset.parameters):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = array


@pytest.mark.parametrize("seed", [None, np.random.default_rng(0), np.random.SeedSequence(1), 1.5])
def test_in_bulk_a_seed_is_an_int(seed):
    with pytest.raises(TypeError):
        simulators.fresh_in_bulk(4, seed=seed)


def test_in_bulk_what_leaks_helps_no_more_than_images_that_anybody_can_draw():
    leaked, asked, public = (simulators.fresh_in_bulk(3000, seed=seed) for seed in (11, 12, 13))
    gained = [nearest_neighbours(known, asked) - nearest_neighbours(public, asked) for known in (leaked, asked)]
    assert abs(gained[0]) < 5 * np.sqrt(2 * 0.25 / 3000)
    assert gained[1] > 0.2  # so much it would be if the same were asked again


def nearest_neighbours(known, asked):
    """How many images have the class of the known image that is most like them."""
    likeness = [d.images.reshape(len(d.images), -1) for d in (asked, known)]
    nearest = (likeness[0] @ likeness[1].T - (likeness[1] ** 2).sum(1) / 2).argmax(1)
    return (known.labels[nearest] == asked.labels).mean()
