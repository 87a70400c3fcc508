"""How the parameters of a network are kept in a file: in 16 bits, and where these would take more than 10 MB, large kernels
of the encoder in 8.

    save_file(packed(network), "model.safetensors")
    network.load_state_dict(unpacked(load_file("model.safetensors")))

A kernel in 8 bits has one scale for every output, beside it in the file (``name.scale``). What an encoder reads a hundredth
less exactly is far below the noise of its own posterior; a decoder's kernels keep 16 bits.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

LIMIT = 10_000_000  # bytes of parameters in 16 bits
SMALLEST = 2**15  # weights of a kernel that is worth it
SCALE = ".scale"


def packed(network: nn.Module) -> dict[str, Tensor]:
    """The state of ``network`` as it is stored, on the CPU. Buffers (running statistics) are small and may exceed the range
    of 16 bits: they stay as they are."""
    parameters = dict(network.named_parameters())
    state = {name: value.detach().cpu() for name, value in network.state_dict().items()}
    too_large = 2 * sum(parameter.numel() for parameter in parameters.values()) > LIMIT
    tensors = {}
    for name, value in state.items():
        if name not in parameters:
            tensors[name] = value.clone()
        elif too_large and name.startswith("encoder.") and value.ndim > 1 and value.numel() >= SMALLEST:
            tensors[name], tensors[name + SCALE] = _eight_bits(value)
        else:
            tensors[name] = value.half()
    return {name: value.contiguous() for name, value in tensors.items()}


def unpacked(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state of a network from what packed() made of it. Raises ValueError for scales that do not fit."""
    state = {name: value for name, value in tensors.items() if not name.endswith(SCALE)}
    for name in tensors.keys() - state.keys():
        kernel, scale = state.get(name.removesuffix(SCALE)), tensors[name]
        if kernel is None or kernel.dtype != torch.int8 or scale.shape != kernel.shape[:1]:
            raise ValueError(f"{name} belongs to no kernel in 8 bits")
        state[name.removesuffix(SCALE)] = kernel.float() * _beside(scale, kernel)
    return state


def has_eight_bits(names: Iterable[str]) -> bool:
    """Whether these are the names of tensors of which some are kept in 8 bits."""
    return any(name.endswith(SCALE) for name in names)


def bits(file: str | os.PathLike) -> str:
    """In words, how a file that holds what packed() gives keeps it."""
    from safetensors import safe_open

    with safe_open(file, "pt") as tensors:
        eight = has_eight_bits(tensors.keys())
    return "16-bit safetensors" + (", the encoder's large kernels in 8 bits" if eight else "")


@torch.no_grad()
def round_to_stored(network: nn.Module) -> None:
    """Give ``network`` the weights that a file would give back. Weights that decayed to almost nothing, which make a CPU
    crawl, become zero besides."""
    network.load_state_dict(unpacked(packed(network)))


def _eight_bits(kernel: Tensor) -> tuple[Tensor, Tensor]:
    """(out, ...) as int8 and the scale (out,) of each output; a kernel that has been rounded so comes back the same."""
    scale = (kernel.flatten(1).abs().amax(1) / 127).bfloat16()  # few bits: multiples of it are exact
    steps = kernel / _beside(scale, kernel).clamp_min(torch.finfo(torch.float32).tiny)
    return steps.round_().clamp_(-127, 127).to(torch.int8), scale


def _beside(scale: Tensor, kernel: Tensor) -> Tensor:
    return scale.float().view(-1, *[1] * (kernel.ndim - 1))
