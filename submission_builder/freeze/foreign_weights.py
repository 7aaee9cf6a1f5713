"""Weights without a card: taken for the architecture that they fit, or held against a net that is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_zoo.fingerprint import difference, matching, nearest, shapes_of
from model_zoo.foreign import Foreign, attributes, read_foreign
from submission_builder.base.errors import CheckpointError
from submission_builder.freeze.member import Weights

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

    from model_zoo.registry import Architecture

_BRAINDECODE = "net."
"""What our nets of braindecode put before the names of theirs: their first layer is ours."""


def recognise(path: Path, challenge: int) -> tuple[Architecture, Weights, tuple[str, ...]]:
    """Find the architecture that weights fit by name and shape, tensor by tensor.

    Returns
    -------
    row, weights, notes
        The architecture, the net's tensors in the file, and what was found.

    Raises
    ------
    CheckpointError
        If none fits, which is explained by the nearest, or more than one does.
    """
    foreign = read_foreign(path)
    for attribute, state in attributes(foreign):
        rows = matching(shapes_of(state), challenge)
        if len(rows) > 1:
            names = " and ".join(row.name for row in rows)
            raise CheckpointError(
                f"{path} fits {names} alike; the architecture is to be named",
                hint=f"--c{challenge} NAME --c{challenge}-weights {path}",
            )
        if rows:
            notes = (f"{path.name}: taken for {rows[0].name}, by the names and shapes of its tensors", *_left(foreign))
            return rows[0], _weights(path, foreign, attribute), notes
    raise _unknown(path, foreign.state, challenge)


def fit_to(path: Path, net: nn.Module, label: str) -> tuple[Weights, tuple[str, ...]]:
    """Hold weights against a net.

    Raises
    ------
    CheckpointError
        If they do not fit it; every kind of difference is shown.
    """
    foreign, expected = read_foreign(path), shapes_of(net.state_dict())
    for attribute, state in attributes(foreign):
        if shapes_of(state) == expected:
            return _weights(path, foreign, attribute), _left(foreign)
    raise CheckpointError(f"{path} and {label} do not fit\n{difference(shapes_of(foreign.state), expected)}")


def _weights(path: Path, foreign: Foreign, attribute: str) -> Weights:
    return Weights(path, attribute, as_is=foreign.pure and not attribute)


def _left(foreign: Foreign) -> tuple[str, ...]:
    return (f"left out of it: {', '.join(foreign.left)}",) if foreign.left else ()


def _unknown(path: Path, state: dict[str, Tensor], challenge: int) -> CheckpointError:
    shapes = shapes_of(state)
    bare = matching({f"{_BRAINDECODE}{name}": shape for name, shape in shapes.items()}, challenge)
    if bare:
        class_name = bare[0].kwargs["class_name"]
        return CheckpointError(
            f"{path} is braindecode's own {class_name}, fed with windows as they come; our {bare[0].name} standardises "
            "them first, so the same weights would prediction otherwise",
            hint=f'as it is, in a recipe: c{challenge} = {{net = "braindecode.models:{class_name}", '
            f'weights = "{path}", kwargs = {{n_chans = 129, n_times = 200, n_outputs = 1, sfreq = 100}}}}',
        )
    other = matching(shapes, 3 - challenge)
    if other:
        return CheckpointError(
            f"{path} fits {other[0].name} of challenge {3 - challenge}, and is asked for challenge {challenge}"
        )
    row, found = nearest(shapes, challenge)
    return CheckpointError(
        f"{path} has no card and fits no architecture of challenge {challenge}; the nearest is {row.name}, from which "
        f"it differs so\n{found}",
        hint=f"a net of your own travels too: --c{challenge} FILE.py:CLASS --c{challenge}-weights {path}",
    )
