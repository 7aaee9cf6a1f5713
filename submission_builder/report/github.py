"""Workflow commands, which GitHub shows as annotations of a run."""

from __future__ import annotations

from typing import Literal

from submission_builder.base.printable import printable

Level = Literal["error", "warning", "notice"]


def annotation(level: Level, title: str, message: str) -> str:
    """Write one annotation, with the characters escaped that workflow commands reserve."""
    title = _escaped(title).replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={title}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
