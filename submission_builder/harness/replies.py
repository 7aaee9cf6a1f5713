"""What comes back from a submission's process: every byte of it may be forged, so all of it is read with suspicion.

A submission may prediction what it likes, and is scored by that. It cannot make the parent fail, name an end that it
did not come to, or pass off as numbers what are none.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from submission_builder.base.errors import SubmissionError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LONGEST = 4000
_MOST = 20
CHILD_OUTCOMES = frozenset(
    (
        *("contract_error", "import_error", "weights_missing", "weights_mismatch", "bad_shape", "not_finite"),
        *("network_attempt", "wrote_outside", "crashed", "out_of_memory", "too_much_output", "device_error"),
    )
)
"""Ends that the child program tells of itself; the others are seen from outside."""


def failure_in(reply: dict[str, Any]) -> SubmissionError | None:
    """Read an prediction that tells of a failure; None if it tells of none.

    Raises
    ------
    SubmissionError
        If it is forged.
    """
    if "outcome" not in reply:
        return None
    outcome, hint = reply["outcome"], reply.get("hint")
    if not isinstance(outcome, str) or outcome not in CHILD_OUTCOMES:
        raise forged(f"an outcome {_shown(outcome)}, which is none that it can tell")
    message = _text(reply.get("message"))
    return SubmissionError(message, outcome=outcome, hint=None if hint is None else _text(hint))


def predictions_in(reply: dict[str, Any], challenge: int, n_windows: int) -> NDArray[np.float64]:
    """Read one finite number for each window.

    Shape
    -----
    Output: ``(n_windows,)``

    Raises
    ------
    SubmissionError
        If there are more or fewer, or one is no finite number.
    """
    values = reply.get("predictions")
    if not isinstance(values, list) or len(values) != n_windows:
        n = len(values) if isinstance(values, list) else _shown(values)
        raise forged(f"{n} predictions to {n_windows} windows of challenge {challenge}")
    for value in values:
        if not isinstance(value, float):
            raise forged(f"{_shown(value)} among its predictions of challenge {challenge}, which is no float")
        if not math.isfinite(value):
            fact = f"challenge {challenge} predicted {value}; the scorer raises on a value that is not finite"
            raise SubmissionError(fact, outcome="not_finite")
    return np.array(values, np.float64)


def texts_in(reply: dict[str, Any], key: str) -> tuple[str, ...]:
    """Read a list of short texts, the first twenty of them.

    Raises
    ------
    SubmissionError
        If there is no list.
    """
    values = reply.get(key)
    if not isinstance(values, list):
        raise forged(f"{_shown(values)} where a list of what it reached for belongs")
    return tuple(_text(value) for value in values[:_MOST])


def names_in(reply: dict[str, Any], key: str) -> dict[int, frozenset[str]]:
    """Read names of files by challenge.

    Raises
    ------
    SubmissionError
        If there are none of that form.
    """
    by_challenge = reply.get(key)
    if not isinstance(by_challenge, dict):
        raise forged(f"{_shown(by_challenge)} where the files that it opened belong")
    for challenge, names in by_challenge.items():
        if not challenge.isdecimal() or not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            raise forged(f"{_shown(names)} where the files that it opened for challenge {_shown(challenge)} belong")
    return {int(challenge): frozenset(names) for challenge, names in by_challenge.items()}


def shapes_in(reply: dict[str, Any]) -> list[tuple[int, ...]]:
    """Read the shapes of tensors.

    Raises
    ------
    SubmissionError
        If one is none.
    """
    shapes = reply.get("shapes")
    if not isinstance(shapes, list) or not all(map(_is_shape, shapes)):
        raise forged(f"{_shown(shapes)} where the shapes of its predictions belong")
    return [tuple(shape) for shape in shapes]


def _is_shape(value: object) -> bool:
    return isinstance(value, list) and all(type(n) is int and n >= 0 for n in value)


def forged(what: str) -> SubmissionError:
    """Say that an prediction did not come from the child program."""
    fact = f"the submission wrote over the predictions that the harness reads: it sent {what}"
    return SubmissionError(fact, outcome="contract_error")


def _text(value: object) -> str:
    """Make a text of bounded length that can be encoded."""
    return str(value)[:_LONGEST].encode("utf-8", "replace").decode()


def _shown(value: object) -> str:
    return _text(repr(value))[:60]
