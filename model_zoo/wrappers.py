"""Wrappers, the modules around a trained net, in one table."""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from submission_builder.base.errors import RecipeError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn


@dataclass(frozen=True)
class Wrapper:
    """A module around a net that changes the net's predictions, or the windows that the net receives."""

    name: str  # in a recipe, before the colon
    module: str  # file in model_zoo/nets, without suffix
    class_name: str  # class in that file; its first argument is the net
    parameters: tuple[str, ...]  # keyword arguments of the class, in the order of the numbers after the colon
    summary: str  # effect, in one line
    stateful: bool = False  # whether a prediction depends on earlier windows
    number: type[int | float] = float  # type of the numbers
    takes_list: bool = False  # whether the only parameter takes all numbers

    @property
    def form(self) -> str:
        """Syntax in a recipe."""
        numbers = f"{self.parameters[0].upper()}…" if self.takes_list else ",".join(self.parameters).upper()
        return f"{self.name}:{numbers}"

    def build(self, net: nn.Module, kwargs: Mapping[str, Any]) -> nn.Module:
        """Wrap a net.

        Parameters
        ----------
        net
            Returns predictions of shape ``(batch, 1)``.
        kwargs
            Keyword arguments of the class.

        Raises
        ------
        ValueError
            If a number is out of range.
        """
        module = importlib.import_module(f"model_zoo.nets.{self.module}")
        wrapped: nn.Module = getattr(module, self.class_name)(net, **kwargs)
        return wrapped


WRAPPERS: tuple[Wrapper, ...] = (
    Wrapper("calibrate", "calibrate", "Calibrate", ("slope", "intercept"), "slope · prediction + intercept"),
    Wrapper("clamp", "clamp", "Clamp", ("low", "high"), "clip predictions to the range from low to high"),
    Wrapper("shrink", "shrink", "Shrink", ("factor", "mean"), "mean + factor · (prediction - mean)"),
    Wrapper(
        "running_median",
        "running_median",
        "RunningMedian",
        ("n",),
        "median of the last n predictions",
        stateful=True,
        number=int,
    ),
    Wrapper(
        "time_shifts",
        "time_shifts",
        "TimeShifts",
        ("shifts",),
        "mean prediction for copies of the window shifted by these numbers of samples",
        number=int,
        takes_list=True,
    ),
    Wrapper(
        "channels",
        "channel_selection",
        "ChannelSelection",
        ("channels",),
        "keep the channels with these indices, from 0, and set the others to 0 V",
        number=int,
        takes_list=True,
    ),
)


def parse(text: str) -> tuple[Wrapper, dict[str, Any]]:
    """Parse a wrapper from a recipe.

    Parameters
    ----------
    text
        ``NAME:NUMBER,NUMBER,…``, such as ``clamp:0.5,2.5``.

    Returns
    -------
    wrapper, kwargs
        The wrapper, and the keyword arguments of its class: numbers or lists of numbers.

    Raises
    ------
    RecipeError
        If there is no wrapper of that name, or its class does not accept these numbers.
    """
    name, _, after_colon = text.partition(":")
    wrapper = _find(name)
    numbers = [_number(part, wrapper, text) for part in after_colon.split(",")]
    if not wrapper.takes_list and len(numbers) != len(wrapper.parameters):
        raise RecipeError(f"{text}: {len(numbers)} numbers; {wrapper.form} is expected")
    kwargs = (
        {wrapper.parameters[0]: numbers} if wrapper.takes_list else dict(zip(wrapper.parameters, numbers, strict=True))
    )
    _require_in_range(wrapper, kwargs, text)
    return wrapper, kwargs


def _find(name: str) -> Wrapper:
    for wrapper in WRAPPERS:
        if wrapper.name == name:
            return wrapper
    names = [wrapper.name for wrapper in WRAPPERS]
    raise RecipeError(f"there is no wrapper {name!r}; there are {', '.join(names)}", hint=did_you_mean(name, names))


def _number(part: str, wrapper: Wrapper, text: str) -> float:
    try:
        number = wrapper.number(part)
        if math.isfinite(number):
            return number
    except (ValueError, OverflowError):
        pass
    kind = "whole" if wrapper.number is int else "finite"
    raise RecipeError(f"{text}: {part!r} is not a {kind} number; {wrapper.form} is expected")


def _require_in_range(wrapper: Wrapper, kwargs: Mapping[str, Any], text: str) -> None:
    """Build the wrapper once, so that its class checks the numbers before anything is packed."""
    from torch import nn  # noqa: PLC0415 - reading the table alone does not need torch

    try:
        wrapper.build(nn.Identity(), kwargs)
    except (ValueError, OverflowError) as error:
        raise RecipeError(f"{text}: {error}") from error
