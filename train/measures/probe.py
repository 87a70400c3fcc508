"""`python -m train probe RUN …`: a few measures of runs under way, a line each, to compare settings by.

No degrees enter but those of true renders: nothing is calibrated. A new view is drawn from the pose latents of one
picture and all other latents of another view of the same identity. Codes are refined without the prior of pose that the
app has, as it needs the curves.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load

from dcign import offsets
from dcign.graphics_code import CodeLayout
from dcign.networks import DCIGN, NetworkConfig
from dcign.paper_network import PaperConfig
from dcign.refinement import refine
from train import state
from train.measures import images
from train.measures.equivariance import angle_error, neighbours
from train.measures.leakage import leakage
from train.measures.scenery import VALIDATION, Scenery, identities
from train.measures.subject import BATCH, Posterior
from train.scenes import open_source

VIEWS = 4  # of every identity


def averaged(run: Path) -> tuple[DCIGN, dict, int]:
    """The averaged network of a run's state, its configuration, and how many pictures it has seen.

    Raises FileNotFoundError where there is no state, ValueError for one of the paper's network.
    """
    path = run / "state.safetensors"
    if not path.is_file():
        raise FileNotFoundError(f"{run} holds no state.safetensors: name the folder of a run")
    config = json.loads((run / "config.json").read_text())
    if set(config["network"]) == set(PaperConfig().to_dict()):
        raise ValueError(f"{run} trains the paper's network: export its weights and measure those")
    progress = state.read_progress(path)
    phases, shape = config["phases"], NetworkConfig.from_dict(config["network"])
    while shape.size > phases[progress["phase"]]["size"]:
        shape = shape.smaller()
    network = DCIGN(shape)
    prefix, tensors = "average.", load(path.read_bytes())  # opened once: the run may be writing its next state
    network.load_state_dict({name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)})
    seen = sum(phase["pictures"] for phase in phases[:progress["phase"]]) + progress["seen_in_phase"]
    return network, config, seen


def _posterior(network: DCIGN, pictures: torch.Tensor, free: np.ndarray,
               mirrored: bool) -> tuple[Posterior, np.ndarray, np.ndarray]:
    """What the encoder says, refined codes (N, L) and their offsets (N, K, L)."""
    means, deviations, refined, apart = [], [], [], []
    for part in pictures.split(BATCH):
        mean, log_variance = network.encode(part)
        means.append(mean)
        deviations.append(log_variance.mul(0.5).exp())
        for found, kind in zip(refine(network, part, mean, log_variance, free, mirrored=mirrored), (refined, apart)):
            kind.append(found)
    return (Posterior(torch.cat(means).numpy(), torch.cat(deviations).numpy()),
            torch.cat(refined).numpy(), torch.cat(apart).numpy())


@torch.no_grad()
def probe(run: str | Path, data=None, count: int = 100) -> dict:
    """Measures of the averaged network of a run on ``count`` held-out identities, VIEWS random views of each.

    They are none of those that `measure` reports: settings are chosen by them.
    """
    network, config, seen = averaged(Path(run))
    layout, size = CodeLayout(tuple(map(tuple, config["layout"]))), network.config.size
    source = open_source(config["source"], data)
    rng = np.random.default_rng(3)
    scenery = Scenery.of(config["source"], "stage", layout.names)
    things = identities(source, count, VALIDATION)
    views = [scenery.random_view(rng) for _ in things for _ in range(VIEWS)]
    numbers = np.repeat(np.arange(len(things)), VIEWS)
    truth = np.stack([scenery.picture(things[number], view, size) for number, view in zip(numbers, views)])
    posterior, refined, apart = _posterior(network, torch.from_numpy(truth).permute(0, 3, 1, 2).float() / 255,
                                          layout.intrinsic, scenery.stage.subject == "object")

    def drawn(latents: np.ndarray) -> dict[str, float]:
        parts = [network.decode(part) for part in torch.from_numpy(latents).split(BATCH)]
        pictures = (torch.cat(parts) * 255).round().byte().permute(0, 2, 3, 1).numpy()
        return {"psnr": float(images.psnr(pictures, truth).mean()), "ssim": float(images.ssim(pictures, truth).mean()),
                "gradient_share": images.gradient_share(pictures, truth)}

    pose = [place for factor in scenery.factors for place in layout.index(factor)]
    other = np.arange(len(numbers)) // VIEWS * VIEWS + (np.arange(len(numbers)) + 1) % VIEWS  # of the same identity
    away = [{factor: getattr(view, factor) - getattr(views[k], factor) for factor in offsets.REACH}
            for k, view in zip(other, views)]
    trusted = np.array([offsets.trust(degrees) for degrees in away], np.float32)[:, None, None]

    def moved(means: np.ndarray) -> np.ndarray:
        others = means[other]
        others[:, pose] = means[:, pose]
        return others

    result = {"seen": seen, "size": size, "reconstruction": drawn(posterior.means),
              "new_view": drawn(moved(posterior.means)), "refined": drawn(refined[:, None] + apart),
              "refined_new_view": drawn(moved(refined)[:, None] + trusted * apart[other]), "error": {}, "leakage": {}}
    for factor in scenery.factors:
        degrees, circular = np.array([getattr(view, factor) for view in views]), scenery.circular(factor)
        read = neighbours(posterior.means[:, layout.slice(factor)], degrees, numbers, circular)
        result["error"][factor] = float(angle_error(read, degrees, circular).mean())
        result["leakage"][factor] = leakage(posterior, layout, degrees, numbers, factor, circular,
                                            np.random.default_rng(1))["sampled"]
    return result


def row(name: str, result: dict) -> str:
    """One line of the table that probes() prints."""
    def three(table: dict[str, float], places: int) -> str:
        return " / ".join(f"{value:.{places}f}" for value in table.values())

    pictures = [f"{part['psnr']:.2f} / {part['ssim']:.3f} / {part['gradient_share']:.2f}"
                for part in (result["reconstruction"], result["new_view"], result["refined"],
                             result["refined_new_view"])]
    return (f"| {name} | {result['seen']:,} at {result['size']} px | {' | '.join(pictures)} | "
            f"{three(result['error'], 1)} | {three(result['leakage'], 2)} |")


def probes(runs: Sequence[str | Path], data=None, count: int = 100) -> list[dict]:
    """Print a table of several runs; their results."""
    print("| run | pictures | reconstruction: dB / SSIM / gradient share | new view | refined | new view, "
          "refined | 15-neighbour MAE, ° | r² from other latents, sampled |\n" + "|---" * 8 + "|", flush=True)
    results = []
    for run in runs:
        results.append(probe(run, data, count))
        print(row(Path(run).name, results[-1]), flush=True)
    return results
