"""Progress bars on standard error, if it is a terminal."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from rich.progress import ProgressColumn, TaskID

    from submission_builder.base.progress import Progress

_SETTLED_S = 3.0
_LONG_S = 60.0
_FEWEST_BLOCKS = 4


@contextlib.contextmanager
def progress_bars(*, estimate_duration: bool = False, in_bytes: Collection[str] = ()) -> Iterator[Progress]:
    """Yield a progress callback that shows one bar, with the remaining time, per kind of work.

    The bars are visible while work is unfinished, so that they do not disturb output between two kinds of work.

    Parameters
    ----------
    estimate_duration
        Whether to print an early estimate of the duration of work that takes more than a minute, also without a
        terminal.
    in_bytes
        Kinds of work that are counted in bytes; their bars also show the rate.
    """
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    from submission_builder.report.console import open_console

    console = open_console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        _amount_column(in_bytes),
        TimeRemainingColumn(),
    )
    bars = Bars(*columns, console=console, disable=not console.is_terminal, transient=True)
    tasks: dict[str, TaskID] = {}
    one_at_a_time = threading.Lock()

    def show(what: str, done: int, total: int) -> None:
        with one_at_a_time:
            bars.start()
            if what not in tasks:
                tasks[what] = bars.add_task(what, completed=done, total=total)
            bars.update(tasks[what], completed=done, total=total)
            if bars.finished:
                bars.stop()
                while tasks:
                    bars.remove_task(tasks.popitem()[1])

    try:
        yield (
            with_estimate(show, lambda line: console.print(line, soft_wrap=True, highlight=False))
            if estimate_duration
            else show
        )
    finally:
        bars.stop()


def _amount_column(in_bytes: Collection[str]) -> ProgressColumn:
    """Return a column with the finished and all items; of bytes, in their units and with the rate."""
    from rich.progress import DownloadColumn, MofNCompleteColumn, ProgressColumn, Task, TransferSpeedColumn
    from rich.text import Text

    items, size, rate = MofNCompleteColumn(), DownloadColumn(), TransferSpeedColumn()

    class Amount(ProgressColumn):
        def render(self, task: Task) -> Text:
            if task.description not in in_bytes:
                return items.render(task)
            return Text(" ").join([size.render(task), rate.render(task)])

    return Amount()


def with_estimate(progress: Progress, say: Callable[[str], None]) -> Progress:
    """Print once, for each long kind of work, an estimate of its remaining duration from its first seconds."""
    from submission_builder.harness.projection import TimedBlock, seconds_for

    blocks: dict[str, list[TimedBlock]] = {}
    last: dict[str, tuple[int, float]] = {}
    said = set()

    def show(what: str, done: int, total: int) -> None:
        progress(what, done, total)
        before, at = last.get(what, (0, time.monotonic()))
        last[what] = done, time.monotonic()
        if what in said or done <= before:
            return
        blocks.setdefault(what, []).append(TimedBlock(done - before, last[what][1] - at))
        if len(blocks[what]) < _FEWEST_BLOCKS or sum(block.seconds for block in blocks[what]) < _SETTLED_S:
            return
        said.add(what)
        low, mid, high = seconds_for(total - done, blocks[what])
        if mid > _LONG_S:
            say(f"{what}: about {mid:,.0f} s left ({low:,.0f} to {high:,.0f}), estimated from {done:,} of {total:,}")

    return show
