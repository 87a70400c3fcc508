"""Fixtures: tiny networks with random weights, as a Studio, a folder and a running app. Nothing is downloaded."""

from __future__ import annotations

import demo_weights
import numpy as np
import pytest
import torch
from demo_server import serve
from training_run import write_shard

from dcign.calibration import Calibration
from dcign.checkpoints import save_weights
from dcign.graphics_code import CodeLayout
from dcign.networks import DCIGN, NetworkConfig
from dcign.studio import Studio

LAYOUT = CodeLayout((("azimuth", 3), ("elevation", 2), ("light", 2), ("intrinsic", 9)))
RANGES = {"azimuth": (-90.0, 90.0), "elevation": (-30.0, 30.0), "light": (-85.0, 85.0)}
CHAIR_RANGES = {**RANGES, "azimuth": (-180.0, 180.0)}


def a_calibration(factor: str, limits: tuple[float, float], size: int, circular: bool = False) -> Calibration:
    """A circle, or an arc that bends into every dimension, fitted to 400 noisy scenes."""
    random = np.random.default_rng(7)
    degrees = random.uniform(*limits, 400)
    if circular:
        radians = np.deg2rad(degrees)
        points = np.stack([np.cos(radians), np.sin(radians), 0.3 * np.cos(2 * radians)], 1)[:, :size]
    else:
        share = (degrees - limits[0]) / (limits[1] - limits[0]) * 2 - 1
        points = np.stack([1.5 * share, share**2, np.sin(2 * share)], 1)[:, :size]
    noisy = points + 0.03 * random.normal(size=points.shape)
    return Calibration.fit(noisy, degrees, factor, circular=circular, limits=limits)


def a_model(name: str = "faces") -> dict:
    """The parts of a small model, as save_weights() and Studio() take them."""
    circular = ("azimuth",) if name == "chairs" else ()
    ranges = CHAIR_RANGES if name == "chairs" else RANGES
    sizes = dict(LAYOUT.groups)
    torch.manual_seed(3)
    return {
        "network": DCIGN(NetworkConfig.tiny(latents=LAYOUT.size, size=40)),
        "layout": LAYOUT,
        "calibrations": {f: a_calibration(f, ranges[f], sizes[f], f in circular) for f in ranges},
        "ranges": ranges,
        "circular": circular,
        "ground": (255, 255, 255) if name == "chairs" else (208, 208, 208),
        "name": name,
    }


@pytest.fixture(scope="session", params=["faces", "chairs"])
def studio(request) -> Studio:
    """A random faces studio (open azimuth), then a random chairs studio (circular azimuth)."""
    return Studio(**a_model(request.param), device="cpu")


@pytest.fixture(scope="session")
def chairs() -> Studio:
    return Studio(**a_model("chairs"), device="cpu")


@pytest.fixture
def picture() -> np.ndarray:
    """uint8 (40, 40, 3): coloured blobs on white, like nothing that was trained on."""
    pixels = np.full((40, 40, 3), 255, np.uint8)
    pixels[8:30, 10:28] = (180, 90, 40)
    pixels[12:20, 14:24] = (20, 60, 200)
    return pixels


@pytest.fixture
def weights_folder(tmp_path):
    """A folder that save_weights() wrote: tmp_path/weights/faces."""
    return save_weights(tmp_path / "weights" / "faces", **a_model("faces"))


@pytest.fixture
def bundled(weights_folder, monkeypatch):
    """The folder above as the bundled weights/, with its index. Returns the root."""
    from dcign import checkpoints

    root = weights_folder.parent
    checkpoints.update_index(root, "faces")
    monkeypatch.setattr(checkpoints, "weights_root", lambda: root)
    return root


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A folder of small random weights with examples: what --weights takes."""
    return demo_weights.write(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def studios(weights):
    """The studios of these."""
    from dcign.ui import Studios

    return Studios(weights, device="cpu")


@pytest.fixture(scope="module")
def code(studios):
    """A face's, without refinement."""
    return studios["faces"].encode(demo_weights.picture(2), refine=False)


@pytest.fixture(scope="module")
def server(weights, tmp_path_factory):
    """app.py running on them."""
    with serve(weights, tmp_path_factory.mktemp("log") / "app.log") as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    return server.client()


@pytest.fixture(scope="session")
def shard(tmp_path_factory):
    """One shard of synthetic mini-batches to train on."""
    return write_shard(tmp_path_factory.mktemp("pool"))


@pytest.fixture(scope="module")
def browser():
    """A Chromium for the tests of one file; they skip where Playwright is not installed."""
    from browser_page import chromium

    with chromium() as running:
        yield running


@pytest.fixture
def page(server, browser):
    """The demo, freshly opened in it."""
    from browser_page import open_page

    with open_page(browser, server.url) as opened:
        yield opened


@pytest.fixture
def no_photo_networks(monkeypatch):
    """Photographs are prepared as where the networks for them are not at hand."""
    from dcign import cut_out, head_finder

    for part in (cut_out, head_finder):
        monkeypatch.setattr(part._bundled, "network", lambda: None)
