"""How a run's learning rate falls, and how its network grows from one phase to the next."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from dcign.networks import DCIGN
from dcign.paper_network import PaperNetwork, new_network

if TYPE_CHECKING:
    from train.presets import Phase, TrainConfig


def rate(phase: Phase, seen: int, step: int, warm_up: int) -> float:
    """Linear warm-up, then half a cosine from the phase's peak rate to its last; ``seen`` pictures of the phase."""
    share = min(seen / phase.pictures, 1.0)
    cosine = 0.5 * (1 + math.cos(math.pi * share))
    return min(1.0, (step + 1) / warm_up) * (phase.last_rate + (phase.rate - phase.last_rate) * cosine)


def place(config: TrainConfig, seen: int) -> dict:
    """Where in its phases a run stands whose weights have seen so many pictures, as Run.progress.

    The rate warms up again, as the optimiser knows nothing yet. Raises ValueError if no phase is left.
    """
    steps, left = 0, seen
    for number, phase in enumerate(config.phases):
        each = phase.mini_batches * config.recipe.per_mini_batch
        if left < phase.pictures:
            return {"phase": number, "seen_in_phase": left, "step_in_phase": 0, "step": steps + left // each}
        steps, left = steps + phase.pictures // each, left - phase.pictures
    raise ValueError(f"These weights have seen all the {config.pictures:,} pictures of the preset: nothing is left to do.")


def networks_for(config: TrainConfig) -> list:
    """One network configuration per phase, the last one being the preset's own."""
    grown = [config.network]
    while grown[0].size > config.phases[0].size:
        grown.insert(0, grown[0].smaller())
    by_size = {network.size: network for network in grown}
    return [by_size[phase.size] for phase in config.phases]


def initial(configuration, seed: int, device: torch.device) -> DCIGN | PaperNetwork:
    """A new network, the same for the same seed wherever it then goes."""
    torch.manual_seed(seed)
    return new_network(configuration).to(device, memory_format=torch.channels_last)


def grow(network: DCIGN, configuration, seed: int, device: torch.device) -> DCIGN:
    """``network`` at the next phase's size; the same object if that is its own."""
    if network.config == configuration:
        return network
    grown = initial(configuration, seed, device)
    grown.grow_from(network)
    return grown.to(device, memory_format=torch.channels_last)


def take_over(network: DCIGN | PaperNetwork, given: DCIGN | PaperNetwork) -> None:
    """Start ``network`` from given weights: of its own shape, or one that DCIGN.widen_from() takes. Appearance flow stays
    behind where ``network`` has none: it was learned from what the given decoder draws.

    Raises ValueError for any other.
    """
    if given.flow is not None and network.flow is None:
        given = given.without_flow()
    if given.config == network.config:
        network.load_state_dict(given.state_dict())
        return
    try:
        network.widen_from(given)
    except (AttributeError, ValueError, TypeError) as error:
        raise ValueError(f"These weights are of another network than the preset's ({error}).") from error
