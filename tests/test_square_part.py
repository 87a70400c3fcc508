"""Square parts of pictures, wherever they lie."""

import numpy as np
import pytest
from PIL import Image

from dcign.square_part import FILL, MIDDLE, object_square, overlap, square_part


def quarters() -> Image.Image:
    """Red, green above blue, white; 40 x 20 pixels."""
    image = Image.new("RGB", (40, 20), (255, 0, 0))
    for colour, box in (((0, 255, 0), (20, 0, 40, 10)), ((0, 0, 255), (0, 10, 20, 20)), ((255, 255, 255), (20, 10, 40, 20))):
        image.paste(colour, box)
    return image


def test_a_part_within_is_shown_as_it_is():
    shown = np.asarray(square_part(quarters(), 20.0, 10.0, 20.0, 40))
    assert shown.shape == (40, 40, 3)
    assert (shown[5, 5] == (255, 0, 0)).all() and (shown[5, 35] == (0, 255, 0)).all() and (shown[35, 5] == (0, 0, 255)).all()


def test_what_exists_of_a_part_is_told_as_shares_of_its_side():
    assert overlap(quarters(), 20.0, 10.0, 20.0) == (0.0, 0.0, 1.0, 1.0)
    assert overlap(quarters(), 5.0, 10.0, 20.0) == (0.25, 0.0, 1.0, 1.0)  # 5 of its 20 pixels lie to the left of the picture
    assert overlap(quarters(), 20.0, 10.0, 40.0) == (0.0, 0.25, 1.0, 0.75)
    assert all(0.0 <= share <= 1.0 for share in overlap(quarters(), 200.0, -70.0, 20.0))


def test_beyond_the_picture_lies_the_ground_or_its_edge():
    shown = np.asarray(square_part(quarters(), 20.0, 10.0, 40.0, 40, (9, 9, 9)))
    assert (shown[:9] == 9).all() and (shown[31:] == 9).all() and (shown[15, 5] == (255, 0, 0)).all()
    assert (np.asarray(square_part(quarters(), 20.0, 10.0, 40.0, 40))[2, 5] == (255, 0, 0)).all()


@pytest.mark.parametrize("place", [(-50, 10), (90, 10), (20, -70), (20, 70), (-10, 10), (50, 10), (20, -10), (20, 30), (50.2, 10), (-9.9, -9.9),
                                   (49.9, 29.9)], ids=str)
@pytest.mark.parametrize("ground", [None, (9, 9, 9)], ids=["edge", "ground"])
def test_a_part_that_misses_or_touches_the_picture_is_a_picture_too(place, ground):
    shown = np.asarray(square_part(quarters(), *place, 20.0, 16, ground))
    assert shown.shape == (16, 16, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (30, 1)], ids=str)
@pytest.mark.parametrize("side", [0.3, 1.0, 300.0])
def test_narrow_pictures_and_tiny_parts(size, side):
    image = Image.new("RGB", size, (50, 60, 70))
    shown = np.asarray(square_part(image, size[0] / 2, size[1] / 2, side, 16))
    assert (shown == (50, 60, 70)).all()


def test_an_objects_square_frames_it_as_training_does():
    x, y, side = object_square(10, 20, 30, 60)
    assert side == pytest.approx(40 / FILL) and x == 20 and (40 - (y - side / 2)) / side == pytest.approx(MIDDLE)
