"""The published network: every size and parameter, and the exact fast form of its unpooling convolutions."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import a_calibration

from dcign.checkpoints import load_weights, save_weights
from dcign.graphics_code import CodeLayout
from dcign.networks import DCIGN, NetworkConfig
from dcign.paper_network import (
    PaperConfig,
    PaperNetwork,
    UnpoolConvolution,
    grey,
    network_from_dict,
    new_network,
)
from dcign.studio import Studio


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def _counts(module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_parameters_are_the_published_ones():
    network = PaperNetwork(PaperConfig())
    assert _counts(network) == 4_131_137
    assert _counts(network.encoder.convolutions) == 146_568
    assert _counts(network.encoder.mean) + _counts(network.encoder.log_variance) == 2_160_400
    assert _counts(network.decoder.start) == 1_085_400
    assert _counts(network.decoder.convolutions) == 738_769


@pytest.mark.parametrize("four_phase", [False, True])
def test_every_intermediate_size(four_phase):
    network = PaperNetwork(PaperConfig(four_phase=four_phase)).eval().requires_grad_(False)
    seen = []
    layers = [*network.encoder.convolutions, network.encoder.mean, network.encoder.log_variance,
              network.decoder.start, *network.decoder.convolutions]
    for layer in layers:
        layer.register_forward_hook(lambda _, inputs, output: seen.append((*inputs[0].shape, *output.shape[1:])))
    mean, log_variance = network.encode(torch.rand(1, 3, 150, 150))
    picture = network.decode(mean)
    assert mean.shape == log_variance.shape == (1, 200)
    assert picture.shape == (1, 3, 150, 150) and 0 <= picture.min() and picture.max() <= 1
    assert seen == [
        (1, 1, 150, 150, 96, 146, 146), (1, 96, 73, 73, 48, 69, 69), (1, 48, 34, 34, 24, 30, 30),  # then pool 2
        (1, 5400, 200), (1, 5400, 200), (1, 200, 5400),
        (1, 24, 15, 15, 48, 24, 24), (1, 48, 24, 24, 96, 42, 42), (1, 96, 42, 42, 96, 78, 78),
        (1, 96, 78, 78, 1, 150, 150)]


def test_initial_weights():
    network = PaperNetwork(PaperConfig())
    for layer in (network.encoder.mean, network.encoder.log_variance):
        assert float(layer.weight.detach().std()) == pytest.approx(0.01, rel=0.02)
        assert float(layer.bias.detach().std()) == pytest.approx(0.01, rel=0.2)


def test_units_that_are_off_put_out_a_millionth():
    network = PaperNetwork(PaperConfig(latents=3, maps=4))
    for layer in network.encoder.convolutions:
        torch.nn.init.constant_(layer.weight, 0.0)
        torch.nn.init.constant_(layer.bias, -1.0)
    seen = []
    network.encoder.mean.register_forward_hook(lambda _, inputs, output: seen.append(inputs[0]))
    network.encode(torch.rand(2, 1, 150, 150))
    assert torch.equal(seen[0], torch.full((2, 225), 1e-6))


def _operations(convolution, x) -> int:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        convolution(x)
    return counter.get_total_flops()


def test_the_four_phase_form_is_exact_and_three_times_cheaper():
    plain = UnpoolConvolution(3, 5, four_phase=False).double()
    fast = UnpoolConvolution(3, 5, four_phase=True).double()
    fast.load_state_dict(plain.state_dict())
    x = torch.randn(2, 3, 11, 11, dtype=torch.float64)
    inputs = [x.clone().requires_grad_(), x.clone().requires_grad_()]
    drawn = [plain(inputs[0]), fast(inputs[1])]
    assert drawn[0].shape == drawn[1].shape == (2, 5, 16, 16)
    assert torch.allclose(*drawn, rtol=0, atol=1e-10)
    assert torch.allclose(drawn[0], F.conv2d(x.repeat_interleave(2, 2).repeat_interleave(2, 3), plain.weight,
                                             plain.bias), rtol=0, atol=1e-10)
    towards = torch.randn_like(drawn[0])
    gradients = [torch.autograd.grad((y * towards).sum(), (z, layer.weight, layer.bias))
                 for y, z, layer in zip(drawn, inputs, (plain, fast))]
    for one, other in zip(*gradients):
        assert torch.allclose(one, other, rtol=0, atol=1e-10)
    assert _operations(plain, x) / _operations(fast, x) == pytest.approx(49 / 16)


def test_both_forms_of_the_whole_network_agree():
    plain = PaperNetwork(PaperConfig(latents=6, maps=8, four_phase=False)).double()
    fast = PaperNetwork(PaperConfig(latents=6, maps=8, four_phase=True)).double()
    fast.load_state_dict(plain.state_dict())  # the same names and shapes
    latents = torch.randn(2, 6, dtype=torch.float64)
    drawn = [network.decode(latents) for network in (plain, fast)]
    assert drawn[0].dtype == torch.float64 and torch.allclose(*drawn, rtol=0, atol=1e-10)


def test_operations_of_a_picture():
    from torch.utils.flop_counter import FlopCounterMode

    totals = {}
    for four_phase in (False, True):
        with torch.device("meta"):
            network = PaperNetwork(PaperConfig(four_phase=four_phase))
            with FlopCounterMode(display=False) as counter:
                network.decode(network.encode(torch.empty(1, 1, 150, 150))[0])
        totals[four_phase] = counter.get_total_flops() / 2
    assert totals[False] == pytest.approx(3.91e9, rel=0.01)
    assert totals[False] / totals[True] > 2.2  # the encoder stays as it is


def test_colour_is_read_as_grey():
    pictures = torch.rand(2, 3, 8, 8)
    assert torch.allclose(grey(pictures)[:, 0], 0.299 * pictures[:, 0] + 0.587 * pictures[:, 1] + 0.114 * pictures[:, 2])
    same = torch.rand(2, 1, 8, 8)
    assert torch.equal(grey(same), same)
    assert torch.allclose(grey(same.expand(-1, 3, -1, -1)), same)


def test_configuration_round_trip_and_its_errors():
    config = PaperConfig(latents=5, maps=8)
    assert config.to_dict()["kind"] == "paper" and PaperConfig.from_dict(config.to_dict()) == config
    assert network_from_dict(config.to_dict()).config == config
    assert isinstance(network_from_dict(NetworkConfig.tiny().to_dict()), DCIGN)
    assert isinstance(new_network(config), PaperNetwork)
    with pytest.raises(ValueError, match="unknown or missing"):
        network_from_dict({"kind": "paper", "latents": 3})
    with pytest.raises(ValueError, match="unknown or missing"):
        network_from_dict({**config.to_dict(), "kind": "other"})
    with pytest.raises(ValueError, match="multiple of four"):
        PaperConfig(maps=6)
    for wrong in ({"latents": 10_000_000}, {"maps": 4000}, {"latents": 5.0}):
        with pytest.raises(ValueError, match="whole numbers"):
            PaperConfig(**wrong)


def test_a_weights_folder_holds_it(tmp_path):
    layout = CodeLayout((("azimuth", 1), ("elevation", 1), ("light", 1), ("intrinsic", 3)))
    ranges = {"azimuth": (-86.0, 86.0), "elevation": (-23.0, 23.0), "light": (-80.0, 80.0)}
    network = PaperNetwork(PaperConfig(latents=layout.size, maps=4))
    save_weights(tmp_path, network, layout, {f: a_calibration(f, ranges[f], 1) for f in ranges}, ranges, name="faces")
    loaded = load_weights(tmp_path)
    assert loaded.network.config == network.config
    studio = Studio(loaded.network, loaded.layout, loaded.calibrations, loaded.ranges, device="cpu")
    code = studio.encode(np.full((150, 150, 3), 99, np.uint8))
    drawn = studio.render(code, azimuth=30)
    assert drawn.shape == (150, 150, 3) and (drawn[..., 0] == drawn[..., 2]).all()
