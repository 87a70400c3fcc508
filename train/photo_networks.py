"""The commands that teach the small networks that prepare a photograph: `python -m train framing` and `matting`."""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING

from train.options import data_of, pictures_folder

if TYPE_CHECKING:
    from torch import Tensor, nn

    from train.photographs import Photographs, Plan


def run_framing(arguments: argparse.Namespace) -> int:
    """Where in a photograph the head is (framing.py)."""
    from dcign.framing import FramingNetwork
    from train.framing import FramingPlan, WidePictures, card, errors, loss_of

    plan = _asked(FramingPlan(), arguments)
    return _run(arguments, plan, FramingNetwork, WidePictures, partial(loss_of, plan=plan), errors, card)


def run_matting(arguments: argparse.Namespace) -> int:
    """Which pixels of a photograph are the object's (matting.py)."""
    from dcign.matting import MattingNetwork
    from train.matting import MattingPlan, PlacedObjects, card, errors, loss_of

    plan = _asked(MattingPlan(), arguments)
    return _run(arguments, plan, MattingNetwork, PlacedObjects, loss_of, errors, card)


def _asked(plan: Plan, arguments: argparse.Namespace) -> Plan:
    plan = plan if arguments.pictures is None else replace(plan, pictures=arguments.pictures)
    if plan.pictures < plan.a_step:
        raise ValueError(f"--pictures must be {plan.a_step} or more: so many are in a step.")
    return plan


def _run(arguments: argparse.Namespace, plan: Plan, make: Callable[[], nn.Module], photographs: Callable[..., Photographs],
         loss_of: Callable[[object, Tensor], Tensor], errors: Callable, card: Callable[..., str]) -> int:
    import torch
    from tqdm import tqdm

    from dcign import photo_networks, storage
    from train.batches import Rendering
    from train.card import DATA, refresh_index
    from train.photographs import HELD_OUT, learn
    from train.presets import preset
    from train.scenes import STAGES

    name, kind = arguments.source, arguments.command
    if arguments.shards < 2:
        raise ValueError("--shards must be 2 or more: the last one is kept for measuring.")
    torch.set_num_threads(arguments.threads or torch.get_num_threads())
    torch.manual_seed(plan.seed)
    network, recipe, ground = make(), preset("studio", name).recipe, STAGES[name].rig.ground
    size = network.config.size
    paths = Rendering(pictures_folder(arguments, name), name, size, arguments.shards, data_of(arguments), None, recipe,
                      first=arguments.first_shard).wait()
    held_out, renders = photographs(paths[-1:], ground, plan, size, HELD_OUT), len(paths[:-1]) * recipe.pictures

    def save(network: nn.Module, seen: int) -> None:
        whole = copy.deepcopy(network)
        storage.round_to_stored(whole)
        measured = errors(whole, held_out)
        folder = photo_networks.save(arguments.output, kind, whole, {"source": name, "pictures": seen, "renders": renders}, asdict(measured))
        (folder / "README.md").write_text(card(name, seen, renders, measured, DATA[name]), encoding="utf-8")
        refresh_index(folder)
        tqdm.write(f"{seen:,} pictures: {measured}")

    learn(network, photographs(paths[:-1], ground, plan, size), loss_of, kind, save)
    print(f"a network for {kind} in {arguments.output}")
    return 0
