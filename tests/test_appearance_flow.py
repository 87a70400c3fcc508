"""The picture's own pixels, moved: where they come from, what is trusted, and when they are in what is shown."""

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import a_model
from PIL import Image

import dcign
from dcign.appearance_flow import FINE, AppearanceFlow, Source, _of_squares, sample
from dcign.block import activate
from dcign.checkpoints import load_weights, save_weights
from dcign.export import recipe as exports
from dcign.export.settings import Settings
from dcign.moved_shares import DOUBT
from dcign.networks import DCIGN, NetworkConfig
from dcign.photos import Prepared
from dcign.studio import Studio
from train.batches import Recipe, draw_mini_batch
from train.measures.photographs import MOVED, photographs
from train.measures.scenery import identities
from train.measures.subject import Subject
from train.scenes import STAGES, open_source

CHAIRS, FACES = (Path(__file__).parents[1] / "weights" / name for name in ("chairs", "faces"))


def flow_of(whole: float, more: float, right: float = 0.0) -> AppearanceFlow:
    """Flow that everywhere takes what lies so many pixels to the right, the picture's pixels by one share, what it has more than
    was drawn by the other."""
    torch.manual_seed(0)
    flow = AppearanceFlow(16, 4, 8, 4)
    with torch.no_grad():
        shares = torch.tensor([1 - whole - more, whole, more]).clamp_min(1e-6).log()
        flow.out.bias.copy_(torch.cat([torch.tensor([right, 0.0]), shares]).repeat_interleave(16))
    return flow.eval().requires_grad_(False)


def source_of(picture: torch.Tensor, drawn: torch.Tensor) -> Source:
    return Source(picture, drawn, torch.randn(1, 16, 5, 5), torch.randn(1, 4))


def with_flow(name: str = "chairs", width: int = 8) -> dict:
    """The parts of a small model whose flow is random."""
    model = a_model(name)
    bare = model["network"]
    torch.manual_seed(1)
    model["network"] = DCIGN(replace(bare.config, flow_width=width))
    model["network"].load_state_dict(bare.state_dict(), strict=False)
    for layer in (model["network"].flow.flow, model["network"].flow.out):
        torch.nn.init.normal_(layer.weight, 0.0, 0.2)
    return model


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio(**with_flow(), device="cpu")


@pytest.fixture
def code(studio, picture):
    return studio.encode(picture, refine=True)


def test_a_pixel_comes_from_where_flow_says():
    picture = torch.zeros(1, 1, 8, 12)
    picture[0, 0, 5, 7] = 1.0
    flow = torch.zeros(1, 2, 8, 12)
    assert torch.allclose(sample(picture, flow), picture, atol=1e-6)
    flow[:, 0], flow[:, 1] = 3.0, 2.0  # to the right and below
    assert torch.nonzero(sample(picture, flow)[0, 0] > 0.99).tolist() == [[3, 4]]
    flow[:, 0] = 3.5  # halfway between two
    assert torch.allclose(sample(picture, flow)[0, 0, 3, 3:5], torch.tensor([0.5, 0.5]), atol=1e-5)
    assert sample(torch.full((1, 1, 8, 12), 0.7), flow + 50).allclose(torch.tensor(0.7))  # beyond the border


def test_each_share_gives_what_it_is_named_for():
    picture, itself, drawn = (torch.rand(1, 3, 40, 40) * 0.3 + low for low in (0.5, 0.3, 0.2))
    latents, level = torch.randn(1, 4), torch.randn(1, 16, 5, 5)
    source = source_of(picture, itself)
    assert torch.allclose(flow_of(0, 0)(source, drawn, level, latents).picture, drawn, atol=1e-4)
    assert torch.allclose(flow_of(1, 0)(source, drawn, level, latents).picture, picture, atol=1e-4)
    assert torch.allclose(flow_of(0, 1)(source, drawn, level, latents).picture, drawn + picture - itself, atol=1e-4)
    half = flow_of(0.3, 0.3)(source, drawn, level, latents)
    assert torch.allclose(half.drawn_share, torch.tensor(0.4), atol=1e-4)
    moved = flow_of(1, 0, right=4.0)(source, drawn, level, latents).picture
    assert torch.allclose(moved[..., :-4], picture[..., 4:], atol=1e-4)


@pytest.mark.parametrize("unlike", [0.02, 0.2, 0.7, -0.7])
@pytest.mark.parametrize("more", [False, True])
def test_ground_from_beside_a_face_does_not_dot_it(unlike, more):
    """Where flow trusts what is drawn, a quarter of a pixel's own colour stays if that is nearly what is drawn, and no more than
    can hardly be seen if it is far off; where it trusts the picture, the pixel is taken whatever colour it has."""
    drawn = torch.full((1, 3, 40, 40), 0.8 if unlike < 0 else 0.2)
    itself = drawn if more else torch.rand(1, 3, 40, 40)  # then what the picture has more is what it is unlike
    parts = source_of(drawn + unlike, itself), drawn, torch.randn(1, 16, 5, 5), torch.randn(1, 4)

    def change(share: float, doubt: float = DOUBT["face"]) -> torch.Tensor:
        return flow_of(*((0.0, share) if more else (share, 0.0)))(*parts, doubt=doubt).picture - drawn

    little = change(0.25).abs().max()
    assert little < 6 / 255 and (abs(unlike) > 0.1 or little > 0.2 * abs(unlike))
    assert (change(0.95) / unlike).min() > 0.85
    assert torch.allclose(change(0.25, 0.0), torch.tensor(0.25 * unlike), atol=1e-4)  # as it is learned


def test_what_all_new_views_share_may_be_computed_once():
    torch.manual_seed(3)
    flow = AppearanceFlow(16, 4, 8, 4)
    for layer in (flow.flow, flow.out):
        torch.nn.init.normal_(layer.weight, 0.0, 0.2)
    source = source_of(torch.rand(1, 3, 40, 40), torch.rand(1, 3, 40, 40))
    begun = flow.begin(source)
    for _ in range(2):
        new = torch.rand(1, 3, 40, 40), torch.randn(1, 16, 5, 5), torch.randn(1, 4)
        assert torch.equal(flow(source, *new).picture, flow(begun, *new).picture)


def test_the_first_layers_read_squares_of_pixels_where_they_lie():
    """As a layer of one pixel reads F.pixel_unshuffle of them."""
    torch.manual_seed(4)
    layer, pictures = torch.nn.Conv2d(3 + 2 * FINE**2, 5, 1), torch.rand(2, 2, 16, 24)
    apart = torch.nn.functional.pixel_unshuffle(pictures, FINE)
    expected = torch.nn.functional.conv2d(apart, layer.weight[:, 3:])
    assert torch.allclose(_of_squares(layer, 3, pictures), expected, atol=1e-5)


def test_the_first_layers_see_source_and_new_view_side_by_side():
    """As if all that they read were put together first: the levels, and the pixels of both pictures, in the order of their weights."""
    torch.manual_seed(5)
    flow, source = AppearanceFlow(16, 4, 8, 4), source_of(torch.rand(1, 3, 40, 40), torch.rand(1, 3, 40, 40))
    drawn, level, latents = torch.rand(1, 3, 40, 40), torch.randn(1, 16, 5, 5), torch.randn(1, 4)
    read = {}
    for name in ("blocks.0", "block"):
        flow.get_submodule(name).register_forward_pre_hook(lambda module, inputs, name=name: read.update({name: inputs[0]}))
    flow(source, drawn, level, latents)
    pictures = torch.cat([source.picture, source.drawn, drawn], 1)  # (N, 9, H, W); nothing moves yet
    apart = torch.nn.functional.pixel_unshuffle
    expected = flow.enter(torch.cat([source.level, level, apart(torch.nn.functional.avg_pool2d(pictures, 2), FINE)], 1))
    assert torch.allclose(read["blocks.0"], expected, atol=1e-5)
    after = read["blocks.0"]
    for block in flow.blocks:
        after = block(after, torch.cat([latents, latents - source.latents], 1))
    hints = torch.nn.functional.pixel_shuffle(flow.hints(activate(after)), 2)
    assert torch.allclose(read["block"], flow.join(torch.cat([hints, apart(pictures, FINE)], 1)), atol=1e-4)


def test_what_is_drawn_counts_less_where_it_is_distrusted():
    """The odds of the picture's two shares, of which one is another's, stay; what is drawn loses by a power of e."""
    parts = torch.rand(1, 3, 40, 40), torch.randn(1, 16, 5, 5), torch.randn(1, 4)
    source, flow = source_of(torch.rand(1, 3, 40, 40), torch.rand(1, 3, 40, 40)), flow_of(0.3, 0.2)
    plain, doubted = flow(source, *parts), flow(source, *parts, 1.5)
    odds = (found.drawn_share / (1 - found.drawn_share) for found in (plain, doubted))
    assert torch.allclose(next(odds) * np.exp(-1.5), next(odds), atol=1e-4)
    assert torch.equal(plain.carried, doubted.carried)


def test_flow_that_has_learned_nothing_moves_nothing():
    torch.manual_seed(0)
    found = AppearanceFlow(16, 4, 8, 4)(source_of(picture := torch.rand(1, 3, 40, 40), torch.rand(1, 3, 40, 40)),
                                        torch.rand(1, 3, 40, 40), torch.randn(1, 16, 5, 5), torch.randn(1, 4))
    assert torch.allclose(found.carried, picture, atol=1e-6) and torch.allclose(found.first, picture, atol=1e-6)
    assert torch.allclose(found.drawn_share, torch.tensor(1 / 3))


def test_the_picture_is_in_a_view_that_has_turned(studio, code):
    plain = code.without_picture()
    asked = {"azimuth": code.azimuth + 20, "elevation": -code.elevation}
    shown, drawn = studio.render(code, **asked), studio.render(plain, **asked)
    assert np.abs(shown.astype(int) - drawn).mean() > 1
    assert np.array_equal(studio.render(code), code.pixels)
    away = {"azimuth": code.azimuth - 90}  # and from where its mirror image is seen
    assert np.array_equal(studio.render(code, **away), studio.render(plain, **away))
    assert np.array_equal(studio.bare().render(code, **asked), studio.bare().render(plain, **asked))


def test_a_photograph_moves_along_as_a_render_does(studio, code, picture):
    rough = studio.encode(picture, refine=False)
    assert rough.offsets is None and rough.picture is not None and code.offsets is not None
    asked = {"azimuth": rough.azimuth + 170}
    assert np.abs(studio.render(rough, **asked).astype(int) - studio.render(rough.without_picture(), **asked)).mean() > 1


def test_sweeps_and_exports_of_a_turn_have_the_picture_where_its_pixels_move(studio, code):
    still, plain = Studio(**a_model("chairs"), device="cpu"), code.without_picture()
    assert studio.moves_pixels and not studio.bare().moves_pixels and not still.moves_pixels
    assert not np.array_equal(studio.sweep(code, "azimuth", frames=5), studio.sweep(plain, "azimuth", frames=5))
    assert np.array_equal(still.sweep(code, "azimuth", frames=5), still.sweep(plain, "azimuth", frames=5))
    recipe = exports.Recipe(code, Settings("azimuth", frames=4, there_and_back=False, smooth=False))
    moved, drawn = (exports.draw(shown, recipe) for shown in (studio, still))
    assert all(np.array_equal(a, studio.render(code, azimuth=angles[0])) for a, angles in zip(moved, recipe.settings.angles(studio.ranges)))
    assert all(np.array_equal(a, still.render(plain, azimuth=angles[0])) for a, angles in zip(drawn, recipe.settings.angles(studio.ranges)))
    assert exports.Recipe.from_json(recipe.to_json()).code == code


def test_under_another_light_the_lit_picture_moves(code):
    model = with_flow()
    for parameter in model["network"].flow.out.parameters():
        torch.nn.init.zeros_(parameter)
    with torch.no_grad():
        model["network"].flow.out.bias[48:64] = 20.0  # the picture's own pixels, all of them
        torch.nn.init.zeros_(model["network"].flow.flow.weight)
    still = Studio(**model, device="cpu")
    light = -code.light
    turned = still.render(code, azimuth=code.azimuth + 20, light=light)
    assert np.abs(turned.astype(int) - still.render(code, light=light)).max() <= 1
    again = still.render(code, azimuth=code.azimuth + 30)
    assert np.abs(again.astype(int) - code.pixels).max() <= 1  # and back to its own


def test_many_are_drawn_as_each_and_in_half_precision_nearly(studio, code):
    codes = [code, code.without_picture(), replace(code, offsets=None)]
    asked = {"azimuth": code.azimuth + 15.0, "light": 10.0}
    together = studio.render_many(codes, **asked)
    for drawn, one in zip(together, codes):
        assert np.abs(drawn.astype(int) - studio.render(one, **asked)).max() <= 1
    half = Studio(**with_flow(), device="cpu", precision="bfloat16")
    assert np.abs(half.render(code, **asked).astype(int) - together[0]).mean() < 4


def test_weights_keep_it_and_older_versions_are_told_to_update(tmp_path):
    model = with_flow()
    folder = save_weights(tmp_path, **model)
    again = load_weights(folder)
    assert again.network.config == model["network"].config and '"format": 3' in (folder / "config.json").read_text()
    for name, value in model["network"].state_dict().items():
        assert torch.equal(again.network.state_dict()[name], value.half().float())
    assert '"format": 1' in (save_weights(tmp_path / "bare", **a_model()) / "config.json").read_text()


def test_a_configuration_of_before_has_none_and_an_absurd_one_is_refused():
    values = NetworkConfig.tiny(16, 40).to_dict()
    del values["flow_width"]
    assert NetworkConfig.from_dict(values).flow_width == 0 and DCIGN(NetworkConfig.from_dict(values)).flow is None
    for bad in (-1, 2000, 1.5, "8"):
        with pytest.raises(ValueError, match="flow_width"):
            NetworkConfig.from_dict(values | {"flow_width": bad})
    with pytest.raises(ValueError, match="levels"):
        replace(NetworkConfig.tiny(16, 20), flow_width=8)
    assert replace(NetworkConfig.tiny(16, 40), flow_width=8).smaller().flow_width == 0


def test_it_goes_with_a_copy_and_can_be_left_behind():
    network = with_flow()["network"]
    bare = network.without_flow()
    assert bare.flow is None and bare.config == a_model("chairs")["network"].config and network.flow is not None
    z = torch.randn(2, network.config.latents)
    assert torch.equal(bare.decode(z), network.decode(z)) and torch.equal(network.decode_with_level(z)[0], network.decode(z))
    assert network.decode_with_level(z)[1].shape == (2, 16, 5, 5) and copy.deepcopy(network).flow is not None


@pytest.fixture(scope="module")
def bundled() -> Subject:
    return Subject.open(CHAIRS)


def test_photographs_of_chairs_are_nearer_to_the_truth_than_what_is_drawn_of_them(bundled):
    found = photographs(bundled, identities(bundled.source, 6, 600))
    for factor, degrees in MOVED.items():
        row = found[factor]
        assert row["degrees"] == degrees and row["shown_psnr"] > row["drawn_psnr"] + 1.0, factor
        assert row["shown_ssim"] > row["drawn_ssim"] + 0.03, factor  # the drawn ones have no ground


def test_the_ground_of_a_photographed_face_stays():
    studio = dcign.load("faces")
    picture = np.asarray(Image.open(FACES / "examples" / "01.png").convert("RGB").resize((160, 160))).astype(float)
    across, down = np.meshgrid(np.linspace(0.2, 0.9, 160), np.linspace(0.3, 0.8, 160))
    ground = 255 * np.stack([across, down, 1 - across], -1)
    subject = (np.abs(picture - np.array(studio.spec.ground)).max(-1, keepdims=True) / 16).clip(0, 1)
    photograph = np.rint(subject * picture + (1 - subject) * ground).astype(np.uint8)
    code = studio.encode(Prepared(Image.fromarray(photograph), True))
    assert code.photograph
    for change in ({"azimuth": code.azimuth + 25}, {"elevation": code.elevation - 12}, {"azimuth": code.azimuth - 70}):
        shown, drawn = (studio.render(one, **change).astype(float) for one in (code, code.without_picture()))
        for corner in (np.s_[:24, :24], np.s_[:24, -24:]):
            assert np.abs(shown - ground)[corner].mean() < 4 < 20 < np.abs(drawn - ground)[corner].mean(), change


def test_what_is_bundled_moves_a_chairs_pixels_where_they_belong(bundled):
    """Of chairs that nothing was trained on, a turn of the elevation: nearer to the truth than what the decoder draws."""
    source, stage = open_source("chairs", None), STAGES["chairs"]
    recipe, gains = Recipe(per_mini_batch=3, photographs=0), []
    for seed in range(600, 606):
        shown = draw_mini_batch(source, stage, "elevation", seed, np.random.default_rng(seed), 160, recipe)
        pictures, views = shown.pictures[..., :3], shown.views
        code, = bundled.encode(pictures[:1])
        for place in (1, 2):
            truth, asked = pictures[place].astype(float), {"elevation": views[place].elevation}
            errors = [np.square(studio.render(code, **asked) - truth).mean() for studio in (bundled.studio, bundled.own)]
            gains.append(10 * np.log10(errors[1] / errors[0]))
    assert np.mean(gains) > 0.5
