"""Run a program, and when it ends, end all its descendants: ``reaper.py PROGRAM ARG…``.

The reaper does the work of the init process of a PID namespace, as far as that is possible without one: it adopts
orphans (Linux), and kills them when the program ends or the reaper's own parent dies. Its exit code encodes a signal
as a shell does: 128 + number.
"""

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
SHELL_SIGNAL = 128


def children() -> "list[int]":
    """List the children of this process, adopted orphans included."""
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()]


def await_end(program: int) -> None:
    """Reap orphans until the program or the parent ends; the program is left, so that its exit code can be read."""
    while signal.sigwait({signal.SIGCHLD, signal.SIGTERM}) == signal.SIGCHLD:
        if os.waitid(os.P_PID, program, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        for pid in set(children()) - {program}:
            os.waitpid(pid, os.WNOHANG)


def end_all(program: int) -> int:
    """Kill all descendants and return the exit code of the program, negative for a signal."""
    status = 0
    os.killpg(program, signal.SIGKILL)
    while True:
        for pid in children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            ended, how = os.waitpid(-1, 0)
        except ChildProcessError:
            return os.waitstatus_to_exitcode(status)
        status = how if ended == program else status


if __name__ == "__main__":
    library = ctypes.CDLL(None)
    library.prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, signal.SIGTERM})
    library.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    started = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, setsid=True, setsigmask=())
    await_end(started)
    code = end_all(started)
    sys.exit(code if code >= 0 else SHELL_SIGNAL - code)
