"""Weights as they lie in the zip: pure state dicts, each once, in full or in half precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from submission_builder.base.errors import CheckpointError
from submission_builder.freeze.zip_writer import ZipEntry, entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from torch import Tensor

    from submission_builder.freeze.member import Weights


def store(weights: Iterable[Weights], scratch: Path, *, half: bool) -> tuple[dict[Weights, str], dict[str, ZipEntry]]:
    """Name what will be stored; files of the same bytes are stored once.

    Parameters
    ----------
    weights
        In the order of the recipe.
    scratch
        A folder for what has to be written anew: unwrapped, stripped or in half precision.
    half
        Whether floating-point tensors are kept in half precision; loading makes them float32 again.

    Returns
    -------
    names, entries
        The name of each file in the zip, and what lies under it.

    Raises
    ------
    CheckpointError
        If half precision cannot hold a value.
    """
    names: dict[Weights, str] = {}
    entries: dict[str, ZipEntry] = {}
    for i, one in enumerate(dict.fromkeys(weights)):
        found = entry(one.path if one.as_is and not half else _rewritten(one, scratch / f"{i}.pt", half=half))
        same = next((name for name, other in entries.items() if other.sha256 == found.sha256), None)
        names[one] = same or _free(one.path.stem, entries)
        entries.setdefault(names[one], found)
    return names, entries


def halved(state: Mapping[str, Tensor], what: str) -> dict[str, Tensor]:
    """Keep floating-point tensors in half precision.

    Raises
    ------
    CheckpointError
        If a finite value is too large for it.
    """
    out = {}
    for name, tensor in state.items():
        out[name] = tensor.half() if tensor.is_floating_point() else tensor
        if tensor.isfinite().all() and not out[name].isfinite().all():
            raise CheckpointError(
                f"{what}: {name} reaches {tensor.abs().max().item():g}; half precision holds up to "
                f"{torch.finfo(torch.half).max:g}"
            )
    return out


def _rewritten(weights: Weights, path: Path, *, half: bool) -> Path:
    state = weights.state()
    with path.open("wb") as file:  # by its name, torch would put the file's into it
        torch.save(halved(state, weights.path.name) if half else state, file)
    return path


def _free(stem: str, taken: Mapping[str, ZipEntry]) -> str:
    """Name a file as it is called at home; the second of a name gets a number."""
    names = (f"{stem}.pt" if n == 1 else f"{stem}-{n}.pt" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)
