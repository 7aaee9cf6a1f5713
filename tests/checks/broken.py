"""Broken submissions: zips with one defect, and the single finding of each, word for word."""

import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from archives import make_zip


class Broken(NamedTuple):
    """A zip with one defect, and its finding: the check, the place and the message."""

    id: str
    make: Callable[[Path], Path]
    where: str
    message: str
    also: tuple[str, ...] = ()
    """Further checks that find it: pickled objects are also no tensors."""


def entries(*written, **changes):
    """A good zip with further entries."""

    def make(path):
        make_zip(path, **changes)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # zipfile warns about duplicate names
            with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
                for name, content in written:
                    archive.writestr(name, content)
        return path

    return make


def changed(**changes):
    """A good zip with one part of submission.py replaced."""
    return lambda path: make_zip(path, **changes)


def top(source):
    """A good zip with more code at the top of submission.py, from line 5 on."""
    return changed(top=source)


def only(source):
    """A zip that holds only this submission.py."""

    def make(path):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("submission.py", source)
        return path

    return make
