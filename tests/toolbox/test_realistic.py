"""Realistic images: the detector's noise, its signals, the Q-transform, the matched filter and the sound."""

import doctest

import numpy as np
import pytest
import torch

from course_utils import realistic
from course_utils.realistic.detector import RATE, detector_noise, whiten
from course_utils.realistic.q_transform import FREQUENCIES, q_energy
from course_utils.realistic.waveforms import ringdown, time_left_at_merger
from course_utils.simulators import BLIP, CHIRP

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def dataset():
    return realistic.fresh(600, seed=3)


@pytest.fixture(scope="module")
def noise():
    """Segments of detector noise, and what is left when they are whitened."""
    segments = detector_noise(400, np.random.default_rng(1), CPU)
    return segments.numpy().astype(np.float64), whiten(segments).numpy()


# Datasets


def test_a_dataset_has_the_documented_shapes(dataset):
    assert (dataset.images.shape, dataset.images.dtype) == ((600, 1, 32, 64), np.float32)
    assert (dataset.strain.shape, dataset.strain.dtype) == ((600, 2048), np.float32)
    assert (dataset.signals.shape, dataset.labels.dtype) == ((600, 2048), np.int64)
    assert np.count_nonzero(dataset.labels == CHIRP) == 300
    chirps = dataset.labels == CHIRP
    assert np.isnan(dataset.parameters["mass_1"][~chirps]).all() and np.isnan(dataset.parameters["q"][chirps]).all()
    for name, low, high in ("mass_1", 10, 50), ("mass_2", 10, 50), ("t0", 0.3, 0.95):
        assert (dataset.parameters[name][chirps] >= low).all() and (dataset.parameters[name][chirps] <= high).all()
    for name, low, high in ("f0", 60, 350), ("q", 1.5, 5), ("t0", 0.05, 0.95):
        assert (dataset.parameters[name][~chirps] >= low).all() and (dataset.parameters[name][~chirps] <= high).all()


def test_images_depend_on_n_and_seed_alone(dataset):
    again = realistic.fresh(600, seed=3)
    assert np.array_equal(again.images, dataset.images) and np.array_equal(again.labels, dataset.labels)
    assert not np.array_equal(realistic.fresh(600, seed=4).images, dataset.images)
    np.testing.assert_array_equal(realistic.q_transform(dataset.strain[:70]), dataset.images[:70, 0])


def test_what_students_set_in_torch_and_numpy_changes_nothing(dataset):
    torch.set_default_dtype(torch.float64)
    try:
        with np.errstate(all="raise"):
            images = realistic.q_transform(dataset.strain[:10])
            assert realistic.fresh(3, seed=1).images.dtype == images.dtype == np.float32
            assert np.array_equal(images, dataset.images[:10, 0])
            templates = realistic.chirp_templates()[:2]
            assert realistic.matched_filter(dataset.strain[:2], templates).dtype == np.float32
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("n", [0, 1, 2, 65])
def test_any_number_of_images(n):
    small = realistic.fresh(n, seed=1)
    assert small.images.shape == (n, 1, 32, 64) and np.isfinite(small.images).all()
    assert realistic.q_transform(small.strain).shape == (n, 32, 64)
    assert realistic.matched_filter(small.strain, realistic.blip_signal()[None]).shape == (n,)


def test_each_signal_is_as_loud_as_it_says(dataset):
    np.testing.assert_allclose(dataset.optimal_snr, dataset.parameters["optimal_snr"], rtol=1e-4)


def test_the_matched_filter_expects_the_snr_that_was_injected(dataset, noise):
    _, whitened = noise
    for signal in dataset.signals[:4]:
        template = signal / np.linalg.norm(signal)
        snr = (whitened + signal) @ template
        assert abs(snr.mean() - np.linalg.norm(signal)) < 4 / np.sqrt(len(snr))
        assert abs(snr.std() - 1) < 4 / np.sqrt(2 * len(snr))
    excess = dataset.snr - dataset.optimal_snr
    assert abs(excess.mean()) < 4 / np.sqrt(len(excess)) and abs(excess.std() - 1) < 0.12


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((-1, 0), ValueError, "n must not be negative"),
        ((2.5, 0), TypeError, "n must be an int"),
        ((2, None), TypeError, "seed must be"),
        ((2, np.random.default_rng(0)), TypeError, "seed must be"),
    ],
)
def test_fresh_says_what_is_wrong(arguments, error, message):
    with pytest.raises(error, match=message):
        realistic.fresh(*arguments)


# The detector


def test_the_noise_curve_is_that_of_the_paper():
    assert realistic.noise_psd(215) == pytest.approx(33e-49)
    assert realistic.noise_psd(19.9) == np.inf
    assert 100 < np.arange(20, 1000)[realistic.noise_psd(np.arange(20, 1000)).argmin()] < 300


def test_noise_follows_the_curve_and_is_white_afterwards(noise):
    segments, whitened = noise
    for samples, expected in (segments, realistic.noise_psd), (whitened, lambda f: np.full(len(f), 2 / RATE)):
        frequencies = np.fft.rfftfreq(samples.shape[1], 1 / RATE)
        psd = 2 / (RATE * samples.shape[1]) * np.mean(np.abs(np.fft.rfft(samples)) ** 2, axis=0)
        for low, high in (25, 40), (40, 80), (80, 160), (160, 320), (320, 640), (640, 1000):
            band = (frequencies >= low) & (frequencies < high)
            ratio = psd[band] / expected(frequencies[band])
            assert abs(ratio.mean() - 1) < 5 / np.sqrt(len(samples) * band.sum())
    # Of the band up to 1024 Hz, the 20 Hz at the bottom are cut away.
    assert whitened.var() == pytest.approx(1 - 20 / 1024, abs=5 * np.sqrt(2 / whitened.size))


# The images


def test_white_noise_has_energy_one_at_each_frequency():
    white = np.random.default_rng(2).standard_normal((400, 2048), dtype=np.float32)
    energy = q_energy(torch.from_numpy(white)).numpy()
    assert np.abs(energy.mean((0, 2)) - 1).max() < 0.05  # of 400 seconds; the lowest row has about 20 tiles in each
    assert energy.std() == pytest.approx(1, abs=0.03)  # as of an exponential distribution


@pytest.mark.parametrize(("mass_1", "mass_2"), [(12, 12), (20, 15), (36, 29)])
def test_the_track_of_a_chirp_is_newtons(mass_1, mass_2):
    t0 = 0.9
    image = realistic.q_transform(realistic.chirp_signal(mass_1=mass_1, mass_2=mass_2, t0=t0, optimal_snr=100))
    left = t0 + time_left_at_merger(mass_1, mass_2) - (np.arange(64) + 0.5) / 64
    start, middle, end = (
        8 * np.log2(realistic.chirp_frequency(np.maximum(left + shift, 1e-3), mass_1, mass_2) / 32)
        for shift in (0.5 / 64, 0, -0.5 / 64)
    )
    clear = (left > 0.5 / 64) & (middle > 1) & (middle < 31) & (end - start < 1.5)
    assert clear.sum() >= 4
    assert np.abs(image.argmax(0) + 0.5 - middle)[clear].max() <= 1.5
    assert image[8:, 62:].max() < image.max() / 4  # nothing is left after the ringdown


def test_the_ringdown_of_gw150914():
    # Abbott et al., PRL 116, 221101 (2016): about 251 Hz and 4 ms for a final black hole of 68 solar masses.
    frequency, damping = ringdown(36.0 * 1.09, 29.0 * 1.09)
    assert frequency == pytest.approx(251, abs=15) and damping == pytest.approx(4e-3, abs=0.5e-3)


@pytest.mark.parametrize("f0", [70, 120, 200, 330])
def test_a_blip_is_seen_at_its_time_and_frequency(f0):
    image = realistic.q_transform(realistic.blip_signal(f0=f0, q=8, t0=0.4))
    row, column = np.unravel_index(image.argmax(), image.shape)
    assert realistic.FREQUENCY_EDGES[max(row - 1, 0)] < f0 < realistic.FREQUENCY_EDGES[row + 2]
    assert abs(column + 0.5 - 0.4 * 64) <= 1


def test_the_energy_of_a_signal_is_at_most_half_its_snr_squared():
    signals = realistic.blip_signal(f0=100, q=np.linspace(2, 16, 15), optimal_snr=20)
    peaks = q_energy(torch.from_numpy(signals)).amax((1, 2)).numpy()
    assert peaks.max() <= 200 and peaks.max() > 180  # reached where the blip has the Q-transform's own shape


def test_signals_broadcast():
    assert realistic.chirp_signal(mass_1=[[30], [40]], t0=[0.4, 0.6, 0.8]).shape == (2, 3, 2048)
    together = realistic.blip_signal(f0=[100, 200], optimal_snr=10)
    np.testing.assert_allclose(together[1], realistic.blip_signal(f0=200, optimal_snr=10), atol=1e-5)


def test_gwpy_finds_the_same_energies():
    timeseries = pytest.importorskip("gwpy.timeseries", reason="gwpy is no dependency")
    from gwpy.signal.qtransform import QTile

    strain = realistic.chirp_signal(optimal_snr=30)
    for row in (12, 20):
        ours = q_energy(torch.from_numpy(strain))[row].numpy().astype(float)
        spectrum = timeseries.TimeSeries(strain.astype(float), sample_rate=RATE).fft()
        theirs = QTile(8, FREQUENCIES[row], 1, RATE, mismatch=0.001).transform(spectrum, norm="mean", epoch=0)
        theirs = np.interp(np.arange(512) / 512, np.arange(len(theirs)) / len(theirs), theirs.value)
        assert np.corrcoef(ours, theirs)[0, 1] > 0.98


# The matched filter


def test_the_matched_filter_finds_time_and_phase_itself():
    signals = realistic.chirp_signal(t0=[0.5, 0.7, 0.9], phase=[0, 1, 2], optimal_snr=12)
    found = realistic.matched_filter(signals, realistic.chirp_signal(t0=0.95)[None])
    np.testing.assert_allclose(found, 12, rtol=0.03)


def test_the_banks_are_dense_enough(dataset):
    for label, templates in (CHIRP, realistic.chirp_templates()), (BLIP, realistic.blip_templates()):
        members = np.flatnonzero(dataset.labels == label)[:60]
        found = realistic.matched_filter(dataset.signals[members], templates) / dataset.optimal_snr[members]
        assert found.max() <= 1.001 and found.mean() > 0.97 and found.min() > 0.88


@pytest.mark.slow
def test_a_matched_filter_for_chirps_alone_also_answers_to_blips(dataset):
    few = slice(0, 150)
    strain, labels = dataset.strain[few], dataset.labels[few]
    chirp = realistic.matched_filter(strain, realistic.chirp_templates())
    blip = realistic.matched_filter(strain, realistic.blip_templates())
    assert np.mean(chirp[labels == BLIP] > 7) > 0.5  # noise alone has about 4 to 5
    assert np.array_equal(chirp > blip, labels == CHIRP)  # who knows both shapes tells them apart


@pytest.mark.parametrize(
    ("strain", "templates", "message"),
    [
        (np.ones((2, 100)), np.ones((1, 2048)), r"strain must be whole seconds, .* got \(2, 100\)"),
        (np.ones(2048), np.ones((1, 2048)), "strain must have the shape"),
        (np.ones((2, 2048)), np.ones((0, 2048)), "templates must have the shape"),
        (np.ones((2, 2048)), np.zeros((1, 2048)), "none zero"),
    ],
)
def test_the_matched_filter_says_what_is_wrong(strain, templates, message):
    with pytest.raises(ValueError, match=message):
        realistic.matched_filter(strain, templates)


# The sound


def test_a_sound_is_moved_up_and_fits_a_loudspeaker():
    samples, rate = realistic.sound(realistic.blip_signal(f0=150, q=20), shift=300)
    assert (samples.shape, samples.dtype, rate) == ((8192,), np.float32, 8192)
    assert np.abs(samples).max() == 1
    assert abs(np.abs(np.fft.rfft(samples)).argmax() - 450) <= 5
    assert np.abs(samples).argmax() / rate == pytest.approx(0.5, abs=0.01)
    assert not realistic.sound(np.zeros(2048))[0].any()


@pytest.mark.parametrize(
    ("strain", "shift", "message"),
    [(np.zeros(100), 0, "strain must be one second"), (np.zeros(2048), -1, "shift must be from 0 to 3000 Hz, got -1")],
)
def test_sound_says_what_is_wrong(strain, shift, message):
    with pytest.raises(ValueError, match=message):
        realistic.sound(strain, shift=shift)


# Everything


def test_the_examples_in_the_docstring():
    assert doctest.testmod(realistic).failed == 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_another_device_makes_the_same_images(dataset):
    there = realistic.fresh(600, seed=3, device="cuda")
    np.testing.assert_allclose(there.images, dataset.images, atol=1e-3)
    templates = realistic.chirp_templates()[:5]
    here = realistic.matched_filter(dataset.strain[:10], templates)
    np.testing.assert_allclose(realistic.matched_filter(dataset.strain[:10], templates, device="cuda"), here, rtol=1e-3)
