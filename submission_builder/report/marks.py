"""The word that stands with every figure that rests on simulated data."""

from __future__ import annotations

_MARK = "SIMULATED"


def marked(name: str, *, simulated: bool) -> str:
    """Put the mark before a name, unless the name already begins with it."""
    return f"{_MARK} · {name}" if simulated and not name.startswith(_MARK) else name
