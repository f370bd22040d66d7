"""The net of ours that trainings are tried with."""

import numpy as np
import pytest
import torch
from torch import nn

from course_utils.stand_in import Form, as_lenient_as, fixed_net, linear_net, pixels_of
from course_utils.submission import judging


@pytest.mark.parametrize("form", [Form(), Form((2,))])
def test_a_new_net_is_right_about_brightness_by_no_luck(form):
    for seed in range(20):
        torch.manual_seed(seed)
        images, labels = judging.brightness_task(np.random.default_rng(seed), 64, seed % 2)
        with torch.no_grad():
            logits = pixels_of(linear_net(form, "cpu")).chirp_logits(torch.from_numpy(images))
        assert 0.25 < ((logits.numpy() > 0) == (labels == 1)).mean() < 0.7


class Flattens(nn.Module):
    def forward(self, images):
        return images.reshape(-1, 1, 32, 64).float().mean((1, 2, 3))


class Convolves(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 1, 3)

    def forward(self, images):
        return self.first(images).mean((1, 2, 3))


def fails():
    raise NotImplementedError


@pytest.mark.parametrize(
    ("build", "any_axes", "any_numbers"), [(Flattens, True, True), (Convolves, False, False), (fails, True, True)]
)
def test_a_net_of_ours_takes_what_the_students_net_takes(build, any_axes, any_numbers):
    form = as_lenient_as(build, Form(), "cpu")
    assert (form.any_axes, form.any_numbers) == (any_axes, any_numbers)
    for images, is_taken in ((torch.zeros(4, 32, 64), any_axes), (torch.zeros(4, 1, 32, 64).double(), any_numbers)):
        net = linear_net(form, "cpu")
        if is_taken:
            assert net(images).shape == (4,)
        else:
            with pytest.raises((ValueError, RuntimeError)):
                net(images)
    assert pixels_of(linear_net(form, "cpu")).chirp_logits(torch.zeros(4, 1, 32, 64).double()).shape == (4,)


def test_a_net_that_no_training_changes_takes_images_in_every_form():
    images = torch.randn(4, 1, 32, 64)
    expected = fixed_net(Form(), 1.0, "cpu")(images)
    for others in (images.flatten(1), images.squeeze(1)):
        assert torch.allclose(fixed_net(Form(any_axes=True), 1.0, "cpu")(others), expected)
        with pytest.raises(ValueError, match="expected"):
            fixed_net(Form(), 1.0, "cpu")(others)


class OneByOne(Convolves):
    def forward(self, images):
        return self.first(images).mean((-1, -2)).squeeze(-1)


def test_a_training_may_ask_one_image_after_the_other_if_the_net_takes_that():
    assert as_lenient_as(OneByOne, Form(), "cpu").any_axes
