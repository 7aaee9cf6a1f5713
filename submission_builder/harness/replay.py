"""Run a submission zip as the server would, in another process, and bring back its answers."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from submission_builder.errors import SandboxError, SubmissionError
from submission_builder.progress import Progress, silent
from submission_builder.protocol.challenges import N_CHANS, N_TIMES
from submission_builder.sandbox.child import Child, Ended, start
from submission_builder.sandbox.isolation import best_level, refusal
from submission_builder.sandbox.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from submission_builder.harness.package import Package
    from submission_builder.protocol.windows import WindowReader, WindowTable
    from submission_builder.sandbox.isolation import Level

_PROGRAM = Path(__file__).with_name("child.py")
_WITH_LAST_LINES = ("crashed", "import_error", "network_attempt", "wrote_outside")
_AT_ONCE = 64
"""Windows sent over the pipe together; the child still asks them one by one."""


@dataclass(frozen=True)
class Question:
    """The windows of one challenge, and where they are read."""

    table: WindowTable
    reader: WindowReader


@dataclass(frozen=True)
class Replay:
    """What a submission answered.

    Attributes
    ----------
    answers
        By number of the challenge, each of shape ``(n_windows,)``.
    isolation
        Level of isolation that the run had.
    network
        Places that the submission reached for through Python's sockets, reached or not.
    shapes
        A shape of the answers that is not (1, 1), by challenge; the scorer drops what lies beyond [0][0].
    wall_s
        Seconds that the run took, loading included.
    """

    answers: dict[int, NDArray[np.float64]]
    isolation: Level
    network: tuple[str, ...]
    shapes: dict[int, tuple[int, ...]]
    wall_s: float


def replay(
    package: Package,
    questions: Mapping[int, Question],
    *,
    device: str = "cpu",
    limits: Limits | None = None,
    level: Level | None = None,
    progress: Progress = silent,
) -> Replay:
    """Ask a submission every window of every challenge, in the server's order.

    Challenge 1 is finished before challenge 2's model is built. A challenge without windows still has its
    model built, as the server would.

    Parameters
    ----------
    package
        The zip.
    questions
        The windows by number of the challenge.
    device
        What ``torch.device`` takes.
    limits
        Limits on the child; the defaults of :class:`Limits` without.
    level
        How far the child is kept apart; the most that this machine gives, without.
    progress
        Told of the windows answered.

    Raises
    ------
    SandboxError
        If the level asked for cannot be had on this machine.
    SubmissionError
        If the run ends in anything but answers; its ``outcome`` says how.
    """
    began = time.monotonic()
    level = level or best_level()
    if level == "namespace" and (reason := refusal()):
        raise SandboxError(f"isolation namespace cannot be had: {reason}")
    with tempfile.TemporaryDirectory(prefix="subpack-") as scratch:
        unpacked, folder = Path(scratch, "res"), Path(scratch, "run")
        folder.mkdir()
        package.unpack(unpacked)
        with start(_PROGRAM, unpacked, [device], folder, limits or Limits(), level) as child:
            answers = {
                number: _ask_challenge(child, number, question, progress)
                for number, question in sorted(questions.items())
            }
            noted = _ask(child, {"do": "report"}, where="after its last answer")
    shapes = {int(number): tuple(shape) for number, shape in noted["shapes"].items()}
    return Replay(answers, level, tuple(noted["network"]), shapes, time.monotonic() - began)


def _ask_challenge(child: Child, number: int, question: Question, progress: Progress) -> NDArray[np.float64]:
    what = f"challenge {number}"
    table, answers = question.table, np.empty(len(question.table), np.float64)
    _ask(child, {"do": "load", "challenge": number}, where=f"while it built the model of {what}")
    for first in range(0, len(table), _AT_ONCE):
        progress(what, first, len(table))
        rows = range(first, min(first + _AT_ONCE, len(table)))
        windows = np.stack([question.reader.window(int(table.recording[i]), int(table.start[i])) for i in rows])
        message = {"do": "answer", "windows": len(rows), "shape": [N_CHANS, N_TIMES]}
        where = f"in {what}, between windows {first + 1} and {rows.stop} of {len(table)}"
        answers[first : rows.stop] = _ask(child, message, windows.data, where=where)["answers"]
    progress(what, len(table), len(table))
    return answers


def _ask(child: Child, message: dict[str, Any], payload: bytes | memoryview = b"", *, where: str) -> dict[str, Any]:
    """Ask once; a typed failure becomes a SubmissionError with the child's last lines."""
    try:
        answer = child.ask(message, payload)
    except Ended as ended:
        said = f"the submission {ended.fact}, {where}{_last_lines(child)}"
        raise SubmissionError(said, outcome=ended.outcome) from ended
    if "outcome" in answer:
        shown = _last_lines(child) if answer["outcome"] in _WITH_LAST_LINES else ""
        raise SubmissionError(answer["message"] + shown, outcome=answer["outcome"], hint=answer["hint"])
    return answer


def _last_lines(child: Child, n: int = 12) -> str:
    lines = child.output().splitlines()[-n:]
    return "\nits last lines:\n  " + "\n  ".join(lines) if lines else ""
