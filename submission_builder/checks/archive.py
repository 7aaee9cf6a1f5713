"""S0xx: the archive."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from submission_builder.checks.apple_double import is_apple_double
from submission_builder.checks.check import check
from submission_builder.checks.inspected import CannotCheck, is_link
from submission_builder.server.facts import ENTRY, TRAPS, is_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place

_JUNK_PARTS = {"__pycache__", ".git", ".ipynb_checkpoints", ".idea", ".vscode", ".venv"}
_JUNK_NAMES = {".DS_Store", "Thumbs.db", "desktop.ini", "localtime", "validation_report.json"}


@check("S001", "error")
def readable(zip_: Inspected) -> Iterator[Place]:
    """Python's zipfile can read the file and all of its entries.

    Fault
        The zip cannot be read
    Why
        The server unpacks the file first. If that fails, nothing in it runs.
    Causes
        A tar archive renamed to .zip, an interrupted upload or copy, a password, a compression method that Python's
        zipfile does not support.
    Solution
        Write the zip again with `subpack build` or `zip -r submission.zip .`, without a password.
    """
    if zip_.oversized:
        raise CannotCheck("the zip is too large to be read (S008)")
    for name, reason in zip_.unreadable.items():
        yield name, f"The {'zip' if name == zip_.path.name else 'entry'} cannot be read: {reason}"


@check("S002", "error")
def entry_at_root(zip_: Inspected) -> Iterator[Place]:
    """submission.py lies at the root of the zip.

    Fault
        submission.py does not lie at the root of the zip
    Why
        The server imports `submission` from the folder that it unpacks the zip into, and searches no folder below.
    Causes
        The folder was zipped instead of its contents.
    Solution
        Zip from inside the folder: `cd my_model && zip -r ../submission.zip .`
    """
    if ENTRY in zip_.names:
        return
    nested = [name for name in zip_.names if PurePosixPath(name).name == ENTRY]
    where = f"{ENTRY} lies at {nested[0]}" if nested else f"The zip has no entry named {ENTRY}"
    yield zip_.path.name, f"{where}; the server imports it from the root"


@check("S003", "error")
def no_metadata(zip_: Inspected) -> Iterator[Place]:
    """No file `metadata` or `metadata.yaml` lies at the root of the zip.

    Fault
        A file named metadata lies at the root of the zip
    Why
        Codabench's worker treats a zip with such a file as a program. The submission's files never reach the scorer.
    Causes
        Metadata of a model hub or of an earlier bundle was packed with the weights.
    Solution
        Remove the file from the zip, or rename it.
    """
    for name in zip_.names:
        if name in TRAPS:
            yield name, "The worker treats a zip with this file as a program, and no file of it reaches the scorer"


@check("S004", "warning")
def no_html(zip_: Inspected) -> Iterator[Place]:
    """No HTML file lies at the root of the zip.

    Fault
        An HTML file lies at the root of the zip
    Why
        Codabench's worker may publish an HTML file at the root as the result page.
    Causes
        A report or an exported notebook was packed.
    Solution
        Remove the file from the zip.
    """
    for name in zip_.names:
        if is_page(name):
            yield name, "The worker may publish this file as the result page"


@check("S005", "error")
def distinct_names(zip_: Inspected) -> Iterator[Place]:
    """All names of entries differ, also when case is ignored.

    Fault
        Two entries have the same name
    Why
        It depends on the program that unpacks the zip which of two entries of one name remains.
    Causes
        A file was added to the zip twice; or names differ only in case, which some file systems do not distinguish.
    Solution
        Rename one of the files, or write the zip again.
    """
    same = defaultdict(list)
    for name in zip_.names:
        same[name.casefold()].append(name)
    for names in same.values():
        if len(names) > 1:
            yield names[0], f"{len(names)} entries have this name, ignoring case: {', '.join(names)}"


@check("S006", "error")
def inside(zip_: Inspected) -> Iterator[Place]:
    """Every entry is a plain file or a folder below the root.

    Fault
        An entry is a link, or its name points out of the folder
    Why
        Absolute names and `..` point out of the folder. The server unpacks a link as a file that holds the name of its
        target, and does not take a backslash for a separator.
    Causes
        Paths of the own machine were packed; or links to weights were stored as links (`zip -y`).
    Solution
        Zip from inside the folder, and pack files instead of links.
    """
    for entry in zip_.entries:
        name = entry.orig_filename
        if is_link(entry):
            yield name, "The entry is a link; the server unpacks it as a file that holds the name of its target"
        elif name.startswith("/") or re.match(r"[A-Za-z]:", name):
            yield name, "The name is an absolute path"
        elif ".." in name.replace("\\", "/").split("/"):
            yield name, "The name points out of the folder"
        elif "\\" in name:
            yield name, "The name contains a backslash, which separates no folders on the server (Linux)"


@check("S007", "warning")
def no_junk(zip_: Inspected) -> Iterator[Place]:
    """No file of an editor, a system or a cache is in the zip.

    Fault
        The zip contains a file of an editor, a system or a cache
    Why
        Such files make the zip larger and may reveal private information. No submission needs them.
    Causes
        A whole folder was zipped; the Finder of macOS adds __MACOSX and files whose names begin with `._`.
    Solution
        Name the files to zip, or exclude these: `zip -r submission.zip . -x '__MACOSX/*' '*.DS_Store' '*/._*'`.
    """
    for name in zip_.names:
        path = PurePosixPath(name)
        junk = _JUNK_PARTS & set(path.parts)
        if junk or path.name in _JUNK_NAMES or path.suffix == ".pyc" or is_apple_double(name):
            yield name, "No submission needs this file"


@check("S008", "error")
def no_bomb(zip_: Inspected) -> Iterator[Place]:
    """Unpacked, the zip has at most 20 GiB, and no entry more than 1,000 times its packed size.

    Fault
        The zip unpacks to too many bytes
    Why
        A zip that unpacks to more than the worker's disk holds ends the run. Above 256 MiB, a zip may unpack to at most
        100 times its own size.
    Causes
        A weight file of zeros; or a zip that was made to do harm.
    Solution
        Pack only the weights that are used.
    """
    yield from zip_.oversized
