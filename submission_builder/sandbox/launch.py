"""Set limits on this process, then become a program: ``launch.py REQUESTS MEMORY_MIB DISK_MIB TASKS PROGRAM ARG…``.

Limits survive ``exec``, and a fresh interpreter sets them without running Python code between fork and exec. The parent
death signal survives ``exec`` too: the kernel kills this process when its parent dies (Linux). If the parent died
before the signal was set, the pipe REQUESTS has no writer any more, and this process exits. The program gets a session
keyring of its own in place of the user's.
"""

import ctypes
import os
import resource
import select
import signal
import sys

MIB = 1 << 20
PR_SET_PDEATHSIG = 1
KEYCTL = {"x86_64": 250, "aarch64": 219}
KEYCTL_JOIN_SESSION_KEYRING = 1


def has_no_writer(requests: int) -> bool:
    """Return whether no process holds the writing end of a pipe."""
    pipe = select.poll()
    pipe.register(requests, 0)  # POLLHUP is always reported
    return bool(pipe.poll(0))


if __name__ == "__main__":
    requests, memory_mib, disk_mib, tasks, *command = sys.argv[1:]
    for limit, mib in (
        (resource.RLIMIT_DATA, int(memory_mib)),
        (resource.RLIMIT_FSIZE, int(disk_mib)),
    ):
        resource.setrlimit(limit, (mib * MIB, mib * MIB))
    # One byte: a limit of 0 would still start a program to which the kernel pipes core dumps (core(5)).
    resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
    if int(tasks):  # 0 sets no limit, where the user's other processes would count too
        resource.setrlimit(resource.RLIMIT_NPROC, (int(tasks), int(tasks)))
    library = ctypes.CDLL(None)
    library.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # Where a container forbids this call, it forbids the submission's calls too.
    library.syscall(KEYCTL.get(os.uname().machine, -1), KEYCTL_JOIN_SESSION_KEYRING, None)
    if has_no_writer(int(requests)):
        sys.exit("the parent of this process has ended")
    os.execv(command[0], command)  # noqa: S606 - becoming the program is the purpose
