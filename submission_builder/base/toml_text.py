"""TOML of others, decoded with one exception: tomllib also raises RecursionError, and ValueError for long numbers."""

from __future__ import annotations

import tomllib
from typing import Any

from submission_builder.base.json_text import UndecodableError


def decode_toml(content: bytes) -> dict[str, Any]:
    """Decode TOML in UTF-8, with or without a byte order mark.

    Raises
    ------
    UndecodableError
        If the bytes are not TOML, or are nested too deeply.
    """
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except RecursionError:
        raise UndecodableError("the values are nested too deeply") from None
    except ValueError as error:
        raise UndecodableError(str(error)) from error
