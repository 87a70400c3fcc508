"""One part of a network that learns while the rest is held still; its running average is what stays."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

import torch
from torch import Tensor, nn
from tqdm import tqdm

from train.optimiser import MuonAdam

Views = TypeVar("Views")


class Pace(Protocol):
    """Of a lesson: the rate at its peak, the steps over which it rises, and how slowly the weights that are kept follow."""

    rate: float
    first_steps: int
    average: float


class PartLearner:
    """``part`` is the average, in place; ``learning`` its copy that takes the steps, of which there will be so many."""

    def __init__(self, part: nn.Module, plan: Pace, steps: int, weight_decay: float):
        self.part, self.plan, self.steps, self.number = part, plan, steps, 0
        self.learning = copy.deepcopy(part).requires_grad_(True).train()
        self.optimiser = MuonAdam(self.learning, lr=1.0, weight_decay=weight_decay)

    def step(self, loss: Tensor) -> None:
        """One step down the loss. Raises FloatingPointError if it is not finite."""
        if not torch.isfinite(loss):
            raise FloatingPointError(f"The loss is {float(loss)} at step {self.number}: choose a lower rate.")
        plan, number = self.plan, self.number
        rate = plan.rate * min(1.0, (number + 1) / plan.first_steps) * (0.02 + 0.49 * (1 + math.cos(math.pi * number / self.steps)))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.learning.parameters(), 1.0)
        self.optimiser.step()
        decay = min(plan.average, (1 + number) / (10 + number))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.part.parameters()), list(self.learning.parameters()), 1 - decay)
        self.number += 1

    def lesson(self, views: Iterator[Views], each: int, name: str, save: Callable[[int], object],
               save_every: float) -> Iterator[tuple[Views, tqdm]]:
        """All that is learned from, with a progress bar; step() is to be called for each. ``save`` is called every so many seconds, and
        at the end, with the number of views so far, of which there are ``each`` in a step."""
        saved = time.monotonic()
        with tqdm(total=self.steps * each, unit="views", desc=name) as bar:
            for some in views:
                yield some, bar
                bar.update(each)
                if time.monotonic() - saved > save_every:
                    save(self.number * each)
                    saved = time.monotonic()
        save(self.number * each)
