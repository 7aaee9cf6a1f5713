"""A weight file of a zip: its format, the names in its pickles, its tensors and its operators."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any, Literal

from submission_builder.base.placeholder import find_pointer
from submission_builder.base.zip_file import ZipFault, open_zip, read_entry
from submission_builder.checks.compressed import LZ4, decompressed
from submission_builder.checks.compressed import SUFFIXES as COMPRESSED
from submission_builder.checks.exported_program import ExportedProgram, read_exported_program
from submission_builder.checks.pickled import tensors
from submission_builder.checks.pickled_names import NO_NAMES, PickledNames, read_names
from submission_builder.checks.tensor_values import read_values
from submission_builder.checks.torchscript import LONGEST as LONGEST_SCRIPT
from submission_builder.checks.torchscript import OperatorCall, operator_calls

if TYPE_CHECKING:
    import zipfile

    from submission_builder.checks.pickled import Tensor

Kind = Literal["torch", "torchscript", "exported", "zip", "pickle", "lz4", "nothing"]

SUFFIXES = (".pt", ".pth", ".pt2", ".ckpt", ".pkl", ".pickle", ".joblib")
"""Suffixes of weight files. A file that begins as a pickle or a torch file is read under any name."""

_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"
_MOST_RATIO = 20  # torch.save does not compress
_CHUNK = 1 << 20
_IN_MEMORY = 32 << 20
_SHOWN = 64 << 10


@dataclass(frozen=True)
class WeightsFile:
    """A weight file of a zip, read without running its pickles."""

    name: str
    """Its entry in the zip."""
    kind: Kind
    """``torch``: written by ``torch.save`` since torch 1.6; ``torchscript``; ``exported``: written by
    ``torch.export.save``; ``zip``: another zip, such as ``.npz``; ``pickle``: a bare pickle, also one that joblib
    compressed or that torch wrote before 1.6; ``lz4``: compressed by joblib with LZ4; ``nothing``: none of these."""
    pickled: PickledNames = NO_NAMES
    """The names in its pickles."""
    tree: Any = None
    """Outline of its contents; None if it cannot be read."""
    damage: str | None = None
    """What is broken, as a sentence; None for a complete file."""
    bad: dict[str, str] = field(default_factory=dict)
    """``NaN`` or ``inf``, by the name of the tensor that contains it; -inf is not listed, as masks contain it."""
    operators: frozenset[OperatorCall] | None = frozenset()
    """Calls of operators in the code of a TorchScript file; None if the code cannot be read."""
    exported: ExportedProgram | None = None
    """The origin of a file of ``torch.export.save``."""

    @property
    def tensors(self) -> dict[str, Tensor]:
        """Tensors by dotted name."""
        return dict(tensors(self.tree))

    @property
    def opening_is_seen(self) -> bool:
        """Whether Python sees that a run opens the file; torch opens these two kinds outside of Python's view."""
        return self.kind not in ("torchscript", "exported")


def read_weights(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> WeightsFile | None:
    """Read an entry that is a weight file by its first bytes or its suffix; return None for any other."""
    suffix = PurePosixPath(entry.filename).suffix.lower()
    with archive.open(entry) as packed:
        start = packed.read(len(_ZIP))
        begins = start == _ZIP or (start[:1] == _PICKLE and start[1:2] <= b"\x05")
        if not begins and suffix not in (*SUFFIXES, *COMPRESSED):
            return None
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            file.write(start)
            while chunk := packed.read(_CHUNK):
                file.write(chunk)
            file.seek(0)
            if start == _ZIP:
                return _zip(entry, file)
            if not begins and suffix not in SUFFIXES and not _is_compressed_pickle(file):
                return None
            return _pickle(entry.filename, file, start)


def _zip(entry: zipfile.ZipInfo, file: IO[bytes]) -> WeightsFile:
    name = entry.filename
    try:
        with open_zip(file) as inner:
            if sum(one.file_size for one in inner.infolist()) > _MOST_RATIO * entry.file_size:
                return WeightsFile(name, "zip", damage="The file is compressed, which torch.save does not do")
            if (damaged := inner.testzip()) is not None:
                return WeightsFile(name, "zip", damage=f"The checksum of {damaged} in the file is wrong")
            return _whole_zip(name, inner)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged zip can raise anything
        why = error if isinstance(error, ZipFault) else type(error).__name__
        return WeightsFile(name, "zip", damage=f"The file begins like a zip and cannot be read as one ({why})")


def _whole_zip(name: str, inner: zipfile.ZipFile) -> WeightsFile:
    names = inner.namelist()
    pickled = NO_NAMES
    for one in names:
        if one.endswith((".pkl", ".pickle")):
            pickled |= read_names(partial(inner.open, one)) or NO_NAMES
    if exported := read_exported_program(inner):
        return WeightsFile(name, "exported", pickled, exported=exported)
    data = next((one for one in names if PurePosixPath(one).name == "data.pkl"), None)
    if data is None:
        return WeightsFile(name, "zip", pickled)
    folder = str(PurePosixPath(data).parent)
    if f"{folder}/constants.pkl" in names:
        sources = (
            read_entry(inner, one, LONGEST_SCRIPT)
            for one in names
            if one.startswith(f"{folder}/code/") and one.endswith(".py")
        )
        return WeightsFile(
            name, "torchscript", replace(pickled, foreign=frozenset()), operators=operator_calls(sources)
        )
    tree, damage, bad = read_values(inner, folder)
    return WeightsFile(name, "torch", pickled, tree, damage, bad)


def _pickle(name: str, file: IO[bytes], start: bytes) -> WeightsFile:
    """Read a file that is no zip: a pickle, or something else with the suffix of a weight file."""
    if start == LZ4:
        return WeightsFile(name, "lz4")

    def opened() -> IO[bytes]:
        file.seek(0)
        return decompressed(file) or file

    try:
        pickled = read_names(opened)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a file that only begins as if it were compressed can raise anything
        pickled = None
    if pickled:
        return WeightsFile(name, "pickle", pickled)
    file.seek(0)
    return WeightsFile(name, "nothing", damage=_content_instead(file.read(_SHOWN)))


def _is_compressed_pickle(file: IO[bytes]) -> bool:
    """Whether a file without the suffix of a weight file is a pickle that joblib compressed."""
    try:
        content = decompressed(file)
        return content is not None and content.read(1) == _PICKLE
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - as below
        return False
    finally:
        file.seek(0)


def _content_instead(content: bytes) -> str:
    """Describe a file that contains no weights."""
    if not content:
        return "The file is empty"
    pointer = find_pointer(content)
    if pointer and pointer.command == "git lfs pull":
        return "The file is a Git LFS pointer; the weights themselves were not fetched"
    if content.lstrip()[:1] == b"<":
        return "The file is a web page; a failed download may have saved it"
    return "The file is neither a torch file nor a pickle"
