"""Ten ways out of the sandbox: ``escapes.py REQUESTS REPLIES FOLDER``, a child of test_escapes.py.

The request has the secrets of the parent: ``pid``, ``secret`` (a path), ``socket`` (an abstract one), ``key`` and
``key_number`` (in the session keyring). The reply has a list for each way: what it reached. Numbers of system calls are
those of x86_64.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

LIBRARY = ctypes.CDLL(None, use_errno=True)
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
NAMESPACES = {"user": 0x10000000, "mnt": 0x00020000, "pid": 0x20000000, "net": 0x40000000, "ipc": 0x08000000}
KEYCTL, IO_URING_SETUP, USERFAULTFD, CLONE, CLONE3 = 250, 425, 323, 56, 435
PTRACE_SEIZE, PTRACE_DETACH = 0x4206, 17
KEYCTL_SEARCH, KEYCTL_READ, SESSION_KEYRING = 10, 11, -3


def in_a_fork(attempt):
    """Return what a function returns in a process of its own, because it changes its process."""
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            os.write(writing, json.dumps(attempt()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as result:
        content = result.read()
    os.waitpid(pid, 0)
    return json.loads(content or b"[]")


def mount(source, target, flags):
    return LIBRARY.mount(source and source.encode(), target.encode(), None, flags, None) == 0


def remount(_):
    """Make a read-only mount writable: one of its own where it gets a mount namespace, else those that are there."""

    def attempt():
        found = []
        confined = (
            LIBRARY.unshare(NAMESPACES["mnt"]) != 0 and LIBRARY.unshare(NAMESPACES["user"] | NAMESPACES["mnt"]) != 0
        )
        if not confined:
            mount(None, "/", MS_REC | MS_PRIVATE)
            own = tempfile.mkdtemp()
            if mount(own, own, MS_BIND) and mount(None, own, MS_REMOUNT | MS_BIND | MS_RDONLY):
                found += [own] if mount(None, own, MS_REMOUNT | MS_BIND) else []
            return found
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            target, options = line.split()[4:6]
            if options.startswith("ro") and mount(None, target, MS_REMOUNT | MS_BIND):
                found.append(target)
        return found

    return in_a_fork(attempt)


def nested_namespaces(_):
    """Get a namespace in which this process has capabilities: unshare, clone, clone3, setns."""
    found = [
        f"unshare {name}"
        for name, flag in NAMESPACES.items()
        if in_a_fork(lambda flag=flag: LIBRARY.unshare(flag)) == 0
    ]
    pid = LIBRARY.syscall(CLONE, NAMESPACES["user"] | signal.SIGCHLD, None, None, None, None)
    if pid == 0:
        os._exit(0)
    arguments = (ctypes.c_uint64 * 8)(NAMESPACES["user"], 0, 0, 0, signal.SIGCHLD)
    other = LIBRARY.syscall(CLONE3, arguments, ctypes.sizeof(arguments))
    if other == 0:
        os._exit(0)
    for one, name in ((pid, "clone"), (other, "clone3")):
        if one > 0:
            os.waitpid(one, 0)
            found.append(name)
    for link in Path("/proc/1/ns").iterdir() if os.access("/proc/1/ns", os.R_OK) else ():
        with contextlib.suppress(OSError):
            descriptor = os.open(link, os.O_RDONLY)
            joined = in_a_fork(lambda descriptor=descriptor: LIBRARY.setns(descriptor, 0))
            found += [f"setns {link.name}"] if joined == 0 else []
            os.close(descriptor)
    return found


def keyring(secrets):
    """Read a key of the parent's session keyring, or any key by its number."""
    name = secrets["key"].encode()
    number = LIBRARY.syscall(KEYCTL, KEYCTL_SEARCH, SESSION_KEYRING, b"user", name, 0)
    content = ctypes.create_string_buffer(100)
    found = ["search"] if number > 0 and LIBRARY.syscall(KEYCTL, KEYCTL_READ, number, content, 100) > 0 else []
    with contextlib.suppress(OSError):
        found += ["/proc/keys"] if secrets["key"] in Path("/proc/keys").read_text() else []
    read = LIBRARY.syscall(KEYCTL, KEYCTL_READ, secrets["key_number"], content, 100)
    return found + (["by its number"] if read > 0 else [])


def ptrace(secrets):
    """Trace the parent, the first process of the namespace, or a process of its own."""
    LIBRARY.ptrace.argtypes = [ctypes.c_long] * 4
    child = subprocess.Popen(["sleep", "60"])
    found = []
    for pid, name in ((secrets["pid"], "parent"), (1, "first process"), (child.pid, "child")):
        if LIBRARY.ptrace(PTRACE_SEIZE, pid, 0, 0) == 0:
            LIBRARY.ptrace(PTRACE_DETACH, pid, 0, 0)
            found.append(name)
    child.kill()
    child.wait()
    return found


def proc_of_the_parent(secrets):
    """Read the environment, the memory, the root, the descriptors or the maps of the parent."""
    found = []
    for pid in (secrets["pid"], os.getppid()):
        folder = Path("/proc", str(pid))
        for name in ("environ", "cmdline", "maps"):
            with contextlib.suppress(OSError):
                found += [f"{name} {pid}"] if secrets["key"].encode() in (folder / name).read_bytes() else []
        with contextlib.suppress(OSError):
            found += [f"root {pid}"] if Path(f"{folder}/root{secrets['secret']}").exists() else []
        with contextlib.suppress(OSError):
            found += [
                f"fd {pid} {one.readlink()}" for one in (folder / "fd").iterdir() if "secret" in str(one.readlink())
            ]
    return found


def inherited_descriptors(secrets):
    """Find a descriptor that shows a file outside, or a folder from which one can be opened."""
    found = []
    for one in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            content = one.read_text() if one.is_file() and os.access(one, os.R_OK) else ""
            found += [str(one.readlink())] if secrets["key"] in content else []
            descriptor = os.open(secrets["secret"][1:], os.O_RDONLY, dir_fd=int(one.name))
            found.append(f"a folder above {secrets['secret']}")
            os.close(descriptor)
    return found


def abstract_sockets(secrets):
    """Connect to a listener of the parent, or see its name."""
    found = []
    with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
        client.connect(f"\0{secrets['socket']}")
        found.append("connected")
    return found + (["listed"] if secrets["socket"] in Path("/proc/net/unix").read_text() else [])


def io_uring(_):
    """Create a ring, whose operations a filter of system calls does not see."""
    descriptor = LIBRARY.syscall(IO_URING_SETUP, 4, ctypes.create_string_buffer(120))
    if descriptor < 0:
        return []
    os.close(descriptor)
    return ["a ring"]


def userfaultfd(_):
    """Get a descriptor that delays the kernel at will."""
    found = []
    for flags in (0, 1):
        descriptor = LIBRARY.syscall(USERFAULTFD, flags)
        if descriptor >= 0:
            os.close(descriptor)
            found.append(f"flags {flags}")
    with contextlib.suppress(OSError):
        os.close(os.open("/dev/userfaultfd", os.O_RDWR))
        found.append("/dev/userfaultfd")
    return found


def core_pattern(_):
    """Set the program that the kernel starts as root for a crash, or have it started."""
    found = []
    for name in ("core_pattern", "modprobe", "hotplug", "core_uses_pid"):
        with contextlib.suppress(OSError):
            os.close(os.open(f"/proc/sys/kernel/{name}", os.O_WRONLY))
            found.append(name)
    return found + (["a crash starts it"] if resource.getrlimit(resource.RLIMIT_CORE) != (1, 1) else [])


WAYS = (
    remount,
    nested_namespaces,
    keyring,
    ptrace,
    proc_of_the_parent,
    inherited_descriptors,
    abstract_sockets,
    io_uring,
    userfaultfd,
    core_pattern,
)

if __name__ == "__main__":
    with os.fdopen(int(sys.argv[1]), "rb") as requests, os.fdopen(int(sys.argv[2]), "wb") as replies:
        secrets_of_the_parent = json.loads(requests.readline())
        reached = {way.__name__: way(secrets_of_the_parent) for way in WAYS}
        replies.write(json.dumps(reached).encode() + b"\n")
