"""Arithmetic on codes: what changes, what stays, and what is refused."""

import numpy as np
import pytest

from dcign.directions import fit_directions
from dcign.graphics_code import CodeLayout, GraphicsCode
from dcign.mixing import draw_identity, morph, swap, vary

LAYOUT = CodeLayout((("azimuth", 2), ("light", 1), ("shape", 4), ("texture", 3)))
POSE, LIGHT, IDENTITY = slice(0, 2), slice(2, 3), slice(3, 10)


def a_code(seed: int, **changes) -> GraphicsCode:
    latents = np.random.default_rng(seed).normal(size=LAYOUT.size)
    layout, model = changes.get("layout", LAYOUT), changes.get("model", "m")
    return GraphicsCode(latents, layout, azimuth=seed, light=-seed, model=model)


@pytest.fixture(scope="module")
def directions():
    return fit_directions(np.random.default_rng(9).normal(size=(200, LAYOUT.size)), LAYOUT)


def test_vary_moves_one_group_by_standard_deviations(directions):
    code = a_code(1)
    moved = vary(code, directions, {"shape": [0, 2]})
    change = (moved.latents - code.latents)[LAYOUT.slice("shape")]
    np.testing.assert_allclose(change, 2 * directions["shape"].steps[1], atol=1e-5)
    np.testing.assert_array_equal(moved.latents[:3], code.latents[:3])
    np.testing.assert_array_equal(moved.latents[7:], code.latents[7:])
    assert (moved.azimuth, moved.light, moved.model) == (1, -1, "m")
    assert vary(code, directions, {}) == code


def test_a_draw_is_decided_by_its_seed_and_keeps_pose_and_light(directions):
    code = a_code(1)
    drawn = draw_identity(code, directions, 5)
    assert drawn == draw_identity(code, directions, 5) != draw_identity(code, directions, 6)
    np.testing.assert_array_equal(drawn.latents[:3], code.latents[:3])
    assert not np.isclose(drawn.latents[IDENTITY], code.latents[IDENTITY]).any()


def test_a_morph_goes_from_one_to_the_other():
    first, second = a_code(1), a_code(2)
    assert morph(first, second, 0) == first
    np.testing.assert_allclose(morph(first, second, 1).latents[IDENTITY], second.latents[IDENTITY], rtol=1e-6)
    np.testing.assert_array_equal(morph(first, second, 1).latents[:3], first.latents[:3])
    straight = morph(first, second, 0.25, spherical=False).latents[IDENTITY]
    np.testing.assert_allclose(straight, 0.75 * first.latents[IDENTITY] + 0.25 * second.latents[IDENTITY], rtol=1e-5)


def test_a_spherical_morph_keeps_the_length():
    first, second = a_code(1), a_code(2)
    long = second.latents * (np.linalg.norm(first.latents[IDENTITY]) / np.linalg.norm(second.latents[IDENTITY]))
    second = GraphicsCode(long, LAYOUT, model="m")
    lengths = [np.linalg.norm(morph(first, second, share).latents[IDENTITY]) for share in (0, 0.3, 0.5, 1)]
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-5)
    assert np.linalg.norm(morph(first, second, 0.5, spherical=False).latents[IDENTITY]) < 0.99 * lengths[0]
    assert morph(first, first, 0.5).latents == pytest.approx(first.latents)


def test_swap_takes_each_part_with_its_degrees():
    pose, light, identity, skin = (a_code(seed) for seed in (1, 2, 3, 4))
    mixed = swap(identity, pose, light, {"texture": skin})
    np.testing.assert_array_equal(mixed.latents[POSE], pose.latents[POSE])
    np.testing.assert_array_equal(mixed.latents[LIGHT], light.latents[LIGHT])
    np.testing.assert_array_equal(mixed.latents[3:7], identity.latents[3:7])
    np.testing.assert_array_equal(mixed.latents[7:], skin.latents[7:])
    assert (mixed.azimuth, mixed.elevation, mixed.light) == (1, None, -2)
    assert swap(identity) == identity


@pytest.mark.parametrize(
    "mix",
    [
        lambda code, directions: vary(code, directions, {"hair": [1]}),
        lambda code, directions: vary(code, directions, {"shape": [5.0]}),
        lambda code, directions: vary(code, directions, {"shape": [float("nan")]}),
        lambda code, directions: vary(code, directions, {"shape": [0] * 5}),
        lambda code, directions: vary(code, {}, {"shape": [1]}),
        lambda code, directions: vary(a_code(1, layout=CodeLayout((("all", 10),))), directions, {"shape": [1]}),
        lambda code, directions: draw_identity(a_code(1, layout=CodeLayout((("shape", 10),))), directions, 1),
        lambda code, directions: draw_identity(code, {}, 1),
        lambda code, directions: draw_identity(code, directions, -1),
        lambda code, directions: draw_identity(code, directions, 1.5),
        lambda code, directions: draw_identity(code, directions, 1, temperature=9),
        lambda code, directions: morph(code, a_code(2), 1.5),
        lambda code, directions: morph(code, a_code(2), float("nan")),
        lambda code, directions: morph(code, a_code(2, model="other"), 0.5),
        lambda code, directions: swap(code, pose=a_code(2, layout=CodeLayout((("all", 10),)))),
        lambda code, directions: swap(code, parts={"hair": a_code(2)}),
    ],
)
def test_what_makes_no_sense_is_refused(directions, mix):
    with pytest.raises(ValueError):
        mix(a_code(1), directions)
