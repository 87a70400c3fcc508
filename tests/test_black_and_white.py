"""Pictures in black and white stay so in all of their views."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from dcign.black_and_white import colourless, in_black_and_white


def of_many_colours() -> Tensor:
    """(3, 64, 64), smooth: patches of 8 pixels in colours of their own."""
    patches = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(2))
    return torch.nn.functional.interpolate(patches, 64, mode="bilinear")[0]


def stored(picture: Tensor) -> Tensor:
    """As it comes back from a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(picture.mul(255).round().to(torch.uint8).permute(1, 2, 0).numpy()).save(file, "JPEG", quality=85)
    return torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1).float().div(255)


def test_black_and_white_is_known_and_colours_are_not():
    picture = of_many_colours()
    assert colourless(stored(in_black_and_white(picture))) and not colourless(stored(picture))
    assert colourless(torch.full((3, 64, 64), 0.5)) and not colourless(torch.tensor((0.6, 0.5, 0.4))[:, None, None].expand(3, 64, 64))


def test_a_sensors_grain_is_not_colour():
    picture = in_black_and_white(of_many_colours())
    assert colourless(picture + torch.randn(picture.shape, generator=torch.Generator().manual_seed(1)) * 3 / 255)


def test_one_thing_in_a_colour_is_enough():
    picture = in_black_and_white(of_many_colours()).clone()
    picture[:, 20:30, 20:30] = torch.tensor((0.8, 0.2, 0.2))[:, None, None]
    assert not colourless(picture)


def test_a_small_thing_in_a_faint_colour_is_enough():
    picture = torch.ones(3, 160, 160)
    picture[:, 40:100, 60:72] = torch.tensor((60, 50, 45))[:, None, None] / 255
    assert not colourless(picture) and colourless(in_black_and_white(picture))


def test_brightness_stays():
    picture = of_many_colours()
    grey = in_black_and_white(picture)
    assert torch.equal(grey[0], grey[2]) and torch.allclose(in_black_and_white(grey), grey, atol=1e-6)
    assert grey.mean() == pytest.approx(float(0.299 * picture[0].mean() + 0.587 * picture[1].mean() + 0.114 * picture[2].mean()), abs=1e-5)


def spread(shown: np.ndarray) -> int:
    """The most by which the channels of a pixel differ, uint8 (..., 3)."""
    return int(np.ptp(shown.astype(int), axis=-1).max())


@pytest.mark.parametrize("refine", [False, True])
@pytest.mark.parametrize("degrees", [{}, {"azimuth": 2.0}, {"azimuth": 40.0}, {"elevation": 10.0}, {"light": -50.0}], ids=str)
def test_all_views_of_black_and_white_are_so(studio, picture, refine, degrees):
    grey = np.repeat(picture.mean(-1, keepdims=True).astype(np.uint8), 3, -1)
    code = studio.encode(grey, refine=refine)
    assert spread(studio.bare().render(code.without_picture(), **degrees)) > 3  # the decoder draws colours, if faint ones as it has learned nothing
    assert spread(studio.render(code, **degrees)) <= 1
