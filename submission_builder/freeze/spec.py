"""The specification of a model, as ``--c1`` or a recipe file states it; nothing is looked up yet."""

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

_SHARE_TOLERANCE = 1e-6
WEIGHTS_SUFFIXES = (".pt", ".pth", ".ckpt", ".bin", ".safetensors")
"""A name with one of these suffixes is a path of weights, whether or not the file exists."""

OWN_CLASS = re.compile(r"(?P<place>.+):(?P<name>[A-Za-z_]\w*)")
"""Form of a class of the user: a place and a name."""


@dataclass(frozen=True)
class NetSpec:
    """One net of a model."""

    net: str
    """``ARCHITECTURE`` (its shipped weights), ``ARCHITECTURE.TAG``, ``constant:VALUE``, the path of weights, or a class
    of the user: ``FILE.py:CLASS``, ``FOLDER:CLASS`` or ``MODULE:CLASS``. A path contains a slash."""
    weights: Path | None = None
    """File of weights, if `net` names a class or an architecture without them."""
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments of the class."""
    stateful: bool = False
    """The user declares that a prediction depends on earlier windows."""
    data: tuple[str, ...] = ()
    """Training data, for weights without a card."""
    pretrained: tuple[str, ...] = ()
    """Pretrained weights that the training started from, for weights without a card."""


@dataclass(frozen=True)
class ModelSpec:
    """The model of one challenge: a weighted sum of nets inside wrappers.

    Raises
    ------
    RecipeError
        If the shares do not sum to 1.
    """

    nets: tuple[NetSpec, ...]
    shares: tuple[float, ...]
    """Weight of each net in the sum."""
    wrap: tuple[str, ...] = ()
    """Wrappers, as :func:`model_zoo.wrappers.parse` reads them; the first is the innermost."""

    def __post_init__(self) -> None:
        if not math.isclose(sum(self.shares), 1, abs_tol=_SHARE_TOLERANCE):
            named = "+".join(net.net for net in self.nets)
            raise RecipeError(f"{named}: the weights of the nets sum to {sum(self.shares):g}; 1 is expected")


def parse_model(
    text: str, weights: Sequence[Path] = (), wrap: Sequence[str] = (), folder: Path | None = None
) -> ModelSpec:
    """Parse the value of ``--c1``.

    Parameters
    ----------
    text
        A net, or several joined by ``+``. In a sum, every net or none ends in a colon and its weight.
    weights
        Files of weights: one for each net that does not name its own. Several files for a single net make an ensemble
        of equal weights.
    wrap
        Wrappers, innermost first.
    folder
        Folder that relative paths in `text` start from; the working directory by default.

    Raises
    ------
    RecipeError
        If only some nets have a weight, the weights do not sum to 1, or the number of files in `weights` is wrong.
    """
    folder = folder or Path()
    parts = [text] if (folder / text).is_file() else text.split("+")
    split = [_split_share(part, folder) for part in parts] if len(parts) > 1 else [(text, None)]
    nets = assign_weights([NetSpec(_resolve_path(folder, name)) for name, _ in split], weights)
    return ModelSpec(nets, complete_shares([share for _, share in split], len(nets), text), tuple(wrap))


def complete_shares(shares: Sequence[float | None], n_nets: int, what: str) -> tuple[float, ...]:
    """Return the given shares, or equal ones for `n_nets` nets if none is given.

    Raises
    ------
    RecipeError
        If only some are given.
    """
    given = tuple(share for share in shares if share is not None)
    if given and len(given) < len(shares):
        raise RecipeError(
            f"{what}: {len(given)} of {len(shares)} nets have a weight; a weight for all nets or for none is expected"
        )
    return given if len(given) == n_nets else (1 / n_nets,) * n_nets


def assign_weights(nets: Sequence[NetSpec], weights: Sequence[Path]) -> tuple[NetSpec, ...]:
    """Assign files of weights to the nets that do not name their own.

    Raises
    ------
    RecipeError
        If there is not one file for each.
    """
    if not weights:
        return tuple(nets)
    if len(nets) == 1:
        return tuple(replace(nets[0], weights=path) for path in weights)
    without = [net for net in nets if names_own_class(net.net)]
    if len(without) != len(weights):
        raise RecipeError(
            f"{len(weights)} files of weights are given for {len(without)} own nets; a sum takes one file for each"
        )
    left = iter(weights)
    return tuple(replace(net, weights=next(left)) if net in without else net for net in nets)


def names_own_class(net: str) -> bool:
    """Whether a net is named as a class: ``FILE.py:CLASS``, ``FOLDER:CLASS`` or ``MODULE:CLASS``."""
    place = net.rpartition(":")[0]
    return bool(OWN_CLASS.fullmatch(net)) and ("." in place or Path(place).is_dir())


def _resolve_path(folder: Path, net: str) -> str:
    """Prefix a path with its folder, so that it contains a slash; return any other name unchanged."""
    place = net.rpartition(":")[0] if OWN_CLASS.fullmatch(net) else net
    is_path = (
        "/" in place
        or place.endswith((".py", *WEIGHTS_SUFFIXES))
        or (folder / net).is_file()
        or (folder / net).is_symlink()
        or (place != net and (folder / place).is_dir())
    )
    path = str(folder / net)
    return (path if "/" in path else f"./{path}") if is_path else net


def _split_share(part: str, folder: Path) -> tuple[str, float | None]:
    """Split ``NET:WEIGHT``. The first number after ``constant:`` is its value, a second one its weight."""
    if (folder / part).is_file():
        return part, None
    name, colon, last = part.rpartition(":")
    if not colon or (":" not in name and any(one.value for one in ARCHITECTURES if one.name == name)):
        return part, None
    try:
        return name, float(last)
    except ValueError:
        if names_own_class(_resolve_path(folder, part)):
            return part, None
        raise RecipeError(f"{part}: {last!r} is not a number; in a sum, a net ends in a colon and its weight") from None
