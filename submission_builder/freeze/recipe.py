"""The recipe: which net answers each challenge."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_zoo.checkpoint import Checkpoint, find_checkpoint, read_checkpoint
from model_zoo.registry import Architecture, architecture
from submission_builder.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Member:
    """A net with its arguments and weights.

    Attributes
    ----------
    architecture
        Row of the registry.
    kwargs
        Keyword arguments of its class.
    checkpoint
        Weights and card; None for a net without weights.
    """

    architecture: Architecture
    kwargs: dict[str, Any]
    checkpoint: Checkpoint | None

    @property
    def label(self) -> str:
        """How the member is named in messages."""
        if self.checkpoint is not None:
            return self.checkpoint.card.name
        return ":".join([self.architecture.name, *map(str, self.kwargs.values())])


def resolve(choices: Mapping[int, str]) -> dict[int, Member]:
    """Find what each challenge's choice names.

    Parameters
    ----------
    choices
        By number of the challenge: ``ARCH`` (its shipped weights), ``ARCH.TAG``, ``constant:VALUE``, or the
        path of a ``.pt`` file with its card.

    Raises
    ------
    RecipeError
        If a name, tag or value is not there.
    CheckpointError
        If weights or card do not fit, or were made for the other challenge.
    """
    return {challenge: _member(choice, challenge) for challenge, choice in sorted(choices.items())}


def _member(choice: str, challenge: int) -> Member:
    if choice.endswith(".pt"):
        return _trained(read_checkpoint(Path(choice)), challenge)
    if "/" in choice:
        raise RecipeError(f"{choice} is no path of weights; they end in .pt, with a card beside them")
    name, colon, value = choice.partition(":")
    name, _, tag = name.partition(".")
    row = architecture(name, challenge)
    if row.value is not None:
        return Member(row, {row.value: _number(row, value, choice)}, None)
    if colon:
        raise RecipeError(f"{choice}: {name} takes no value behind a colon; constant does")
    tag = tag or row.shipped_tag or ""
    if not tag:
        raise RecipeError(
            f"{name} has no shipped weights for challenge {challenge}",
            hint=f"train some: subpack train {name} --challenge {challenge} --data DIR",
        )
    return _trained(find_checkpoint(name, tag), challenge)


def _trained(checkpoint: Checkpoint, challenge: int) -> Member:
    card = checkpoint.card
    if card.challenge != challenge:
        raise RecipeError(
            f"{card.name} was trained for challenge {card.challenge}, the recipe asks it for challenge {challenge}"
        )
    row = architecture(card.architecture, challenge)
    return Member(row, {**row.kwargs, **card.kwargs}, checkpoint)


def _number(row: Architecture, value: str, choice: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise RecipeError(f"{choice}: {row.name} takes a finite number behind a colon, such as {row.name}:1.6")
    return number
