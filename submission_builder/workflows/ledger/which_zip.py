"""The zip that a user names: by its path, or by the beginning of a digest."""

from __future__ import annotations

import os
import re
from pathlib import Path

from submission_builder.base.digests import file_digests
from submission_builder.base.errors import LedgerError
from submission_builder.ledger.store import find_digests

_DIGEST = re.compile(r"[0-9a-f]{4,64}", re.IGNORECASE)


def sha256_of_zip(zip_: str | os.PathLike[str], ledger: Path) -> str:
    """Return the SHA-256 of a zip.

    Parameters
    ----------
    zip_
        Path of the zip, or at least four characters of its SHA-256 or MD5. A file has precedence.
    ledger
        The ledger in which a digest is looked up.

    Raises
    ------
    LedgerError
        If there is no such file and no such digest, or several zips have it.
    """
    path, text = Path(zip_), os.fspath(zip_)
    if path.is_file():
        return digests_of_file(path)["sha256"]
    if not _DIGEST.fullmatch(text):
        raise LedgerError(f"{text} is not a file; a zip, or at least 4 characters of its SHA-256 or MD5, is expected")
    found = find_digests(ledger, text.lower())
    if not found:
        raise LedgerError(f"{text} is not a file, and no SHA-256 or MD5 in the ledger {ledger} begins with it")
    if len(found) > 1:
        raise LedgerError(f"{text} is the beginning of several digests, such as {' and '.join(found)}; one is expected")
    return found[0]


def digests_of_file(path: Path) -> dict[str, str]:
    """Return ``{"sha256": …, "md5": …}`` of a zip.

    Raises
    ------
    LedgerError
        If the file cannot be read.
    """
    try:
        return file_digests(path)
    except OSError as error:
        raise LedgerError(f"{path} cannot be read: {error.strerror}") from error
