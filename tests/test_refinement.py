"""Codes moved nearer to their picture: what improves, what stays, and who is asked."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from dcign.graphics_code import GraphicsCode
from dcign.networks import DCIGN, NetworkConfig
from dcign.paper_network import PaperConfig, PaperNetwork
from dcign.photos import PictureSpec, Prepared, prepare
from dcign.refinement import PHOTOGRAPHS, Refinement, can_refine, descend, refine, where_drawn
from dcign.ui import endpoints


@pytest.fixture(scope="module")
def network() -> DCIGN:
    torch.manual_seed(0)
    return DCIGN(NetworkConfig.tiny()).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def pictures(network) -> torch.Tensor:
    """What the network draws of four codes: pictures that it can reach."""
    return network.decode(2 * torch.randn(4, 16, generator=torch.Generator().manual_seed(1)))


ALL, NONE = np.ones(16, bool), np.zeros(16, bool)  # of the latents that may have offsets


def _error(network: DCIGN, latents: torch.Tensor, pictures: torch.Tensor) -> torch.Tensor:
    return (network.decode(latents) - pictures).square().mean((1, 2, 3))


def test_every_picture_is_drawn_better_and_no_weight_moves(network, pictures):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with torch.no_grad():
        mean, log_variance = network.encode(pictures)
    wide = log_variance + 3.0  # the encoder knows nothing yet: let the codes go far
    refined, offsets = refine(network, pictures, mean, wide, NONE, Refinement(steps=40))
    assert offsets.shape == (4, network.places, 16) and not offsets.any()
    assert (_error(network, refined, pictures) < 0.8 * _error(network, mean, pictures)).all()
    assert not refined.requires_grad
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_no_step_leaves_the_encoders_answer(network, pictures):
    mean, log_variance = network.encode(pictures)
    still, offsets = refine(network, pictures, mean, log_variance, ALL, Refinement(steps=0))
    assert torch.equal(still, mean) and not offsets.any()


def test_each_picture_is_refined_by_itself(network, pictures):
    mean, log_variance = network.encode(pictures)
    together = refine(network, pictures, mean, log_variance, ALL)
    each = [refine(network, pictures[i:i + 1], mean[i:i + 1], log_variance[i:i + 1], ALL) for i in range(4)]
    for whole, parts in zip(together, zip(*each)):
        assert torch.allclose(whole, torch.cat(parts), atol=2e-3)


def test_nearness_keeps_the_code_with_the_encoder(network, pictures):
    mean, log_variance = network.encode(pictures)
    loose, tight = (refine(network, pictures, mean, log_variance, NONE, Refinement(nearness=weight))[0]
                    for weight in (0.0, 1e4))
    assert (tight - mean).norm() < 0.5 * (loose - mean).norm()


def test_places_told_apart_draw_the_picture_better(network):
    """A picture that no one set of latents draws: every place was told another."""
    rows = 2 * torch.randn(4, network.places, 16, generator=torch.Generator().manual_seed(2))
    pictures = network.decode(rows)
    mean, log_variance = network.encode(pictures)
    wide, plan = log_variance + 3.0, Refinement(steps=60, apart=0.1)
    alike, _ = refine(network, pictures, mean, wide, NONE, plan)
    shared, offsets = refine(network, pictures, mean, wide, ALL, plan)
    assert _error(network, shared[:, None] + offsets, pictures).mean() < 0.8 * _error(network, alike, pictures).mean()


def test_only_free_latents_have_offsets(network, pictures):
    mean, log_variance = network.encode(pictures)
    free = np.arange(16) >= 6
    _, offsets = refine(network, pictures, mean, log_variance + 3.0, free)
    assert not offsets[..., :6].any() and offsets[..., 6:].any()


def test_the_mirror_image_is_a_second_view(network, monkeypatch):
    """Two pictures that are each other's mirror image get one identity, and each its own pose and light."""
    monkeypatch.setattr("dcign.refinement.matrix_units", lambda: False)   # in 16 bits they end a little apart
    pose = np.arange(16) < 6
    picture = network.decode(2 * torch.randn(1, 16, generator=torch.Generator().manual_seed(4)))
    pair = torch.cat([picture, picture.flip(-1)])
    mean, log_variance = network.encode(pair)
    plan = Refinement(steps=12, rate=4.0, nearness=0.1)
    codes, offsets = refine(network, pair, mean, log_variance, ~pose, plan, mirrored=True)
    assert torch.allclose(codes[0, ~pose], codes[1, ~pose], atol=1e-3)
    assert not torch.allclose(codes[0, pose], codes[1, pose], atol=1e-2)
    alone = refine(network, pair, mean, log_variance, ~pose, plan)[0]
    assert not torch.allclose(alone[0, ~pose], alone[1, ~pose], atol=1e-2)
    assert offsets.shape == (2, network.places, 16) and not offsets[..., pose].any()


def test_a_mirrored_picture_is_drawn_better_too_or_left_alone(network, pictures):
    with torch.no_grad():
        mean, log_variance = network.encode(pictures)
    far = Refinement(steps=40, rate=4.0, nearness=0.1, apart=0.1)
    refined, offsets = refine(network, pictures, mean, log_variance, ALL, far, mirrored=True)
    assert (_error(network, refined[:, None] + offsets, pictures) < _error(network, mean, pictures)).all()
    still, offsets = refine(network, pictures, mean, log_variance, ALL, Refinement(steps=0), mirrored=True)
    assert torch.equal(still, mean) and not offsets.any()


def test_the_same_for_every_place_is_the_plain_code(network):
    latents = torch.randn(2, 16)
    rows = latents[:, None].expand(-1, network.places, -1)
    assert torch.equal(network.decode(rows), network.decode(latents))
    assert torch.equal(network.draft(rows), network.draft(latents))


def test_what_is_clamped_away_does_not_move(network, pictures):
    mean, log_variance = network.encode(pictures)
    deviation = log_variance.mul(0.5).exp()

    def clamp(latents: torch.Tensor) -> torch.Tensor:
        return torch.cat([latents[:, :8], torch.zeros(4, 8)], 1)

    plan = Refinement(steps=8, nearness=0.0, drafts=1.0)
    away = descend(network, pictures, 0 * mean, deviation, plan, clamp)
    assert away[..., :8].abs().min() > 0 and away[..., 8:].abs().max() == 0
    assert not away.requires_grad and network.decoder.start.weight.grad is None


def test_neighbours_may_share_their_step_sizes(network, pictures):
    mean, log_variance = network.encode(pictures)
    deviation = log_variance.mul(0.5).exp()
    once = {number: descend(network, pictures, mean, deviation, Refinement(steps=1, drafts=1.0, together=number))
            for number in (1, 4)}
    # of one alone the first step is as long for each latent; shared, each picture goes as far as its own error asks
    assert (once[1].abs().std(0) < 1e-3).all()
    assert (once[4].abs().std(0) > 1e-3).all() and (once[4].sign() == once[1].sign()).all()


def test_inference_mode_changes_nothing(network, pictures):
    mean, log_variance = network.encode(pictures)
    outside = refine(network, pictures, mean, log_variance, ALL)
    with torch.inference_mode():
        inside = refine(network, pictures, *network.encode(pictures), ALL)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(inside, outside))


def test_the_draft_starts_as_the_picture_of_the_network_before(network):
    small, latents = DCIGN(network.config.smaller()), torch.randn(2, 16)
    grown = DCIGN(network.config)
    grown.grow_from(small)
    assert grown.decode(latents).shape == (2, 3, 40, 40)
    assert torch.equal(grown.draft(latents), small.decode(latents))
    assert torch.equal(small.draft(latents), small.decode(latents))  # one head: the draft is all there is


def test_a_code_that_would_come_out_worse_stays(network, pictures):
    mean, log_variance = network.encode(pictures)
    thrown = Refinement(steps=1, rate=1e3, drafts=0.0)  # far beyond any picture
    still, offsets = refine(network, pictures, mean, log_variance, ALL, thrown)
    assert torch.equal(still, mean) and not offsets.any()


def test_the_papers_network_has_no_draft(network):
    assert can_refine(network) and not can_refine(PaperNetwork(PaperConfig()))


def test_numbers_out_of_range_are_refused():
    with pytest.raises(ValueError, match="out of range"):
        Refinement(drafts=1.5)


def _drawn(studio, count: int) -> np.ndarray:
    """Pictures that its network can reach."""
    rows = 2 * np.random.default_rng(0).standard_normal((count, studio.layout.size)).astype(np.float32)
    return studio.render_many([GraphicsCode(row, studio.layout, model=studio.name) for row in rows])


def test_a_studio_refines_clean_pictures_unless_told_otherwise(studio):
    picture = Image.fromarray(_drawn(studio, 1)[0])
    clean, cluttered = Prepared(picture, True, clean=True), Prepared(picture, False)
    plain = studio.encode(cluttered)
    assert np.array_equal(studio.encode(clean, refine=False).latents, plain.latents)
    refined = studio.encode(clean)
    assert plain.own_ground and plain.photograph and not refined.own_ground and not refined.photograph
    assert not np.array_equal(refined.latents, plain.latents)
    assert plain.offsets is None and refined.offsets.any()
    assert not refined.offsets[:, ~studio.layout.intrinsic].any()  # pose and light are the code's alone
    assert np.array_equal(studio.encode(cluttered, refine=True).latents, refined.latents)
    both = studio.encode_many([clean, cluttered])
    assert np.allclose(both[1].latents, plain.latents, atol=1e-5)
    moved = np.abs(refined.latents - plain.latents).max()
    assert np.abs(both[0].latents - refined.latents).max() < 0.2 * moved  # 16 bits, where the CPU has units for them


def test_of_a_photograph_counts_what_lies_where_it_is_drawn():
    ground, size = (200, 100, 50), 32
    drawn = torch.tensor(ground).div(255).view(3, 1, 1).repeat(1, size, size)
    drawn[:, 8:24, 8:24] = 0.9
    drawn[:, 14:17, 14:17] = drawn[:, :3, :3]  # a light on a face, in the ground's colour
    network = SimpleNamespace(decode=lambda mean: drawn.repeat(len(mean), 1, 1, 1))
    photographs = torch.rand(2, 3, size, size)
    asked = where_drawn(network, photographs, torch.zeros(2, 5), ground)
    assert torch.allclose(asked[..., 10:22, 10:22], photographs[..., 10:22, 10:22], atol=1e-6)
    outside = torch.ones(size, size, dtype=torch.bool)
    outside[8:24, 8:24] = False
    assert torch.allclose(asked[..., outside], drawn[:, outside].expand(2, -1, -1), atol=1e-6)


def test_faces_found_in_photographs_are_refined_to_what_lies_there(studio, monkeypatch):
    if studio.spec.subject != "face":
        pytest.skip("objects are not")
    picture, asked = Image.fromarray(_drawn(studio, 1)[0]), []
    monkeypatch.setattr("dcign.refinement.refine", lambda network, pictures, mean, log_variance, free, plan, **options:
                        asked.append((pictures, plan)) or refine(network, pictures, mean, log_variance, free, Refinement(steps=0)))
    monkeypatch.setattr("dcign.refinement.where_drawn", lambda network, pictures, mean, ground: pictures / 2)
    studio.encode(Prepared(picture, True))
    studio.encode(Prepared(picture, True, clean=True))
    (there, plan), (whole, usual) = asked
    assert torch.allclose(there, whole / 2) and plan == PHOTOGRAPHS and usual == Refinement()


def test_faces_found_in_photographs_are_refined_and_objects_are_not(studio):
    pictures = [Image.fromarray(picture) for picture in _drawn(studio, 3)]
    found = studio.encode_many([Prepared(picture, True) for picture in pictures])
    rough = studio.encode_many([Prepared(picture, True) for picture in pictures], refine=False)
    missed = studio.encode_many([Prepared(picture, False) for picture in pictures])
    mixed = studio.encode_many([Prepared(pictures[0], True, clean=True), Prepared(pictures[1], False), Prepared(pictures[2], True)])
    alone = [studio.encode(Prepared(pictures[0], True, clean=True)), missed[1], found[2]]
    assert all(np.allclose(a.latents, b.latents, atol=0.05) and (a.offsets is None) == (b.offsets is None) and a.own_ground == b.own_ground
               for a, b in zip(mixed, alone))
    faces = studio.spec.subject == "face"
    assert all(code.own_ground and code.photograph and (code.offsets is not None) == faces for code in found)
    assert all(np.array_equal(a.latents, b.latents) and a.offsets is None for a, b in zip(rough, missed))


def test_a_render_is_clean_and_a_picture_with_more_in_it_is_not(studio):
    size, ground = studio.size, studio.spec.ground
    render = np.full((size, size, 3), ground, np.uint8)
    render[size // 4:, size // 3:-size // 3] = 90  # with a neck that crosses the lower edge
    assert studio.prepare(Image.fromarray(render)).clean
    for half in (render.copy(), np.full_like(render, ground) - np.uint8(20)):  # clutter beside it; another ground
        half[:, :size // 2] = np.random.default_rng(1).integers(0, 255, (size, size // 2, 3), np.uint8)
        assert not studio.prepare(Image.fromarray(half)).clean


def test_an_object_on_any_even_ground_is_clean():
    spec = PictureSpec(40, (255, 255, 255), "object")
    picture = np.full((300, 200, 3), (60, 90, 120), np.uint8)
    picture[100:200, 60:140] = 200
    assert prepare(Image.fromarray(picture), spec).clean
    picture[:, :100] = np.random.default_rng(1).integers(0, 255, (300, 100, 3), np.uint8)
    assert not prepare(Image.fromarray(picture), spec).clean


def test_a_studio_refines_in_several_threads(studio):
    shown = [Prepared(Image.fromarray(picture), True, clean=True) for picture in _drawn(studio, 4)]
    alone = [studio.encode(one) for one in shown]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(studio.encode, shown))
    assert all(np.allclose(a.latents, b.latents, atol=1e-3) for a, b in zip(alone, together))


def test_an_example_is_read_once_until_its_file_changes(studio, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(type(studio), "encode", lambda self, prepared: asked.append(self) or len(asked))
    path = tmp_path / "example.png"
    Image.fromarray(_drawn(studio, 1)[0]).save(path)
    assert [endpoints.read_example(studio, path)[1] for _ in range(3)] == [1, 1, 1]
    os.utime(path, ns=(1, 1))
    assert endpoints.read_example(studio, path)[1] == 2
    assert endpoints.read(studio, str(path))[1] == 3  # an upload is read every time
