"""Read the replies of a submission's process. Every byte can be forged, so every value is validated.

A submission can predict any numbers and gets the score for them. A forged reply can neither crash the parent, nor claim
an outcome that the child program does not send, nor pass a value that is not a number as a prediction.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from submission_builder.base.errors import SubmissionError
from submission_builder.server.api.index import apis_of
from submission_builder.server.facts import package_of, server_modules

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAX_CHARS = 4000
_MAX_TEXTS = 20
_SHOWN_CHARS = 60
_CHALLENGE = re.compile("[0-9]{1,2}")
"""Number of a challenge as a key; 0 stands for the time before the first."""
_MOST_SHAPES = _MOST_DIMS = 64
CHILD_OUTCOMES = frozenset(
    (
        *("contract_error", "import_error", "weights_missing", "weights_mismatch", "bad_shape", "not_finite"),
        *("network_attempt", "wrote_outside", "crashed", "out_of_memory", "too_much_output", "device_error"),
        *("exited", "gpu_missing"),
    )
)
"""Outcomes that the child program sends; the parent observes the others."""


def failure_in(reply: dict[str, Any]) -> SubmissionError | None:
    """Read the failure that a reply reports; None if it reports none.

    Raises
    ------
    SubmissionError
        If the reply is forged.
    """
    if "outcome" not in reply:
        return None
    outcome, hint = reply["outcome"], reply.get("hint")
    if not isinstance(outcome, str) or outcome not in CHILD_OUTCOMES:
        raise forged(f"the outcome {_shown(outcome)}, which the harness never sends")
    message = _text(reply.get("message"))
    if outcome not in ("device_error", "gpu_missing") and (fact := _only_missing_here(reply)):
        hint = "--server with a replica of the server"
        if package := package_of(str(reply.get("missing_module"))):
            hint = f"pip install {package}, or {hint}"
        return SubmissionError(f"{message}\n{fact}", outcome="package_missing", hint=hint)
    through = texts_in(reply, "through") if "through" in reply else ()
    return SubmissionError(message, outcome=outcome, hint=None if hint is None else _text(hint), through=through)


def _only_missing_here(reply: dict[str, Any]) -> str | None:
    """Return what the Python here lacks and the server has, as a sentence; None if the server lacks it too."""
    module, name = reply.get("missing_module"), reply.get("missing_name")
    if isinstance(module, str) and module in server_modules():
        package = package_of(module)
        return f"the server has {f'the package {package}' if package else f'{module} in its standard library'}"
    if isinstance(name, str) and (apis := apis_of(name)) and all(api.has(name) for api in apis):
        return f"the server has {name}, in {' and '.join(map(str, apis))}; the version here does not"
    return None


def predictions_in(reply: dict[str, Any], challenge: int, n_windows: int) -> NDArray[np.float64]:
    """Read one finite number per window.

    Shape
    -----
    Output: ``(n_windows,)``

    Raises
    ------
    SubmissionError
        If there are more or fewer numbers than windows, or a value is not a finite float.
    """
    values = reply.get("predictions")
    if not isinstance(values, list) or len(values) != n_windows:
        n = len(values) if isinstance(values, list) else _shown(values)
        raise forged(f"{n} predictions for {n_windows} windows of challenge {challenge}")
    for value in values:
        if not isinstance(value, float):
            raise forged(f"{_shown(value)} as a prediction of challenge {challenge}; floats are expected")
        if not math.isfinite(value):
            fact = f"challenge {challenge} predicted {value}; the scorer raises an error for values that are not finite"
            raise SubmissionError(fact, outcome="not_finite")
    return np.array(values, np.float64)


def texts_in(reply: dict[str, Any], key: str) -> tuple[str, ...]:
    """Read the first twenty texts of a list, each cut to a bounded length.

    Raises
    ------
    SubmissionError
        If the value is not a list.
    """
    values = reply.get(key)
    if not isinstance(values, list):
        raise forged(f"{_shown(values)} under {key!r}; a list is expected")
    return tuple(_text(value) for value in values[:_MAX_TEXTS])


def names_in(reply: dict[str, Any], key: str) -> dict[int, frozenset[str]]:
    """Read names of files by number of the challenge.

    Raises
    ------
    SubmissionError
        If the value does not have that form.
    """
    by_challenge = reply.get(key)
    if not isinstance(by_challenge, dict):
        raise forged(f"{_shown(by_challenge)} under {key!r}; names of files by challenge are expected")
    for challenge, names in by_challenge.items():
        if (
            not _CHALLENGE.fullmatch(challenge)
            or not isinstance(names, list)
            or not all(isinstance(n, str) for n in names)
        ):
            raise forged(f"{_shown({challenge: names})} under {key!r}; names of files by challenge are expected")
    return {int(challenge): frozenset(names) for challenge, names in by_challenge.items()}


def shapes_in(reply: dict[str, Any]) -> list[tuple[int, ...]]:
    """Read the shapes of tensors.

    Raises
    ------
    SubmissionError
        If the value is not a list of shapes.
    """
    shapes = reply.get("shapes")
    if not isinstance(shapes, list) or len(shapes) > _MOST_SHAPES or not all(map(_is_shape, shapes)):
        raise forged(f"{_shown(shapes)} under 'shapes'; a list of shapes is expected")
    return [tuple(shape) for shape in shapes]


def _is_shape(value: object) -> bool:
    return isinstance(value, list) and len(value) <= _MOST_DIMS and all(type(n) is int and n >= 0 for n in value)


def forged(what: str) -> SubmissionError:
    """Return the error for a reply that the child program did not write."""
    fact = f"the submission wrote to the pipe of the predictions: it sent {what}"
    return SubmissionError(fact, outcome="contract_error")


def _text(value: object) -> str:
    """Return a text of bounded length that can be encoded."""
    return str(value)[:_MAX_CHARS].encode("utf-8", "replace").decode()


def _shown(value: object) -> str:
    return _text(repr(value))[:_SHOWN_CHARS]
