"""Of what flow is learned: which pictures are encoded, as what they are shown, and where their views lie."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from test_flow import PLAN, RECIPE, SIZE, examples, network, pool, scenes, studio  # noqa: F401

from train import flow, flow_examples
from train.batches import draw_shard
from train.flow_pictures import SHOTS, as_photograph, in_colours
from train.pool import Pool


def test_sources_are_encoded_as_the_app_does_it_and_others_are_far_enough(studio, pool, examples):  # noqa: F811
    assert {(example.factor, example.photograph is None) for example in examples} == {
        (factor, render) for factor in ("azimuth", "elevation") for render in (True, False)}
    for example in examples[::5]:
        factor, pictures = example.factor, pool.mini_batch(example.mini_batch)[0][..., :3]
        assert RECIPE.factors[pool.factors[example.mini_batch]] == factor
        if example.photograph is None:
            own = min(range(4), key=lambda k: np.abs(pictures[k].astype(int) - example.code.pixels).mean())
            assert own not in example.places and example.code.offsets is not None
        else:
            assert example.code.offsets is None
        read = [getattr(studio.encode(pictures[k], refine=False), factor) for k in example.places]
        assert np.allclose(read, example.degrees, atol=0.1) and example.place not in example.places
        if example.photograph is None:
            assert example.place == own
        away = np.abs((example.degrees - getattr(example.code, factor) + 180) % 360 - 180)
        assert away.min() >= PLAN.least


def test_photographed_faces_are_refined_and_learned_from_as_in_the_app(studio, network, pool, scenes):  # noqa: F811
    faces = copy.copy(studio)
    faces.spec = replace(studio.spec, subject="face")
    found = flow_examples.collect(faces, pool, PLAN, most=2)
    photographs = [example for example in found if example.photograph is not None]
    assert photographs and all(example.code.own_ground and example.code.photograph and example.code.offsets is not None for example in photographs)
    step = next(flow.steps(faces, network, pool, found, scenes, replace(PLAN, photographed=1.0), 1))
    assert step.targets.isfinite().all() and step.drawn.shape == step.targets.shape


def test_shares_of_the_plan_are_shares():
    for name in ("strange", "photographed"):
        with pytest.raises(ValueError, match=f"--{name} is a share from 0 to 1"):
            replace(PLAN, **{name: 1.5})


def test_both_sides_of_a_photograph_have_the_same_ground_and_the_new_one_no_noise(pool):  # noqa: F811
    """Where neither side shows the subject, they are alike but for noise; a render's other side is the render."""
    first, second = pool.mini_batch(0)[0][:2]
    for number in range(20):
        given, new = (as_photograph(picture, number, (255, 255, 255), "object", other)
                      for picture, other in ((first, None), (second, first)))
        silent = as_photograph(first, number, (255, 255, 255), "object", first)
        clean = as_photograph(first, number, (255, 255, 255), "object", shots=replace(SHOTS, noise=0.0, jpeg=0.0))
        assert np.array_equal(silent, clean) and given.shape == new.shape == (SIZE, SIZE, 3)
        corner = np.s_[:3, :3]  # no chair reaches there
        assert np.abs(silent[corner].astype(int) - new[corner]).max() <= 6


def test_a_code_is_moved_to_where_the_other_picture_is(studio, examples):  # noqa: F811
    example = examples[0]
    group = studio.layout.slice(example.factor)
    others = np.setdiff1d(np.arange(studio.layout.size), np.arange(group.start, group.stop))
    rows, latents = flow_examples.heard(studio, example, 0, on_curve=False)[:2]
    assert np.allclose(latents[group], example.latents[0], atol=1e-6)
    assert np.array_equal(latents[others], example.code.latents[others])
    asked = studio.heard(example.code, {example.factor: float(example.degrees[0])})
    on_curve = flow_examples.heard(studio, example, 0, on_curve=True)
    assert np.array_equal(on_curve.rows, asked.rows) and np.array_equal(on_curve.latents, asked.latents)
    assert np.allclose(rows - latents, asked.rows - asked.latents, atol=1e-5)  # offsets, as far as they are trusted there


def test_only_views_that_are_nearer_to_it_are_made_of_a_mirror_image(studio, examples):  # noqa: F811
    seen = set()
    for example in examples:
        nearer = flow_examples.nearer_mirrored(example)
        own, other = (np.abs((example.degrees - centre + 180) % 360 - 180) for centre in (example.code.azimuth, -example.code.azimuth))
        assert not nearer[other >= own].any() and (example.factor == "azimuth" or not nearer.any())
        seen |= {(example.factor, bool(one)) for one in nearer}
    assert ("azimuth", True) in seen and ("azimuth", False) in seen


def test_a_mirror_images_view_is_misread_to_the_other_side(studio, examples):  # noqa: F811
    example = next(example for example in examples if example.photograph is not None)
    plan = replace(PLAN, strange=0.0, misread=6.0)
    wrong = flow_examples.mistakes(studio, example, examples[0], plan, np.random.default_rng(2))
    group, curve, degrees = studio.layout.slice("azimuth"), studio.calibrations["azimuth"], {"azimuth": 40.0, "elevation": 20.0}
    off = [float(curve.estimate((curve.latents(40.0) + wrong(degrees, mirrored)[group])[None])[0]) - 40.0 for mirrored in (False, True)]
    assert abs(off[0]) > 0.5 and off[0] == pytest.approx(-off[1], abs=0.5)
    elevation = studio.layout.slice("elevation")
    assert np.array_equal(wrong(degrees)[elevation], wrong(degrees, True)[elevation])


def test_a_misread_view_reads_as_one_so_far_away(studio):  # noqa: F811
    degrees, by = {"azimuth": 170.0, "elevation": 20.0}, {"azimuth": 15.0, "elevation": -6.0}
    change = flow_examples.misread(studio, degrees, by)
    for factor, expected in (("azimuth", -175.0), ("elevation", 14.0)):
        group, curve = studio.layout.slice(factor), studio.calibrations[factor]
        point = curve.latents(degrees[factor])
        before, after = (float(curve.estimate(latents[None])[0]) for latents in (point, point + change[group]))
        assert abs(before - degrees[factor]) < 1.0 and abs((after - expected + 180) % 360 - 180) < 1.0
    assert np.count_nonzero(change) <= 2 * 4


def test_colours_change_in_source_and_target_alike_and_white_stays_white():
    picture = np.array([[[255, 255, 255], [100, 100, 100]]], np.uint8)
    changed = in_colours(picture, np.array([0.8, 1.0, 1.2], np.float32))
    assert np.array_equal(changed[0, 0], [1, 1, 1]) and changed[0, 1, 0] > changed[0, 1, 1] > changed[0, 1, 2]


def test_shards_without_turns_are_refused(studio, tmp_path):  # noqa: F811
    recipe = replace(RECIPE, mini_batches=2, shares=(("azimuth", 1.0), ("elevation", 0.0)))
    path = draw_shard(tmp_path, "chairs", SIZE, 3, None, recipe)
    with pytest.raises(ValueError, match="elevation"):
        flow_examples.collect(studio, Pool([path], 0, recipe), PLAN)


def test_only_what_was_learned_from_is_told(examples):  # noqa: F811
    plan = flow_examples.FlowPlan()
    both, none, alone = (replace(plan, photographed=share).told(8, examples) for share in (0.5, 0.0, 1.0))
    assert none["photographs"] == none["strange"] == alone["unlike"] == 0 and alone["photographs"] == alone["pictures"] == both["photographs"]
    assert both["pictures"] == len(examples) == none["pictures"] + alone["pictures"]
