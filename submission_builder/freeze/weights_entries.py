"""Weights as entries of the zip: plain state dicts, each stored once, in their own or in half precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from submission_builder.base.errors import CheckpointError
from submission_builder.freeze.zip_writer import ZipEntry, entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from torch import Tensor

    from submission_builder.freeze.model import Weights


def weights_entries(
    weights: Iterable[Weights], scratch: Path, *, half: bool
) -> tuple[dict[Weights, str], dict[str, ZipEntry]]:
    """Make the entries of all weights; files with the same bytes share one entry.

    Parameters
    ----------
    weights
        Weights in the order of the recipe.
    scratch
        Folder for the files that have to be rewritten: those with other content, a prefix or another precision.
    half
        Store floating-point tensors in half precision; loading converts them to float32.

    Returns
    -------
    names, entries
        Name of each file in the zip, and the entries by name.

    Raises
    ------
    CheckpointError
        If a value is too large for half precision.
    """
    names: dict[Weights, str] = {}
    entries: dict[str, ZipEntry] = {}
    for i, one in enumerate(dict.fromkeys(weights)):
        new = entry(one.path if one.as_is and not half else _rewritten(one, scratch / f"{i}.pt", half=half))
        same = next((name for name, other in entries.items() if other.sha256 == new.sha256), None)
        names[one] = same or _free_name(one.path.stem, entries)
        entries.setdefault(names[one], new)
    return names, entries


def to_half(state: Mapping[str, Tensor], what: str) -> dict[str, Tensor]:
    """Convert floating-point tensors to half precision.

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
                f"{what}: {name} has the magnitude {tensor.abs().max().item():g}; half precision holds up to "
                f"{torch.finfo(torch.half).max:g}"
            )
    return out


def _rewritten(weights: Weights, path: Path, *, half: bool) -> Path:
    state = weights.state()
    with path.open("wb") as file:  # given a path, torch.save would write the file's name into it
        torch.save(to_half(state, weights.path.name) if half else state, file)
    return path


def _free_name(stem: str, taken: Mapping[str, ZipEntry]) -> str:
    """Keep the name of the file; the second file of a name gets a number."""
    names = (f"{stem}.pt" if n == 1 else f"{stem}-{n}.pt" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)
