"""Whether level ``namespace`` holds on this machine: a probe runs there as a child, and tries to get out."""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission_builder.sandbox.child import start
from submission_builder.sandbox.child_ended import ChildEnded
from submission_builder.sandbox.interpreter import inspect_interpreter
from submission_builder.sandbox.isolation import MOUNTED, PRIVATE
from submission_builder.sandbox.limits import Limits
from submission_builder.sandbox.mounts import View, invisible_paths
from submission_builder.sandbox.scratch import scratch_folder
from submission_builder.sandbox.seccomp import is_supported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.sandbox.child import Child

_PROBE = Path(__file__).with_name("probe.py")
_LIMITS = Limits(wall_s=20.0, memory_mib=512, spare_mib=0)
_NAMESPACES = ("ipc", "mnt", "net", "pid", "uts")
_SHOWN = 3


@functools.cache
def why_unavailable(interpreter: Path | None = None, view: View | None = None) -> str | None:
    """Return why level ``namespace`` is unavailable on this machine; None if it is available.

    Parameters
    ----------
    interpreter
        The Python that will run the child; None is the one that runs this function.
    view
        What of this machine the child will see; None is the default.
    """
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed (apt-get install bubblewrap)"
    if not is_supported(machine := os.uname().machine):
        return f"there is no filter of system calls for {machine}"
    with scratch_folder() as folder, _listeners() as listening:
        for name in ("run", "submission"):
            (folder / name).mkdir()
        seen = view or View()
        submission, run = folder / "submission", folder / "run"
        try:
            with start(_PROBE, submission, [], run, _LIMITS, "namespace", (), interpreter, seen) as child:
                return _breaches_found_by(child, _request(interpreter, seen) | listening)
        except OSError as error:
            return f"bubblewrap cannot be run: {error}"


def _request(interpreter: Path | None, view: View) -> dict[str, Any]:
    python = inspect_interpreter(interpreter)
    return {
        "invisible": invisible_paths(python, view, MOUNTED),
        "searched": [*python.package_folders, *python.library_folders, *python.prefixes],
        "private": PRIVATE,
        "namespaces": {name: str(Path("/proc/self/ns", name).readlink()) for name in _NAMESPACES},
    }


@contextlib.contextmanager
def _listeners() -> Iterator[dict[str, Any]]:
    """Listen on a port and on an abstract socket, so that the probe can try to connect."""
    name = f"subpack-probe-{secrets.token_hex(8)}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        local.bind(f"\0{name}")
        local.listen()
        yield {"port": server.getsockname()[1], "socket": name}


def _breaches_found_by(child: Child, request: dict[str, Any]) -> str | None:
    """Return the first breaches that the probe found, or why it did not run; None if it found none."""
    try:
        with contextlib.suppress(BrokenPipeError):
            child.send(request)
        breaches = child.receive()["breaches"]
    except ChildEnded as ended:
        return f"bubblewrap fails on this machine: {child.output() or f'the probe {ended.fact}'}"
    more = f", and {len(breaches) - _SHOWN} more" if len(breaches) > _SHOWN else ""
    return f"the sandbox does not hold: {', '.join(breaches[:_SHOWN])}{more}" if breaches else None
