"""The reference model reaches what is promised, the same on every run, and leaves no trace."""

import numpy as np
import pytest
import torch

from course_utils import simulators
from course_utils.instructor.reference import (
    EPOCHS,
    ReferenceNet,
    accuracy,
    best_device,
    predict,
    train_reference,
    training_part,
)

DEVICES = ["cpu"]
DEVICES += ["cuda"] if torch.cuda.is_available() else []
DEVICES += ["mps"] if torch.backends.mps.is_available() else []


@pytest.fixture(scope="module")
def few():
    """Sixty-four fresh images, enough for a quick look."""
    dataset = simulators.fresh(64, seed=1)
    return dataset.images, dataset.labels


@pytest.mark.slow
@pytest.mark.parametrize("device", DEVICES)
def test_reaches_99_percent_on_fresh_images_within_15_epochs(device):
    reference = train_reference(seed=0, device=device)
    assert len(reference.losses) == EPOCHS <= 15
    for draw in (simulators.fresh, simulators.fresh_in_bulk):
        fresh = draw(4000, seed=20150914)
        # 0.99 is promised. The worst of 28 seeds scored 0.9976: 0.995 notices when the net gets worse, not a bad seed.
        assert accuracy(reference.net, fresh.images.copy(), fresh.labels) >= 0.995


@pytest.mark.parametrize("device", DEVICES)
def test_same_seed_same_net_on_the_device_asked_for(device, few):
    first, again = (train_reference(seed=3, device=device, epochs=2, data=few) for _ in range(2))
    assert first.losses == again.losses
    for one, other in zip(first.net.parameters(), again.net.parameters(), strict=True):
        assert one.device.type == device
        assert torch.equal(one, other)


@pytest.mark.parametrize("device", DEVICES)
def test_global_random_states_and_settings_are_left_alone(device, few):
    def states():
        numpy_state = np.random.get_state()[1]  # noqa: NPY002
        gpu = {"cuda": torch.cuda, "mps": torch.mps}.get(device)
        return [torch.from_numpy(numpy_state), torch.get_rng_state()] + ([gpu.get_rng_state()] if gpu else [])

    deterministic = torch.backends.cudnn.deterministic
    torch.rand(1)  # so that the state is not by chance the one that a training leaves behind
    before = states()
    train_reference(seed=3, device=device, epochs=1, data=few)
    assert all(torch.equal(one, other) for one, other in zip(before, states(), strict=True))
    assert torch.backends.cudnn.deterministic == deterministic


def test_neither_global_random_state_nor_number_of_threads_matters(few):
    threads = torch.get_num_threads()
    first = train_reference(seed=3, device="cpu", epochs=1, data=few)
    assert torch.get_num_threads() == threads
    torch.rand(7)
    torch.set_num_threads(3 - min(threads, 2))
    try:
        assert train_reference(seed=3, device="cpu", epochs=1, data=few).losses == first.losses
    finally:
        torch.set_num_threads(threads)


def test_another_seed_is_another_net(few):
    losses = [train_reference(seed, device="cpu", epochs=1, data=few).losses for seed in range(2)]
    assert losses[0] != losses[1]


def test_learns_what_it_is_given(few):
    images, labels = few
    data = np.concatenate([images, 1.0 + images]), np.repeat([0, 1], len(images))
    reference = train_reference(seed=0, device="cpu", data=data)
    assert accuracy(reference.net, *data) > 0.95
    assert accuracy(reference.net, images, labels) < 0.75  # all called 0: nothing known of chirps


def test_device_by_default_is_the_best_there_is(few):
    assert best_device().type in DEVICES
    assert best_device().type != "cpu" or DEVICES == ["cpu"]
    net = train_reference(seed=0, epochs=1, data=few).net
    assert next(net.parameters()).device.type == best_device().type


def test_training_part_is_800_images_of_the_fixed_dataset():
    images, labels = training_part(seed=5)
    assert images.shape == (800, 1, 32, 64)
    assert 350 < labels.sum() < 450
    truth = {image.tobytes(): label for image, label in zip(*simulators.fixed_dataset(), strict=True)}
    assert all(truth[image.tobytes()] == label for image, label in zip(images, labels, strict=True))
    assert len({image.tobytes() for image in images}) == 800
    assert not np.array_equal(images, training_part(seed=6)[0])


def test_one_logit_per_image(few):
    images, _ = few
    net = ReferenceNet()
    assert net(torch.from_numpy(images)).shape == (64,)
    logits = predict(net.train(), images)
    assert logits.shape == (64,) and logits.dtype == np.float32
    assert not net.training
    with torch.no_grad():
        alone = net(torch.from_numpy(images[9:10]))
    assert np.allclose(alone, logits[9], atol=1e-5)


def test_accuracy_of_a_known_net():
    class Mean(torch.nn.Module):
        """Calls bright images chirps."""

        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(()))

        def forward(self, images):
            return self.scale * images.mean(dim=(2, 3))  # (N, 1)

    images = np.ones((1001, 1, 32, 64), np.float32)  # more than one batch
    images[:250] = -1
    labels = np.ones(1001, np.int64)
    assert accuracy(Mean(), images, labels) == 751 / 1001
    assert accuracy(Mean(), images, 1 - labels) == 250 / 1001


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"data": (np.zeros((3, 1, 32, 64)), np.zeros(2))}, "3 images and 2 labels"),
    ],
)
def test_nonsense_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        train_reference(seed=0, device="cpu", **arguments)
