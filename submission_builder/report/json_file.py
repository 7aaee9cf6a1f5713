"""Results as a JSON file, for CI and for other programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from submission_builder.base.atomic import atomic_file

if TYPE_CHECKING:
    from pathlib import Path


def write_json(content: Any, path: Path) -> None:
    """Write a result in the form that its ``to_dict`` returns.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with atomic_file(path) as part:
        part.write_text(text, encoding="utf-8")
