"""Every module that goes round a trained net, in one explicit table."""

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
    """One row of the table: a module that takes a net and predictions in its stead.

    Attributes
    ----------
    name
        What stands before the colon in a recipe.
    module
        File in ``model_zoo/nets``, without suffix.
    class_name
        The class in that file; its first argument is the net.
    parameters
        Keyword arguments of the class, in the order of the numbers behind the colon.
    summary
        What it does, in one line.
    stateful
        Whether an prediction rests on windows that came before.
    number
        Of which type its numbers are.
    takes_list
        Whether its one parameter takes all numbers.
    """

    name: str
    module: str
    class_name: str
    parameters: tuple[str, ...]
    summary: str
    stateful: bool = False
    number: type[int | float] = float
    takes_list: bool = False

    @property
    def form(self) -> str:
        """How it is written in a recipe."""
        numbers = f"{self.parameters[0].upper()}…" if self.takes_list else ",".join(self.parameters).upper()
        return f"{self.name}:{numbers}"

    def build(self, net: nn.Module, kwargs: Mapping[str, Any]) -> nn.Module:
        """Put the module round a net.

        Parameters
        ----------
        net
            Predictions (batch, 1) to windows.
        kwargs
            Arguments of the class, by its parameters' names.

        Raises
        ------
        ValueError
            If a number is out of its range.
        """
        module = importlib.import_module(f"model_zoo.nets.{self.module}")
        wrapped: nn.Module = getattr(module, self.class_name)(net, **kwargs)
        return wrapped


WRAPPERS: tuple[Wrapper, ...] = (
    Wrapper("calibrate", "calibrate", "Calibrate", ("slope", "intercept"), "slope · prediction + intercept"),
    Wrapper("clamp", "clamp", "Clamp", ("low", "high"), "no prediction below low or above high"),
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
        "mean prediction to windows shifted by so many samples",
        number=int,
        takes_list=True,
    ),
    Wrapper(
        "channels",
        "channel_selection",
        "ChannelSelection",
        ("channels",),
        "keep these channels, counted from 0, and silence the others",
        number=int,
        takes_list=True,
    ),
)


def parse(text: str) -> tuple[Wrapper, dict[str, Any]]:
    """Read a wrapper as a recipe writes it.

    Parameters
    ----------
    text
        ``NAME:NUMBER,NUMBER,…``, such as ``clamp:0.5,2.5``.

    Returns
    -------
    wrapper, kwargs
        The row, and the keyword arguments of its class: numbers, and lists of them.

    Raises
    ------
    RecipeError
        If there is no wrapper of that name, or it does not take these numbers.
    """
    name, _, behind = text.partition(":")
    wrapper = _look_up(name)
    numbers = [_number(part, wrapper, text) for part in behind.split(",")]
    if not wrapper.takes_list and len(numbers) != len(wrapper.parameters):
        raise RecipeError(f"{text}: {len(numbers)} numbers; {wrapper.form} is expected")
    kwargs = (
        {wrapper.parameters[0]: numbers} if wrapper.takes_list else dict(zip(wrapper.parameters, numbers, strict=True))
    )
    _require_in_range(wrapper, kwargs, text)
    return wrapper, kwargs


def _look_up(name: str) -> Wrapper:
    for wrapper in WRAPPERS:
        if wrapper.name == name:
            return wrapper
    there = [wrapper.name for wrapper in WRAPPERS]
    raise RecipeError(f"there is no wrapper {name!r}; there are {', '.join(there)}", hint=did_you_mean(name, there))


def _number(part: str, wrapper: Wrapper, text: str) -> float:
    try:
        number = wrapper.number(part)
        if math.isfinite(number):
            return number
    except (ValueError, OverflowError):
        pass
    kind = "whole" if wrapper.number is int else "finite"
    raise RecipeError(f"{text}: {part!r} is no {kind} number; {wrapper.form} is expected")


def _require_in_range(wrapper: Wrapper, kwargs: Mapping[str, Any], text: str) -> None:
    """Let the class itself say what it does not take, before anything is trained or packed."""
    from torch import nn  # noqa: PLC0415 - the table alone is read without torch

    try:
        wrapper.build(nn.Identity(), kwargs)
    except (ValueError, OverflowError) as error:
        raise RecipeError(f"{text}: {error}") from error
