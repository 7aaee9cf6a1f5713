"""What a recipe's nets prediction to the golden question here, in the sources that they come from."""

from __future__ import annotations

import contextlib
import math
import warnings
from typing import TYPE_CHECKING

import torch

from model_zoo.nets.ensemble import Ensemble
from submission_builder.base.errors import RecipeError
from submission_builder.freeze.member import Script
from submission_builder.freeze.own_net import OwnNet, importable
from submission_builder.freeze.stored import halved
from submission_builder.protocol.golden import golden_windows

if TYPE_CHECKING:
    from torch import Tensor, nn

    from submission_builder.freeze.member import Blend, Member


def golden_predictions(blend: Blend, challenge: int, *, half: bool = False) -> list[float]:
    """Build a challenge's nets and ask them the golden question, window by window as the server does.

    Parameters
    ----------
    blend
        The nets.
    challenge
        Its number, for messages.
    half
        Whether the weights go through half precision first.

    Raises
    ------
    RecipeError
        If what is asked raises, or an prediction is not one finite number.
    """
    with contextlib.ExitStack() as stack:
        for member in blend.members:
            if isinstance(member.net, OwnNet):
                stack.enter_context(importable(member.net.own))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # of how a net is written: its owner heard it in training
        try:
            net = _assembled(blend, half=half)
            with torch.inference_mode():
                predictions = [net.forward(window) for window in torch.from_numpy(golden_windows()).unsqueeze(1)]
        except Exception as error:  # the user's own code, or a shape that it does not take
            raise RecipeError(f"challenge {challenge} raised {type(error).__name__} at a window: {error}") from error
    return [_one(prediction, challenge) for prediction in predictions]


def _assembled(blend: Blend, *, half: bool) -> nn.Module:
    """Put a challenge's nets together as ``submission.py`` does."""
    nets = [_loaded(member, half=half) for member in blend.members]
    net: nn.Module = Ensemble(nets, blend.weights) if len(nets) > 1 else nets[0]
    for row, kwargs in blend.wrappers:
        net = row.build(net, kwargs)
    return net.eval()


def _loaded(member: Member, *, half: bool) -> nn.Module:
    """Build a net with its weights mapped from their file, so that many members need the memory of one."""
    net = member.net.build()
    if member.weights is not None and not isinstance(member.net, Script):
        state = member.weights.state()
        state, own = (halved(state, member.label) if half else state), net.state_dict()
        net.load_state_dict({name: tensor.to(own[name].dtype) for name, tensor in state.items()}, assign=True)
    return net


def _one(prediction: Tensor, challenge: int) -> float:
    """Read an prediction as the server does."""
    if not isinstance(prediction, torch.Tensor) or tuple(prediction.shape) != (1, 1):
        found = tuple(prediction.shape) if isinstance(prediction, torch.Tensor) else f"a {type(prediction).__name__}"
        raise RecipeError(f"challenge {challenge} predicted {found} to a window (1, 129, 200); (1, 1) is expected")
    value = float(prediction)
    if not math.isfinite(value):
        raise RecipeError(f"challenge {challenge} predicted {value} to a golden window; a finite number is expected")
    return value
