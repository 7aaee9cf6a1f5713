"""A child process that is spoken to in lines of JSON.

It runs in a process group of its own, with limits, a private HOME and TMPDIR, a clean environment and Python's
isolated mode; how much further it is kept apart, :mod:`submission_builder.sandbox.isolation` says.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission_builder.sandbox.interpreter import ask_interpreter
from submission_builder.sandbox.isolation import Level, confined, seen_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from submission_builder.sandbox.limits import Limits

_TAIL_BYTES = 4000
_MIB = 1 << 20
_SHELL_SIGNAL = 128
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "TZ")
_ENVIRONMENT_PREFIXES = ("OMP_", "MKL_", "OPENBLAS_")


class Ended(Exception):  # noqa: N818 - a way to end, not always an error
    """The child is gone before it answered.

    Parameters
    ----------
    outcome
        A word of :data:`submission_builder.sandbox.outcomes.OUTCOMES`.
    fact
        What happened, as the rest of a sentence that begins with "the submission".
    """

    def __init__(self, outcome: str, fact: str) -> None:
        super().__init__(fact)
        self.outcome, self.fact = outcome, fact


class Child:
    """A running child.

    Made by :func:`start`.

    Parameters
    ----------
    process
        The child's process.
    ask, answers
        Pipes to and from it.
    log
        The file that takes its standard output and error.
    limits
        What it may use up.
    """

    def __init__(self, process: subprocess.Popen[bytes], ask: int, answers: int, log: Path, limits: Limits) -> None:
        self._process = process
        self._ask = os.fdopen(ask, "wb", buffering=0)
        self._answers = os.fdopen(answers, "rb")
        self._log = log
        self._limits = limits
        self._timed_out = False
        self._timer = threading.Timer(limits.wall_s, self._time_out)
        self._timer.daemon = True
        self._timer.start()

    def send(self, message: dict[str, Any]) -> None:
        """Send a message without waiting for its answer.

        Raises
        ------
        BrokenPipeError
            If the child is gone; :meth:`receive` says why.
        """
        view = memoryview(json.dumps(message).encode() + b"\n")
        while view:
            view = view[self._ask.write(view) :]

    def receive(self) -> dict[str, Any]:
        """Wait for the answer to the oldest message that has none.

        Raises
        ------
        Ended
            If the child is gone.
        """
        line = self._answers.readline()
        if not line.endswith(b"\n"):
            raise self._ended()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def output(self) -> str:
        """Last lines of what the child printed."""
        with self._log.open("rb") as file:
            file.seek(max(0, self._log.stat().st_size - _TAIL_BYTES))
            return file.read().decode("utf-8", "replace").strip()

    def stop(self) -> None:
        """End the child and everything it started."""
        self._timer.cancel()
        self._kill()
        self._process.wait()
        self._ask.close()
        self._answers.close()

    def _time_out(self) -> None:
        self._timed_out = True
        self._kill()

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _ended(self) -> Ended:
        code = self._process.wait()
        if self._timed_out:
            return Ended("timeout", f"ran longer than {self._limits.wall_s:g} s")
        if code == -signal.SIGXFSZ or self._log.stat().st_size >= self._limits.file_mib * _MIB:
            return Ended("too_much_output", f"wrote more than {self._limits.file_mib} MiB")
        died_of = -code if code < 0 else code - _SHELL_SIGNAL  # bubblewrap tells a signal as a shell does
        if died_of in set(signal.Signals):
            return Ended("crashed", f"was ended by signal {died_of} ({signal.Signals(died_of).name})")
        return Ended("exited", f"ended its process with exit code {code} before it had answered")


@contextlib.contextmanager
def start(
    program: Path,
    submission: Path,
    arguments: Sequence[str],
    folder: Path,
    limits: Limits,
    level: Level,
    inherited: Sequence[int] = (),
    interpreter: Path | None = None,
) -> Iterator[Child]:
    """Start a Python program as a child, and stop it at the end of the block, however that ends.

    Parameters
    ----------
    program
        A Python file. Its first arguments are two file descriptors, what it is asked and where it answers, and
        the path under which it finds the submission.
    submission
        A folder that the program may read.
    arguments
        Further arguments.
    folder
        An empty folder for the child; its working directory, HOME and output lie there.
    limits
        What it may use up.
    level
        How far it is kept apart.
    inherited
        Further file descriptors that it keeps.
    interpreter
        The Python that runs it; ours without.

    Yields
    ------
    Child
        The running child.
    """
    for name in ("program", "home"):
        (folder / name).mkdir()
    log = folder / "output.log"
    asked, ask = os.pipe()
    answers, answer = os.pipe()
    launcher = Path(__file__).with_name("launch.py")
    python = ask_interpreter(interpreter)
    command = confined(level, launcher, [str(limits.memory_mib), str(limits.file_mib)], program, submission, python)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - running foreign code is the purpose
            [*command, str(asked), str(answer), seen_at(level, submission), *arguments],
            cwd=folder / "program",
            env=_environment("/tmp" if level == "namespace" else str(folder / "home")),  # noqa: S108 - its own
            pass_fds=(asked, answer, *inherited),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    os.close(asked)
    os.close(answer)
    child = Child(process, ask, answers, log, limits)
    try:
        yield child
    finally:
        child.stop()


def _environment(home: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _ENVIRONMENT or name.startswith(_ENVIRONMENT_PREFIXES)
    }
    # Threads that wait for work sleep: spinning made a replay seven times slower on a machine with other work.
    return {"OMP_WAIT_POLICY": "PASSIVE"} | kept | {"HOME": home, "TMPDIR": home}
