"""A submission that runs in another process and handles one request at a time: load, predict, report."""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from submission_builder.base.errors import SubmissionError
from submission_builder.base.progress import Progress, silent
from submission_builder.harness.replies import failure_in, names_in, predictions_in, shapes_in, texts_in
from submission_builder.harness.runtime import Runtime
from submission_builder.harness.slots import N_SLOTS, SLOT_WINDOWS, open_slots
from submission_builder.protocol.entry_point import SUBMISSION, EntryPoint
from submission_builder.sandbox.child import Child, start
from submission_builder.sandbox.child_ended import ChildEnded
from submission_builder.sandbox.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from submission_builder.harness.package import Package
    from submission_builder.sandbox.isolation import Level

Precision = Literal["fp16", "bf16", "tf32"]

_PROGRAM = Path(__file__).with_name("child")
_WITH_LAST_LINES = ("crashed", "exited", "import_error", "network_attempt", "wrote_outside")


class Windows(Protocol):
    """Windows in order: an array ``(n, n_chans, n_times)``, or an object that reads windows when they are sliced."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> Collection[NDArray[np.float32]]:
        """Return windows, in volts."""
        ...


@dataclass(frozen=True, eq=False)
class Predictions:
    """The predictions of a model for windows."""

    values: NDArray[np.float64]
    """One per window, shape ``(n,)``: ``prediction[0][0]`` at batch size 1, else the first column row by row."""
    shapes: tuple[tuple[int, ...], ...]
    """The distinct shapes that ``forward`` returned, sorted."""
    modified_input: bool | None = None
    """Whether ``forward`` changed its input; None without a probe."""
    used_rng: bool | None = None
    """Whether torch's global random generator advanced; None without a probe."""


@dataclass(frozen=True)
class Report:
    """Observations of the child program beside the predictions."""

    network: tuple[str, ...]
    """Hosts that the submission contacted, or tried to contact, through Python's sockets."""
    opened: dict[int, frozenset[str]]
    """Files of the zip that were opened, as Python reports it, by number of the challenge that was loaded last."""
    written: tuple[str, ...]
    """Files in the folder of the submission that it opened for writing, as Python reports it."""
    overflows: tuple[str, ...]
    """Modules of the model in which a matrix product exceeded the range of the precision."""


class Session:
    """A running submission.

    Created by :func:`open_session`. After a method raises, the session stays open unless the process has ended, and
    :meth:`load` has to be called before the next :meth:`predict`.

    Parameters
    ----------
    start_child
        Starts the child program with a number of threads; None is the number of the runtime. Yields the child, and
        the memory through which it gets windows.
    level
        Isolation level.

    Attributes
    ----------
    load_s
        Seconds until each challenge's model was loaded the first time.
    """

    def __init__(
        self,
        start_child: Callable[[int | None], AbstractContextManager[tuple[Child, NDArray[np.float32]]]],
        level: Level,
    ) -> None:
        self.level = level
        self._start_child = start_child
        self._open = contextlib.ExitStack()
        self._challenge = 0
        self._imported = False
        self.load_s: dict[int, float] = {}

    def restart(self, threads: int | None = None) -> None:
        """Replace the process by a new one, which has no state of the old one.

        Parameters
        ----------
        threads
            Number of torch's threads; None is the number of the runtime.
        """
        self.close()
        self._imported = False
        self._child, self._slots = self._open.enter_context(self._start_child(threads))

    def close(self) -> None:
        """End the process."""
        self._open.close()

    def load(self, challenge: int, seed: int | None = None, precision: Precision | None = None) -> None:
        """Construct the submission and get one challenge's model; modules that are already imported stay as they are.

        Parameters
        ----------
        challenge
            1 or 2.
        seed
            Seed of torch's global random generator before construction; None leaves the generator as it is.
        precision
            Precision of matrix products: emulated on the CPU, native on CUDA; None is float32.

        Raises
        ------
        SubmissionError
            If no model results; ``outcome`` says why.
        """
        began = time.monotonic()
        self._challenge = challenge
        self._send({"do": "load", "challenge": challenge, "seed": seed, "precision": precision})
        imports = "" if self._imported else "imported submission.py or "
        self._receive(f"while it {imports}built the model of challenge {challenge}")
        self._imported = True
        self.load_s.setdefault(challenge, time.monotonic() - began)

    def predict(
        self,
        windows: Windows,
        batch: int = 1,
        *,
        probe: bool = False,
        what: str | None = None,
        progress: Progress = silent,
    ) -> Predictions:
        """Predict windows in order; the next windows are copied while the model computes.

        Parameters
        ----------
        windows
            Windows ``(n, n_chans, n_times)`` in volts.
        batch
            Batch size, from 1 (as on the server) to :data:`SLOT_WINDOWS`. The last batch may be smaller.
        probe
            Observe the input and the random generator, which takes time.
        what
            Name of these windows in messages and progress; None is the name of the challenge.
        progress
            Called with the number of windows predicted.

        Raises
        ------
        SubmissionError
            If no predictions result; ``outcome`` says why.
        """
        n, step = len(windows), SLOT_WINDOWS // batch * batch
        what = what or f"challenge {self._challenge}"
        values, replies = np.empty(n, np.float64), []
        pending: deque[slice] = deque()

        def receive() -> None:
            rows = pending[0]
            reply = self._receive_oldest(pending, f"in {what}, between windows {rows.start + 1} and {rows.stop} of {n}")
            values[rows] = predictions_in(reply, self._challenge, rows.stop - rows.start)
            replies.append(reply)
            progress(what, rows.stop, n)

        progress(what, 0, n)
        for i, first in enumerate(range(0, n, step)):
            if len(pending) == N_SLOTS:
                receive()
            rows = slice(first, min(first + step, n))
            self._send_windows(windows[rows], i % N_SLOTS, batch, probe=probe)
            pending.append(rows)
        while pending:
            receive()
        return _joined(values, replies, probe=probe)

    def report(self) -> Report:
        """Return the observations so far.

        Raises
        ------
        SubmissionError
            If the process has ended.
        """
        self._send({"do": "report"})
        reply = self._receive("after its last prediction")
        return Report(
            network=texts_in(reply, "network"),
            opened=names_in(reply, "opened"),
            written=texts_in(reply, "written"),
            overflows=texts_in(reply, "overflows"),
        )

    def memory(self) -> int:
        """Return the memory of the process and its descendants now, in bytes."""
        return self._child.memory()

    def peak(self) -> int:
        """Return the peak memory of the process and its descendants, in bytes, sampled ten times a second."""
        return self._child.peak()

    def _send_windows(self, windows: Collection[NDArray[np.float32]], slot: int, batch: int, *, probe: bool) -> None:
        np.stack(list(windows), out=self._slots[slot, : len(windows)])
        self._send({"do": "predict", "slot": slot, "windows": len(windows), "batch": batch, "probe": probe})

    def _receive_oldest(self, pending: deque[slice], where: str) -> dict[str, Any]:
        """Receive the oldest pending reply; if it is a failure, also discard the replies behind it."""
        pending.popleft()
        try:
            return self._receive(where)
        except SubmissionError as error:
            if not isinstance(error.__cause__, ChildEnded):
                with contextlib.suppress(ChildEnded):
                    for _ in pending:
                        self._child.receive()
            raise

    def _send(self, request: dict[str, Any]) -> None:
        """Send a request; if the child has ended, the next :meth:`_receive` raises the reason."""
        with contextlib.suppress(BrokenPipeError):
            self._child.send(request)

    def _receive(self, where: str) -> dict[str, Any]:
        """Wait for a reply; raise a failure as a SubmissionError with the last lines of the child's output."""
        try:
            reply = self._child.receive()
        except ChildEnded as ended:
            fact = f"the submission {ended.fact}, {where}"
            raise SubmissionError(fact, outcome=ended.outcome, output=self._last_lines()) from ended
        if failure := failure_in(reply):
            output = self._last_lines() if failure.outcome in _WITH_LAST_LINES else ""
            raise SubmissionError(
                failure.fact, outcome=failure.outcome, hint=failure.hint, output=output, through=failure.through
            )
        return reply

    def _last_lines(self, n: int = 12) -> str:
        lines = self._child.output().splitlines()[-n:]
        return "\n  ".join(["last lines of its output:", *lines]) if lines else ""


@contextlib.contextmanager
def open_session(
    package: Package, runtime: Runtime | None = None, entry: EntryPoint = SUBMISSION, hidden: Sequence[Path] = ()
) -> Iterator[Session]:
    """Start a submission's process, and end it with the block; the process imports torch in the background.

    Parameters
    ----------
    package
        The zip.
    runtime
        Device, limits, isolation, interpreter and threads; None is the default of each.
    entry
        The class of the submission and its methods.
    hidden
        Files and folders that the submission must not see, beside the cache: the release.

    Yields
    ------
    Session
        The submission, without a model.

    Raises
    ------
    SandboxError
        If the requested isolation level is not available on this machine.
    """
    runtime = runtime or Runtime()
    level, python, view = runtime.level(hidden), runtime.replica().interpreter.executable, runtime.view(hidden)
    with scratch_folder() as scratch:
        unpacked = scratch / "res"
        package.unpack(unpacked)

        @contextlib.contextmanager
        def start_child(n_threads: int | None) -> Iterator[tuple[Child, NDArray[np.float32]]]:
            folder = Path(tempfile.mkdtemp(dir=scratch))
            threads = str(n_threads or runtime.threads or 0)
            with open_slots() as (descriptor, slots):
                shape = ",".join(map(str, slots.shape))
                arguments = [runtime.device, str(descriptor), shape, threads, json.dumps(asdict(entry))]
                isolation = level, [descriptor], python, view
                with start(_PROGRAM, unpacked, arguments, folder, runtime.limits, *isolation) as child:
                    yield child, slots

        with contextlib.closing(Session(start_child, level)) as session:
            session.restart()
            yield session


def _joined(values: NDArray[np.float64], replies: list[dict[str, Any]], *, probe: bool) -> Predictions:
    shapes = sorted({shape for reply in replies for shape in shapes_in(reply)})
    if not probe:
        return Predictions(values, tuple(shapes))
    observed = (any(reply.get(key) is True for reply in replies) for key in ("modified_input", "used_rng"))
    return Predictions(values, tuple(shapes), *observed)
