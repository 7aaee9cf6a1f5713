"""How a child is isolated: two levels.

:mod:`submission_builder.sandbox.proof` finds by trying whether the first one holds.

``namespace``
    bubblewrap: no network, no capability, no new namespace; a filter of system calls
    (:mod:`submission_builder.sandbox.seccomp`); a read-only root that holds only the system, the interpreter and the
    submission (:mod:`submission_builder.sandbox.mounts`); a private /tmp, /dev/shm and process table. The submission
    lies at ``/app/input/res`` and runs in ``/app/program``, as on the server. Both folders are private: new files can
    be written there, because Codabench's worker mounts them writable.
``process``
    Limits, a clean environment, and the end of all descendants with the child. This level gives no security: the child
    can read, reach and kill whatever the user can.
"""

from __future__ import annotations

import functools
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from submission_builder.sandbox.mounts import (
    MOST_MOUNTS,
    View,
    hidden_proc_entries,
    masked_paths,
    system_links,
    visible_paths,
)

if TYPE_CHECKING:
    from submission_builder.sandbox.interpreter import Interpreter

Level = Literal["namespace", "process"]
"""From the stronger to the weaker."""

_RES, _PROGRAM, _INGESTION = "/app/input/res", "/app/program", "/app/ingestion"
PRIVATE = ("/tmp", "/dev/shm", _PROGRAM, _RES)  # noqa: S108 - private to the child
"""Folders that the child can write to at level ``namespace``."""

MOUNTED = (*PRIVATE, _INGESTION, "/proc", "/dev")
"""What exists at level ``namespace`` beside what is bound."""

_REAPER = Path(__file__).with_name("reaper.py")
_COUNTS_PER_NAMESPACE_SINCE = (5, 14)
_DISABLES_USER_NAMESPACES_SINCE = (0, 8)
_MOST_USER_NAMESPACES = Path("/proc/sys/user/max_user_namespaces")


def sandbox_command(
    level: Level,
    launcher: Path,
    bounds: list[str],
    program: Path,
    submission: Path,
    interpreter: Interpreter,
    view: View,
    filter_: int | None,
) -> list[str]:
    """Return the command that runs a program beside a submission.

    Parameters
    ----------
    level
        Isolation level.
    launcher, bounds
        The program that sets limits, and its arguments.
    program
        The program to run: a file, or a folder with a ``__main__.py``.
    submission
        The unpacked zip.
    interpreter
        The Python that runs both programs.
    view
        What of this machine is visible at level ``namespace``.
    filter_
        File descriptor of the filter of system calls; None at level ``process``.

    Returns
    -------
    list[str]
        The command. The caller appends two file descriptors, then :func:`path_inside`.
    """
    python = [str(interpreter.executable), "-I"]
    if level == "process":
        return [*python, str(_REAPER), *python, str(launcher), *bounds, *python, str(program)]
    shown = {f"{_INGESTION}/{path.name}": path for path in (launcher, program)} | _mounts(submission)
    inside = [f"{_INGESTION}/{path.name}" for path in (launcher, program)]
    confined = [*bubblewrap(shown, interpreter, view), "--seccomp", str(filter_)]
    return [*confined, *python, inside[0], *bounds, *python, inside[1]]


def path_inside(level: Level, submission: Path) -> str:
    """Return the path of the submission as the child sees it."""
    return _RES if level == "namespace" else str(submission)


def counts_processes_per_namespace(level: Level) -> bool:
    """Return whether RLIMIT_NPROC counts the processes of the child alone (user namespaces since Linux 5.14)."""
    kernel = tuple(map(int, os.uname().release.split(".")[:2]))
    return level == "namespace" and kernel >= _COUNTS_PER_NAMESPACE_SINCE


def bubblewrap(shown: dict[str, Path], interpreter: Interpreter, view: View) -> list[str]:
    """Return the call of bubblewrap, without the command that it runs.

    Parameters
    ----------
    shown
        Files and folders to mount read-only, by their path inside.
    interpreter
        The Python that runs inside.
    view
        What of this machine is visible.
    """
    command = ["bwrap", "--die-with-parent", "--new-session", "--unshare-all", "--cap-drop", "ALL"]
    command += [*_no_user_namespaces(), "--tmpfs", "/", "--proc", "/proc", "--dev", "/dev"]
    for folder in [private for private in PRIVATE if private not in shown]:
        command += ["--tmpfs", folder]
    for link, target in system_links().items():
        command += ["--symlink", target, link]
    masked = masked_paths(interpreter, view)
    ours = {path: ["--ro-bind", path, path] for path in visible_paths(interpreter)} | {
        path: ["--tmpfs", path] if Path(path).is_dir() else ["--ro-bind", "/dev/null", path] for path in masked
    }
    for path in sorted(ours, key=lambda one: one.count("/")):  # what lies deeper covers what it lies in
        command += ours[path]
    for device in sorted(Path("/dev").glob("nvidia*")) if view.gpu else ():
        command += ["--dev-bind", str(device), str(device)]
    for inside, outside in shown.items():
        command += ["--ro-bind", str(outside), inside]
    for entry in hidden_proc_entries(view):
        command += (
            ["--tmpfs", entry, "--remount-ro", entry] if Path(entry).is_dir() else ["--ro-bind", "/dev/null", entry]
        )
    command += ["--chdir", _PROGRAM]
    for folder in ("/", "/dev", "/proc", *(path for path in masked if Path(path).is_dir())):
        command += ["--remount-ro", folder]  # a writable /proc/sys would let root change kernel settings
    return command


@functools.cache
def _no_user_namespaces() -> tuple[str, ...]:
    """Return the options that forbid new user namespaces; the filter of system calls forbids them in every case."""
    program = shutil.which("bwrap")
    if program is None or Path(program).stat().st_mode & stat.S_ISUID or not _user_namespaces_exist():
        return ()
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    numbers = tuple(int(word) for word in version.split()[-1:] for word in word.split(".") if word.isdigit())
    return ("--unshare-user", "--disable-userns") if numbers >= _DISABLES_USER_NAMESPACES_SINCE else ()


def _user_namespaces_exist() -> bool:
    return _MOST_USER_NAMESPACES.is_file() and int(_MOST_USER_NAMESPACES.read_text(encoding="ascii")) > 0


def _mounts(submission: Path) -> dict[str, Path]:
    """Return what is mounted read-only where: each file of the submission, or the whole folder if there are too many.

    Between the files, the folder is a private one. With many files in subfolders, the subfolders are mounted whole.
    """
    files = [path for path in submission.rglob("*") if not path.is_dir()]
    for paths in (files, [*submission.iterdir()]):
        if len(paths) <= MOST_MOUNTS:
            return {f"{_RES}/{path.relative_to(submission).as_posix()}": path for path in paths}
    return {_RES: submission}
