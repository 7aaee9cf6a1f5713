"""A submission in another process, asked one thing at a time: load a model, prediction windows, report."""

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
    from collections.abc import Callable, Collection, Iterator
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from submission_builder.harness.package import Package
    from submission_builder.sandbox.isolation import Level

Precision = Literal["fp16", "bf16", "tf32"]

_PROGRAM = Path(__file__).with_name("child")
_WITH_LAST_LINES = ("crashed", "import_error", "network_attempt", "wrote_outside")


class Windows(Protocol):
    """Windows in the order in which they are asked: an array ``(n, n_chans, n_times)``, or what reads them late."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> Collection[NDArray[np.float32]]:
        """Take some of them, in volts."""
        ...


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model predicted to some windows.

    Attributes
    ----------
    values
        One for each window: ``prediction[0][0]`` at batch size 1, else the first column row by row.
    shapes
        Shapes of what ``forward`` returned, each once, sorted.
    modified
        Whether ``forward`` changed its input; None unless it was probed.
    drew
        Whether torch's global random generator moved; None unless it was probed.

    Shape
    -----
    values: ``(n,)``
    """

    values: NDArray[np.float64]
    shapes: tuple[tuple[int, ...], ...]
    modified: bool | None = None
    drew: bool | None = None


@dataclass(frozen=True)
class Report:
    """What was noted beside the predictions.

    Attributes
    ----------
    network
        Places that the submission reached for through Python's sockets, reached or not.
    opened
        By challenge: names of the zip's files that were opened, as Python sees it, while it was in turn.
    overflows
        Modules of the loaded model in which a product left the range of the precision it was loaded with.
    """

    network: tuple[str, ...]
    opened: dict[int, frozenset[str]]
    overflows: tuple[str, ...]


class Session:
    """A submission that runs.

    Made by :func:`open_session`. A method that raises leaves the session open, unless the process has ended;
    ``load`` is then to be called anew.

    Parameters
    ----------
    begin
        Starts the folder ``child`` with a number of threads.
    slots
        Memory shared with it.
    level
        How far it is kept apart.

    Attributes
    ----------
    load_s
        How long each challenge's model was waited for the first time.
    """

    def __init__(
        self, begin: Callable[[int | None], AbstractContextManager[Child]], slots: NDArray[np.float32], level: Level
    ) -> None:
        self.level = level
        self._begin = begin
        self._slots = slots
        self._open = contextlib.ExitStack()
        self._challenge = 0
        self.load_s: dict[int, float] = {}

    def restart(self, threads: int | None = None) -> None:
        """Go on with a fresh process: nothing is left of what the submission did before.

        Parameters
        ----------
        threads
            How many threads torch gets; as many as the session was opened with, without.
        """
        self.close()
        self._child = self._open.enter_context(self._begin(threads))

    def close(self) -> None:
        """End the process."""
        self._open.close()

    def load(self, challenge: int, seed: int | None = None, precision: Precision | None = None) -> None:
        """Build the submission anew and get one challenge's model; what its modules hold is not made anew.

        Parameters
        ----------
        challenge
            1 or 2.
        seed
            Seed of torch's global generator before the submission is built; it is left alone without.
        precision
            What matrix products are taken in: emulated on the CPU, real on CUDA; float32 as it is, without.

        Raises
        ------
        SubmissionError
            If it ends in anything but a model; ``outcome`` says how.
        """
        began = time.monotonic()
        self._challenge = challenge
        self._send({"do": "load", "challenge": challenge, "seed": seed, "precision": precision})
        self._receive(f"while it built the model of challenge {challenge}")
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
        """Ask windows in order; the next ones are copied while the model computes.

        Parameters
        ----------
        windows
            What is asked, ``(n, n_chans, n_times)`` in volts.
        batch
            Windows handed to ``forward`` together; 1, as the server does, to :data:`SLOT_WINDOWS`. The last
            batch may be smaller.
        probe
            Whether to watch the input and the random generator; it takes time.
        what
            What is asked, for messages; the challenge, without.
        progress
            Told of the windows predicted.

        Raises
        ------
        SubmissionError
            If it ends in anything but predictions; ``outcome`` says how.
        """
        n, step = len(windows), SLOT_WINDOWS // batch * batch
        what = what or f"challenge {self._challenge}"
        values, noted = np.empty(n, np.float64), []
        asked: deque[slice] = deque()

        def take() -> None:
            rows = asked[0]
            prediction = self._take(asked, f"{what}, between windows {rows.start + 1} and {rows.stop} of {n}")
            values[rows] = predictions_in(prediction, self._challenge, rows.stop - rows.start)
            noted.append(prediction)
            progress(what, rows.stop, n)

        progress(what, 0, n)
        for i, first in enumerate(range(0, n, step)):
            if len(asked) == N_SLOTS:
                take()
            rows = slice(first, min(first + step, n))
            self._put(windows[rows], i % N_SLOTS, batch, probe=probe)
            asked.append(rows)
        while asked:
            take()
        return _joined(values, noted, probe=probe)

    def report(self) -> Report:
        """Ask what was noted so far.

        Raises
        ------
        SubmissionError
            If the process has ended.
        """
        self._send({"do": "report"})
        noted = self._receive("after its last prediction")
        return Report(texts_in(noted, "network"), names_in(noted, "opened"), texts_in(noted, "overflows"))

    def memory(self) -> int:
        """Bytes that the process holds now, with all that it started."""
        return self._child.memory()

    def peak(self) -> int:
        """Bytes that it held at most since it was started, as seen ten times a second."""
        return self._child.peak()

    def _put(self, windows: Collection[NDArray[np.float32]], slot: int, batch: int, *, probe: bool) -> None:
        np.stack(list(windows), out=self._slots[slot, : len(windows)])
        self._send({"do": "predict", "slot": slot, "windows": len(windows), "batch": batch, "probe": probe})

    def _take(self, asked: deque[slice], where: str) -> dict[str, Any]:
        """Receive the oldest prediction; if it is a failure, those behind it are taken off the pipe too."""
        asked.popleft()
        try:
            return self._receive(f"in {where}")
        except SubmissionError as error:
            if not isinstance(error.__cause__, ChildEnded):
                with contextlib.suppress(ChildEnded):
                    for _ in asked:
                        self._child.receive()
            raise

    def _send(self, message: dict[str, Any]) -> None:
        """Ask; that the child is gone is found out when its prediction is waited for."""
        with contextlib.suppress(BrokenPipeError):
            self._child.send(message)

    def _receive(self, where: str) -> dict[str, Any]:
        """Wait for an prediction; a typed failure becomes a SubmissionError with the child's last lines."""
        try:
            prediction = self._child.receive()
        except ChildEnded as ended:
            said = f"the submission {ended.fact}, {where}{self._last_lines()}"
            raise SubmissionError(said, outcome=ended.outcome) from ended
        if failure := failure_in(prediction):
            shown = self._last_lines() if failure.outcome in _WITH_LAST_LINES else ""
            raise SubmissionError(f"{failure}{shown}", outcome=failure.outcome, hint=failure.hint)
        return prediction

    def _last_lines(self, n: int = 12) -> str:
        lines = self._child.output().splitlines()[-n:]
        return "\nits last lines:\n  " + "\n  ".join(lines) if lines else ""


@contextlib.contextmanager
def open_session(package: Package, runtime: Runtime | None = None, entry: EntryPoint = SUBMISSION) -> Iterator[Session]:
    """Start a submission's process, and end it with the block; it starts while the caller goes on.

    Parameters
    ----------
    package
        The zip.
    runtime
        Device, limits, isolation, interpreter and threads.
    entry
        The class that is asked.

    Yields
    ------
    Session
        The submission, no model loaded.

    Raises
    ------
    SandboxError
        If the level asked for cannot be had on this machine.
    """
    runtime = runtime or Runtime()
    level, python = runtime.level(), runtime.replica().interpreter.executable
    with scratch_folder() as scratch, open_slots() as (descriptor, slots):
        unpacked = scratch / "res"
        package.unpack(unpacked)

        def begin(n_threads: int | None) -> AbstractContextManager[Child]:
            folder = Path(tempfile.mkdtemp(dir=scratch))
            shape = ",".join(map(str, slots.shape))
            threads = str(n_threads or runtime.threads or 0)
            arguments = [runtime.device, str(descriptor), shape, threads, json.dumps(asdict(entry))]
            return start(_PROGRAM, unpacked, arguments, folder, runtime.limits, level, [descriptor], python)

        with contextlib.closing(Session(begin, slots, level)) as session:
            session.restart()
            yield session


def _joined(values: NDArray[np.float64], noted: list[dict[str, Any]], *, probe: bool) -> Predictions:
    shapes = sorted({shape for prediction in noted for shape in shapes_in(prediction)})
    if not probe:
        return Predictions(values, tuple(shapes))
    modified, drew = (any(prediction.get(what) is True for prediction in noted) for what in ("modified", "drew"))
    return Predictions(values, tuple(shapes), modified, drew)
