"""A zip whose bytes depend on its contents alone."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from submission_builder.atomic import whole_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MODE = 0o100644 << 16


def write_archive(path: Path, entries: Mapping[str, bytes]) -> None:
    """Write a zip: names sorted, time and mode fixed, compression fixed.

    Parameters
    ----------
    path
        The zip; written whole or not at all.
    entries
        Contents by name.
    """
    with whole_file(path) as part, zipfile.ZipFile(part, "w") as archive:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system, info.external_attr = _UNIX, _MODE
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, entries[name], compresslevel=6)
