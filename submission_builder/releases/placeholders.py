"""The hint for a file of a release whose content was not downloaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from submission_builder.base.placeholder import Placeholder

_HINTS = {
    "datalad get": "`datalad get .` in the folder of the release downloads the content of annexed files",
    "git lfs pull": "`git lfs pull` in the folder of the release downloads the content of Git LFS files",
}


def download_hint(placeholder: Placeholder) -> str | None:
    """Return the command that downloads the content, as a sentence; None if it is not certain."""
    return _HINTS[placeholder.command] if placeholder.command else None
