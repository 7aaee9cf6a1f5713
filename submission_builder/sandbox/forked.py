"""A function that runs in a forked process with limits on its memory and its time.

The process does not run foreign code. It reads foreign data, from which a fault of the reader or a large result may
follow. It exits with this process.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import pickle
import resource
import select
import signal
import time
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from submission_builder.sandbox.child_ended import ChildEnded

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[[], Any]

_PR_SET_PDEATHSIG = 1
_MIB = 1 << 20
_MOST_BYTES = 16 * _MIB
_ASKS, _RESULT, _BUG = b"?", b"=", b"!"
_LAST_S = 2
_WALL_PER_CPU = 20
_KIB = 1024
_PIPE_CHUNK = 1 << 16


class OutOfTime(BaseException):  # passes through handlers of every Exception
    """The function has used the processor for longer than its limit."""


@dataclass(frozen=True)
class Bounds:
    """Limits on a forked process."""

    memory_mib: int
    """Memory beyond that of this process."""
    cpu_s: int
    """Time of the processor."""


def call_forked(function: Callable[[Ask], bytes], bounds: Bounds, answer: Ask | None = None) -> bytes:
    """Call a function in a forked process and return the bytes that it returns.

    Parameters
    ----------
    function
        Takes a function that asks this process for an object. MemoryError and :class:`OutOfTime` are raised in it when
        a limit is exceeded.
    bounds
        Limits.
    answer
        Returns the object, whenever `function` asks.

    Raises
    ------
    ChildEnded
        If the process ended without a result: at a limit, or killed.
    RuntimeError
        If the function raised an exception; the text is its traceback.
    """
    ((requests, our_requests), (our_replies, replies)) = os.pipe(), os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # threads: the child calls nothing that they may have locked
        pid = os.fork()
    if pid == 0:
        _work(function, bounds, requests, replies)
    os.close(requests)
    os.close(replies)
    try:
        return _served(our_requests, our_replies, bounds, answer)
    finally:
        os.close(our_requests)
        os.close(our_replies)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _served(requests: int, replies: int, bounds: Bounds, answer: Ask | None) -> bytes:
    while True:
        kind, content = _received(replies, time.monotonic() + _WALL_PER_CPU * bounds.cpu_s)
        if kind == _RESULT:
            return content
        if kind == _BUG:
            raise RuntimeError(content.decode("utf-8", "replace"))
        if answer is None:
            raise ChildEnded("crashed", "asked for an object")
        _send(requests, b"", pickle.dumps(answer()))


def _received(replies: int, until: float) -> tuple[bytes, bytes]:
    """Read the kind and the content of a message."""
    head = _exactly(replies, 9, until)
    kind, size = head[:1], int.from_bytes(head[1:], "little")
    if kind not in (_ASKS, _RESULT, _BUG) or size > _MOST_BYTES:
        raise ChildEnded("crashed", "sent a message that is too long")
    return kind, _exactly(replies, size, until)


def _exactly(descriptor: int, n: int, until: float) -> bytes:
    content = bytearray()
    while len(content) < n:
        if not select.select([descriptor], [], [], max(0.0, until - time.monotonic()))[0]:
            raise ChildEnded("timeout", "did not finish in time")
        piece = os.read(descriptor, min(_PIPE_CHUNK, n - len(content)))
        if not piece:
            raise ChildEnded("crashed", "was ended")
        content += piece
    return bytes(content)


def _send(descriptor: int, kind: bytes, content: bytes) -> None:
    view = memoryview(kind + len(content).to_bytes(8, "little") + content)
    while view:
        view = view[os.write(descriptor, view) :]


def _work(function: Callable[[Ask], bytes], bounds: Bounds, requests: int, replies: int) -> NoReturn:
    """Call the function in the forked process, which ends here."""

    def ask() -> Any:
        _send(replies, _ASKS, b"")
        size = int.from_bytes(_read(requests, 8), "little")
        return pickle.loads(_read(requests, size))  # noqa: S301 - from our own process

    try:
        gc.freeze()  # objects of the parent are not finalised here, such as files whose descriptors are closed below
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        _close_others({0, 1, 2, requests, replies})
        _limit(bounds)
        try:
            result = function(ask)
        except BaseException:  # noqa: BLE001 - the parent raises it
            _send(replies, _BUG, traceback.format_exc().encode("utf-8", "replace"))
        else:
            _send(replies, _RESULT, result)
    finally:
        os._exit(0)


def _read(descriptor: int, n: int) -> bytes:
    content = bytearray()
    while len(content) < n:
        piece = os.read(descriptor, min(_PIPE_CHUNK, n - len(content)))
        if not piece:
            os._exit(0)  # the parent has ended
        content += piece
    return bytes(content)


def _close_others(kept: set[int]) -> None:
    """Close the inherited descriptors: locks and pipes of other runs."""
    inherited = [int(one.name) for one in Path("/proc/self/fd").iterdir()]
    for descriptor in set(inherited) - kept:
        with contextlib.suppress(OSError):
            os.close(descriptor)


def _limit(bounds: Bounds) -> None:
    def end(*_: object) -> None:
        raise OutOfTime

    signal.signal(signal.SIGXCPU, end)
    used = int(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (used + bounds.cpu_s, used + bounds.cpu_s + _LAST_S))
    most = _data_bytes() + bounds.memory_mib * _MIB
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _data_bytes() -> int:
    """Return the private memory of this process, which RLIMIT_DATA counts."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * _KIB
    return 0
