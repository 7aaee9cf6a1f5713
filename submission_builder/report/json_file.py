"""Results as a JSON file, for CI and for other programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from submission_builder.base.atomic import atomic_file
from submission_builder.base.printable import is_seen

if TYPE_CHECKING:
    from pathlib import Path


def json_text(content: Any) -> str:
    """Write JSON in which unseen characters are escapes: it can be printed, and read as the same values."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    if not text.isascii():
        text = "".join(one if is_seen(one) else json.dumps(one)[1:-1] for one in text)
    return text.replace("\x7f", r"\u007f").replace("##[", r"#\u0023[")


def write_json(content: Any, path: Path) -> None:
    """Write a result in the form that its ``to_dict`` returns.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    text = json_text(content) + "\n"
    with atomic_file(path) as part:
        part.write_text(text, encoding="utf-8")
