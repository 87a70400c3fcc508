"""Small random models with examples, for tests of the demo that need no training.

    folder = write(tmp_path)        # folder/faces, folder/chairs: what --weights takes
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from dcign.calibration import Calibration
from dcign.checkpoints import BESIDE, save_weights
from dcign.directions import fit_directions
from dcign.graphics_code import CodeLayout
from dcign.networks import DCIGN, NetworkConfig
from dcign.paper_network import PaperConfig, PaperNetwork

SIZE = 80
LAYOUT = CodeLayout((("azimuth", 2), ("elevation", 2), ("light", 2), ("intrinsic", 10)))
RANGES = {
    "faces": {"azimuth": (-90, 90), "elevation": (-25, 25), "light": (-90, 90)},
    "chairs": {"azimuth": (-180, 180), "elevation": (-10, 40), "light": (-90, 90)},
}
EXAMPLES = 8
GROUND = (220, 220, 220)
NEARLY_GROUND = (208, 208, 208)   # like the render of a face, and yet another: taken for a photograph


def _curve(degrees: np.ndarray, limits: tuple[float, float], circular: bool) -> np.ndarray:
    """(K,) degrees -> latents (K, 2): a circle, or half of one."""
    low, high = limits
    turn = (degrees - low) / (high - low) * (2 if circular else 1) * np.pi
    return 3 * np.stack([np.cos(turn), np.sin(turn)], 1)


def picture(seed: int, size: int = SIZE, ground: tuple[int, int, int] = NEARLY_GROUND) -> Image.Image:
    """Something with a plain ground and a subject in the middle."""
    rng = np.random.default_rng(seed)
    pixels = np.full((size, size, 3), ground, np.uint8)
    rows, columns = np.mgrid[:size, :size] / size - 0.5
    inside = (columns / 0.3) ** 2 + (rows / 0.4) ** 2 < 1
    pixels[inside] = rng.integers(40, 200, 3)
    return Image.fromarray(pixels)


def _lively(network: DCIGN) -> DCIGN:
    """Fresh weights draw almost the same grey for every code; stronger ones let a test see each angle."""
    with torch.no_grad():
        for name, parameter in network.decoder.named_parameters():
            if "modulation.weight" in name:
                parameter.mul_(20)
            elif "heads" in name:
                parameter.mul_(6)
    return network


def write(folder: Path, names: tuple[str, ...] = ("faces", "chairs")) -> Path:
    """Weights folders of those names inside folder, each with examples; returns folder."""
    for number, name in enumerate(names):
        torch.manual_seed(number)
        network = _lively(DCIGN(NetworkConfig.tiny(LAYOUT.size, SIZE)))
        calibrations = {}
        for factor, limits in RANGES[name].items():
            circular = name == "chairs" and factor == "azimuth"
            degrees = np.linspace(*limits, 400, endpoint=not circular)
            noise = np.random.default_rng(0).normal(0, 0.1, (400, 2))
            calibrations[factor] = Calibration.fit(
                _curve(degrees, limits, circular) + noise, degrees, factor=factor, circular=circular
            )
        directions = fit_directions(np.random.default_rng(1).normal(size=(100, LAYOUT.size)), LAYOUT)
        weights = save_weights(
            folder / name, network, LAYOUT, calibrations, RANGES[name], name=name, directions=directions,
            circular=("azimuth",) if name == "chairs" else (), ground=GROUND,
        )
        examples = weights / "examples"
        examples.mkdir()
        listed = []
        for seed in range(EXAMPLES):
            file = f"{seed:02d}.png"
            picture(seed).save(examples / file)
            listed.append({"file": file, "azimuth": 0, "elevation": 0, "light": 0, "seed": seed})
        (examples / "examples.json").write_text(json.dumps(listed))
    return folder


def write_beside(folder: Path) -> Path:
    """An entangled network, of the paper's kind, in the folder of a model of faces; returns its folder."""
    layout = CodeLayout((("azimuth", 1), ("elevation", 1), ("light", 1), ("intrinsic", 5)))
    torch.manual_seed(9)
    network = PaperNetwork(PaperConfig(latents=layout.size, maps=8))
    with torch.no_grad():   # fresh weights draw almost the same grey for every code
        network.decoder.start.weight.mul_(8)
        for convolution in network.decoder.convolutions:
            convolution.weight.mul_(3)
    random, calibrations = np.random.default_rng(2), {}
    for factor, limits in RANGES["faces"].items():
        degrees = np.linspace(*limits, 400)
        curve = 3 * degrees[:, None] / max(limits) + random.normal(0, 0.1, (400, 1))
        calibrations[factor] = Calibration.fit(curve, degrees, factor=factor)
    return save_weights(folder / BESIDE, network, layout, calibrations, RANGES["faces"], name="faces", ground=GROUND)
