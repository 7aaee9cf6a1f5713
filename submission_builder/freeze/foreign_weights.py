"""Weights without a card: recognise their architecture, or match them with a net that the user names."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from model_zoo.fingerprint import Difference, Shapes, difference, fingerprint, listed, matching, shapes_of, with_weights
from model_zoo.foreign import Foreign, matching_prefixes, read_foreign
from submission_builder.base.errors import CheckpointError
from submission_builder.freeze.model import Weights

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import nn

    from model_zoo.registry import Architecture

_BRAINDECODE, _INNER = "braindecode_net", "net."
"""Module of our braindecode nets, and the prefix of braindecode's own tensors in them: our layer comes first."""


def recognise(path: Path, challenge: int) -> tuple[Architecture, Weights, tuple[str, ...]]:
    """Recognise an architecture by the names and shapes of the tensors in a file.

    A prefix that the net's tensors have in common is removed.

    Returns
    -------
    architecture, weights, notes
        The architecture, its tensors in the file, and notes for the user.

    Raises
    ------
    CheckpointError
        If no architecture fits, or several nets or architectures do. The message shows the nearest architecture.
    """
    foreign = read_foreign(path)
    prefixes = matching_prefixes(foreign, lambda state: bool(matching(shapes_of(state), challenge)))
    if not prefixes:
        raise _unknown(path, foreign, challenge)
    found = {prefix: matching(shapes_of(foreign.state(prefix)), challenge) for prefix in prefixes}
    fitting = {(prefix, one.name) for prefix, each in found.items() for one in each}
    if len(fitting) > 1:
        raise _several(path, fitting, challenge)
    prefix, (architecture,) = found.popitem()
    notes = [f"{path.name}: recognised as {architecture.name} by the names and shapes of its tensors"]
    if architecture.module == _BRAINDECODE:
        notes.append(
            f"{path.name}: {architecture.name} standardises each window before braindecode's "
            f"{architecture.kwargs['class_name']}; a net that was trained without this layer predicts other values"
        )
    return architecture, _weights(path, foreign, prefix), (*notes, *_left_out(path, foreign, prefix))


def fit_to(path: Path, net: nn.Module, label: str) -> tuple[Weights, tuple[str, ...]]:
    """Find a net's tensors in a file.

    A prefix that the net's tensors have in common is removed.

    Returns
    -------
    weights, notes
        The tensors in the file, and notes for the user.

    Raises
    ------
    CheckpointError
        If they are not in the file, or more than once with different values. The message shows each difference.
    """
    foreign, expected = read_foreign(path), shapes_of(net.state_dict())
    prefixes = matching_prefixes(foreign, lambda state: shapes_of(state) == expected)
    if not prefixes:
        nearest = _nearest(foreign, {label: expected})
        raise CheckpointError(f"{path} and {label} do not fit{nearest.without_prefix()}\n{nearest.difference()}")
    if len(prefixes) > 1:
        raise _several(path, {(prefix, label) for prefix in prefixes}, challenge=None)
    return _weights(path, foreign, prefixes[0]), _left_out(path, foreign, prefixes[0])


class _Nearest(NamedTuple):
    """The part of a file that resembles a net most."""

    prefix: str
    shapes: Shapes
    expected: Shapes
    label: str

    def similarity(self) -> tuple[float, float]:
        """Share of names that both have, with any shapes and with equal ones."""
        shared = self.shapes.keys() & self.expected.keys()
        n_union = len(self.shapes) + len(self.expected) - len(shared)
        n_equal = sum(self.shapes[name] == self.expected[name] for name in shared)
        return len(shared) / n_union, n_equal / n_union

    def without_prefix(self) -> str:
        prefix = self.prefix.removesuffix("*")
        return f" (without the prefix {prefix})" if prefix else ""

    def difference(self) -> Difference:
        return difference(self.shapes, self.expected)


def _nearest(foreign: Foreign, nets: Mapping[str, Shapes]) -> _Nearest:
    parts = {prefix: shapes_of(foreign.state(prefix)) for prefix in foreign.parts}
    pairs = (_Nearest(prefix, shapes, nets[label], label) for prefix, shapes in parts.items() for label in nets)
    return max(pairs, key=_Nearest.similarity)


def _weights(path: Path, foreign: Foreign, prefix: str) -> Weights:
    return Weights(path, prefix, as_is=foreign.plain and not prefix)


def _named(prefix: str) -> str:
    return prefix.rstrip(".*") or "the tensors at the top"


def _left_out(path: Path, foreign: Foreign, prefix: str) -> tuple[str, ...]:
    names = foreign.left_out(prefix)
    return (f"{path.name}: not packed: {', '.join(names)}",) if names else ()


def _several(path: Path, fitting: set[tuple[str, str]], challenge: int | None) -> CheckpointError:
    """Report prefixes that each hold a net, with the architecture that it fits."""
    shown = ", ".join(f"{_named(prefix)} (fits {label})" for prefix, label in sorted(fitting))
    labels = {label for _, label in fitting}
    hint = "save the state_dict of one net to a file of its own"
    if challenge and len(labels) == len(fitting):
        hint = f"name the architecture: --c{challenge} {min(labels)} --c{challenge}-weights {path}"
    return CheckpointError(f"{path} holds {len(fitting)} nets: {shown}; one is expected", hint=hint)


def _unknown(path: Path, foreign: Foreign, challenge: int) -> CheckpointError:
    parts = [shapes_of(foreign.state(prefix)) for prefix in foreign.parts]
    for shapes in parts:
        inner = matching({f"{_INNER}{name}": shape for name, shape in shapes.items()}, challenge)
        if inner:
            return _braindecodes_own(path, inner[0], challenge)
    for shapes in parts:
        other = matching(shapes, 3 - challenge)
        if other:
            return CheckpointError(
                f"{path} fits {other[0].name} of challenge {3 - challenge}; a net for challenge {challenge} is expected"
            )
    return _unlike(path, foreign, challenge)


def _braindecodes_own(path: Path, architecture: Architecture, challenge: int) -> CheckpointError:
    class_name = architecture.kwargs["class_name"]
    return CheckpointError(
        f"{path} holds braindecode's own {class_name}, which takes windows as they are; our "
        f"{architecture.name} standardises them first, so the same weights predict other values",
        hint=f'pack it unchanged, in a recipe: c{challenge} = {{net = "braindecode.models:{class_name}", '
        f'weights = "{path}", kwargs = {{n_chans = 129, n_times = 200, n_outputs = 1, sfreq = 100}}}}',
    )


def _unlike(path: Path, foreign: Foreign, challenge: int) -> CheckpointError:
    found = _nearest(foreign, {one.name: fingerprint(one) for one in with_weights(challenge)})
    hint = f"name the class of your own net: --c{challenge} FILE.py:CLASS --c{challenge}-weights {path}"
    unknown = f"{path} has no card and fits no architecture of challenge {challenge}"
    if not found.similarity()[0]:
        return CheckpointError(
            f"{unknown}; no architecture has a tensor of the names {listed(sorted(foreign.tensors))}", hint=hint
        )
    return CheckpointError(
        f"{unknown}; the nearest is {found.label}, from which it differs{found.without_prefix()} as follows\n"
        f"{found.difference()}",
        hint=hint,
    )
