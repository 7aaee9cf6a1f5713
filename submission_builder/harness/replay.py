"""Ask a submission what the server would ask it, in the server's order."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.harness.session import Answers, Session, open_session
from submission_builder.progress import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from submission_builder.harness.package import Package
    from submission_builder.protocol.windows import WindowReader, WindowTable
    from submission_builder.sandbox.isolation import Level
    from submission_builder.sandbox.limits import Limits


@dataclass(frozen=True)
class Question:
    """The windows of one challenge, and where they are read; a slice of it is cut when it is asked for."""

    table: WindowTable
    reader: WindowReader

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, rows: slice, /) -> NDArray[np.float32]:
        recordings, starts = self.table.recording[rows], self.table.start[rows]
        return np.stack([self.reader.window(int(i), int(start)) for i, start in zip(recordings, starts, strict=True)])


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
    interpreter: Path | None = None,
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
    interpreter
        The Python that runs the submission, such as a replica of the server's; ours without.
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
    with open_session(package, device=device, limits=limits, level=level, interpreter=interpreter) as session:
        answered = {
            number: _ask_challenge(session, number, question, progress)
            for number, question in sorted(questions.items())
        }
        network = session.report().network
    answers = {number: answer.values for number, answer in answered.items()}
    odd = {number: shape for number, answer in answered.items() for shape in answer.shapes if shape != (1, 1)}
    return Replay(answers, session.level, network, odd, time.monotonic() - began)


def _ask_challenge(session: Session, number: int, question: Question, progress: Progress) -> Answers:
    session.load(number)
    return session.answer(question, progress=progress)
