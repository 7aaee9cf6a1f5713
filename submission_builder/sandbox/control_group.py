"""A control group that limits the number of a child's processes, on machines where this user can create one.

It is the only limit that binds root. Without a group, :mod:`submission_builder.sandbox.watch` counts processes ten
times a second and kills them, and a fork bomb may create many of them before that.
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
def control_group(max_tasks: int) -> Iterator[list[str]]:
    """Create a control group, and remove it when the block ends.

    Parameters
    ----------
    max_tasks
        Largest number of processes and threads in the group.

    Yields
    ------
    list[str]
        A prefix of a command that makes the command join the group; empty if no group can be created.
    """
    folder = _create(max_tasks)
    try:
        yield ["sh", "-c", _JOIN, str(folder)] if folder else []
    finally:
        if folder:
            _remove(folder)


def _create(max_tasks: int) -> Path | None:
    parent = _parent()
    if parent is None:
        return None
    _sweep(parent)
    folder = parent / f"{_PREFIX}{secrets.token_hex(4)}"
    try:
        folder.mkdir()
    except OSError:
        return None
    try:
        (folder / "pids.max").write_text(str(max_tasks), encoding="ascii")
    except OSError:
        folder.rmdir()
        return None
    return folder


def _parent() -> Path | None:
    """Return the group to create ours in: our own group under cgroup v1, its parent under v2.

    In v2, a group that holds processes cannot have child groups with controllers.
    """
    for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "pids":
            return _ROOT / "pids" / path.lstrip("/")
        if not controllers and (_ROOT / "cgroup.controllers").exists():
            return (_ROOT / path.lstrip("/")).parent if path != "/" else _ROOT
    return None


def _sweep(parent: Path) -> None:
    """Remove groups that killed runs left; a group that holds processes cannot be removed."""
    for folder in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_ctime > _ABANDONED_S:
                folder.rmdir()


def _remove(folder: Path) -> None:
    """Remove a group as soon as its last process has ended."""
    until = time.monotonic() + _REMOVE_S
    while time.monotonic() < until:
        try:
            folder.rmdir()
        except OSError:
            time.sleep(_POLL_S)
        else:
            return
