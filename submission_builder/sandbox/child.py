"""A child process that exchanges messages as lines of JSON.

It runs in its own process group, with limits, a private HOME and TMPDIR, a clean environment and Python's isolated
mode. :mod:`submission_builder.sandbox.isolation` describes the two levels of further isolation.
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

from submission_builder.base.json_text import UndecodableError, decode_json
from submission_builder.sandbox.child_ended import ChildEnded
from submission_builder.sandbox.control_group import control_group
from submission_builder.sandbox.interpreter import inspect_interpreter
from submission_builder.sandbox.isolation import Level, counts_processes_per_namespace, path_inside, sandbox_command
from submission_builder.sandbox.mounts import View
from submission_builder.sandbox.seccomp import filter_file
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
_HEADROOM = 2  # the kernel refuses processes at twice the limit, so that the watch sees the limit exceeded first
_POLL_S = 0.01
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "TZ")
_ENVIRONMENT_PREFIXES = ("OMP_", "MKL_", "OPENBLAS_", "MALLOC_")
_FOR_SPEED = {
    # Idle OpenMP threads sleep: with spinning threads, a replay was seven times slower on a busy machine.
    "OMP_WAIT_POLICY": "PASSIVE",
    # malloc reuses the memory of the last batch: page faults took a third of a small net's time.
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(2**30),
}
"""Defaults; the user's own environment takes precedence."""

_running: set[Child] = set()


class Child:
    """A running child process.

    Created by :func:`start`.

    Parameters
    ----------
    process
        Parent of the child and its descendants: bubblewrap, or the reaper.
    requests, replies
        File descriptors of the pipes to and from the child.
    output
        File descriptor of the log of its standard output and error. The child can change the permissions of the log.
    folder
        The child's folder.
    limits
        Limits on resources.
    level
        Isolation level.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        requests: int,
        replies: int,
        output: int,
        folder: Path,
        limits: Limits,
        level: Level,
    ) -> None:
        self._process = process
        self._requests = os.fdopen(requests, "wb", buffering=0)
        self._replies = os.fdopen(replies, "rb")
        self._output, self._limits = output, limits
        self._watch = LimitWatch(process.pid, folder, output, limits, level, self.kill)
        self._watch.start()

    def send(self, request: dict[str, Any]) -> None:
        """Send a request without waiting for its reply; the first one starts the clock.

        Raises
        ------
        BrokenPipeError
            If the child has ended; :meth:`receive` then raises the reason.
        """
        self._watch.start_clock()
        view = memoryview(json.dumps(request).encode() + b"\n")
        while view:
            view = view[self._requests.write(view) :]

    def receive(self) -> dict[str, Any]:
        """Wait for the reply to the oldest pending request.

        Raises
        ------
        ChildEnded
            If the child has ended, printed too much, or sent a line that is not a JSON object.
        """
        line = self._replies.readline(_LINE_BYTES)
        if not line.endswith(b"\n") and len(line) < _LINE_BYTES:
            raise self._ended()
        try:
            self._watch.require_little_output()
            return _parsed(line)
        except ChildEnded:
            self.kill()
            raise

    def output(self) -> str:
        """Return the end of the child's standard output and error."""
        begin = max(0, os.fstat(self._output).st_size - _TAIL_BYTES)
        return os.pread(self._output, _TAIL_BYTES, begin).decode("utf-8", "replace").strip()

    def memory(self) -> int:
        """Return the memory of the child and its descendants now, in bytes."""
        return usage(tree(self._process.pid, self._limits.processes)).memory

    def peak(self) -> int:
        """Return their largest memory so far in bytes, sampled ten times a second."""
        return self._watch.peak

    def stop(self) -> None:
        """End the child and its descendants, and close the pipes."""
        self._watch.cancel()
        self.kill()
        self._requests.close()
        self._replies.close()

    def kill(self) -> None:
        """Kill the descendants until the process ends by itself; after 5 s, kill the process too."""
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
        number = -code if code < 0 else code - _SHELL_SIGNAL
        if number in set(signal.Signals):
            return ChildEnded("crashed", f"was ended by signal {number} ({signal.Signals(number).name})")
        return ChildEnded("exited", f"ended its process with exit code {code}")


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
    view: View | None = None,
) -> Iterator[Child]:
    """Start a Python program as a child, and stop it when the block ends.

    Parameters
    ----------
    program
        A Python file, or a folder with a ``__main__.py``. Its first three arguments are the file descriptor of
        requests, that of replies, and the path of the submission.
    submission
        A folder that the program can read.
    arguments
        Further arguments.
    folder
        An empty folder for the child's working directory, HOME and log.
    limits
        Limits on resources.
    level
        Isolation level.
    inherited
        Further file descriptors that the child inherits.
    interpreter
        The Python that runs the program; None is the one that runs this function.
    view
        What of this machine the child sees at level ``namespace``; None is the default.

    Yields
    ------
    Child
        The running child.
    """
    for name in ("program", "home"):
        (folder / name).mkdir()
    child_requests, requests = os.pipe()
    replies, child_replies = os.pipe()
    launcher = Path(__file__).with_name("launch.py")
    max_tasks = _HEADROOM * limits.processes
    rlimit = max_tasks if counts_processes_per_namespace(level) else 0
    bounds = [str(one) for one in (child_requests, limits.memory_mib, limits.disk_mib, rlimit)]
    python = inspect_interpreter(interpreter)
    with control_group(max_tasks) as join, (folder / "output.log").open("w+b", buffering=0) as output:
        with filter_file() if level == "namespace" else contextlib.nullcontext() as filter_:
            command = sandbox_command(level, launcher, bounds, program, submission, python, view or View(), filter_)
            command += [str(child_requests), str(child_replies), path_inside(level, submission), *arguments]
            process = subprocess.Popen(  # noqa: S603 - running foreign code is the purpose
                [*join, *command],
                cwd=folder / "program",
                env=_environment("/tmp" if level == "namespace" else str(folder / "home")),  # noqa: S108 - private
                pass_fds=[child_requests, child_replies, *inherited, *([] if filter_ is None else [filter_])],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        os.close(child_requests)
        os.close(child_replies)
        child = Child(process, requests, replies, output.fileno(), folder, limits, level)
        _running.add(child)
        try:
            yield child
        finally:
            _running.discard(child)
            child.stop()


def stop_all() -> None:
    """End every child of this process; pending calls of :meth:`Child.receive` raise ChildEnded."""
    for child in tuple(_running):
        child.kill()


def _parsed(line: bytes) -> dict[str, Any]:
    """Parse a JSON object; a hostile child can send any bytes."""
    try:
        reply = decode_json(line) if line.endswith(b"\n") else None
    except UndecodableError:
        reply = None
    if not isinstance(reply, dict):
        raise ChildEnded("contract_error", f"wrote {line[:_SHOWN]!r} to the pipe of the predictions")
    return reply


def _environment(home: str) -> dict[str, str]:
    allowed = {
        name: value
        for name, value in os.environ.items()
        if name in _ENVIRONMENT or name.startswith(_ENVIRONMENT_PREFIXES)
    }
    return _FOR_SPEED | allowed | {"HOME": home, "TMPDIR": home}
