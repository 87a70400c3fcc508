"""How weights are kept in a file: what comes back, how exactly, and what is refused."""

import json

import pytest
import torch
from conftest import a_model
from safetensors.torch import load_file, save_file

from dcign import storage
from dcign.networks import DCIGN, NetworkConfig
from dcign.weights_folder import CONFIG, EIGHT_BITS, FORMAT, WeightsError, load_weights, save_weights


@pytest.fixture
def network():
    torch.manual_seed(0)
    return DCIGN(NetworkConfig(12, 5, (32, 16), (64, 64, 8), norm_groups=4))


def test_what_fits_is_kept_in_16_bits(network, tmp_path):
    assert {value.dtype for value in storage.packed(network).values()} == {torch.float16}
    save_file(storage.packed(network), tmp_path / "file")
    assert storage.bits(tmp_path / "file") == "16-bit safetensors"
    save_weights(tmp_path, **a_model())
    assert json.loads((tmp_path / CONFIG).read_text())["format"] == FORMAT


def test_large_kernels_of_the_encoder_are_kept_in_8_bits_where_16_are_too_many(network, monkeypatch):
    monkeypatch.setattr(storage, "LIMIT", 2 * sum(p.numel() for p in network.parameters()) - 1)
    tensors = storage.packed(network)
    eight = {name for name, value in tensors.items() if value.dtype == torch.int8}
    assert eight == {f"encoder.{name}.weight" for name in (
        "blocks.10.first", "blocks.10.second", "join.5", "posterior")}
    before, after = network.state_dict(), storage.unpacked(tensors)
    assert before.keys() == after.keys()
    for name in eight:
        largest = before[name].flatten(1).abs().amax(1)
        off = (before[name] - after[name]).flatten(1).abs().amax(1)
        assert (off <= largest / 127).all() and (off > 0).any()
    for name in before.keys() - eight:
        assert torch.equal(after[name].float(), before[name].half().float())


def test_what_was_rounded_to_be_stored_is_stored_exactly(network, monkeypatch):
    monkeypatch.setattr(storage, "LIMIT", 1)
    with torch.no_grad():
        network.encoder.posterior.weight[0] = 0.0  # a row without a scale
    storage.round_to_stored(network)
    for name, value in storage.unpacked(storage.packed(network)).items():
        assert torch.equal(value.float(), network.state_dict()[name])


def test_scales_that_fit_no_kernel_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "LIMIT", 1)
    monkeypatch.setattr(storage, "SMALLEST", 64)
    path, kernel = tmp_path / "model.safetensors", "encoder.posterior.weight"
    save_weights(tmp_path, **a_model())
    load_weights(tmp_path)
    assert json.loads((tmp_path / CONFIG).read_text())["format"] == EIGHT_BITS  # versions before say: update
    assert "8 bits" in storage.bits(path)
    good = load_file(path)
    for bad in ({kernel + ".scale": good[kernel + ".scale"][:-1]}, {kernel: good[kernel].float()},
                {"encoder.nothing.scale": torch.ones(2)}):
        save_file({**good, **bad}, path)
        with pytest.raises(WeightsError, match="belongs to no kernel"):
            load_weights(tmp_path)
