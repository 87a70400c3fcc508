"""What the sign of every angle means, measured in pixels on the rasteriser's own pictures."""

import numpy as np
import pytest
from shapes import mesh, sphere

from train.camera import Rig, View
from train.raster import render

RIG = Rig(field_of_view=28.0, extent=1.5)
RED, GREEN = (0.8, 0.02, 0.02), (0.02, 0.8, 0.02)


@pytest.fixture(scope="module")
def thing():
    """A grey ball with a red nose in front and a green crown on top."""
    return mesh(sphere((0, 0, 0), 0.8, (0.4, 0.4, 0.4)), sphere((0, 0, 0.9), 0.25, RED),
                sphere((0, 0.9, 0), 0.25, GREEN))


def _centre(picture, channel):
    """Mean column and row of the pixels in which ``channel`` dominates."""
    pixels = picture.astype(int)
    others = np.delete(pixels, channel, 2).max(2)
    rows, columns = np.nonzero(pixels[..., channel] > others + 40)
    assert len(rows) > 5
    return columns.mean(), rows.mean()


def test_positive_azimuth_turns_the_nose_to_image_right(thing):
    columns = [_centre(render(thing, View(azimuth=a), RIG, 96).colour, 0)[0] for a in (-40, 0, 40)]
    assert columns[0] < 40 and abs(columns[1] - 47.5) < 1.5 and columns[2] > 56


def test_positive_elevation_looks_down_on_the_crown(thing):
    rows = {e: _centre(render(thing, View(elevation=e), RIG, 96).colour, 0)[1] for e in (-25, 0, 25)}
    assert rows[25] > rows[0] + 5 and rows[-25] < rows[0] - 5  # from above, the nose sinks in the picture
    crown = {e: _centre(render(thing, View(elevation=e), RIG, 96).colour, 1)[1] for e in (0, 25)}
    assert crown[25] > crown[0]  # the crown leans towards the camera, into the picture


def test_positive_light_brightens_image_right(thing):
    for light, sign in ((60, 1), (-60, -1)):
        picture = render(thing, View(light=light), RIG, 96).colour.mean(2)
        ball = picture[60:72, 26:70]  # below the nose
        assert sign * (ball[:, 30:].mean() - ball[:, :14].mean()) > 20
    even = render(thing, View(light=0), RIG, 96).colour.mean(2)[60:72, 26:70]
    assert abs(even[:, 30:].mean() - even[:, :14].mean()) < 5


def test_light_is_relative_to_the_camera_not_to_the_object(thing):
    front = render(thing, View(azimuth=0, light=60), RIG, 96).colour.mean(2)[60:72, 26:70]
    turned = render(thing, View(azimuth=50, light=60), RIG, 96).colour.mean(2)[60:72, 26:70]
    assert turned[:, 30:].mean() - turned[:, :14].mean() > 20
    assert abs(front[:, 36:].mean() - turned[:, 36:].mean()) < 12


def test_mask_depth_and_ground(thing):
    drawn = render(thing, View(), RIG, 96)
    assert drawn.mask[0, 0] == 0 and drawn.mask[48, 48] == 255
    assert tuple(drawn.colour[0, 0]) == RIG.ground
    assert np.isinf(drawn.depth[0, 0])
    assert drawn.depth[48, 48] < drawn.depth[70, 48]  # the nose is nearer than the ball below it


def test_the_same_call_gives_the_same_bytes(thing):
    one, two = (render(thing, View(20, 10, -30), RIG, 96) for _ in range(2))
    assert one.colour.tobytes() == two.colour.tobytes() and one.mask.tobytes() == two.mask.tobytes()
