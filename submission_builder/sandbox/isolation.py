"""How a child is isolated: two levels. Whether the stronger one is available is found by trying it.

``namespace``
    bubblewrap: no network; a read-only root that holds only the system, the interpreter and the submission; a private
    /tmp, /dev/shm and process table. The submission lies at ``/app/input/res`` and runs in ``/app/program``, as on the
    server. Both folders are private: new files can be written there, because Codabench's worker mounts them writable.
    Our packages and the user's other files are not visible.
``process``
    Limits, a clean environment, and the end of all descendants with the child. This level gives no security: the child
    can read, reach and kill whatever the user can.
"""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from submission_builder.sandbox.interpreter import inspect_interpreter

if TYPE_CHECKING:
    from submission_builder.sandbox.interpreter import Interpreter

Level = Literal["namespace", "process"]
"""From the stronger to the weaker."""

_RES, _PROGRAM, _INGESTION = "/app/input/res", "/app/program", "/app/ingestion"
PRIVATE = ("/tmp", "/dev/shm", _PROGRAM, _RES)  # noqa: S108 - private to the child
"""Folders that the child can write to at level ``namespace``."""

_MOST_MOUNTS = 300
"""Largest number of files that are mounted one by one; more take longer than a tenth of a second."""

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc")
_DEVICES = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools")
_OURS = [Path(__file__).parents[1], Path(__file__).parents[2] / "model_zoo"]
_REAPER = Path(__file__).with_name("reaper.py")
_PROBE_S = 20.0
_COUNTS_PER_NAMESPACE_SINCE = (5, 14)


@functools.cache
def why_unavailable() -> str | None:
    """Return why level ``namespace`` is unavailable on this machine; None if it is available."""
    ours = inspect_interpreter()
    try:
        probe = subprocess.run(  # noqa: S603 - our own arguments
            [*_bubblewrap({}, ours), str(ours.executable), "-I", "-c", "pass"],
            capture_output=True,
            text=True,
            timeout=_PROBE_S,
            check=False,
        )
    except FileNotFoundError:
        return "bubblewrap is not installed (apt-get install bubblewrap)"
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap cannot be run: {error}"
    return None if probe.returncode == 0 else f"bubblewrap fails on this machine: {probe.stderr.strip()}"


def best_level() -> Level:
    """Return the strongest level that is available on this machine."""
    return "process" if why_unavailable() else "namespace"


def sandbox_command(
    level: Level, launcher: Path, bounds: list[str], program: Path, submission: Path, interpreter: Interpreter
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
    return [*_bubblewrap(shown, interpreter), *python, inside[0], *bounds, *python, inside[1]]


def path_inside(level: Level, submission: Path) -> str:
    """Return the path of the submission as the child sees it."""
    return _RES if level == "namespace" else str(submission)


def counts_processes_per_namespace(level: Level) -> bool:
    """Return whether RLIMIT_NPROC counts the processes of the child alone (user namespaces since Linux 5.14)."""
    kernel = tuple(map(int, os.uname().release.split(".")[:2]))
    return level == "namespace" and kernel >= _COUNTS_PER_NAMESPACE_SINCE


def _bubblewrap(shown: dict[str, Path], interpreter: Interpreter) -> list[str]:
    bound = [folder for folder in _SYSTEM if Path(folder).exists()]
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    for prefix in (*interpreter.folders, *libraries):
        if Path(prefix).is_absolute() and Path(prefix).is_dir() and not _below(Path(prefix), bound):
            bound.append(prefix)
    command = ["bwrap", "--die-with-parent", "--unshare-all", "--cap-drop", "ALL", "--tmpfs", "/"]
    command += ["--proc", "/proc", "--dev", "/dev"]
    for folder in [private for private in PRIVATE if private not in shown]:
        command += ["--tmpfs", folder]
    for folder in bound:
        command += ["--ro-bind", folder, folder]
    for package in [ours for ours in _OURS if ours.is_dir() and _below(ours, bound)]:
        command += ["--tmpfs", str(package)]
    for device in filter(os.path.exists, _DEVICES):
        command += ["--dev-bind", device, device]
    for inside, outside in shown.items():
        command += ["--ro-bind", str(outside), inside]
    command += ["--chdir", _PROGRAM]
    for folder in ("/", "/dev", "/proc"):  # a writable /proc/sys would let root change kernel settings
        command += ["--remount-ro", folder]
    return command


def _mounts(submission: Path) -> dict[str, Path]:
    """Return what is mounted read-only where: each file of the submission, or the whole folder if there are too many.

    Between the files, the folder is a private one. With many files in subfolders, the subfolders are mounted whole.
    """
    files = [path for path in submission.rglob("*") if not path.is_dir()]
    for paths in (files, [*submission.iterdir()]):
        if len(paths) <= _MOST_MOUNTS:
            return {f"{_RES}/{path.relative_to(submission).as_posix()}": path for path in paths}
    return {_RES: submission}


def _below(path: Path, folders: list[str]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)
