"""A function in a forked process: its result, its limits, and what ends it."""

import contextlib
import gc
import os
import signal
import time
import weakref
from pathlib import Path

import pytest

from submission_builder.sandbox.child_ended import ChildEnded
from submission_builder.sandbox.forked import Bounds, OutOfTime, call_forked

BOUNDS = Bounds(memory_mib=64, cpu_s=1)


def children():
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


@pytest.fixture(autouse=True)
def no_child_is_left():
    """Workers of earlier tests may still be there."""
    before = children()
    yield
    assert set(children()) <= set(before)


def test_the_result_comes_from_another_process():
    assert int(call_forked(lambda _: str(os.getpid()).encode(), BOUNDS)) != os.getpid()


def test_the_function_can_ask_for_objects():
    asked = iter([{"a": 1}, "b" * 100_000])
    assert (
        call_forked(lambda ask: repr((ask(), len(ask()))).encode(), BOUNDS, lambda: next(asked))
        == b"({'a': 1}, 100000)"
    )


def test_garbage_of_this_process_is_not_finalised_in_the_other():
    """A finaliser of ours would close a descriptor that the other process has closed already."""

    class Loop:
        def __init__(self):
            self.itself = self

    finalised = []
    gc.disable()
    try:
        loop = Loop()
        weakref.finalize(loop, finalised.append, "closed")
        del loop
        there = call_forked(lambda _: repr((gc.collect(), finalised)[1]).encode(), BOUNDS)
    finally:
        gc.enable()
    assert there == b"[]"
    gc.collect()
    assert finalised == ["closed"]


def test_an_exception_of_the_function_keeps_its_traceback():
    with pytest.raises(RuntimeError, match=r"test_forked\.py(.|\n)*ZeroDivisionError"):
        call_forked(lambda _: 1 // 0, BOUNDS)


def test_memory_beyond_the_limit_is_refused():
    """More than this process has in reserve, which the other inherits."""

    def function(_):
        try:
            return str(len(bytearray(1 << 30))).encode()
        except MemoryError:
            return b"refused"

    assert call_forked(function, BOUNDS) == b"refused"
    assert call_forked(function, Bounds(memory_mib=1100, cpu_s=5)) == str(1 << 30).encode()


def test_time_beyond_the_limit_is_an_exception_that_no_handler_of_exceptions_catches():
    def function(_):
        try:
            while True:
                with contextlib.suppress(Exception):
                    sum(range(1000))
        except OutOfTime:
            return b"out of time"

    assert call_forked(function, BOUNDS) == b"out of time"


@pytest.mark.parametrize("how", [lambda _: os.kill(os.getpid(), signal.SIGKILL), lambda _: os._exit(0)])
def test_a_process_that_ends_without_a_result_is_a_child_that_ended(how):
    with pytest.raises(ChildEnded) as caught:
        call_forked(how, BOUNDS)
    assert caught.value.outcome == "crashed"


def test_descriptors_of_this_process_are_closed_in_the_other(tmp_path):
    """Such as the lock of a temporary folder, which would outlive its owner."""
    with (tmp_path / "lock").open("w") as file:
        assert call_forked(lambda _: str(Path(f"/proc/self/fd/{file.fileno()}").exists()).encode(), BOUNDS) == b"False"


def test_the_process_ends_when_its_parent_is_killed(tmp_path):
    """By a signal of the kernel (Linux)."""
    between = os.fork()
    if between == 0:

        def function(_):
            (tmp_path / "pid").write_text(str(os.getpid()))
            time.sleep(60)

        call_forked(function, BOUNDS)
        os._exit(0)
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        time.sleep(0.01)
    os.kill(between, signal.SIGKILL)
    os.waitpid(between, 0)
    until = time.monotonic() + 5
    while running((tmp_path / "pid").read_text()) and time.monotonic() < until:
        time.sleep(0.01)
    assert not running((tmp_path / "pid").read_text())


def running(pid):
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
