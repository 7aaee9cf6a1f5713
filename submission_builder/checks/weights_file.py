"""A weight file of a zip: its format, the names in its pickles, and its tensors."""

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

Kind = Literal["torch", "torchscript", "exported", "zip", "pickle", "nothing"]

SUFFIXES = (".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib")
"""Suffixes of weight files. A file that begins as a pickle or a torch file is read under any name."""

_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"
_MOST_RATIO = 20  # torch.save does not compress
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
"""dtype of numpy for each storage of torch; numpy has no bfloat16, whose bits are read as integers."""

_TORCH_ACCEPTS = re.compile(
    r"collections\.OrderedDict|torch\.(Size|Tensor|nn\.parameter\.Parameter|serialization\._get_layout)"
    r"|torch\.\w+Storage|torch\.storage\.\w+Storage|torch\.(float|int|uint|complex|bool)\w*"
    r"|torch\._utils\._rebuild_\w+|torch\._tensor\._rebuild_from_type_v2"
)
"""Names that torch 2.2.2 accepts with ``weights_only=True``."""

_EXPORTED = {"serialized_exported_program.json", "archive_format"}
"""Entries that ``torch.export.save`` writes, in older and in newer versions of torch."""

_CALLED = re.compile(r"(?<![\w.])(torch\.[a-z]\w*)\(")
_LONGEST_CODE = 5 << 20

_NUMPY_2_GENERATOR = re.compile(rb"numpy\.random\._(?:pcg64|mt19937|philox|sfc64)")
"""numpy 2 pickles the class of a bit generator by its module, numpy 1 by its name."""

logging.getLogger("picklescan").setLevel(logging.CRITICAL)  # the checks report what it finds


@dataclass(frozen=True)
class WeightsFile:
    """A weight file of a zip, read without running its pickles."""

    name: str
    """Its entry in the zip."""
    kind: Kind
    """``torch``: written by ``torch.save`` since torch 1.6; ``torchscript``; ``exported``: written by ``torch.export``;
    ``zip``: another zip, such as ``.npz``; ``pickle``: a bare pickle, also of torch before 1.6; ``nothing``: none of
    these."""
    dangerous: tuple[str, ...] = ()
    """Dotted names in its pickles that can run any code."""
    foreign: tuple[str, ...] = ()
    """Other dotted names in its pickles that ``weights_only=True`` refuses."""
    tree: Any = None
    """Outline of its contents; None if it cannot be read."""
    damage: str | None = None
    """What is broken, as a sentence; None for a complete file."""
    bad: dict[str, str] = field(default_factory=dict)
    """``NaN`` or ``inf``, by the name of the tensor that contains it; -inf is not listed, as masks contain it."""

    operators: tuple[str, ...] = ()
    """Functions of torch that its TorchScript calls, such as ``torch.rms_norm``."""
    numpy_2: bool = False
    """Whether a pickle in it contains a random generator as numpy 2 writes it."""

    @property
    def tensors(self) -> dict[str, Tensor]:
        """Tensors by dotted name."""
        return dict(tensors(self.tree))


def read_weights(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> WeightsFile | None:
    """Read an entry that is a weight file by its first bytes or its suffix; return None for any other."""
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
                return WeightsFile(name, "zip", damage="The file is compressed, which torch.save does not do")
            if (damaged := inner.testzip()) is not None:
                return WeightsFile(name, "zip", damage=f"The checksum of {damaged} in the file is wrong")
            named = [_named(inner.read(one)) for one in inner.infolist() if one.filename.endswith((".pkl", ".pickle"))]
            dangerous = tuple(sorted({one for risks, _ in named for one in risks}))
            foreign = tuple(sorted({one for _, others in named for one in others}))
            kind, folder = _layout(inner.namelist())
            if kind == "torchscript":
                return WeightsFile(name, kind, dangerous, operators=_operators(inner, folder))
            if kind != "torch":
                return WeightsFile(name, kind, dangerous, () if kind == "exported" else foreign)
            return _torch(WeightsFile(name, "torch", dangerous, foreign), inner, folder)
    except Exception as error:  # noqa: BLE001 - a damaged zip can raise anything
        return WeightsFile(
            name, "zip", damage=f"The file begins like a zip and cannot be read as one ({type(error).__name__})"
        )


def _layout(names: list[str]) -> tuple[Kind, str]:
    """Return what a zip with these entries is, and the folder of its pickle."""
    pickled = [one for one in names if PurePosixPath(one).name == "data.pkl"]
    folder = str(PurePosixPath(pickled[0]).parent) if pickled else ""
    if any(PurePosixPath(one).name in _EXPORTED for one in names):
        return "exported", folder
    if not pickled:
        return "zip", folder
    return ("torchscript" if f"{folder}/constants.pkl" in names else "torch"), folder


def _operators(inner: zipfile.ZipFile, folder: str) -> tuple[str, ...]:
    """Return the functions of torch that the code of a TorchScript file calls."""
    found: set[str] = set()
    for one in inner.infolist():
        if one.filename.startswith(f"{folder}/code/") and one.filename.endswith(".py"):
            with inner.open(one) as code:
                found |= set(_CALLED.findall(code.read(_LONGEST_CODE).decode("utf-8", "replace")))
    return tuple(sorted(found))


def _torch(file: WeightsFile, inner: zipfile.ZipFile, folder: str) -> WeightsFile:
    """Read the tensors of a file of ``torch.save``: one pickle, and one entry for each storage."""
    try:
        with inner.open(f"{folder}/data.pkl") as pickled:
            tree = outline(pickled.read(LONGEST + 1))
    except Unreadable:
        return file
    sizes = {one.filename: one.file_size for one in inner.infolist()}
    bad: dict[str, str] = {}
    done: set[str] = set()
    for name, tensor in tensors(tree):
        storage = tensor.storage
        where, kind = f"{folder}/data/{storage.key}", _KINDS.get(storage.kind)
        if where not in sizes:
            return replace(file, damage=f"The values of {name} are not in the file")
        if kind and sizes[where] < storage.numel * (2 if kind == "bf16" else np.dtype(kind).itemsize):
            return replace(file, damage=f"The values of {name} are truncated")
        if kind and where not in done and (worst := _not_finite(inner, where, kind)):
            bad[name] = worst
        done.add(where)
    return replace(file, tree=tree, bad=bad)


def _not_finite(inner: zipfile.ZipFile, where: str, kind: str) -> str | None:
    """Return ``NaN`` or ``inf`` if a storage contains it."""
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
    """Read a file that is no zip: a pickle, or something else with the suffix of a weight file."""
    name, content = entry.filename, file.read(_LONGEST_BARE)
    if next(_opcodes(content), None) is None:
        return WeightsFile(name, "nothing", damage=_content_instead(content))
    dangerous, foreign = _named(content)
    return WeightsFile(name, "pickle", dangerous, foreign, numpy_2=bool(_NUMPY_2_GENERATOR.search(content)))


def _content_instead(content: bytes) -> str:
    """Describe a file that contains no weights."""
    if not content:
        return "The file is empty"
    if content.startswith(b"version https://git-lfs"):
        return "The file is a Git LFS pointer; the weights themselves were not fetched"
    if content.lstrip()[:1] == b"<":
        return "The file is a web page; a failed download may have saved it"
    return "The file is neither a torch file nor a pickle"


def _named(content: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names in a pickle that can run any code, and the others that torch refuses among weights."""
    if sum(1 for _ in itertools.islice(_opcodes(content), _MOST_OPCODES)) == _MOST_OPCODES:
        return (), (f"more than {_MOST_OPCODES:,} opcodes, which were not read",)
    found = scan_pickle_bytes(io.BytesIO(content), "").globals
    dangerous = {f"{one.module}.{one.name}" for one in found if one.safety is SafetyLevel.Dangerous}
    others = {f"{one.module}.{one.name}" for one in found} - dangerous
    foreign = {name for name in others if not _TORCH_ACCEPTS.fullmatch(name)}
    return tuple(sorted(dangerous)), tuple(sorted(foreign))


def _opcodes(content: bytes) -> Iterator[str]:
    """Yield the names of a pickle's opcodes, up to its end or to the first byte that is none."""
    with contextlib.suppress(Exception):  # a damaged pickle can raise anything
        for opcode, _, _ in pickletools.genops(content):
            yield opcode.name
