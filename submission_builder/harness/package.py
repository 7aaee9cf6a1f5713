"""A submission zip as the server's worker takes it."""

from __future__ import annotations

import errno
import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from submission_builder.base.errors import OutputError, SubmissionError
from submission_builder.protocol.manifest import read_manifest, stateful_challenges
from submission_builder.server.facts import ENTRY, PAGES, TRAPS

if TYPE_CHECKING:
    from pathlib import Path

_NAMES_AT_FAULT = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)
_LARGEST = 20 << 30


@dataclass(frozen=True)
class Package:
    """A zip that the worker would hand to the server's program.

    Attributes
    ----------
    path
        The zip.
    """

    path: Path

    def unpack(self, folder: Path) -> None:
        """Extract everything, as the worker does.

        Raises
        ------
        OutputError
            If the disk does not take it.
        SubmissionError
            If its names cannot be files side by side, on the server as here.
        """
        try:
            with zipfile.ZipFile(self.path) as archive:
                archive.extractall(folder)
        except OSError as error:
            said = f"{self.path} cannot be unpacked to {folder}: {error.strerror}"
            if error.errno in _NAMES_AT_FAULT:
                raise SubmissionError(said, outcome="contract_error") from error
            raise OutputError(said) from error

    def pages(self) -> list[str]:
        """List the HTML files at the root; the worker may publish one as the result page."""
        with zipfile.ZipFile(self.path) as archive:
            return [name for name in archive.namelist() if "/" not in name and name.lower().endswith(PAGES)]

    def stateful(self) -> set[int]:
        """Challenges whose models keep state, as a ``manifest.json`` beside submission.py may say."""
        with zipfile.ZipFile(self.path) as archive:
            return stateful_challenges(read_manifest(archive))


def digests(path: Path) -> dict[str, str]:
    """Digest a file as ``{"sha256": …, "md5": …}``; the worker stores the MD5.

    Raises
    ------
    SubmissionError
        If there is no such file.
    """
    _require_file(path)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        md5 = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    return {"sha256": sha256, "md5": md5}


def open_package(path: Path) -> Package:
    """Open a submission zip.

    Parameters
    ----------
    path
        The zip.

    Raises
    ------
    SubmissionError
        If it is no zip, is damaged or a bomb, has no ``submission.py`` at its root, or would not reach the scorer.
    """
    _require_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            _require_unpackable(path, sum(entry.file_size for entry in archive.infolist()))
            damaged = archive.testzip()
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise SubmissionError(f"{path} is no zip: {error}", outcome="contract_error") from error
    except (RuntimeError, NotImplementedError) as error:  # encrypted, or packed by a method that Python lacks
        raise SubmissionError(f"{path} cannot be unpacked: {error}", outcome="contract_error") from error
    if damaged is not None:
        raise SubmissionError(f"{path} is damaged: the checksum of {damaged} is wrong", outcome="contract_error")
    _require_entry(path, names)
    trap = next((name for name in TRAPS if name in names), None)
    if trap:
        raise SubmissionError(
            f"{path} has a file `{trap}` at its root; the worker then takes the zip for a program and no file "
            "reaches the scorer",
            outcome="contract_error",
            hint=f"leave {trap} out of the zip",
        )
    return Package(path)


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise SubmissionError(f"{path} is no file; a submission is a zip", outcome="contract_error")


def _require_unpackable(path: Path, size: int) -> None:
    """Refuse a zip that would fill the disk; zipfile unpacks no more than the sizes that it declares."""
    if size > _LARGEST:
        fact = f"{path} unpacks to {size / (1 << 30):,.0f} GiB; more than {_LARGEST >> 30} GiB are not unpacked here"
        raise SubmissionError(fact, outcome="contract_error")


def _require_entry(path: Path, names: list[str]) -> None:
    if ENTRY in names:
        return
    nested = next((name for name in names if PurePosixPath(name).name == ENTRY), None)
    hint = f"zip the files, not their folder: it lies at {nested}" if nested else None
    raise SubmissionError(
        f"{path} has no {ENTRY} at its root; the server imports it from there",
        outcome="contract_error",
        hint=hint,
    )
