"""The golden predictions of a recipe: the nets are built here, from their sources, and predict the golden windows."""

from __future__ import annotations

import contextlib
import math
import warnings
from typing import TYPE_CHECKING

import torch

from model_zoo.nets.ensemble import Ensemble
from submission_builder.base.errors import RecipeError
from submission_builder.freeze.net_source import ScriptNet
from submission_builder.freeze.own_net import OwnNet, importable
from submission_builder.freeze.weights_entries import to_half
from submission_builder.protocol.golden import golden_windows

if TYPE_CHECKING:
    from torch import Tensor, nn

    from submission_builder.freeze.model import Member, Model


def golden_predictions(model: Model, challenge: int, *, half: bool = False) -> list[float]:
    """Predict the golden windows one by one, as the server does.

    Parameters
    ----------
    model
        The model of the challenge.
    challenge
        Number of the challenge, for messages.
    half
        Round the weights to half precision first.

    Raises
    ------
    RecipeError
        If the model raises, or a prediction is not one finite number.
    """
    with contextlib.ExitStack() as stack:
        for member in model.members:
            if isinstance(member.source, OwnNet):
                stack.enter_context(importable(member.source.own))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # warnings of the net's own code are not useful here
        try:
            net = _assembled(model, half=half)
            with torch.inference_mode():
                predictions = [net.forward(window) for window in torch.from_numpy(golden_windows()).unsqueeze(1)]
        except Exception as error:  # the user's own code, or a shape that the net does not take
            raise RecipeError(
                f"the model of challenge {challenge} raises {type(error).__name__} on a golden window: {error}"
            ) from error
    return [_value(prediction, challenge) for prediction in predictions]


def _assembled(model: Model, *, half: bool) -> nn.Module:
    """Assemble a model as ``submission.py`` does."""
    nets = [_loaded(member, half=half) for member in model.members]
    net: nn.Module = Ensemble(nets, model.shares) if len(nets) > 1 else nets[0]
    for wrapper, kwargs in model.wrappers:
        net = wrapper.build(net, kwargs)
    return net.eval()


def _loaded(member: Member, *, half: bool) -> nn.Module:
    """Build a net with memory-mapped weights, so that an ensemble needs the memory of one member."""
    net = member.source.build()
    if member.weights is not None and not isinstance(member.source, ScriptNet):
        state = member.weights.state()
        state, own = (to_half(state, member.label) if half else state), net.state_dict()
        net.load_state_dict({name: tensor.to(own[name].dtype) for name, tensor in state.items()}, assign=True)
    return net


def _value(prediction: Tensor, challenge: int) -> float:
    """Read a prediction as the server does."""
    if not isinstance(prediction, torch.Tensor) or tuple(prediction.shape) != (1, 1):
        found = f"shape {tuple(prediction.shape)}" if isinstance(prediction, torch.Tensor) else _kind(prediction)
        raise RecipeError(
            f"the model of challenge {challenge} returns {found} for a window of shape (1, 129, 200); shape (1, 1) is "
            "expected"
        )
    value = float(prediction)
    if not math.isfinite(value):
        raise RecipeError(
            f"the model of challenge {challenge} predicts {value} for a golden window; a finite number is expected"
        )
    return value


def _kind(prediction: object) -> str:
    return f"a {type(prediction).__name__}"
