"""A first lesson in a part of an identity that no latent tells, from labels. What follows is learned without.

    python -m train teach faces --from FOLDER --part expression -o runs/faces-taught
    python -m train faces --from runs/faces-taught

Where a part changes little of a picture, encoder and decoder wait for each other: a latent that is not drawn costs nats,
and what no latent tells is not drawn. So the encoder's place attention is told labels (labels.py), and the decoder draws from
the same, until each has something to hear from the other. Nothing else of the encoder changes. It is for weights that have no
place attention yet: what one that is there tells of other parts would be lost.

Shape legend: N pictures, B mini-batches, K pictures in each, M labels, L latents, S pixels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from dcign.graphics_code import CodeLayout
from dcign.network_config import NetworkConfig
from dcign.networks import DCIGN
from dcign.place_attention import PlaceAttention
from train import likelihood
from train.augmentation import AugmentConfig, photograph
from train.batches import Recipe, part_seeds
from train.clamp import active_latents
from train.optimiser import MuonAdam
from train.pool import Pool
from train.processes import single_thread_workers


@dataclass(frozen=True)
class Lesson:
    """What is told, and for how long."""

    part: str = "expression"
    components: int = 12  # of the pictures: the latents that are told; the part's others start empty
    inputs: int = 400  # steps' worth of photographs for the attention
    readings: int = 1_400  # steps of 128 of them
    reading_rate: float = 6e-3
    drawings: int = 850  # steps of the decoder
    drawing_rate: float = 1.2e-2  # of its place modulations, Adam's
    others_rate: float = 3e-4  # of all else in it
    noise: float = 0.3  # added to the labels that it draws from
    mini_batches: int = 4  # a step
    of_part: int = 3  # of these; the attention gets one fewer, as it is to see what is not the part, too
    seed: int = 1


@dataclass(frozen=True)
class Material:
    """Rendered shards, and which part of what they show is told."""

    paths: tuple[Path, ...]
    recipe: Recipe
    part: str

    def pool(self) -> Pool:
        return Pool(list(self.paths), 0, self.recipe)

    def seeds(self, pool: Pool, index: int) -> list[int]:
        """The seeds (K,) of the part in a mini-batch."""
        shard, row = divmod(index, self.recipe.mini_batches)
        number = int(self.paths[shard].stem.split("-")[-1])
        return part_seeds(number, row, self.recipe.factors[pool.factors[index]], self.part, self.recipe)

    def every_seed(self) -> list[int]:
        """Those of all mini-batches."""
        pool = self.pool()
        return sorted({seed for index in range(len(pool)) for seed in self.seeds(pool, index)})

    def take(self, pool: Pool, rng: np.random.Generator, count: int,
             of_part: int) -> tuple[np.ndarray, np.ndarray, list[str], list[int]]:
        """Targets and inputs (B K, S, S, C) uint8, B factors, and B K seeds; ``of_part`` of the mini-batches vary the part."""
        vary = np.flatnonzero(pool.factors == self.recipe.factors.index(self.part))
        chosen = [int(i) for i in (*rng.choice(vary, of_part), *rng.choice(len(pool), count - of_part))]
        targets, inputs = (np.concatenate(side) for side in zip(*(pool.mini_batch(i) for i in chosen)))
        seeds = [seed for i in chosen for seed in self.seeds(pool, i)]
        return targets, inputs, [self.recipe.factors[pool.factors[i]] for i in chosen], seeds


def check(config: NetworkConfig, layout: CodeLayout, lesson: Lesson) -> None:
    """Raises ValueError for a network without short ways for small shapes, or a part with too few latents."""
    if not config.place_heads or not config.place_entries:
        raise ValueError("This network has no short way for small shapes: give the preset's NetworkConfig place_heads and place_entries "
                         "(train/presets.py) first.")
    latents = layout.slice(lesson.part)
    if latents.stop - latents.start < lesson.components:
        raise ValueError(f"{lesson.part} has {latents.stop - latents.start} latents, too few for {lesson.components} labels.")


def _rate(step: int, steps: int, warm_up: int = 30) -> float:
    return min(1.0, (step + 1) / warm_up) * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * step / steps)))


def _pictures(pixels: np.ndarray) -> Tensor:  # (N, S, S, 3) uint8 to (N, 3, S, S)
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float().div_(255.0)


def _photographed(material: Material, lesson: Lesson, augment: AugmentConfig, ground: tuple[int, int, int], subject: str,
                  step: int) -> tuple[np.ndarray, list[int]]:
    """In a worker: inputs (N, S, S, 3) uint8 as the encoder will see them, and the seeds of their part."""
    rng = np.random.default_rng([lesson.seed, step])
    _, inputs, _, seeds = material.take(material.pool(), rng, lesson.mini_batches, max(1, lesson.of_part - 1))
    return np.stack([photograph(picture, ground, augment, np.random.default_rng([lesson.seed, step, k]), subject)
                     for k, picture in enumerate(inputs)]), seeds


def read_levels(network: DCIGN, inputs: Tensor) -> Tensor:
    """The level (N, C, h, w) that the place attention looks at, of (N, 3, S, S) pictures."""
    levels: list[Tensor] = []
    listening = network.encoder.places.register_forward_hook(lambda _, seen, __: levels.append(seen[0]))
    try:
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            network.encode(inputs)
    finally:
        listening.remove()
    return levels[0].bfloat16().contiguous()


def fit_attention(levels: Tensor, told: Tensor, heads: int, lesson: Lesson) -> PlaceAttention:
    """Places that tell the labels (N, M), with how sure they are, from levels (N, C, h, w)."""
    count = told.shape[1]
    torch.manual_seed(lesson.seed)
    attention = PlaceAttention(levels.shape[1], heads, count)
    optimiser = torch.optim.Adam(attention.parameters(), betas=(0.9, 0.98))
    generator = torch.Generator().manual_seed(lesson.seed)
    for step in tqdm(range(lesson.readings), desc="attention"):
        optimiser.param_groups[0]["lr"] = lesson.reading_rate * _rate(step, lesson.readings)
        chosen = torch.randint(len(levels), (128,), generator=generator)
        mean, log_variance = attention(levels[chosen].float()).chunk(2, 1)  # (128, M) each
        log_variance = log_variance.clamp(-5.0, 2.0)
        loss = 0.5 * ((mean - told[chosen]).square() * (-log_variance).exp() + log_variance).sum(1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return attention


@torch.no_grad()
def give_attention(network: DCIGN, latents: slice, attention: PlaceAttention) -> None:
    """Let the ``latents`` of a part be what ``attention`` reads, and nothing else; those left over are the prior's."""
    posterior, places, total = network.encoder.posterior, network.encoder.places, network.config.latents
    count = attention.read.out_features // 2
    places.attention.load_state_dict(attention.attention.state_dict())
    places.value.load_state_dict(attention.value.state_dict())
    places.read.weight.zero_()
    places.read.bias.zero_()
    for half, own in ((0, 0), (total, count)):  # means, log-variances
        part, rows = slice(half + latents.start, half + latents.stop), slice(half + latents.start, half + latents.start + count)
        for layer in (posterior, *((network.encoder.colours.read,) if network.encoder.colours is not None else ())):
            layer.weight[part], layer.bias[part] = 0.0, 0.0
        places.read.weight[rows] = attention.read.weight[own:own + count]
        places.read.bias[rows] = attention.read.bias[own:own + count]


def fit_decoder(network: DCIGN, material: Material, labels: Mapping[int, np.ndarray], layout: CodeLayout,
                lesson: Lesson) -> None:
    """Let the decoder draw, in its drafts, from codes of which one part is the labels (M,) and all else the encoder's."""
    latents, pool = layout.slice(lesson.part), material.pool()
    told_ones = slice(latents.start, latents.start + lesson.components)
    own = [p for name, p in network.decoder.named_parameters() if name.startswith("modulations.")]
    others = torch.nn.ParameterList(p for p in network.decoder.parameters() if all(p is not q for q in own))
    optimisers = {torch.optim.Adam(own, betas=(0.9, 0.99)): lesson.drawing_rate,
                  MuonAdam(others, lesson.others_rate, weight_decay=1e-4): lesson.others_rate}
    generator = torch.Generator().manual_seed(lesson.seed)
    for step in tqdm(range(lesson.drawings), desc="decoder"):
        for optimiser, peak in optimisers.items():
            for group in optimiser.param_groups:
                group["lr"] = peak * _rate(step, lesson.drawings)
            optimiser.zero_grad(set_to_none=True)
        rng = np.random.default_rng([lesson.seed, 1, step])
        targets, _, factors, seeds = material.take(pool, rng, lesson.mini_batches, lesson.of_part)
        clean, told = _pictures(targets[..., :3]), torch.from_numpy(np.stack([labels[seed] for seed in seeds]))
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            mean, log_variance = network.encode(clean)
        noise = torch.randn(mean.shape, generator=generator)  # (N, L)
        codes = (mean + 0.5 * noise * (0.5 * log_variance).exp()).float().unflatten(0, (len(factors), -1))  # (B, K, L)
        active = active_latents(layout, factors)  # (B, 1, L)
        codes = torch.where(active, codes, codes.mean(1, keepdim=True)).flatten(0, 1)  # (N, L)
        codes[:, latents] = noise[:, latents]
        codes[:, told_ones] = told + lesson.noise * noise[:, told_ones]
        with torch.autocast("cpu", torch.bfloat16):
            drawn = network.draft(codes).contiguous()  # (N, 3, s, s)
        meant = F.adaptive_avg_pool2d(clean, drawn.shape[-1]).contiguous()
        error = drawn - meant
        loss = (likelihood.laplace(error) + 0.5 * likelihood.laplace_gradients(error)
                + 1.5 * likelihood.structure(drawn, meant) + likelihood.variation(error, len(factors)))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.decoder.parameters(), 10.0)
        for optimiser in optimisers:
            optimiser.step()


def teach(network: DCIGN, material: Material, labels: Mapping[int, np.ndarray], layout: CodeLayout, augment: AugmentConfig,
          ground: tuple[int, int, int], subject: str, lesson: Lesson = Lesson(), workers: int = 2) -> None:
    """Both halves of the lesson, in place; ``labels`` (M,) by seed. Raises ValueError where check() does."""
    check(network.config, layout, lesson)
    levels, told = [], []
    prepare = partial(_photographed, material, lesson, augment, ground, subject)
    with single_thread_workers(workers) as processes:
        for inputs, seeds in tqdm(processes.map(prepare, range(lesson.inputs)), desc="photographs", total=lesson.inputs):
            levels.append(read_levels(network, _pictures(inputs)))
            told.append(torch.from_numpy(np.stack([labels[seed] for seed in seeds])))
    attention = fit_attention(torch.cat(levels), torch.cat(told), network.config.place_heads, lesson)
    give_attention(network, layout.slice(lesson.part), attention)
    fit_decoder(network, material, labels, layout, lesson)
