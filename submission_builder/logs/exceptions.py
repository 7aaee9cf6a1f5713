"""Read the exceptions of a log: a server's standard error, or a traceback that was pasted."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from submission_builder.server.facts import ENTRY

MOST_CHARS = 1 << 21
"""Of a longer log, only the end is read."""

_HEAD = "Traceback (most recent call last):"
_FRAME = re.compile(r'\s+File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?')
_RAISED = re.compile(r"(?P<type>[A-Za-z_][\w.]*)(?:: (?P<text>.*))?$")
_BARE = re.compile(r"(?P<type>(?:[\w.]+\.)?\w*(?:Error|Exception|Interrupt))(?:: (?P<text>.*))?$")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_BETWEEN = ("During handling of the above exception", "The above exception was the direct cause", "#### ")
_LONGEST_TEXT = 40  # lines

SUBMISSION_FOLDERS = ("/app/input/res", "/app/ingested_program", "/app/output", "/app/input")
"""Where the server unpacked submissions in 2025 (start kit, ingestion program v3)."""


@dataclass(frozen=True)
class Frame:
    """One line of a traceback."""

    file: str
    line: int
    function: str | None
    """None in the last frame of a syntax error."""
    code: str
    """The source line, if the log shows it."""


@dataclass(frozen=True)
class Raised:
    """An exception in a log."""

    type: str
    """Name without its module."""
    text: str
    frames: tuple[Frame, ...]
    """From the outermost; empty if only the last line was pasted."""
    at: int
    """Line of the log, from 1."""

    @property
    def summary(self) -> str:
        """Type and text, as Python prints them."""
        return f"{self.type}: {self.text}" if self.text else self.type

    @property
    def folder(self) -> str | None:
        """Folder of submission.py in this traceback; None if no frame names it."""
        found = [PurePosixPath(frame.file) for frame in self.frames if PurePosixPath(frame.file).name == ENTRY]
        return str(found[0].parent) if found else None

    @cached_property
    def own_frames(self) -> tuple[tuple[str, int], ...]:
        """File, relative to the folder of the submission, and line of each frame in the submission."""
        folders = [folder for folder in (self.folder, *SUBMISSION_FOLDERS) if folder]
        placed = ((_relative(frame.file, folders), frame.line) for frame in self.frames)
        return tuple((file, line) for file, line in placed if file)

    @property
    def raised_by_program(self) -> bool:
        """Whether no frame belongs to the submission: the server's programs raised."""
        return bool(self.frames) and not self.own_frames


def clean(log: str) -> str:
    """Return a log without terminal sequences and HTML entities, and at most its end."""
    log = _ESCAPES.sub("", log[-MOST_CHARS:]).replace("\r\n", "\n").replace("\r", "\n")
    return html.unescape(log) if re.search(r"&(?:#x27|#39|quot|lt|gt);", log) else log


def read_exceptions(log: str) -> tuple[Raised, ...]:
    """Return the exceptions of a log, in its order.

    Each line of a traceback may have a prefix of the same length, such as a time. Without a traceback, lines such as
    ``KeyError: 'state_dict'`` count.

    Parameters
    ----------
    log
        The log, as :func:`clean` returns it.
    """
    lines = log.split("\n")
    found, i = [], 0
    while i < len(lines):
        column = lines[i].find(_HEAD)
        if column < 0:
            i += 1
            continue
        raised, i = _read_traceback(lines, column, i + 1)
        found += [raised] if raised else []
    return tuple(found) or _bare(lines)


def _read_traceback(lines: list[str], column: int, i: int) -> tuple[Raised | None, int]:
    """Read a traceback whose lines begin at a column, and whose first frame is in line i; return also the next line."""
    frames: list[Frame] = []
    while i < len(lines) and ((line := lines[i][column:])[:1].isspace() or not line.strip()):
        if match := _FRAME.match(line):
            below = lines[i + 1][column:] if i + 1 < len(lines) else ""
            code = "" if _FRAME.match(below) else below.strip()
            frames.append(Frame(match["file"], int(match["line"]), match["function"], code))
        i += 1
    if i == len(lines) or not (match := _RAISED.match(lines[i][column:])):
        return None, i
    end = i + 1
    while end < min(len(lines), i + _LONGEST_TEXT) and not _ends_text(lines[end][column:]):
        end += 1
    text = "\n".join([match["text"] or "", *(line[column:] for line in lines[i + 1 : end])]).strip()
    return Raised(match["type"].rpartition(".")[2], text, tuple(frames), i + 1), end


def _ends_text(line: str) -> bool:
    return line.startswith((_HEAD, *_BETWEEN))


def _bare(lines: list[str]) -> tuple[Raised, ...]:
    found = ((i, _BARE.match(line.strip())) for i, line in enumerate(lines, 1))
    return tuple(Raised(m["type"].rpartition(".")[2], (m["text"] or "").strip(), (), i) for i, m in found if m)


def _relative(file: str, folders: list[str]) -> str | None:
    for folder in folders:
        if file.startswith(f"{folder}/"):
            return file[len(folder) + 1 :]
    return None
