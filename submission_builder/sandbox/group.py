"""A control group that holds the number of a child's processes down, where one can be made.

It is the only limit that binds root. Where none can be made, the watch counts and kills, and a fork bomb may get far
in the tenth of a second before it does.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path("/sys/fs/cgroup")
_PREFIX = "subpack-"
_ABANDONED_S = 60.0
_REMOVE_S = 5.0
_POLL_S = 0.01
_JOIN = 'echo 0 > "$0/cgroup.procs"; exec "$@"'


@contextlib.contextmanager
def group(most: int) -> Iterator[list[str]]:
    """Make a control group, and remove it with the block.

    Parameters
    ----------
    most
        Processes and threads that it may hold.

    Yields
    ------
    list[str]
        What is to stand before a command, so that it joins; nothing where no group can be made.
    """
    made = _made(most)
    try:
        yield ["sh", "-c", _JOIN, str(made)] if made else []
    finally:
        if made:
            _remove(made)


def _made(most: int) -> Path | None:
    above = _above()
    if above is None:
        return None
    _sweep(above)
    folder = above / f"{_PREFIX}{secrets.token_hex(4)}"
    try:
        folder.mkdir()
    except OSError:
        return None
    try:
        (folder / "pids.max").write_text(str(most), encoding="ascii")
    except OSError:
        folder.rmdir()
        return None
    return folder


def _above() -> Path | None:
    """Find where a group belongs: below our own in version 1, and beside it in version 2.

    There, no group that holds processes may have others below it.
    """
    for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "pids":
            return _ROOT / "pids" / path.lstrip("/")
        if not controllers and (_ROOT / "cgroup.controllers").exists():
            return (_ROOT / path.lstrip("/")).parent if path != "/" else _ROOT
    return None


def _sweep(above: Path) -> None:
    """Remove groups of runs that were killed; one that holds processes cannot be removed."""
    for folder in above.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_ctime > _ABANDONED_S:
                folder.rmdir()


def _remove(folder: Path) -> None:
    """Remove a group as soon as its last process is gone."""
    until = time.monotonic() + _REMOVE_S
    while time.monotonic() < until:
        try:
            folder.rmdir()
        except OSError:
            time.sleep(_POLL_S)
        else:
            return
