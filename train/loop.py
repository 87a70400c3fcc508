"""fit(): the training loop. It knows pictures, factors and a configuration, and no class of things.

Every random number of a step comes from a generator seeded with (seed, step), and mini-batches from a position, so a
run that was stopped and resumed takes the same steps as one that was not.
"""

from __future__ import annotations

import copy
import json
import math
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from dcign.graphics_code import CodeLayout
from dcign.networks import DCIGN
from dcign.paper_network import PaperNetwork, new_network
from train import objective, state
from train.augment import augment
from train.clamp import active_latents, clamp_by_both, clamp_by_swap, clamp_to_mean
from train.optimiser import MuonAdam
from train.pool import Pool
from train.presets import Phase, TrainConfig
from train.preview import save_reconstructions


@dataclass(frozen=True)
class Outcome:
    """What fit() leaves: the averaged network, pictures seen, and whether the configuration's budget is reached."""

    network: DCIGN | PaperNetwork
    pictures: int
    finished: bool


def networks_for(config: TrainConfig) -> list:
    """One network configuration per phase, the last one being the preset's own."""
    grown = [config.network]
    while grown[0].size > config.phases[0].size:
        grown.insert(0, grown[0].smaller())
    by_size = {network.size: network for network in grown}
    return [by_size[phase.size] for phase in config.phases]


def _new_network(configuration, seed: int) -> DCIGN | PaperNetwork:
    torch.manual_seed(seed)
    return new_network(configuration).to(memory_format=torch.channels_last)


class RMSprop(torch.optim.Optimizer):
    """RMSprop (Tieleman and Hinton 2012; alpha 0.99), its mean square corrected for its start from zero.

    The authors' own rmsprop corrects it too; without, the first step is ten times too large and the paper's network
    never recovers from it. The state has the names that train/state.py keeps.
    """

    def __init__(self, parameters, lr: float, momentum: float, weight_decay: float):
        super().__init__(parameters, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in (p for p in group["params"] if p.grad is not None):
                state = self.state[p]
                if not state:
                    state |= {"step": torch.zeros(()), "exp_avg": torch.zeros_like(p), "exp_avg_sq": torch.zeros_like(p)}
                state["step"] += 1
                gradient = p.grad.add(p, alpha=group["weight_decay"])
                state["exp_avg_sq"].mul_(0.99).addcmul_(gradient, gradient, value=0.01)
                size = (state["exp_avg_sq"] / (1 - 0.99 ** float(state["step"]))).sqrt_().add_(1e-8)
                state["exp_avg"].mul_(group["momentum"]).addcdiv_(gradient, size)
                p.add_(state["exp_avg"], alpha=-group["lr"])


def _optimiser(network: torch.nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    if config.optimiser == "muon":
        return MuonAdam(network, lr=1.0, weight_decay=config.weight_decay)
    if config.optimiser == "rmsprop":
        return RMSprop(network.parameters(), lr=1.0, momentum=config.momentum, weight_decay=config.weight_decay)
    return torch.optim.AdamW(network.parameters(), lr=1.0, betas=(0.9, 0.99), weight_decay=config.weight_decay,
                             fused=True)


def _rate(phase: Phase, seen: int, step: int, warm_up: int) -> float:
    """Linear warm-up, then half a cosine from the phase's peak rate to its last."""
    share = min(seen / phase.pictures, 1.0)
    cosine = 0.5 * (1 + math.cos(math.pi * share))
    return min(1.0, (step + 1) / warm_up) * (phase.last_rate + (phase.rate - phase.last_rate) * cosine)


def losses(network: torch.nn.Module, inputs: Tensor, targets: Tensor, factors: list[str], config: TrainConfig,
           generator: torch.Generator, kl: float) -> tuple[Tensor, dict[str, Tensor], Tensor]:
    """One step of Sec. 3.1 on several one-factor mini-batches: the loss, its named terms, the reconstruction."""
    if config.procedure == "sgvb":
        return objective.sgvb(network, inputs, targets, factors, config, generator, kl)
    layout = CodeLayout(config.layout)
    mean, log_variance = network.encode(inputs)  # step 3
    latents = objective.sample(mean, log_variance, generator)
    grouped = latents.unflatten(0, (len(factors), -1))  # (B, K, L)
    active = active_latents(layout, factors).to(latents.device)
    if config.clamp == "mean":
        grouped = clamp_to_mean(grouped, active, config.invariance)  # steps 4, 5, 7
    else:
        clamp = clamp_by_both if config.clamp == "both" else clamp_by_swap
        grouped = clamp(grouped, active, layout, generator)
    reconstruction = network.decode(grouped.flatten(0, 1))  # step 6
    divergence = objective.kl_divergence(mean, log_variance)
    terms = {"kl": divergence}
    if config.likelihood == "bernoulli":
        terms["bernoulli"] = objective.bernoulli(reconstruction, targets)
        loss = (terms["bernoulli"] + kl * divergence) / targets[0].numel()
    else:
        terms[config.likelihood] = getattr(objective, config.likelihood)(reconstruction, targets)
        terms["edges"] = objective.laplace_gradients(reconstruction, targets)
        loss = terms[config.likelihood] + config.edges * terms["edges"] + kl * divergence / config.values
        if config.variation:
            terms["variation"] = objective.variation(reconstruction, targets, len(factors))
            loss = loss + config.variation * terms["variation"]
    terms["mse"] = (reconstruction - targets).square().mean()
    return loss, {name: value.detach() for name, value in terms.items()}, reconstruction.detach()


class _Stop:
    """SIGTERM and SIGINT end the run after the step under way."""

    def __init__(self):
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, *_):
        self.asked = True


def fit(pool: Pool, ground: tuple[int, int, int], config: TrainConfig, folder: Path, minutes: float | None = None,
        resume: bool = True, save_every: float = 180.0, preview_every: float = 300.0) -> Outcome:
    """Train until the budget of pictures or minutes is spent; state, log and previews go to ``folder``.

    Raises ValueError if ``pool`` does not hold the mini-batches that the configuration asks for.
    """
    if (pool.recipe, pool.mixed) != (config.recipe, config.mixed):
        raise ValueError("These mini-batches are not the preset's: open them with train.pool.open_pool().")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config.to_dict(), indent=1))
    path, shapes = folder / "state.safetensors", networks_for(config)
    progress = {"phase": 0, "seen_in_phase": 0, "step_in_phase": 0, "step": 0, "position": 0, "seconds": 0.0}
    resumed = resume and path.exists()
    if resumed:
        progress = state.read_progress(path)
    network = _new_network(shapes[progress["phase"]], config.seed)
    average = copy.deepcopy(network).requires_grad_(False)
    optimiser = _optimiser(network, config)
    if resumed:
        state.restore(path, network, average, optimiser)
    ground_colour = torch.tensor(ground) / 255.0
    stop, started, last_save, last_preview = _Stop(), time.monotonic(), time.monotonic(), 0.0
    before = progress["seconds"]
    seen = sum(p.pictures for p in config.phases[:progress["phase"]]) + progress["seen_in_phase"]
    bar = tqdm(total=config.pictures, initial=seen, unit="pictures", smoothing=0.05)
    log = (folder / "log.jsonl").open("a")

    def keep():
        progress["seconds"] = before + time.monotonic() - started
        state.save(path, network, average, optimiser, progress)

    try:
        while progress["phase"] < len(config.phases):
            phase = config.phases[progress["phase"]]
            if progress["seen_in_phase"] >= phase.pictures:
                if progress["phase"] + 1 == len(config.phases):
                    break
                progress |= {"phase": progress["phase"] + 1, "seen_in_phase": 0, "step_in_phase": 0}
                network, average = (_grow(n, shapes[progress["phase"]], config) for n in (network, average))
                average.requires_grad_(False)
                optimiser = _optimiser(network, config)
                continue
            generator = torch.Generator().manual_seed(config.seed * 1_000_003 + progress["step"])
            waiting = time.monotonic()
            pictures, factors = pool.take(progress["position"], phase.mini_batches, phase.size)
            targets = pictures[:, :3].contiguous(memory_format=torch.channels_last)
            inputs = targets if config.augment is None else augment(pictures, ground_colour, config.augment, generator)
            inputs = inputs.contiguous(memory_format=torch.channels_last)
            waiting = time.monotonic() - waiting
            rate = _rate(phase, progress["seen_in_phase"], progress["step_in_phase"], config.warm_up)
            for group in optimiser.param_groups:
                group["lr"] = rate
            with torch.autocast("cpu", torch.bfloat16):
                loss, terms, reconstruction = losses(network, inputs, targets, factors, config, generator,
                                                      config.kl * min(1.0, (progress["step"] + 1) / config.kl_warm_up))
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(network.parameters(), math.inf if config.clip is None else config.clip)
            optimiser.step()
            progress["step"] += 1
            progress["step_in_phase"] += 1
            decay = min(config.ema, (1 + progress["step"]) / (10 + progress["step"]))
            with torch.no_grad():
                torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - decay)
            count = phase.mini_batches * config.recipe.per_mini_batch
            progress["position"] += phase.mini_batches
            progress["seen_in_phase"] += count
            seen += count
            bar.update(count)
            if progress["step"] % 25 == 0:
                record = {name: round(float(value), 6) for name, value in terms.items()}
                bar.set_postfix(record | {"size": phase.size})
                rest = {"step": progress["step"], "pictures": seen, "size": phase.size, "rate": rate,
                        "norm": float(norm), "waiting": waiting, "per_second": bar.format_dict["rate"]}
                print(json.dumps(rest | record), file=log, flush=True)
            now = time.monotonic()
            if now - last_preview > preview_every:
                last_preview = now
                save_reconstructions(folder / f"preview-{seen:08d}.png", inputs, targets, reconstruction)
            if now - last_save > save_every:
                last_save = now
                keep()
            if stop.asked or (minutes is not None and now - started > minutes * 60):
                break
    finally:
        keep()
        bar.close()
        log.close()
    return Outcome(average, seen, seen >= config.pictures)


def _grow(network: DCIGN, shape, config: TrainConfig) -> DCIGN:
    if network.config == shape:
        return network
    grown = _new_network(shape, config.seed + 1)
    grown.grow_from(network)
    return grown.to(memory_format=torch.channels_last)
