"""fit(): the training loop. It knows pictures, factors and a configuration, and no class of things.

Every random number of a step comes from a seed made of (seed, step, mini-batch), and mini-batches from a position, so
a run that was stopped or killed and resumed takes the same steps as one that was not.
"""

from __future__ import annotations

import copy
import json
import math
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from dcign.networks import DCIGN
from dcign.paper_network import PaperNetwork
from train import state
from train.distributed import World, any_process, mean_over_processes, wait_for_first
from train.draws import draw
from train.feeder import Feeder
from train.journal import Journal, Limits
from train.optimiser import optimiser_for
from train.presets import TrainConfig
from train.procedure import Procedure, decorrelation_of
from train.schedule import grow, initial, networks_for, place, rate, take_over

ALONE = World(0, 1, torch.device("cpu"))


@dataclass(frozen=True)
class Outcome:
    """What fit() leaves: the averaged network, pictures seen, and whether the configuration's budget is reached."""

    network: DCIGN | PaperNetwork
    pictures: int
    finished: bool
    history: tuple[dict, ...] = ()  # of the weights that the run began with


@dataclass(frozen=True)
class Start:
    """Weights that a new run goes on from, in 32 bits, and how many pictures they have seen; all else starts afresh.

    ``history``: a dictionary for each stage that made them, for the card.
    """

    network: DCIGN | PaperNetwork
    pictures: int
    history: tuple[dict, ...] = ()


class _Stop:
    """SIGTERM and SIGINT end the run after the step under way, until restore()."""

    def __init__(self):
        self.asked = False
        self._before = {number: signal.signal(number, self._ask) for number in (signal.SIGTERM, signal.SIGINT)}

    def _ask(self, *_):
        self.asked = True

    def restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def _to_device(pictures: np.ndarray, device: torch.device) -> Tensor:
    """(N, S, S, C) uint8 to (N, C, S, S) floats in [0, 1], channels last."""
    tensor = torch.from_numpy(pictures)
    if device.type == "cuda":
        tensor = tensor.pin_memory().to(device, non_blocking=True)
    return tensor.permute(0, 3, 1, 2).float().div_(255.0)


class Run:
    """The networks, the optimiser and where the run stands; what a state file holds."""

    def __init__(self, config: TrainConfig, path: Path, world: World, resume: bool, compiled: bool,
                 start: Start | None = None):
        self.config, self.path, self.world, self.compiled = config, path, world, compiled
        self.shapes = networks_for(config)
        self.norm, self.whole = 0.0, True  # of the last step's gradient; whether that step was taken to its end
        self.progress = {"phase": 0, "seen_in_phase": 0, "step_in_phase": 0, "step": 0, "position": 0, "seconds": 0.0}
        resumed = resume and path.exists()
        if resumed:
            self.progress = state.read_progress(path)
        elif start is not None:
            self.progress |= place(config, start.pictures) | {"history": list(start.history)}
        self.decorrelation = decorrelation_of(config, world.device)
        network = initial(self.shapes[self.progress["phase"]], config.seed, world.device)
        if start is not None and not resumed:
            take_over(network, start.network)
        self._take(network)
        if resumed:
            state.restore(path, self.network, self.average, self.optimiser, self.decorrelation)

    def _take(self, network: DCIGN | PaperNetwork, average: DCIGN | PaperNetwork | None = None) -> None:
        self.network = network
        self.average = (copy.deepcopy(network) if average is None else average).requires_grad_(False)
        self.optimiser = optimiser_for(network, self.config)
        procedure = Procedure(network, self.config, self.decorrelation)
        if self.compiled:
            procedure = torch.compile(procedure)
        self.procedure = procedure if self.world.size == 1 else DistributedDataParallel(procedure)

    @property
    def seen(self) -> int:
        return (sum(phase.pictures for phase in self.config.phases[:self.progress["phase"]])
                + self.progress["seen_in_phase"])

    def next_phase(self) -> None:
        """Grow both networks to the size of the next phase."""
        self.progress |= {"phase": self.progress["phase"] + 1, "seen_in_phase": 0, "step_in_phase": 0}
        shape = self.shapes[self.progress["phase"]]
        self._take(*(grow(n, shape, self.config.seed + 1, self.world.device) for n in (self.network, self.average)))

    def save(self) -> None:
        """Write the state, unless a step was left halfway. Raises FloatingPointError, and leaves the last state where
        it is, if the last gradient was not finite: the weights are lost."""
        if not self.whole:
            return
        if not math.isfinite(float(self.norm)):
            raise self._lost()
        if self.world.first:
            state.save(self.path, self.network, self.average, self.optimiser, self.progress, self.decorrelation)

    def _lost(self) -> FloatingPointError:
        return FloatingPointError(f"the gradient is not finite any more at step {self.progress['step']}: run again to go on "
                                  "from the last state, and if it comes back, give the preset a lower rate")

    def step(self, inputs: Tensor, targets: Tensor, factors: list[str], lr: float, refined: int = 0, features: float = 0.0):
        """One step: terms of the loss, the reconstruction, the gradient's norm. Raises FloatingPointError as save() does."""
        config, progress, world, self.whole = self.config, self.progress, self.world, False
        draws = draw(config.seed, progress["step"], world.rank * len(factors), len(factors),
                     config.recipe.per_mini_batch, config.network.latents, len(config.layout)).to(world.device)
        for group in self.optimiser.param_groups:
            group["lr"] = lr
        kl = config.kl * min(1.0, (progress["step"] + 1) / config.kl_warm_up)
        try:
            with torch.autocast(world.device.type, torch.bfloat16):
                loss, terms, reconstruction = self.procedure(inputs, targets, factors, draws, kl, refined, features)
        except torch.linalg.LinAlgError as error:  # decorrelation's regression, of weights that the last step lost
            raise self._lost() from error
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        most = math.inf if config.clip is None else config.clip
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), most)
        self.optimiser.step()
        progress["step"] += 1
        progress["step_in_phase"] += 1
        decay = min(config.ema, (1 + progress["step"]) / (10 + progress["step"]))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.network.parameters()), 1 - decay)
        self.norm, self.whole = norm, True
        return terms, reconstruction.detach(), norm


def fit(feeder: Feeder, config: TrainConfig, folder: Path, limits: Limits = Limits(), resume: bool = True,
        world: World = ALONE, compiled: bool = False, start: Start | None = None) -> Outcome:
    """Train until the budget or a limit is reached; state, log and previews go to ``folder``.

    Without a state to resume, a run begins with random weights or with those of ``start``. Raises ValueError if these
    do not fit the preset, or if ``feeder`` does not serve the mini-batches that the configuration asks for.
    """
    if (feeder.plan.recipe, feeder.plan.mixed) != (config.recipe, config.mixed):
        raise ValueError("These mini-batches are not the preset's: open them with train.feeder.open_feeder().")
    run = Run(config, folder / "state.safetensors", world, resume, compiled, start)
    if world.first:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(config.to_dict(), indent=1))
    wait_for_first(world)
    progress = run.progress
    stop, started, last_save = _Stop(), time.monotonic(), time.monotonic()
    before = progress["seconds"]
    journal = Journal(folder, config.pictures, run.seen, limits) if world.first else None
    try:
        while True:
            phase = config.phases[progress["phase"]]
            if progress["seen_in_phase"] >= phase.pictures:
                if progress["phase"] + 1 == len(config.phases):
                    break
                run.next_phase()
                continue
            waiting = time.monotonic()
            together = phase.mini_batches * world.size
            batch = feeder.take(progress["position"] + world.rank * phase.mini_batches, phase.mini_batches, phase.size,
                                together)
            waiting = time.monotonic() - waiting
            targets, inputs = (_to_device(p, world.device) for p in (batch.targets, batch.inputs))
            lr = rate(phase, progress["seen_in_phase"], progress["step_in_phase"], config.warm_up)
            terms, reconstruction, norm = run.step(inputs, targets, batch.factors, lr, phase.refined, phase.features)
            progress["position"] += together
            progress["seen_in_phase"] += together * config.recipe.per_mini_batch
            progress["seconds"] = before + time.monotonic() - started
            now = time.monotonic()
            if progress["step"] % limits.log_every == 0:
                terms = {name: mean_over_processes(value) for name, value in terms.items()}
            if journal is not None:
                journal.step(progress["step"], run.seen, waiting, phase.size, lr, norm, terms)
                journal.preview(run.seen, inputs, targets, reconstruction)
            if now - last_save > limits.save_every:
                last_save = now
                run.save()
            over = ((limits.minutes is not None and now - started > limits.minutes * 60)
                    or (limits.pictures is not None and run.seen >= limits.pictures))
            if any_process(stop.asked or over, world):
                break
    finally:
        stop.restore()
        try:
            run.save()
        finally:
            if journal is not None:
                journal.close()
    return Outcome(run.average, run.seen, run.seen >= config.pictures, tuple(progress.get("history", ())))
