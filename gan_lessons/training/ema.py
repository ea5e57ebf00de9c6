"""Exponential moving average of weights, the version of a network that one uses."""

import copy

import torch
from torch import nn


def averaged_copy(network: nn.Module) -> nn.Module:
    """A frozen copy to average into.

    Args:
        network: any module.

    Returns:
        An equal module whose parameters take no gradient.
    """
    return copy.deepcopy(network).requires_grad_(False).eval()


@torch.no_grad()
def update(average: nn.Module, network: nn.Module, decay: float) -> None:
    """theta_ema <- decay * theta_ema + (1 - decay) * theta; buffers are copied.

    Args:
        average: made by `averaged_copy`, changed in place.
        network: the one in training.
        decay: in [0, 1]; 0 copies.
    """
    averages, current = list(average.parameters()), list(network.parameters())
    torch._foreach_lerp_(averages, current, 1 - decay)
    buffers = list(average.buffers())
    if buffers:
        torch._foreach_copy_(buffers, list(network.buffers()))
