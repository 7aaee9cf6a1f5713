"""Weights that were saved elsewhere: the net's tensors out of whatever file a training left behind.

Nothing in such a file is executed. Beside tensors and plain Python values, numpy's scalars are read: trainings write
their best score as one.
"""

from __future__ import annotations

import pickle
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from submission_builder.base.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from torch import Tensor

_STATE_KEYS = ("state_dict", "model_state_dict", "model")
_LIGHTNING = "pytorch-lightning_version"
_COMPILED, _PARALLEL = "_orig_mod.", "module."
_SCALAR: Any = np.float64(0).__reduce__()[0]
_NUMPY: list[Any] = [
    np.dtype,
    *{type(np.dtype(code)) for code in "?bBhHiIlLqQefd"},
    *((_SCALAR, f"{module}.multiarray.scalar") for module in ("numpy._core", "numpy.core")),  # since numpy 2, before
]
"""What torch's reader may build beside its own: numpy's scalars and their types, which run no code of a file."""


@dataclass(frozen=True)
class Foreign:
    """What was found in a file of weights.

    Attributes
    ----------
    state
        The net's tensors under their names there, less what DDP and torch.compile put before them. They are
        mapped from the file, not read into memory, where its format allows.
    left
        What else the file held, such as the optimiser's state.
    lightning
        Whether Lightning wrote it; the net is then an attribute of a module, whose name stands before each tensor's.
    pure
        Whether the file is a zip that holds `state` and nothing else, under the same names.
    """

    state: dict[str, Tensor]
    left: tuple[str, ...] = ()
    lightning: bool = False
    pure: bool = False


def read_foreign(path: Path) -> Foreign:
    """Read a bare ``state_dict``, or a dictionary that holds one as ``state_dict``, ``model_state_dict`` or ``model``.

    Raises
    ------
    CheckpointError
        If the file cannot be read, holds what would have to be executed, or no state dict is found in it.
    """
    content = _loaded(path)
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} holds a {type(content).__name__}; a state_dict is expected")
    if _is_state(content):
        state = _unwrapped(content)
        return Foreign(state, pure=state.keys() == content.keys() and zipfile.is_zipfile(path))
    found = [key for key in _STATE_KEYS if _is_state(content.get(key))]
    if not found:
        keys = ", ".join(sorted(map(str, content))[:8]) or "nothing"
        raise CheckpointError(
            f"{path} holds {keys}; a state_dict is expected, alone or as {', '.join(_STATE_KEYS[:-1])} or "
            f"{_STATE_KEYS[-1]}"
        )
    left = tuple(sorted(str(key) for key in content if key != found[0]))
    return Foreign(_unwrapped(content[found[0]]), left, _LIGHTNING in content)


def attributes(foreign: Foreign) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Give the state as it is, and for Lightning's files that of each attribute of the module, with its name."""
    yield "", foreign.state
    if foreign.lightning:
        for name in dict.fromkeys(key.partition(".")[0] for key in foreign.state):
            prefix = f"{name}."
            yield name, {k.removeprefix(prefix): v for k, v in foreign.state.items() if k.startswith(prefix)}


def is_torchscript(path: Path) -> bool:
    """Whether a file is a TorchScript archive, which brings its own code."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(re.fullmatch(r"[^/]+/constants\.pkl", name) for name in archive.namelist())


def _loaded(path: Path) -> Any:
    if not path.is_file():
        raise CheckpointError(f"{path} is no file; weights are a file that torch.save wrote")
    try:
        with torch.serialization.safe_globals(_NUMPY):
            return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}") from error
    except pickle.UnpicklingError as error:
        refused = re.search(r"Unsupported global: GLOBAL (\S+)", str(error))
        if refused:
            raise CheckpointError(
                f"{path} holds a {refused[1]}, which only its own code can make, and nothing in it is executed; "
                "tensors and plain values are read",
                hint="where you trust the file: torch.save(torch.load(PATH, weights_only=False)[...], NEW), with the "
                "state_dict alone",
            ) from error
        raise _no_weights(path, error) from error
    except Exception as error:  # of a file that is no checkpoint, torch's reader raises what it stumbles over
        raise _no_weights(path, error) from error


def _no_weights(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"{path} cannot be loaded as weights ({type(error).__name__}); a state_dict of tensors is expected, saved by "
        "torch.save"
    )


def _is_state(value: object) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(v, torch.Tensor) for v in value.values())


def _unwrapped(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Take off what torch.compile puts before the names, at any depth, and DDP before all of them."""
    names = {name.replace(_COMPILED, ""): tensor for name, tensor in state.items()}
    while all(name.startswith(_PARALLEL) for name in names):
        names = {name.removeprefix(_PARALLEL): tensor for name, tensor in names.items()}
    return names
