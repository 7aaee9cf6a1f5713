"""A file that the submission did not find, and that lies elsewhere in the zip."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING

from submission_builder.base.zip_file import ZipFault, open_zip
from submission_builder.logs.weights_rules import missing_file

if TYPE_CHECKING:
    from submission_builder.logs.causes import LogReading


def lies_elsewhere(reading: LogReading, path: Path) -> str | None:
    """Return, as evidence, where a file that the log misses lies in the zip; None if it misses none, or the zip too."""
    wanted = missing_file(reading.last) if reading.last else None
    if wanted is None:
        return None
    name = PureWindowsPath(wanted).name  # splits at both kinds of slashes
    try:
        with open_zip(path) as archive:
            found = [entry for entry in archive.namelist() if entry.rpartition("/")[2] == name]
    except ZipFault:
        return None
    if not found:
        return None
    return f"zip: {name} lies at {found[0]}; find it by Path(__file__).resolve().parent / {found[0]!r}"
