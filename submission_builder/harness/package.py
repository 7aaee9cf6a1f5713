"""A submission zip: validated as the server would, and unpacked as Codabench's worker does it."""

from __future__ import annotations

import contextlib
import errno
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from submission_builder.base.digests import file_digests
from submission_builder.base.errors import OutputError, SubmissionError
from submission_builder.base.zip_file import ZipFault, open_zip, reason, require_whole
from submission_builder.protocol.manifest import read_manifest, stateful_challenges
from submission_builder.server.bombs import oversized
from submission_builder.server.facts import ENTRY, TRAPS, is_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from submission_builder.base.zip_file import BoundedZip

_NAME_ERRORS = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)


@dataclass(frozen=True)
class Package:
    """A zip that the worker would unpack for the server's program."""

    path: Path

    def unpack(self, folder: Path) -> None:
        """Extract all files, as the worker does.

        Raises
        ------
        OutputError
            If the folder cannot be written to, for example because the disk is full.
        SubmissionError
            If the names in the zip cannot be files beside each other, or the zip is damaged.
        """
        with _opened(self.path) as archive:
            try:
                archive.extractall(folder)
            except Exception as error:  # zlib, lzma and bz2 raise their own
                code = error.errno if isinstance(error, OSError) else None
                fact = (
                    f"{self.path} cannot be unpacked to {folder}: {getattr(error, 'strerror', None) or reason(error)}"
                )
                if code is None or code in _NAME_ERRORS:
                    raise SubmissionError(fact, outcome="contract_error") from error
                raise OutputError(fact) from error

    def pages(self) -> list[str]:
        """Return the names of HTML files at the root; the worker may publish one as the result page."""
        with _opened(self.path) as archive:
            return [name for name in archive.namelist() if is_page(name)]

    def manifest(self) -> dict[str, Any]:
        """Return the content of ``manifest.json``, which any zip may contain; empty if there is none."""
        with _opened(self.path) as archive:
            return read_manifest(archive)

    def stateful(self) -> set[int]:
        """Return the challenges whose models keep state, as ``manifest.json`` declares it."""
        return stateful_challenges(self.manifest())


def digests(path: Path) -> dict[str, str]:
    """Return ``{"sha256": …, "md5": …}`` of a file; the worker stores the MD5.

    Raises
    ------
    SubmissionError
        If the file does not exist.
    """
    _require_file(path)
    return file_digests(path)


def open_package(path: Path) -> Package:
    """Open a submission zip.

    Parameters
    ----------
    path
        The zip.

    Raises
    ------
    SubmissionError
        If the file is not a zip, is damaged, unpacks to too many bytes, has no ``submission.py`` at its root, or has
        a file that makes the worker treat the zip as a program.
    """
    _require_file(path)
    with _opened(path) as archive:
        names = archive.namelist()
        for _, fact in oversized(path, archive.infolist()):
            raise SubmissionError(f"{path} is too large: {fact}", outcome="contract_error")
        for entry in archive.infolist():
            try:
                require_whole(archive, entry)
            except ZipFault as fault:
                fact = f"{path} is damaged: {entry.filename} cannot be read: {fault}"
                raise SubmissionError(fact, outcome="contract_error") from fault
    _require_entry(path, names)
    trap = next((name for name in TRAPS if name in names), None)
    if trap:
        raise SubmissionError(
            f"{path} has a file `{trap}` at its root; Codabench's worker then treats the zip as a program, and the "
            "scorer gets no file",
            outcome="contract_error",
            hint=f"remove {trap} from the zip",
        )
    return Package(path)


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise SubmissionError(f"{path} is not a file; a submission is a zip file", outcome="contract_error")


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BoundedZip]:
    try:
        with open_zip(path) as archive:
            yield archive
    except ZipFault as fault:
        raise SubmissionError(f"{path} cannot be read as a zip: {fault}", outcome="contract_error") from fault


def _require_entry(path: Path, names: list[str]) -> None:
    if ENTRY in names:
        return
    nested = next((name for name in names if PurePosixPath(name).name == ENTRY), None)
    hint = f"zip the files, not their folder: {ENTRY} lies at {nested}" if nested else None
    raise SubmissionError(
        f"{path} has no {ENTRY} at its root; the server imports it from there",
        outcome="contract_error",
        hint=hint,
    )
