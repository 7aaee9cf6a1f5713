"""Weights without a card: recognise their architecture, or match them with a net that the user names."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from model_zoo.fingerprint import Difference, Shapes, difference, fingerprint, matching, shapes_of
from model_zoo.foreign import Foreign, matching_prefixes, read_foreign
from model_zoo.registry import ARCHITECTURES
from submission_builder.base.errors import CheckpointError
from submission_builder.freeze.model import Weights

if TYPE_CHECKING:
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
        nearest = max(
            (_Nearest(prefix, None, difference(shapes, expected), len(shapes)) for prefix, shapes in _shapes(foreign)),
            key=_Nearest.similarity,
        )
        raise CheckpointError(f"{path} and {label} do not fit{nearest.without_prefix()}\n{nearest.difference}")
    if len(prefixes) > 1:
        raise _several(path, {(prefix, label) for prefix in prefixes}, challenge=None)
    return _weights(path, foreign, prefixes[0]), _left_out(path, foreign, prefixes[0])


class _Nearest(NamedTuple):
    """A part of the file, and how it differs from a net."""

    prefix: str
    architecture: Architecture | None
    difference: Difference
    n_tensors: int

    def similarity(self) -> tuple[float, float]:
        """Share of names that both have, with equal shapes and with any."""
        n_union = self.n_tensors + len(self.difference.missing)
        n_shared = self.n_tensors - len(self.difference.unexpected)
        n_equal = n_shared - len(self.difference.reshaped)
        return n_shared / n_union, n_equal / n_union

    def without_prefix(self) -> str:
        return f" (without the prefix {self.prefix})" if self.prefix else ""


def _weights(path: Path, foreign: Foreign, prefix: str) -> Weights:
    return Weights(path, prefix, as_is=foreign.plain and not prefix)


def _named(prefix: str) -> str:
    return prefix.removesuffix(".") or "all tensors"


def _left_out(path: Path, foreign: Foreign, prefix: str) -> tuple[str, ...]:
    names = foreign.left_out(prefix)
    return (f"{path.name}: not packed: {', '.join(names)}",) if names else ()


def _shapes(foreign: Foreign) -> list[tuple[str, Shapes]]:
    return [(prefix, shapes_of(foreign.state(prefix))) for prefix in foreign.prefixes()]


def _several(path: Path, fitting: set[tuple[str, str]], challenge: int | None) -> CheckpointError:
    """Report prefixes that each hold a net, with the architecture that it fits."""
    shown = ", ".join(f"{_named(prefix)} (fits {label})" for prefix, label in sorted(fitting))
    labels = {label for _, label in fitting}
    hint = "save the state_dict of one net to a file of its own"
    if challenge and len(labels) == len(fitting):
        hint = f"name the architecture: --c{challenge} {min(labels)} --c{challenge}-weights {path}"
    return CheckpointError(f"{path} holds {len(fitting)} nets: {shown}; one is expected", hint=hint)


def _unknown(path: Path, foreign: Foreign, challenge: int) -> CheckpointError:
    parts = _shapes(foreign)
    for _, shapes in parts:
        inner = matching({f"{_INNER}{name}": shape for name, shape in shapes.items()}, challenge)
        if inner:
            return _braindecodes_own(path, inner[0], challenge)
    for _, shapes in parts:
        other = matching(shapes, 3 - challenge)
        if other:
            return CheckpointError(
                f"{path} fits {other[0].name} of challenge {3 - challenge}; a net for challenge {challenge} is expected"
            )
    return _unlike(path, parts, challenge)


def _braindecodes_own(path: Path, architecture: Architecture, challenge: int) -> CheckpointError:
    class_name = architecture.kwargs["class_name"]
    return CheckpointError(
        f"{path} holds braindecode's own {class_name}, which takes windows as they are; our "
        f"{architecture.name} standardises them first, so the same weights predict other values",
        hint=f'pack it unchanged, in a recipe: c{challenge} = {{net = "braindecode.models:{class_name}", '
        f'weights = "{path}", kwargs = {{n_chans = 129, n_times = 200, n_outputs = 1, sfreq = 100}}}}',
    )


def _unlike(path: Path, parts: list[tuple[str, Shapes]], challenge: int) -> CheckpointError:
    known = [one for one in ARCHITECTURES if one.challenge == challenge and one.value is None]
    found = max(
        (
            _Nearest(prefix, one, difference(shapes, fingerprint(one)), len(shapes))
            for prefix, shapes in parts
            for one in known
        ),
        key=_Nearest.similarity,
    )
    hint = f"name the class of your own net: --c{challenge} FILE.py:CLASS --c{challenge}-weights {path}"
    unknown = f"{path} has no card and fits no architecture of challenge {challenge}"
    if found.architecture is None or not found.similarity()[0]:
        names = sorted(parts[0][1])
        shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")  # noqa: PLR2004
        return CheckpointError(f"{unknown}; none has a tensor of the names {shown}", hint=hint)
    return CheckpointError(
        f"{unknown}; the nearest is {found.architecture.name}, from which it differs{found.without_prefix()} as "
        f"follows\n{found.difference}",
        hint=hint,
    )
