"""Where the points of one view lie in another, checked on what is painted on them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dcign.appearance_flow import sample
from train.batches import Recipe, draw_mini_batch, draw_shard, first_seed, generator_of, with_mask
from train.camera import CHAIR_RIG, View
from train.correspondence import EVERY, Seen, ground_of, in_crop, own_places, places, scene_of
from train.flow_pictures import SHOTS, as_photograph, crop_in
from train.pool import Pool
from train.raster import render
from train.scenes import STAGES, open_source

SIZE = 96
EVEN = replace(CHAIR_RIG, key=0.0, sky=0.0, ambient=0.7, floor_shadow=0.0)  # colours do not change with the view
VIEWS = View(20.0, 12.0), View(48.0, 24.0)


def seen(mesh, view: View) -> tuple[np.ndarray, Seen]:
    drawn = render(mesh, view, EVEN, SIZE)
    return with_mask(drawn), Seen(view, (drawn.depth - EVEN.distance).astype(np.float16))


@pytest.fixture(scope="module", params=[3, 11])
def pair(request) -> list[tuple[np.ndarray, Seen]]:
    mesh = open_source("chairs").identity(request.param).mesh
    return [seen(mesh, view) for view in VIEWS]


def taken(picture: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The picture's colours at places (s, s, 2), and where these are known."""
    whole = torch.from_numpy(np.ascontiguousarray(picture[..., :3])).permute(2, 0, 1)[None].float()
    known = np.isfinite(found).all(-1)
    full = np.zeros((SIZE, SIZE, 2), np.float32)
    full[::EVERY, ::EVERY] = np.where(known[..., None], found - own_places(SIZE), 0)
    moved = sample(whole, torch.from_numpy(full).permute(2, 0, 1)[None])
    return moved[0].permute(1, 2, 0).numpy()[::EVERY, ::EVERY], known


def error(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    return float(np.abs(one.astype(np.float32) - other)[where].mean())


def test_pixels_at_their_places_are_those_of_the_other_view(pair):
    (given, first), (new, second) = pair
    colours, known = taken(given, places(second, first, EVEN))
    target, copy = (picture[::EVERY, ::EVERY, :3] for picture in (new, given))
    assert known.sum() > 0.4 * (~ground_of(second)).sum() and not known[ground_of(second)].any()
    assert error(colours, target, known) < 0.35 * error(copy, target, known)


def test_the_same_view_stays_where_it_is(pair):
    found = places(pair[0][1], pair[0][1], EVEN)
    assert np.nanmax(np.abs(found - own_places(SIZE))) < 0.05
    assert np.array_equal(np.isfinite(found).all(-1), ~ground_of(pair[0][1]))


def test_what_the_other_side_hides_has_no_place():
    """Of a head seen from behind, the front shows no more than its outline."""
    mesh = open_source("heads").identity(3).mesh
    front, beside, back = (seen(mesh, View(azimuth, 0.0))[1] for azimuth in (0.0, 8.0, 180.0))
    known = [np.isfinite(places(view, front, EVEN)).all(-1).sum() for view in (beside, back)]
    assert known[1] < 0.1 * known[0]


@pytest.mark.parametrize("number", range(6))
def test_places_follow_a_photographs_crop_and_its_ground_stays(pair, number):
    shots = replace(SHOTS, crop=1.0, blur=0.0, lights=0.0, sharpen=0.0)
    (given, first), (new, second) = pair
    before, after = (as_photograph(picture, number, EVEN.ground, "object", given, shots) for picture in (given, new))
    crop, ground = crop_in(number, shots), ground_of(first) & ground_of(second)
    assert not np.allclose(crop, np.eye(3), atol=1e-3)
    cropped = in_crop(places(second, first, EVEN), ground, crop, SIZE)
    target = after[::EVERY, ::EVERY]
    still = np.isclose(cropped, own_places(SIZE)).all(-1)
    colours, known = taken(before, cropped)
    moving = known & ~still
    assert moving.sum() > 0.1 * moving.size and still.sum() > 0.1 * still.size
    assert error(colours, target, still) < 6.0
    wrong, _ = taken(before, places(second, first, EVEN))  # as if there were no crop
    assert error(colours, target, moving) < 0.75 * error(wrong, target, moving & np.isfinite(wrong).all(-1))
    assert error(colours, target, moving) < 0.6 * error(before[::EVERY, ::EVERY], target, moving)


def test_what_is_seen_of_a_mini_batch_is_what_its_shard_shows(tmp_path):
    recipe = Recipe(per_mini_batch=3, mini_batches=4, photographs=0, shares=(("azimuth", 0.5), ("elevation", 0.5)))
    pool = Pool([draw_shard(tmp_path, "chairs", 48, 5, None, recipe)], 0, recipe)
    for index in range(4):
        number, place, factor = pool.numbers(index)
        assert (number, place) == (5, index) and factor == recipe.factors[pool.factors[index]]
        scene = scene_of("chairs", None, number, place, factor, 48, recipe)
        drawn = draw_mini_batch(open_source("chairs"), STAGES["chairs"], factor, first_seed(5, place, recipe),
                                generator_of(5, place), 48, recipe)
        assert [part.view for part in scene] == drawn.views and np.array_equal(drawn.pictures, pool.mini_batch(index)[0])
        for part, picture in zip(scene, drawn.pictures):
            assert np.array_equal(np.isfinite(part.depth), picture[..., 3] > 0)
