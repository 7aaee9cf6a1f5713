r"""Text from outside, made harmless for a terminal and for the log of a CI job.

A terminal obeys control sequences, and GitHub's runner obeys lines that begin with ``::`` and the characters ``##[`` in
any place. Such characters are shown as escapes of Python: ``\x1b``, ``\x3a:error``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_KEPT = "\n\t"
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Categories of Unicode: control and format characters, parts of pairs, characters without a meaning, line ends."""

_COMMANDS = re.compile(r"^\s*(:)(?=:)|#(#)(?=\[)", re.MULTILINE)


def printable(text: str) -> str:
    r"""Return a text in which unseen characters and workflow commands are shown as escapes.

    Examples
    --------
    >>> print(printable("a\x1b[31m\n::error::b"))
    a\x1b[31m
    \x3a:error::b
    """
    return "".join(printable_parts([text]))


def printable_parts(parts: Sequence[str]) -> Iterator[str]:
    """Yield the printable form of each part of a text."""
    text = "".join(parts)
    commands = {found.start(found.lastindex or 0) for found in _COMMANDS.finditer(text)}
    if not commands and text.isascii() and text.replace("\n", "").isprintable():
        yield from parts
        return
    begin = 0
    for part in parts:
        yield "".join(one if is_seen(one) and begin + i not in commands else escaped(one) for i, one in enumerate(part))
        begin += len(part)


def escaped(character: str) -> str:
    """Return the escape of Python for a character."""
    if " " < character <= "~":
        return f"\\x{ord(character):02x}"
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def is_seen(character: str) -> bool:
    """Return whether a character has a shape of its own, or separates words or lines."""
    return character in _KEPT or unicodedata.category(character) not in _UNSEEN
