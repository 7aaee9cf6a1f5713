"""Set limits on this process, then become the program: ``launch.py ASKED MEMORY_MIB DISK_MIB TASKS PROGRAM ARG…``.

Limits outlive ``exec``, and a fresh interpreter sets them without running Python between fork and exec. So does the
wish to be killed when the parent dies, however it dies (Linux). A parent that was killed before anyone could wish so
shows at the pipe through which it asks: nobody writes there any more.
"""

import ctypes
import os
import resource
import select
import signal
import sys

MIB = 1 << 20
PR_SET_PDEATHSIG = 1


def is_left_alone(asked: int) -> bool:
    """Whether whoever asks is gone already."""
    pipe = select.poll()
    pipe.register(asked, 0)  # its end shows without being asked for
    return bool(pipe.poll(0))


if __name__ == "__main__":
    asked, memory_mib, disk_mib, tasks, *command = sys.argv[1:]
    for limit, mib in (
        (resource.RLIMIT_DATA, int(memory_mib)),
        (resource.RLIMIT_FSIZE, int(disk_mib)),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (mib * MIB, mib * MIB))
    if int(tasks):  # 0: the user's other processes would count too
        resource.setrlimit(resource.RLIMIT_NPROC, (int(tasks), int(tasks)))
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if is_left_alone(int(asked)):
        sys.exit("whoever started this process is gone")
    os.execv(command[0], command)  # noqa: S606 - becoming the program is the purpose
