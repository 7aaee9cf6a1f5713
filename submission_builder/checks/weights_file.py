"""A file of weights as it lies in the zip: what it is, what its pickles name, which tensors it holds."""

from __future__ import annotations

import contextlib
import io
import itertools
import logging
import pickletools
import re
import tempfile
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any, Literal

import numpy as np
from picklescan.scanner import SafetyLevel, scan_pickle_bytes

from submission_builder.checks.pickled import LONGEST, Unreadable, outline, tensors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.pickled import Tensor

Kind = Literal["torch", "torchscript", "zip", "pickle", "nothing"]

SUFFIXES = (".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib")
"""Names by which weights are known; what begins as a pickle or a torch file is looked into under any name."""

_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"
_MOST_RATIO = 20
_CHUNK = 1 << 20
_IN_MEMORY = 32 << 20
_LONGEST_BARE = 64 << 20
_MOST_OPCODES = 1_000_000

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
"""numpy's names of torch's storages; bfloat16 is none of them and is read as its bits."""

_TORCH_TAKES = re.compile(
    r"collections\.OrderedDict|torch\.(Size|Tensor|nn\.parameter\.Parameter|serialization\._get_layout)"
    r"|torch\.\w+Storage|torch\.storage\.\w+Storage|torch\.(float|int|uint|complex|bool)\w*"
    r"|torch\._utils\._rebuild_\w+|torch\._tensor\._rebuild_from_type_v2"
)
"""What torch 2.2.2 allows with ``weights_only=True``."""

logging.getLogger("picklescan").setLevel(logging.CRITICAL)  # what it finds is told by our checks


@dataclass(frozen=True)
class WeightsFile:
    """What one file of weights turned out to be.

    Attributes
    ----------
    name
        Its entry in the zip.
    kind
        ``torch``: what ``torch.save`` writes since 1.6; ``torchscript``; ``zip``: another zip, as ``.npz``;
        ``pickle``: a bare pickle, also of torch before 1.6; ``nothing``: none of these.
    dangerous
        What its pickles name that runs code, by its dotted name.
    foreign
        What they name beside tensors and containers, which ``weights_only=True`` refuses.
    tree
        The outline of its contents; None where it cannot be read, and then `reason` says why.
    reason
        Why there is no outline.
    damage
        What is broken about it; None for a whole file.
    bad
        Tensors that hold NaN or +inf, by name, with which of them.
    """

    name: str
    kind: Kind
    dangerous: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    tree: Any = None
    reason: str | None = None
    damage: str | None = None
    bad: dict[str, str] = field(default_factory=dict)

    @property
    def tensors(self) -> dict[str, Tensor]:
        """Its tensors by dotted name."""
        return dict(tensors(self.tree))


def read_weights(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> WeightsFile | None:
    """Read an entry if it holds weights, by its first bytes or its name; None for any other."""
    with archive.open(entry) as packed:
        start = packed.read(len(_ZIP))
        named = PurePosixPath(entry.filename).suffix.lower() in SUFFIXES
        if not named and start != _ZIP and not (start[:1] == _PICKLE and start[1:2] <= b"\x05"):
            return None
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            file.write(start)
            while chunk := packed.read(_CHUNK):
                file.write(chunk)
            file.seek(0)
            return _zip(entry, file) if start == _ZIP else _bare(entry, file)


def _zip(entry: zipfile.ZipInfo, file: IO[bytes]) -> WeightsFile:
    name = entry.filename
    try:
        with zipfile.ZipFile(file) as inner:
            if sum(one.file_size for one in inner.infolist()) > _MOST_RATIO * entry.file_size:
                return WeightsFile(name, "zip", damage="it is packed within itself, which torch does not do")
            if (damaged := inner.testzip()) is not None:
                return WeightsFile(name, "zip", damage=f"the checksum of {damaged} in it is wrong")
            named = [_named(inner.read(one)) for one in inner.infolist() if one.filename.endswith((".pkl", ".pickle"))]
            dangerous = tuple(sorted({one for risks, _ in named for one in risks}))
            foreign = tuple(sorted({one for _, others in named for one in others}))
            pickled = [one for one in inner.namelist() if PurePosixPath(one).name == "data.pkl"]
            if not pickled:
                return WeightsFile(name, "zip", dangerous, foreign, reason="it is no file of torch")
            folder = str(PurePosixPath(pickled[0]).parent)
            if f"{folder}/constants.pkl" in inner.namelist():
                return WeightsFile(name, "torchscript", dangerous, reason="it is TorchScript")
            return _torch(WeightsFile(name, "torch", dangerous, foreign), inner, folder)
    except Exception as error:  # noqa: BLE001 - a damaged zip can raise anything
        return WeightsFile(name, "zip", damage=f"it begins as a zip and cannot be read as one ({type(error).__name__})")


def _torch(file: WeightsFile, inner: zipfile.ZipFile, folder: str) -> WeightsFile:
    """Read the tensors of a file of torch: one pickle, and its storages beside it."""
    try:
        with inner.open(f"{folder}/data.pkl") as pickled:
            tree = outline(pickled.read(LONGEST + 1))
    except Unreadable as error:
        return replace(file, reason=str(error))
    sizes = {one.filename: one.file_size for one in inner.infolist()}
    bad: dict[str, str] = {}
    done: set[str] = set()
    for name, tensor in tensors(tree):
        storage = tensor.storage
        where, kind = f"{folder}/data/{storage.key}", _KINDS.get(storage.kind)
        if where not in sizes:
            return replace(file, damage=f"the numbers of {name} are not in it")
        if kind and sizes[where] < storage.numel * (2 if kind == "bf16" else np.dtype(kind).itemsize):
            return replace(file, damage=f"the numbers of {name} are cut short")
        if kind and where not in done and (worst := _not_finite(inner, where, kind)):
            bad[name] = worst
        done.add(where)
    return replace(file, tree=tree, bad=bad)


def _not_finite(inner: zipfile.ZipFile, where: str, kind: str) -> str | None:
    """Look for NaN and +inf; -inf is what masks are made of."""
    if kind != "bf16" and np.dtype(kind).kind != "f":
        return None
    for numbers in _numbers(inner, where, kind):
        if np.isnan(numbers).any():
            return "NaN"
        if np.isposinf(numbers).any():
            return "inf"
    return None


def _numbers(inner: zipfile.ZipFile, where: str, kind: str) -> Iterator[np.ndarray[Any, Any]]:
    with inner.open(where) as file:
        while chunk := file.read(_CHUNK):
            if kind == "bf16":  # the upper half of a float32
                yield (np.frombuffer(chunk[: len(chunk) // 2 * 2], "<u2").astype("<u4") << 16).view("<f4")
            else:
                yield np.frombuffer(chunk[: len(chunk) // np.dtype(kind).itemsize * np.dtype(kind).itemsize], kind)


def _bare(entry: zipfile.ZipInfo, file: IO[bytes]) -> WeightsFile:
    """Read what is no zip: a pickle, or something else under the name of weights."""
    name, content = entry.filename, file.read(_LONGEST_BARE)
    if next(_opcodes(content), None) is None:
        return WeightsFile(name, "nothing", damage=_instead(content))
    dangerous, foreign = _named(content)
    return WeightsFile(name, "pickle", dangerous, foreign, reason="it is a bare pickle")


def _instead(content: bytes) -> str:
    """Say what lies where weights should lie."""
    if not content:
        return "it is empty"
    if content.startswith(b"version https://git-lfs"):
        return "it is a pointer of Git LFS; the weights themselves were not fetched"
    if content.lstrip()[:1] == b"<":
        return "it is a web page, as a failed download leaves it"
    return "it is neither a file of torch nor a pickle"


def _named(content: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """List what a pickle names: what runs code, and what else torch does not take for weights."""
    if sum(1 for _ in itertools.islice(_opcodes(content), _MOST_OPCODES)) == _MOST_OPCODES:
        return (), (f"more than {_MOST_OPCODES:,} opcodes, which were not looked through",)
    found = scan_pickle_bytes(io.BytesIO(content), "").globals
    dangerous = {f"{one.module}.{one.name}" for one in found if one.safety is SafetyLevel.Dangerous}
    others = {f"{one.module}.{one.name}" for one in found} - dangerous
    foreign = {name for name in others if not _TORCH_TAKES.fullmatch(name)}
    return tuple(sorted(dangerous)), tuple(sorted(foreign))


def _opcodes(content: bytes) -> Iterator[str]:
    """Name a pickle's opcodes up to its end or the first that is none."""
    with contextlib.suppress(Exception):  # a damaged pickle can raise anything
        for opcode, _, _ in pickletools.genops(content):
            yield opcode.name
