"""JSON of others, decoded within bounds: its values cannot fill the memory, and its integers can become floats."""

from __future__ import annotations

import json
from typing import Any

MOST_VALUES = 500_000
"""Largest number of values and containers; a container takes about 100 bytes, and two in the text."""

_MOST_DIGITS = 100


class UndecodableError(ValueError):
    """The bytes are not JSON, or exceed a bound."""


def decode_json(content: bytes) -> Any:
    """Decode JSON that may have been made to do harm.

    Raises
    ------
    UndecodableError
        If the bytes are not JSON in UTF-8, are nested too deeply, or have too many values or digits.
    """
    if sum(map(content.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise UndecodableError(f"the text has more than {MOST_VALUES:,} values")
    try:
        return json.loads(content.decode("utf-8"), parse_int=_integer)
    except RecursionError:
        raise UndecodableError("the values are nested too deeply") from None
    except ValueError as error:
        raise UndecodableError(str(error)) from error


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise UndecodableError(f"a number has {len(digits):,} digits")
    return int(digits)
