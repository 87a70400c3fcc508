"""The rasteriser: edges, cut-outs, textures, shadows, the floor, and the same bytes everywhere."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from shapes import box, card, mesh, sphere

from train.camera import CHAIR_RIG, Rig, View
from train.raster import render, to_linear
from train.scenes.mesh import SMALLEST, TextureBank

GREY = (0.4, 0.4, 0.4)
RIG = Rig(extent=1.5)
PLAIN_LIGHT = replace(RIG, key=0.0, ambient=1.0, sky=0.0)


def _linear(picture):
    return to_linear(picture.colour / 255.0).mean(-1)


@pytest.fixture(scope="module")
def ball():
    return mesh(sphere((0, 0, 0), 1.0, GREY, 64, 96))


@pytest.fixture(scope="module")
def table():
    """A top on four thin legs."""
    legs = [box((x - 0.03, -0.6, z - 0.03), (x + 0.03, 0.2, z + 0.03), GREY) for x in (-0.4, 0.4) for z in (-0.4, 0.4)]
    return mesh(box((-0.5, 0.2, -0.5), (0.5, 0.28, 0.5), GREY), *legs)


def _bytes(thing, view=View(20, 10, -30), rig=CHAIR_RIG):
    drawn = render(thing, view, rig, 96)
    return drawn.colour.tobytes() + drawn.mask.tobytes() + drawn.depth.tobytes()


def _bytes_in_child(thing, queue):
    queue.put(_bytes(thing))


def test_same_bytes_twice_and_after_other_pictures(ball, table):
    first = _bytes(table)
    _bytes(ball, View(-80, 30, 60), RIG)
    assert _bytes(table) == first


def test_same_bytes_from_threads_at_once(ball, table):
    wanted = [_bytes(ball), _bytes(table)]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(_bytes, [ball, table] * 10))
    assert found == wanted * 10


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_same_bytes_in_a_forked_worker(table):
    wanted = _bytes(table)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_bytes_in_child, args=(table, queue))
    child.start()
    found = queue.get(timeout=60)
    child.join()
    assert found == wanted


def test_positive_roll_turns_the_picture_clockwise():
    crown = mesh(sphere((0, 0.9, 0), 0.3, GREY))
    for roll, sign in ((0, 0), (30, 1), (-30, -1)):
        rows, columns = np.nonzero(render(crown, View(), replace(RIG, roll=roll), 96).mask)
        assert np.sign(np.round((columns.mean() - 47.5) / 3)) == sign and rows.mean() < 40


def test_roll_turns_light_and_floor_with_the_picture(table):
    view = View(30, 20, 60)
    upright = render(table, view, CHAIR_RIG, 96)
    turned = render(table, view, replace(CHAIR_RIG, roll=90.0), 96)
    difference = np.abs(np.rot90(upright.colour, -1).astype(int) - turned.colour)
    assert difference.mean() < 1.0


def test_the_second_light_is_measured_like_the_first_and_casts_no_shadow(ball):
    dark = replace(RIG, key=0.0, fill=0.8, fill_elevation=0.0)
    for light, sign in ((60.0, 1), (-60.0, -1)):
        picture = _linear(render(ball, View(azimuth=40), replace(dark, fill_light=light), 96))
        assert sign * (picture[44:52, 60:].mean() - picture[44:52, :36].mean()) > 0
        assert sign * (picture[48, 70] - picture[48, 25]) > 0.1
    high, low = (_linear(render(ball, View(), replace(dark, fill_light=0.0, fill_elevation=e), 96)) for e in (60, -60))
    assert high[25, 48] > low[25, 48] + 0.1
    shaded = mesh(sphere((0, 0, 0), 0.5, GREY, 32, 48), sphere((0, 0.0, 1.5), 0.3, GREY))
    lit = _linear(render(shaded, View(azimuth=90), replace(dark, fill_light=90.0), 96))
    alone = _linear(render(mesh(sphere((0, 0, 0), 0.5, GREY, 32, 48)), View(azimuth=90), replace(dark, fill_light=90.0),
                           96))
    assert abs(lit[48, 58] - alone[48, 58]) < 0.01


def test_a_lit_sphere_is_smooth(ball):
    """No acne: from the lit pole to the terminator brightness only falls."""
    for light in (0.0, 30.0, 60.0, 85.0):
        picture = _linear(render(ball, View(light=light), replace(RIG, light_elevation=0.0, sky=0.0), 128))
        plain = _linear(render(ball, View(light=light), replace(RIG, light_elevation=0.0, sky=0.0, softness=0.02), 128))
        expected = np.full(128, np.nan)
        scale = 128 / 2 / RIG.extent
        for column in range(128):
            x = (column + 0.5 - 64) / scale / 1.09  # about: perspective makes the ball look larger
            if abs(x) < 0.85:
                facing = x * np.sin(np.radians(light)) + np.sqrt(1 - x * x) * np.cos(np.radians(light))
                expected[column] = 0.4 * (RIG.ambient + RIG.key * max(facing, 0.0))
        known = ~np.isnan(expected)
        for drawn in (picture, plain):
            assert np.abs(drawn[64] - expected)[known].max() < 0.06
            assert np.abs(np.diff(drawn[64][known], n=2)).max() < 0.02


def test_flat_sides_in_grazing_light_are_even():
    cube = mesh(box((-0.5, -0.7, -0.5), (0.5, 0.7, 0.5), GREY))
    for rig in (CHAIR_RIG, replace(CHAIR_RIG, softness=0.2), replace(CHAIR_RIG, softness=0.02)):
        for light in (0.0, 20.0, 40.0, 50.0):  # from 48 to 85 degrees off the normal of the wide side
            side = _linear(render(cube, View(60, 0, light), rig, 160))[50:110, 40:58]
            assert np.ptp(side) < 0.006


def _shadow_profile(softness):
    """Light on a wall from its lit end into the shadow of a box that hangs before it."""
    wall = box((-1.2, -1.2, -0.3), (1.2, 1.2, -0.2), GREY)
    blocker = box((-1.2, -1.2, 0.1), (0.0, 1.2, 0.2), GREY)
    rig = replace(RIG, softness=softness, light_elevation=0.0)
    drawn = _linear(render(mesh(wall, blocker), View(light=-40.0), rig, 192))
    row = drawn[96, 100:170]  # beside the blocker
    return row[::-1]


def test_shadows_are_soft_and_monotone():
    widths = []
    for softness in (0.0, 0.06, 0.2):
        profile = _shadow_profile(softness)
        assert profile[0] > 2.5 * profile[-1]
        assert np.diff(profile).max() < 0.01  # it only gets darker
        share = (profile - profile[-1]) / (profile[0] - profile[-1])
        widths.append(int(((share > 0.05) & (share < 0.95)).sum()))
    assert widths[0] <= 3 < widths[1] < widths[2]


def test_the_floor_shadow_lies_away_from_the_light(table):
    bare = replace(CHAIR_RIG, floor_shadow=0.0)
    loss = {}
    for light in (-70.0, 0.0, 70.0):
        with_shadow, without = (_linear(render(table, View(0, 20, light), rig, 128)) for rig in (CHAIR_RIG, bare))
        loss[light] = without - with_shadow
        assert loss[light].min() > -0.01 and loss[light].max() > 0.25
    columns = {light: (map_.sum(0) * np.arange(128)).sum() / map_.sum() for light, map_ in loss.items()}
    assert columns[70.0] < 55 < columns[0.0] < 73 < columns[-70.0]
    assert loss[70.0][:30].max() < 0.02  # none above the horizon of the floor's shadow


def test_the_floor_shadow_stays_out_of_the_mask_and_away_below_the_floor(table):
    bare = replace(CHAIR_RIG, floor_shadow=0.0)
    for elevation in (20.0, -20.0):
        one, two = (render(table, View(10, elevation, 50), rig, 96) for rig in (CHAIR_RIG, bare))
        assert (one.mask == two.mask).all() and (one.depth == two.depth).all()
        assert (one.colour == two.colour).all() == (elevation < 0)


def test_the_floor_shadow_is_deepest_where_things_touch_the_floor():
    post = mesh(box((-0.08, -0.7, -0.08), (0.08, 0.7, 0.08), GREY))
    bare = replace(CHAIR_RIG, floor_shadow=0.0)
    view = View(0, 30, -80)
    loss = _linear(render(post, view, bare, 160)) - _linear(render(post, view, CHAIR_RIG, 160))
    along = loss[:, 95:].max(0)  # rightwards from the foot
    assert along[:5].max() > 0.3 and along[-8:].max() < 0.6 * along[:5].max()


def test_thin_bars_are_whole_and_smooth():
    """A bar of 1.5 pixels at many slopes covers the same area in every stretch of it."""
    for degrees in (0, 3, 20, 45, 70, 88):
        bar = mesh(box((-0.0125, -1.2, -0.0125), (0.0125, 1.2, 0.0125), GREY))
        mask = render(bar, View(), replace(RIG, roll=float(degrees)), 180).mask / 255.0
        amounts = mask.sum(1 if degrees <= 45 else 0)
        middle = amounts[70:110]
        assert middle.min() > 0.7 * middle.mean() and middle.max() < 1.3 * middle.mean()


def test_edges_have_in_between_coverage_at_every_slope(ball):
    mask = render(ball, View(), RIG, 96).mask
    assert len(np.unique(mask)) == 5  # none, three levels, all
    assert ((mask == 0) | (mask == 255)).mean() > 0.9


def test_no_pinholes_between_triangles():
    for azimuth in (0, 13, 47):
        mask = render(mesh(sphere((0, 0, 0), 1.0, GREY, 200, 200)), View(azimuth, 7), RIG, 128).mask
        filled = np.hypot(*(np.indices((128, 128)) - 63.5)) < 40
        assert (mask[filled] == 255).all()


def test_cutouts_cover_in_proportion_to_their_texture():
    texture = np.ones((32, 32, 4), np.float32)
    texture[..., 3] = np.linspace(0.0, 0.9, 32)[None]
    mask = render(card(texture, cutout=True), View(), PLAIN_LIGHT, 96).mask[48] / 255.0
    inside = mask[18:78]
    assert (np.diff(inside) >= -0.01).all() and inside[0] < 0.1 and 0.8 < inside[-1] < 0.95
    assert len(np.unique(inside)) > 20  # not only the levels of the samples


def test_a_cutout_blends_with_what_is_behind_it():
    texture = np.ones((8, 8, 4), np.float32)
    texture[..., 3] = 0.4
    front = card(texture, cutout=True, half=0.5)
    drawn = render(front, View(), replace(PLAIN_LIGHT, ground=(0, 0, 0)), 96)
    assert abs(_linear(drawn)[48, 48] - 0.4) < 0.02
    assert drawn.mask[48, 48] == 102


def test_fine_textures_are_averaged():
    """A checkerboard finer than the pixels is grey, not noise."""
    texture = np.ones((256, 256, 4), np.float32)
    texture[..., :3] = (np.indices((256, 256)).sum(0) % 2)[..., None]
    drawn = _linear(render(card(texture, cutout=False), View(azimuth=20), PLAIN_LIGHT, 96))[30:66, 30:66]
    assert abs(drawn.mean() - 0.5) < 0.03 and drawn.std() < 0.03


def test_mip_levels_follow_their_texture():
    bank = TextureBank.pack([np.full((9, 16, 4), 0.25, np.float32), np.full((4, 4, 4), 0.5, np.float32)])
    assert bank.offset.tolist() == [0, 9 * 16 + 5 * 8 + 3 * SMALLEST]
    assert np.allclose(bank.texels[:bank.offset[1]], 0.25, atol=1e-3) and len(bank.texels) == bank.offset[1] + 16


def test_transparent_texels_lend_no_colour():
    texture = np.zeros((8, 8, 4), np.float32)
    texture[::2, :, :] = 1.0  # white hair on a black, transparent ground
    smallest = TextureBank.pack([texture]).texels[64:]
    assert smallest[:, :3].min() > 0.99 and np.allclose(smallest[:, 3], 0.5, atol=0.01)
