"""The recipe: which net answers each challenge."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_zoo.checkpoint import Checkpoint, find_checkpoint, read_checkpoint
from model_zoo.registry import ARCHITECTURES, Architecture, architecture
from submission_builder.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Mapping

_WEIGHT_TOLERANCE = 1e-6


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


@dataclass(frozen=True)
class Blend:
    """What answers one challenge: one net, or several whose answers are weighed and added up.

    Attributes
    ----------
    members
        The nets.
    weights
        One for each; they sum to 1.
    """

    members: tuple[Member, ...]
    weights: tuple[float, ...]


def resolve(choices: Mapping[int, str]) -> dict[int, Blend]:
    """Find what each challenge's choice names.

    Parameters
    ----------
    choices
        By number of the challenge: ``ARCH`` (its shipped weights), ``ARCH.TAG``, ``constant:VALUE``, or the
        path of a ``.pt`` file with its card; or several of these with a ``+`` between them, all or none of
        which end in a colon and their weight.

    Raises
    ------
    RecipeError
        If a name, tag or value is not there, or weights do not sum to 1.
    CheckpointError
        If weights or card do not fit, or were made for the other challenge.
    """
    return {challenge: _blend(choice, challenge) for challenge, choice in sorted(choices.items())}


def _blend(choice: str, challenge: int) -> Blend:
    parts = choice.split("+")
    if len(parts) == 1:
        return Blend((_member(choice, challenge),), (1.0,))
    split = [_split_weight(part) for part in parts]
    given = [weight for _, weight in split if weight is not None]
    if given and len(given) < len(parts):
        raise RecipeError(f"{choice}: {len(given)} of {len(parts)} nets have a weight; all have one, or none")
    weights = tuple(given) or (1 / len(parts),) * len(parts)
    if not math.isclose(sum(weights), 1, abs_tol=_WEIGHT_TOLERANCE):
        raise RecipeError(f"{choice}: the weights sum to {sum(weights):g}; they should sum to 1")
    return Blend(tuple(_member(part, challenge) for part, _ in split), weights)


def _split_weight(part: str) -> tuple[str, float | None]:
    """Take a weight off the end; of a constant, the first number behind a colon is its value."""
    name, colon, last = part.rpartition(":")
    if not colon or (":" not in name and any(row.value for row in ARCHITECTURES if row.name == name)):
        return part, None
    try:
        return name, float(last)
    except ValueError:
        raise RecipeError(f"{part}: behind the last colon of a net in a sum stands its weight, a number") from None


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
