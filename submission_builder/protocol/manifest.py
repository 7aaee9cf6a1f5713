"""Reads the ``manifest.json`` of a zip. Any zip may contain such a file, so its content is not trusted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import zipfile

MANIFEST = "manifest.json"


def read_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Read the manifest at a zip's root; the result is empty if there is no readable manifest."""
    try:
        entry = archive.getinfo(MANIFEST)
        with archive.open(entry) as file:
            content = json.loads(file.read(entry.file_size))  # reads at most the declared size
    except (KeyError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def stateful_challenges(manifest: dict[str, Any]) -> set[int]:
    """Return the challenges whose models keep state between windows, as the manifest declares."""
    challenges = manifest.get("challenges")
    described = challenges.items() if isinstance(challenges, dict) else ()
    return {
        int(number)
        for number, model in described
        if number in ("1", "2") and isinstance(model, dict) and model.get("stateful") is True
    }
