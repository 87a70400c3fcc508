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
    from dcign import head_finder
    from dcign.framing import FramingNetwork
    from train.framing import FramingPlan, WidePictures, card, errors, loss_of

    plan = _asked(FramingPlan(), arguments)
    network = head_finder.load(arguments.start).network if arguments.start else _new(FramingNetwork, plan)
    return _run(arguments, network, plan, WidePictures, partial(loss_of, plan=plan), errors, card)


def run_matting(arguments: argparse.Namespace) -> int:
    """Which pixels of a photograph are the object's (matting.py)."""
    from dcign import cut_out
    from dcign.matting import MattingNetwork
    from train.matting import MattingPlan, PlacedObjects, card, errors, loss_of

    plan = _asked(MattingPlan(), arguments)
    network = cut_out.load(arguments.start).network if arguments.start else _new(MattingNetwork, plan)
    return _run(arguments, network, plan, PlacedObjects, loss_of, errors, card)


def _asked(plan: Plan, arguments: argparse.Namespace) -> Plan:
    plan = replace(plan, pictures=plan.pictures if arguments.pictures is None else arguments.pictures,
                   rate=plan.rate if arguments.rate is None else arguments.rate)
    if plan.pictures < plan.a_step:
        raise ValueError(f"--pictures must be {plan.a_step} or more: so many are in a step.")
    return plan


def _new(make: Callable[[], nn.Module], plan: Plan) -> nn.Module:
    import torch

    torch.manual_seed(plan.seed)
    return make()


def _run(arguments: argparse.Namespace, network: nn.Module, plan: Plan, photographs: Callable[..., Photographs],
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
    recipe, ground = preset("studio", name).recipe, STAGES[name].rig.ground
    size = network.config.size
    paths = Rendering(pictures_folder(arguments, name), name, size, arguments.shards, data_of(arguments), None, recipe,
                      first=arguments.first_shard).wait()
    before = photo_networks.training(arguments.start)["pictures"] if arguments.start else 0
    held_out, renders = photographs(paths[-1:], ground, plan, size, HELD_OUT), len(paths[:-1]) * recipe.pictures

    def save(network: nn.Module, seen: int) -> None:
        whole = copy.deepcopy(network)
        storage.round_to_stored(whole)
        measured = errors(whole, held_out)
        told = {"source": name, "pictures": before + seen, "renders": renders}
        folder = photo_networks.save(arguments.output, kind, whole, told, asdict(measured))
        (folder / "README.md").write_text(card(name, before + seen, renders, measured, DATA[name]), encoding="utf-8")
        refresh_index(folder)
        tqdm.write(f"{seen:,} pictures: {measured}")

    learn(network, photographs(paths[:-1], ground, plan, size), loss_of, kind, save)
    print(f"a network for {kind} in {arguments.output}")
    return 0
