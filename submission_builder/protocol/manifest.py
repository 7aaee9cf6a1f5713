"""Reads the ``manifest.json`` of a zip. Any zip may contain such a file, so its content is not trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from submission_builder.base.json_text import UndecodableError, decode_json
from submission_builder.base.zip_file import ZipFault, read_entry

if TYPE_CHECKING:
    import zipfile

MANIFEST = "manifest.json"

_LONGEST = 16 << 20
"""Longest manifest in bytes that is read; that of an ensemble has some thousands."""


def read_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Read the manifest at a zip's root; the result is empty if there is no readable manifest."""
    try:
        content = decode_json(read_entry(archive, MANIFEST, _LONGEST))
    except (ZipFault, UndecodableError):
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
