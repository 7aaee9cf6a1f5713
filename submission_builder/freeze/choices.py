"""What a user asks for, from flags or from a recipe's file, before anything is looked up."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_zoo.registry import ARCHITECTURES
from submission_builder.base.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WEIGHT_TOLERANCE = 1e-6
SUFFIXES = (".pt", ".pth", ".ckpt", ".bin")
"""How names of files of weights end."""

_OWN = re.compile(r".+:[A-Za-z_]\w*")


@dataclass(frozen=True)
class Choice:
    """One net that is asked for.

    Attributes
    ----------
    net
        ``ARCH`` (its shipped weights), ``ARCH.TAG``, ``constant:VALUE``, the path of weights, or a class of the
        user's: ``FILE.py:CLASS``, ``FOLDER:CLASS``, ``MODULE:CLASS``.
    weights
        Its weights' file, where `net` does not name it.
    kwargs
        Keyword arguments of its class.
    stateful
        Whether the user declares that an prediction rests on windows that came before.
    data, pretrained
        What the user says of its training, where no card does.
    """

    net: str
    weights: Path | None = None
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    stateful: bool = False
    data: tuple[str, ...] = ()
    pretrained: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """What is to prediction one challenge.

    Attributes
    ----------
    choices
        The nets.
    shares
        How much each counts; they sum to 1.
    wrap
        Wrappers as :func:`model_zoo.wrappers.parse` takes them, the innermost first.

    Raises
    ------
    RecipeError
        If the shares do not sum to 1.
    """

    choices: tuple[Choice, ...]
    shares: tuple[float, ...]
    wrap: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not math.isclose(sum(self.shares), 1, abs_tol=_WEIGHT_TOLERANCE):
            named = "+".join(choice.net for choice in self.choices)
            raise RecipeError(f"{named}: the weights sum to {sum(self.shares):g}; they should sum to 1")


def read_choice(
    text: str, weights: Sequence[Path] = (), wrap: Sequence[str] = (), folder: Path | None = None
) -> Wanted:
    """Read what stands behind ``--c1``.

    Parameters
    ----------
    text
        A net, or several with a ``+`` between them, all or none of which end in a colon and their weight.
    weights
        Files of weights: one for each net that names none itself; or, of a single net, several, whose predictions are
        then averaged.
    wrap
        Wrappers, the innermost first.
    folder
        Where paths in `text` start from; the working directory without.

    Raises
    ------
    RecipeError
        If weights are given to some nets only, do not sum to 1, or their files are too many or too few.
    """
    folder = folder or Path()
    parts = [text] if (folder / text).is_file() else text.split("+")
    split = [_split_share(part) for part in parts] if len(parts) > 1 else [(text, None)]
    choices = with_weights([Choice(_from(folder, name)) for name, _ in split], weights)
    return Wanted(choices, shared([share for _, share in split], len(choices), text), tuple(wrap))


def shared(shares: Sequence[float | None], n: int, what: str) -> tuple[float, ...]:
    """Complete shares: as given, or the same for each of n nets.

    Raises
    ------
    RecipeError
        If some have one and others have none.
    """
    given = tuple(share for share in shares if share is not None)
    if given and len(given) < len(shares):
        raise RecipeError(f"{what}: {len(given)} of {len(shares)} nets have a weight; all have one, or none")
    return given if len(given) == n else (1 / n,) * n


def with_weights(choices: Sequence[Choice], weights: Sequence[Path]) -> tuple[Choice, ...]:
    """Hand files of weights to the nets that name none.

    Raises
    ------
    RecipeError
        If there is not one for each.
    """
    if not weights:
        return tuple(choices)
    if len(choices) == 1:
        return tuple(replace(choices[0], weights=path) for path in weights)
    without = [choice for choice in choices if is_own(choice.net)]
    if len(without) != len(weights):
        raise RecipeError(
            f"{len(weights)} files of weights for {len(without)} net(s) of your own; in a sum each has one of its own"
        )
    left = iter(weights)
    return tuple(replace(choice, weights=next(left)) if choice in without else choice for choice in choices)


def is_own(net: str) -> bool:
    """Whether a net is named as a class: ``FILE.py:CLASS``, ``FOLDER:CLASS`` or ``MODULE:CLASS``."""
    place = net.rpartition(":")[0]
    return bool(_OWN.fullmatch(net)) and (place.endswith(".py") or "." in place or Path(place).is_dir())


def _from(folder: Path, net: str) -> str:
    """Let a path start from a folder."""
    place = net.rpartition(":")[0] if _OWN.fullmatch(net) else net
    is_path = place.endswith((".py", *SUFFIXES)) or "/" in place or (place != net and (folder / place).is_dir())
    return str(folder / net) if is_path else net


def _split_share(part: str) -> tuple[str, float | None]:
    """Take a weight off the end; of a constant, the first number behind a colon is its value."""
    name, colon, last = part.rpartition(":")
    if not colon or (":" not in name and any(row.value for row in ARCHITECTURES if row.name == name)):
        return part, None
    try:
        return name, float(last)
    except ValueError:
        if is_own(part):
            return part, None
        raise RecipeError(f"{part}: behind the last colon of a net in a sum stands its weight, a number") from None
