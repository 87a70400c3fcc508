"""Weights folders of the small networks that prepare a photograph."""

import json
from functools import partial

import pytest
import torch

from dcign import checkpoints, photo_networks, storage
from dcign.framing import FramingConfig, FramingNetwork
from dcign.matting import MattingConfig, MattingNetwork
from dcign.weights_folder import CONFIG, TENSORS, WeightsError

KINDS = {"framing": (FramingConfig, FramingNetwork, (8, 8, 8, 8)), "matting": (MattingConfig, MattingNetwork, (8, 8, 8, 8))}


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


def make(kind: str, config: dict):
    configuration, network, _ = KINDS[kind]
    return network(configuration(**config))


@pytest.fixture
def network(kind):
    configuration, network, widths = KINDS[kind]
    return network(configuration(64, widths))


def test_saved_weights_are_the_same(tmp_path, kind, network):
    storage.round_to_stored(network)
    photo_networks.save(tmp_path, kind, network, {"pictures": 5}, {"found": 1.0})
    again = photo_networks.load(tmp_path, kind, partial(make, kind))
    assert again.config == network.config and not again.training
    assert all(torch.equal(one, other) for one, other in zip(network.state_dict().values(), again.state_dict().values()))
    config = json.loads((tmp_path / CONFIG).read_text())
    assert config["training"] == {"pictures": 5} and config["measures"] == {"found": 1.0}


@pytest.mark.parametrize("harm", [
    lambda folder, config: (folder / CONFIG).write_text("{"),
    lambda folder, config: (folder / CONFIG).write_text(json.dumps(config | {"format": 1})),
    lambda folder, config: (folder / CONFIG).write_text(json.dumps(config | {"network": {"widths": [8, 8, 8, 16]}})),
    lambda folder, config: (folder / CONFIG).write_text(json.dumps(config | {"network": {"widths": [8, 8, 9]}})),
    lambda folder, config: (folder / CONFIG).write_text(json.dumps(config | {"network": {"depth": 3}})),
    lambda folder, config: (folder / TENSORS).write_bytes(b"no tensors"),
    lambda folder, config: (folder / TENSORS).unlink(),
], ids=["no JSON", "another format", "other widths", "wrong widths", "another field", "no tensors", "missing"])
def test_a_damaged_folder_names_the_remedy(tmp_path, kind, network, harm):
    photo_networks.save(tmp_path, kind, network, {}, {})
    harm(tmp_path, json.loads((tmp_path / CONFIG).read_text()))
    with pytest.raises(WeightsError, match=f"python -m train {kind} .* -o weights/"):
        photo_networks.load(tmp_path, kind, partial(make, kind))


def test_one_kind_is_not_the_other(tmp_path, kind, network):
    photo_networks.save(tmp_path, kind, network, {}, {})
    other = next(name for name in KINDS if name != kind)
    with pytest.raises(WeightsError):
        photo_networks.load(tmp_path, other, partial(make, other))


def test_weights_that_are_not_finite_are_not_saved(tmp_path, kind, network):
    with torch.no_grad():
        next(network.parameters()).view(-1)[0] = 1e6  # beyond 16 bits
    with pytest.raises(WeightsError, match="not finite"):
        photo_networks.save(tmp_path, kind, network, {}, {})
    assert not (tmp_path / TENSORS).exists()


def test_a_photograph_is_prepared_without_damaged_weights(tmp_path, monkeypatch, caplog, kind, network):
    name = f"some/{kind}"
    monkeypatch.setattr(checkpoints, "weights_root", lambda: tmp_path)
    bundled = photo_networks.Bundled(name, kind, partial(make, kind))
    assert bundled.network() is None and not caplog.records  # none there
    photo_networks.save(tmp_path / name, kind, network, {}, {})
    checkpoints.update_index(tmp_path, name)
    bundled = photo_networks.Bundled(name, kind, partial(make, kind))
    assert bundled.network() is bundled.network() is not None
    tensors = bytearray((tmp_path / name / TENSORS).read_bytes())
    tensors[-1] ^= 1
    (tmp_path / name / TENSORS).write_bytes(tensors)
    damaged = photo_networks.Bundled(name, kind, partial(make, kind))
    assert damaged.network() is None and damaged.network() is None
    assert len(caplog.records) == 1 and "checksum" in caplog.text
