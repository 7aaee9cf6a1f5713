"""What a build's ``manifest.json`` tells whoever runs the zip. Any zip may hold one, so it is read with suspicion."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import zipfile

MANIFEST = "manifest.json"


def read_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Read the manifest at a zip's root; empty where there is none that can be read."""
    try:
        entry = archive.getinfo(MANIFEST)
        with archive.open(entry) as file:
            content = json.loads(file.read(entry.file_size))  # as long as it says to be, and no longer
    except (KeyError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def stateful_challenges(manifest: dict[str, Any]) -> set[int]:
    """Challenges whose models keep state from window to window, as a manifest declares it."""
    challenges = manifest.get("challenges")
    described = challenges.items() if isinstance(challenges, dict) else ()
    return {
        int(number)
        for number, model in described
        if number in ("1", "2") and isinstance(model, dict) and model.get("stateful") is True
    }
