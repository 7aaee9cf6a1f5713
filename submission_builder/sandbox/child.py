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
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission_builder.sandbox.child_ended import ChildEnded
from submission_builder.sandbox.group import group
from submission_builder.sandbox.interpreter import inspect_interpreter
from submission_builder.sandbox.isolation import Level, counts_processes_per_namespace, path_inside, sandbox_command
from submission_builder.sandbox.usage import children, tree, usage
from submission_builder.sandbox.watch import LimitWatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from submission_builder.sandbox.limits import Limits

_TAIL_BYTES = 4000
_LINE_BYTES = 1 << 20
_SHELL_SIGNAL = 128
_SHOWN = 60
_KILL_S = 5.0
_BRAKE = 2  # times the limit on processes is where the kernel refuses, so that the watch sees it passed
_POLL_S = 0.01
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "TZ")
_ENVIRONMENT_PREFIXES = ("OMP_", "MKL_", "OPENBLAS_", "MALLOC_")
_FOR_SPEED = {
    # Threads that wait for work sleep: spinning made a replay seven times slower on a machine with other work.
    "OMP_WAIT_POLICY": "PASSIVE",
    # What one batch frees the next one uses: page faults took a third of a small net's time.
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(2**30),
}
"""Unless the user's own environment says otherwise."""

_running: set[Child] = set()


class Child:
    """A running child.

    Made by :func:`start`.

    Parameters
    ----------
    process
        What holds the child and all that it starts: bubblewrap, or the reaper.
    ask, predictions
        Pipes to and from it.
    folder
        Its folder, with the file that takes its standard output and error.
    limits, level
        What it may use up, and how far it is kept apart.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], ask: int, predictions: int, folder: Path, limits: Limits, level: Level
    ) -> None:
        self._process = process
        self._ask = os.fdopen(ask, "wb", buffering=0)
        self._predictions = os.fdopen(predictions, "rb")
        self._log, self._limits = _log(folder), limits
        self._watch = LimitWatch(process.pid, folder, self._log, limits, level, self.kill)
        self._watch.start()

    def send(self, message: dict[str, Any]) -> None:
        """Send a message without waiting for its prediction; the first one starts the clock.

        Raises
        ------
        BrokenPipeError
            If the child is gone; :meth:`receive` says why.
        """
        self._watch.start_clock()
        view = memoryview(json.dumps(message).encode() + b"\n")
        while view:
            view = view[self._ask.write(view) :]

    def receive(self) -> dict[str, Any]:
        """Wait for the prediction to the oldest message that has none.

        Raises
        ------
        ChildEnded
            If the child is gone, has printed too much or sent what is no object of JSON.
        """
        line = self._predictions.readline(_LINE_BYTES)
        if not line.endswith(b"\n") and len(line) < _LINE_BYTES:
            raise self._ended()
        try:
            self._watch.require_little_output()
            return _parsed(line)
        except ChildEnded:
            self.kill()
            raise

    def output(self) -> str:
        """Last lines of what the child printed."""
        with self._log.open("rb") as file:
            file.seek(max(0, self._log.stat().st_size - _TAIL_BYTES))
            return file.read(_TAIL_BYTES).decode("utf-8", "replace").strip()

    def memory(self) -> int:
        """Bytes that the child and all that it started hold now."""
        return usage(tree(self._process.pid, self._limits.processes)).memory

    def peak(self) -> int:
        """Bytes that they held at most, as seen ten times a second."""
        return self._watch.peak

    def stop(self) -> None:
        """End the child and everything it started."""
        self._watch.cancel()
        self.kill()
        self._ask.close()
        self._predictions.close()

    def kill(self) -> None:
        """Kill what the process holds; it ends by itself when nothing is left, or is killed too."""
        until = time.monotonic() + _KILL_S
        while self._process.poll() is None:
            held = children(self._process.pid)
            for pid in held if time.monotonic() < until else [*held, self._process.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(_POLL_S)

    def _ended(self) -> ChildEnded:
        code = self._process.wait()
        if self._watch.breach:
            return self._watch.breach
        died_of = -code if code < 0 else code - _SHELL_SIGNAL
        if died_of in set(signal.Signals):
            return ChildEnded("crashed", f"was ended by signal {died_of} ({signal.Signals(died_of).name})")
        return ChildEnded("exited", f"ended its process with exit code {code} before it had predicted")


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
        A Python file, or a folder with a ``__main__.py``. Its first arguments are two file descriptors, what it is
        asked and where it predictions, and the path under which it finds the submission.
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
    asked, ask = os.pipe()
    predictions, prediction = os.pipe()
    launcher = Path(__file__).with_name("launch.py")
    tasks = _BRAKE * limits.processes if counts_processes_per_namespace(level) else 0
    bounds = [str(one) for one in (asked, limits.memory_mib, limits.disk_mib, tasks)]
    command = sandbox_command(level, launcher, bounds, program, submission, inspect_interpreter(interpreter))
    with group(_BRAKE * limits.processes) as join:
        with _log(folder).open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - running foreign code is the purpose
                [*join, *command, str(asked), str(prediction), path_inside(level, submission), *arguments],
                cwd=folder / "program",
                env=_environment("/tmp" if level == "namespace" else str(folder / "home")),  # noqa: S108 - its own
                pass_fds=(asked, prediction, *inherited),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        os.close(asked)
        os.close(prediction)
        child = Child(process, ask, predictions, folder, limits, level)
        _running.add(child)
        try:
            yield child
        finally:
            _running.discard(child)
            child.stop()


def stop_all() -> None:
    """End every child that this process runs; whoever waits for its prediction hears that it has ended."""
    for child in tuple(_running):
        child.kill()


def _log(folder: Path) -> Path:
    return folder / "output.log"


def _parsed(line: bytes) -> dict[str, Any]:
    """Read an object of JSON; a child that is hostile sends anything."""
    try:
        prediction = json.loads(line) if line.endswith(b"\n") else None
    except (ValueError, RecursionError):
        prediction = None
    if not isinstance(prediction, dict):
        raise ChildEnded("contract_error", f"wrote {line[:_SHOWN]!r} where its predictions are read")
    return prediction


def _environment(home: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _ENVIRONMENT or name.startswith(_ENVIRONMENT_PREFIXES)
    }
    return _FOR_SPEED | kept | {"HOME": home, "TMPDIR": home}
