"""How fast a preset learns, beside what the machine's bf16 convolutions of the same shapes could do.

    python -m train bench training --preset studio

The ideal is the time of all the network's convolutions alone, forwards and backwards, on tensors that are already where
and how they should be; a training step does all the rest too (sampling, clamping, losses, normalisation, the optimiser).
Steps are plain ones: where a phase refines codes, every other mini-batch takes the time of some more.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from train.distributed import World
from train.features import COARSEST
from train.loop import Run
from train.presets import TrainConfig, preset


def _median_seconds(function, device: torch.device, repeats: int) -> float:
    times = []
    for _ in range(repeats + 2):
        start = time.perf_counter()
        function()
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return float(np.median(times[2:]))


def convolutions(network: nn.Module, size: int, pictures: int, device: torch.device, looking: bool = False) -> list[tuple]:
    """(module, input shape) of every convolution in the order of a forward pass of ``pictures``.

    ``looking``: of the encoder's levels that the term of features sees, in place of the whole network.
    """
    found: list[tuple] = []
    hooks = [module.register_forward_hook(lambda m, given, _: found.append((m, tuple(given[0].shape))))
             for module in network.modules() if isinstance(module, nn.Conv2d)]
    with torch.no_grad():
        given = torch.rand(pictures, 3, size, size, device=device)
        if looking:
            list(network.encoder.levels(given, size // COARSEST))
        else:
            network.decode(network.encode(given)[0])
    for hook in hooks:
        hook.remove()
    return found


def ideal(network: nn.Module, size: int, pictures: int, device: torch.device, repeats: int,
          looking: bool = False) -> tuple[float, float]:
    """Seconds and floating-point operations of a step's convolutions: forward, input gradient, weight gradient.

    ``looking``: of the term of features instead: forward twice, input gradient.
    """
    seconds = operations = 0.0
    for index, (module, shape) in enumerate(convolutions(network, size, pictures, device, looking)):
        phases = getattr(module, "four_phase", False)
        weight = (module.phase_weights() if phases else module.weight).detach().bfloat16()
        weight = weight.to(memory_format=torch.channels_last).requires_grad_(not looking)
        given = torch.randn(shape, device=device).bfloat16().to(memory_format=torch.channels_last)
        given.requires_grad_(looking or index > 0)  # nobody else asks for the gradient of the pictures
        padding = 0 if phases else module.padding

        def step(given=given, weight=weight, padding=padding):
            if looking:
                F.conv2d(given.detach(), weight, padding=padding)
            out = F.conv2d(given, weight, padding=padding)
            out.backward(torch.ones_like(out))
            return out

        out = step()
        seconds += _median_seconds(step, device, repeats)
        operations += (3 if looking or index else 2) * 2.0 * weight[0].numel() * out.numel()
    return seconds, operations


def training(source: str, name: str, device: torch.device, folder: Path, repeats: int = 10,
             compiled: bool = False) -> list[dict[str, float]]:
    """Print and return the measures of every phase of a preset, on pictures of noise; ``folder`` is for a state."""
    config: TrainConfig = preset(name, source)
    rows = []
    print("| pixels | pictures/s | step GFLOP/s | convolutions alone GFLOP/s | share |\n|---|---|---|---|---|")
    for phase in config.phases:
        alone = replace(config, phases=(replace(phase, pictures=10**9, rate=1e-6, last_rate=1e-6, refined=0),))
        run = Run(alone, folder / "none.safetensors", World(0, 1, device), resume=False, compiled=compiled)
        count = phase.mini_batches * config.recipe.per_mini_batch
        channels = 1 if config.recipe.grey else 3
        pictures = torch.rand(count, channels, phase.size, phase.size, device=device)
        pictures = pictures.to(memory_format=torch.channels_last)
        factors = [config.recipe.factors[i % len(config.recipe.factors)] for i in range(phase.mini_batches)]
        seconds = _median_seconds(lambda: run.step(pictures, pictures, factors, 1e-6, features=phase.features), device, repeats)
        least, operations = ideal(run.network, phase.size, count, device, repeats)
        if phase.features:
            looked = ideal(run.network, phase.size, count, device, repeats, looking=True)
            least, operations = least + looked[0], operations + looked[1]
        row = {"size": phase.size, "per_second": count / seconds, "rate": operations / seconds / 1e9,
               "ideal_rate": operations / least / 1e9, "share": least / seconds}
        print(f"| {row['size']} | {row['per_second']:.1f} | {row['rate']:.0f} | {row['ideal_rate']:.0f} | "
              f"{row['share']:.0%} |", flush=True)
        rows.append(row)
    return rows
