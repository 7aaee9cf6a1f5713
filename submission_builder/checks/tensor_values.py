"""The tensors in a file of ``torch.save``, and whether their values are there and finite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from submission_builder.checks.pickled import LONGEST, Unreadable, outline, tensors

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator

_CHUNK = 1 << 20

_KINDS = {
    "Double": "<f8",
    "Float": "<f4",
    "Half": "<f2",
    "BFloat16": "bf16",
    "Long": "<i8",
    "Int": "<i4",
    "Short": "<i2",
    "Char": "i1",
    "Byte": "u1",
    "Bool": "?",
}
"""dtype of numpy for each storage of torch; numpy has no bfloat16, whose bits are read as integers."""


class Values(NamedTuple):
    """What a file of ``torch.save`` contains."""

    tree: Any = None
    """Outline of the contents; None if it cannot be read."""
    damage: str | None = None
    """What is broken, as a sentence."""
    bad: dict[str, str] = {}  # noqa: RUF012 - never changed
    """``NaN`` or ``inf``, by the name of the tensor that contains it; -inf is not listed, as masks contain it."""


def read_values(archive: zipfile.ZipFile, folder: str) -> Values:
    """Read the tensors of a file: one pickle, and one entry for each storage."""
    try:
        with archive.open(f"{folder}/data.pkl") as pickled:
            tree = outline(pickled.read(LONGEST + 1))
    except Unreadable:
        return Values()
    sizes = {one.filename: one.file_size for one in archive.infolist()}
    bad: dict[str, str] = {}
    done: set[str] = set()
    for name, tensor in tensors(tree):
        storage = tensor.storage
        where, kind = f"{folder}/data/{storage.key}", _KINDS.get(storage.kind)
        if where not in sizes:
            return Values(damage=f"The values of {name} are not in the file")
        if kind and sizes[where] < storage.numel * (2 if kind == "bf16" else np.dtype(kind).itemsize):
            return Values(damage=f"The values of {name} are truncated")
        if kind and where not in done and (worst := _not_finite(archive, where, kind)):
            bad[name] = worst
        done.add(where)
    return Values(tree, bad=bad)


def _not_finite(archive: zipfile.ZipFile, where: str, kind: str) -> str | None:
    """Return ``NaN`` or ``inf`` if a storage contains it."""
    if kind != "bf16" and np.dtype(kind).kind != "f":
        return None
    for numbers in _numbers(archive, where, kind):
        if np.isnan(numbers).any():
            return "NaN"
        if np.isposinf(numbers).any():
            return "inf"
    return None


def _numbers(archive: zipfile.ZipFile, where: str, kind: str) -> Iterator[np.ndarray[Any, Any]]:
    with archive.open(where) as file:
        while chunk := file.read(_CHUNK):
            if kind == "bf16":  # the upper half of a float32
                yield (np.frombuffer(chunk[: len(chunk) // 2 * 2], "<u2").astype("<u4") << 16).view("<f4")
            else:
                yield np.frombuffer(chunk[: len(chunk) // np.dtype(kind).itemsize * np.dtype(kind).itemsize], kind)
