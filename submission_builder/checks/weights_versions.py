"""S213, S214: the versions of torch and numpy that the contents of a weight file need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.checks.check import check
from submission_builder.server.api.index import apis_of
from submission_builder.server.images import IMAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place


@check("S213", "error", certain=False)
def server_versions(zip_: Inspected) -> Iterator[Place]:
    """Every weight file can be loaded under the torch and numpy versions that the server may have.

    Fault
        A weight file needs another torch or numpy than the server's
    Why
        It is not known whether the server has torch 2.2.2 with numpy 1.26 or torch 2.8.0 with numpy 2.2. TorchScript
        calls the functions of the torch that wrote it. A random generator that numpy 2 pickles cannot be read by
        numpy 1, and scikit-learn estimators often contain one.
    Causes
        The file was written under the newest packages.
    Solution
        Write the file under the server's packages: `subpack server install published` installs them. Or save a
        state_dict, and build the net in submission.py.
    """
    for file in zip_.weights:
        for name in file.operators:
            lacking = [str(api) for api in apis_of(name) if api.lacks(name)]
            if lacking and len(lacking) < len(apis_of(name)):
                yield file.name, f"Its TorchScript calls {name}, which is not in {' or '.join(lacking)}"
        if file.numpy_2:
            numpy = min((image.versions["numpy"] for image in IMAGES.values()), key=_major)
            yield file.name, f"It was pickled under numpy 2; numpy {numpy} cannot read its random generator"


@check("S214", "warning")
def not_exported(zip_: Inspected) -> Iterator[Place]:
    """No weight file is an exported program of torch.export.

    Fault
        A weight file is bound to the torch version that wrote it
    Why
        torch.export.load reads files of its own version of torch, and the server's version is not known.
    Causes
        The net was saved with torch.export.save.
    Solution
        Save a state_dict, and build the net in submission.py. `subpack check --server published` and `--server lock`
        try the zip under both versions.
    """
    for file in zip_.weights:
        if file.kind == "exported":
            yield file.name, "torch.export wrote this file; only the same version of torch is certain to load it"


def _major(version: str) -> int:
    return int(version.partition(".")[0])
