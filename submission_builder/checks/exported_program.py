"""Files of ``torch.export.save``: which torch wrote one, and which versions of the server cannot read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from submission_builder.base.zip_file import ZipFault, read_entry

if TYPE_CHECKING:
    import zipfile

_OLD, _OLD_VERSION = "serialized_exported_program.json", "version"
_FORMAT, _WEIGHTS_LIST = "archive_format", "model_weights_config.json"
_LONGEST, _LONGEST_WORD = 32 << 20, 64
_TORCH = re.compile(rb'"torch_version": *"([0-9.]+)')


@dataclass(frozen=True)
class ExportedProgram:
    """The origin of a file of ``torch.export.save``."""

    torch: str | None
    """Version of torch that wrote the file; None if the file does not name it."""
    unreadable_by: tuple[str, ...]
    """Versions of torch that the server may have and that cannot read the file, as tried with files of each version."""


def read_exported_program(archive: zipfile.ZipFile) -> ExportedProgram | None:
    """Return the origin of a file of ``torch.export.save``; None for any other zip."""
    names = {name.rpartition("/")[2]: name for name in archive.namelist()}
    if _OLD in archive.namelist():  # torch 2.1 to 2.6: the files lie at the root
        of_2_2 = _OLD_VERSION in names and _word(archive, names[_OLD_VERSION]) == b"2"
        return ExportedProgram("2.2" if of_2_2 else None, ("2.8.0",) if of_2_2 else ("2.2.2",))
    if _FORMAT not in names or _word(archive, names[_FORMAT]) != b"pt2":
        return None
    unreadable = ("2.2.2", "2.8.0") if _WEIGHTS_LIST in names else ("2.2.2",)
    return ExportedProgram(_torch(archive), unreadable)


def _word(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return the content of a file of a few bytes; empty if it is longer."""
    try:
        return read_entry(archive, name, _LONGEST_WORD).strip()
    except ZipFault:
        return b""


def _torch(archive: zipfile.ZipFile) -> str | None:
    """Return the version of torch that a program names."""
    for entry in archive.infolist():
        if "/models/" in entry.filename and entry.filename.endswith(".json") and entry.file_size <= _LONGEST:
            named = _TORCH.search(read_entry(archive, entry, _LONGEST))
            return named[1].decode() if named else None
    return None
