"""F-strings that Python 3.10 refuses and Python 3.12 accepts (PEP 701).

The scan follows the tokenizer of Python 3.10: a string ends at the first quote of its kind, whatever stands in braces.
The module ``tokenize`` cannot be used, because in Python 3.12.1 it raises SystemError for some valid f-strings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_START = re.compile(r"""\#[^\n]*+ | (?P<prefix>\w++)? (?P<quote>'''|\"""|'|") | \w++""", re.VERBOSE)
_END = {
    "'": re.compile(r"[^\n'\\]*+(?:\\.[^\n'\\]*+)*+'", re.DOTALL),
    '"': re.compile(r'[^\n"\\]*+(?:\\.[^\n"\\]*+)*+"', re.DOTALL),
    "'''": re.compile(r"[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*+'''", re.DOTALL),
    '"""': re.compile(r'[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*+"""', re.DOTALL),
}
_TEXT = re.compile(r"\\N\{[^}]*\}?|\\[^{}]|\{\{|\}\}|[^{}\\]|\\", re.DOTALL)
_RAW_TEXT = re.compile(r"\{\{|\}\}|[^{}]", re.DOTALL)
_SPECIFICATION = re.compile(r"\\N\{[^}]*\}?|[^{}]", re.DOTALL)
_PREFIXES = {"f", "fr", "rf"}
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_DEEPEST = 2

_QUOTE = "an f-string that contains its own quote inside of braces"
_BACKSLASH = "a backslash inside the braces of an f-string"
_COMMENT = "a comment inside the braces of an f-string"
_DEPTH = "an f-string with this many levels of braces"


class _Fault(Exception):  # noqa: N818 - ends the scan of one f-string
    """Syntax that Python 3.10 does not have: its offset, and what it is."""

    def __init__(self, place: int, what: str) -> None:
        super().__init__(what)
        self.place, self.what = place, what


def newer_fstring(text: str) -> tuple[int, str] | None:
    """Return the line of the first f-string that Python 3.10 refuses, and the reason; None if there is none.

    Parameters
    ----------
    text
        A source that parses under the Python that runs this.
    """
    try:
        for start, end, raw in _fstrings(text, 0, len(text)):
            _literal(text, start, end, raw=raw)
    except _Fault as fault:
        return 1 + text.count("\n", 0, fault.place), fault.what
    return None


def _fstrings(text: str, place: int, stop: int) -> Iterator[tuple[int, int, bool]]:
    """Yield start and end of the content of each f-string, and whether it is raw."""
    while found := _START.search(text, place, stop):
        place = found.end()
        if found["quote"]:
            start, prefix = place, (found["prefix"] or "").lower()
            end = _END[found["quote"]].match(text, start, stop)
            if end is None:
                raise _Fault(start, _QUOTE)
            place = end.end()
            if prefix in _PREFIXES:
                yield start, place - len(found["quote"]), "r" in prefix


def _literal(text: str, place: int, stop: int, *, raw: bool) -> None:
    """Scan the content of an f-string."""
    pattern = _RAW_TEXT if raw else _TEXT
    while place < stop:
        found = pattern.match(text, place, stop)
        if found:
            place = found.end()
        elif text[place] == "{":
            place = _field(text, place + 1, stop, 0)
        else:
            place += 1


def _field(text: str, start: int, stop: int, level: int) -> int:
    """Scan a replacement field and return the offset after it."""
    if level >= _DEEPEST:
        raise _Fault(start, _DEPTH)
    place = _expression(text, start, stop)
    for nested_start, nested_stop, raw in _fstrings(text, start, place):
        _literal(text, nested_start, nested_stop, raw=raw)
    while place < stop and text[place] not in ":}":  # = and a conversion
        place += 1
    if place < stop and text[place] == ":":
        place += 1
        while place < stop and text[place] != "}":
            found = _SPECIFICATION.match(text, place, stop)
            place = found.end() if found else _field(text, place + 1, stop, level + 1)
    if place >= stop:
        raise _Fault(start, _QUOTE)
    return place + 1


def _expression(text: str, start: int, stop: int) -> int:  # noqa: C901 - one branch for each kind of character
    """Return the offset of the character that ends an expression: ``!``, ``:``, ``=`` or ``}``."""
    place, quote, closing = start, "", ""
    while place < stop:
        one, two = text[place], text[place : min(place + 2, stop)]
        step = 1
        if one == "\\":
            raise _Fault(place, _BACKSLASH)
        if quote:
            if text.startswith(quote, place, stop):
                step, quote = len(quote), ""
        elif one in "'\"":
            quote = one * 3 if text.startswith(one * 3, place, stop) else one
            step = len(quote)
        elif one == "#":
            raise _Fault(place, _COMMENT)
        elif one in _CLOSING:
            closing += _CLOSING[one]
        elif not closing and two in ("!=", "==", "<=", ">="):
            step = 2
        elif not closing and one in "!:=}":
            return place
        elif closing and one == closing[-1]:
            closing = closing[:-1]
        place += step
    raise _Fault(start, _QUOTE)
