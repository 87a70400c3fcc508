import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import a_model
from PIL import Image

from dcign import GraphicsCode
from dcign.block import Listener
from dcign.devices import drawing_in
from dcign.graphics_code import FACTORS, CodeLayout
from dcign.live.frames import moved, start_degrees
from dcign.networks import DCIGN, NetworkConfig
from dcign.studio import Studio


def difference(a, b) -> float:
    return float(np.abs(a.astype(float) - b).max())


def estimates(code: GraphicsCode) -> dict[str, float]:
    return {factor: getattr(code, factor) for factor in FACTORS}


def test_importing_the_package_does_not_import_torch():
    script = "import sys, dcign; dcign.GraphicsCode; print('torch' in sys.modules, 'PIL' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "False"]


def test_encode_gives_a_code_with_estimates_in_range(studio, picture):
    code = studio.encode(picture)
    assert code.model == studio.name
    assert code.latents.shape == (16,)
    assert code.intrinsic.shape == (9,)
    for factor, (low, high) in studio.ranges.items():
        assert low <= getattr(code, factor) <= high


def test_encode_takes_a_path_an_array_an_image_or_a_prepared_one(studio, picture, tmp_path):
    Image.fromarray(picture).save(tmp_path / "picture.png")
    codes = [
        studio.encode(picture),
        studio.encode(Image.fromarray(picture)),
        studio.encode(tmp_path / "picture.png"),
        studio.encode(str(tmp_path / "picture.png")),
        studio.encode(studio.prepare(picture)),
    ]
    assert all(code == codes[0] for code in codes)


def test_encoding_many_is_encoding_each(studio):
    pictures = list(np.random.default_rng(0).integers(0, 256, (19, 40, 40, 3), dtype=np.uint8))
    for together, picture in zip(studio.encode_many(pictures), pictures, strict=True):
        np.testing.assert_allclose(together.latents, studio.encode(picture).latents, atol=1e-4)
    assert studio.encode_many([]) == []


def test_render_gives_a_picture(studio, picture):
    drawn = studio.render(studio.encode(picture), azimuth=30.0, elevation=0.0, light=-45.0)
    assert drawn.shape == (40, 40, 3)
    assert drawn.dtype == np.uint8
    assert drawn.flags.c_contiguous


def test_every_factor_changes_the_picture(studio, picture):
    code = studio.encode(picture)
    for factor in studio.ranges:
        low, high = studio.ranges[factor]
        quarter = {factor: low + (high - low) / 4}
        assert difference(studio.render(code, **quarter), studio.render(code, **{factor: 0.8 * high})) > 0


def test_a_slider_starts_at_the_reconstruction(studio, picture):
    code = studio.encode(picture)
    assert difference(studio.render(code, **estimates(code)), studio.render(code)) <= 1


def test_the_residual_fades_smoothly_and_ends_on_the_curve(studio, picture):
    code = studio.encode(picture)
    calibration, group = studio.calibrations["azimuth"], studio.layout.slice("azimuth")
    low, high = studio.ranges["azimuth"]
    inward = 1 if code.azimuth < (low + high) / 2 else -1
    residual = code.latents[group] - calibration.latents(code.azimuth)
    previous, reach = 1.0, 30 if calibration.circular else 12
    for away, share in ((reach / 4, 0.9394), (reach, 0.3679), (5 * reach, 0.0)):
        target = code.azimuth + inward * away
        moved = studio._controls.moved(code, {"azimuth": target})[0][group] - calibration.latents(target)
        np.testing.assert_allclose(moved, share * residual, atol=2e-4)
        assert share < previous
        previous = share


def test_a_full_turn_has_no_seam(chairs, picture):
    code = chairs.encode(picture)
    for azimuth in (179.0, -180.0, 540.0):
        turned = chairs.render(code, azimuth=azimuth)
        np.testing.assert_array_equal(turned, chairs.render(code, azimuth=azimuth - 360))


def test_the_seam_has_one_name(chairs, picture):
    """The page calls it 180: a slider that stands there leaves a code of -179.9 degrees as it is."""
    code = replace(chairs.encode(picture), azimuth=-179.9)
    assert start_degrees(code, chairs)["azimuth"] == 180
    assert moved(chairs, code, dict.fromkeys(FACTORS, None) | {"azimuth": 180.0}) == {}


def test_degrees_beyond_the_range_stop_at_its_end(studio, picture):
    code = studio.encode(picture)
    for factor in ("elevation", "light"):
        low, high = studio.ranges[factor]
        np.testing.assert_array_equal(
            studio.render(code, **{factor: high + 500}), studio.render(code, **{factor: high})
        )
        np.testing.assert_array_equal(
            studio.render(code, **{factor: low - 500}), studio.render(code, **{factor: low})
        )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "30", True, [30.0], 1j])
def test_degrees_must_be_finite_numbers(studio, picture, value):
    with pytest.raises(ValueError, match="azimuth"):
        studio.render(studio.encode(picture), azimuth=value)


def test_numbers_of_numpy_are_degrees(studio, picture):
    code = studio.encode(picture)
    np.testing.assert_array_equal(
        studio.render(code, light=np.float32(20)), studio.render(code, light=20)
    )


def test_a_code_of_another_model_is_refused(studio, chairs, picture):
    code = studio.encode(picture)
    other = GraphicsCode(code.latents, code.layout, model="somebody else's")
    with pytest.raises(ValueError, match="encode the picture again"):
        studio.render(other)


def test_a_code_renders_the_same_after_json(studio, picture):
    code = studio.encode(picture)
    again = GraphicsCode.from_json(code.to_json())
    np.testing.assert_array_equal(studio.render(code, light=20), studio.render(again, light=20))


def test_rendering_many_is_rendering_each(studio, picture):
    codes = [studio.encode(picture), studio.encode(picture[::-1])]
    pictures = studio.render_many(codes, azimuth=[10, None], elevation=5.0, light=None)
    assert pictures.shape == (2, 40, 40, 3)
    assert difference(pictures[0], studio.render(codes[0], azimuth=10, elevation=5)) <= 1
    assert difference(pictures[1], studio.render(codes[1], elevation=5)) <= 1
    one = studio.render_many(codes[0], light=np.linspace(-40, 40, 20))
    assert one.shape == (20, 40, 40, 3)
    assert difference(one[19], studio.render(codes[0], light=40.0)) <= 1


def test_rendering_many_refuses_lengths_that_differ(studio, picture):
    code = studio.encode(picture)
    for angles in ([1, 2, 3], []):
        with pytest.raises(ValueError, match="as many angles"):
            studio.render_many([code, code], azimuth=angles)


def test_a_sweep_covers_the_range(studio, picture):
    code = studio.encode(picture)
    seen = []
    frames = studio.sweep(code, "azimuth", frames=20, light=30.0, progress=lambda *step: seen.append(step))
    assert frames.shape == (20, 40, 40, 3)
    assert seen[-1] == (20, 20)
    low, high = studio.ranges["azimuth"]
    last = high - (high - low) / 20 if studio.name == "chairs" else high
    assert difference(frames[0], studio.render(code, azimuth=low, light=30)) <= 1
    assert difference(frames[-1], studio.render(code, azimuth=last, light=30)) <= 1


def test_there_and_back_turns_round_at_the_end(studio, picture):
    frames = studio.sweep(studio.encode(picture), "light", frames=5, there_and_back=True)
    assert len(frames) == 8
    np.testing.assert_array_equal(frames[5:], frames[3:0:-1])


def test_bad_sweeps_are_refused(studio, picture):
    code = studio.encode(picture)
    for arguments in (("expression", 5), ("light", 1), ("light", 10_000), ("light", 2.5)):
        with pytest.raises(ValueError):
            studio.sweep(code, *arguments)
    with pytest.raises(ValueError, match="hold only the other factors"):
        studio.sweep(code, "light", light=3.0)


def test_concurrent_calls_do_not_mix(studio, picture):
    code = studio.encode(picture)
    angles = np.linspace(-60, 60, 24).tolist()
    alone = [studio.render(code, azimuth=angle) for angle in angles]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda angle: studio.render(code, azimuth=angle), angles))
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a, b)


def test_bfloat16_draws_nearly_the_same(picture):
    exact = Studio(**a_model(), device="cpu")
    fast = Studio(**a_model(), device="cpu", precision="bfloat16")
    code = exact.encode(picture)
    assert fast.encode(picture) == code
    assert difference(fast.render(code, light=20), exact.render(code, light=20)) < 16


@pytest.mark.parametrize("units", [True, False])
def test_quick_frames_are_drawn_in_16_bits_where_that_is_quick(picture, monkeypatch, units):
    monkeypatch.setattr("dcign.devices.matrix_units", lambda: units)
    exact = Studio(**a_model(), device="cpu")
    quick, code = exact.quick(), exact.encode(picture)
    assert (quick is not exact) == units and quick is exact.quick() and quick.quick() is quick
    assert quick.encode(picture) == code and quick.ranges == exact.ranges and quick.name == exact.name
    before = exact.render(code, azimuth=20)
    assert difference(quick.render(code, azimuth=20), before) < 16
    np.testing.assert_array_equal(exact.render(code, azimuth=20), before)   # the exact one is still exact


def test_what_levels_hear_of_the_latents_stays_in_32_bits():
    network = DCIGN(NetworkConfig.tiny(latents=12, size=40))
    twin = drawing_in(network, torch.bfloat16)
    for name, module in twin.named_modules():
        for parameter in module.parameters(recurse=False):
            exact = isinstance(module, Listener) or name.startswith("encoder")
            assert parameter.dtype == (torch.float32 if exact else torch.bfloat16), name
    assert any(isinstance(module, Listener) for module in twin.modules())
    assert all(parameter.dtype == torch.float32 for parameter in network.parameters())
    latents = torch.randn(2, 12)
    assert (twin.decode(latents) - network.decode(latents)).abs().max() < 0.1


@pytest.mark.parametrize(
    "options", [{"device": "gpu7"}, {"device": "meta"}, {"precision": "int3"}, {"ranges": {"light": (0, 1)}}]
)
def test_bad_options_are_refused(options):
    with pytest.raises(ValueError):
        Studio(**{**a_model(), "device": "cpu", **options})


def test_a_calibration_of_other_latents_is_refused():
    model = a_model()
    grown = [(name, size + 1 if name == "light" else size) for name, size in model["layout"].groups]
    grown[-1] = (grown[-1][0], grown[-1][1] - 1)
    with pytest.raises(ValueError, match="calibration"):
        Studio(**{**model, "device": "cpu", "layout": CodeLayout(tuple(grown))})


def test_beyond_the_trained_range_only_when_asked(studio, picture):
    code = studio.encode(picture)
    low, high = studio.ranges["elevation"]
    assert studio.wider["elevation"] == (low - 20, high + 20)
    at_end = studio.render(code, elevation=high)
    np.testing.assert_array_equal(studio.render(code, elevation=high + 15), at_end)
    assert (studio.render(code, elevation=high + 15, beyond=True) != at_end).any()
    farthest = studio.render(code, elevation=high + 20, beyond=True)
    np.testing.assert_array_equal(studio.render(code, elevation=high + 90, beyond=True), farthest)
    inside = studio.render(code, elevation=high - 5)
    np.testing.assert_array_equal(studio.render(code, elevation=high - 5, beyond=True), inside)
