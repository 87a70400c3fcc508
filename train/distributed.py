"""One process among several (torchrun), or the only one.

    torchrun --nproc-per-node 2 -m train faces

Each process takes its own mini-batches of a step; a mini-batch never spans processes, as its mean is taken in it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
import torch.distributed
import torch.distributed.nn.functional
from torch import Tensor


@dataclass(frozen=True)
class World:
    """This process's number, how many there are, and the device it works on."""

    rank: int
    size: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0


def device_named(name: str) -> torch.device:
    """cpu, cuda, or auto. Raises ValueError if CUDA is asked for and there is none."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise ValueError("There is no CUDA device here: leave --device out, or say --device cpu.")
    return torch.device(name)


def join(device: str = "auto") -> World:
    """Join the processes that torchrun started; alone without torchrun. nccl on GPUs, gloo on CPUs."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    where = device_named(device)
    if size == 1:
        return World(0, 1, where)
    if where.type == "cuda":
        where = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(where)
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if where.type == "cuda" else "gloo")
    return World(torch.distributed.get_rank(), size, where)


def leave() -> None:
    """Undo join(), together: a process that left early would break the others' last exchange."""
    if torch.distributed.is_initialized():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()


def mean_over_processes(value: Tensor) -> Tensor:
    """The mean of a detached value over all processes."""
    value = value.detach().clone()
    if torch.distributed.is_initialized():
        torch.distributed.all_reduce(value)
        value /= torch.distributed.get_world_size()
    return value


def processes() -> int:
    """How many take part in a step."""
    return torch.distributed.get_world_size() if torch.distributed.is_initialized() else 1


def any_process(flag: bool, world: World) -> bool:
    """Whether the flag is raised in any process, so that all of them stop after the same step."""
    if world.size == 1:
        return flag
    raised = torch.tensor(float(flag), device=world.device)
    torch.distributed.all_reduce(raised, torch.distributed.ReduceOp.MAX)
    return bool(raised)


def wait_for_first(world: World) -> None:
    """Go on when all processes have come here."""
    if world.size > 1:
        torch.distributed.barrier()
