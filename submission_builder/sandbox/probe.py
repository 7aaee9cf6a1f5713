"""Try to get out of the sandbox: ``probe.py REQUESTS REPLIES FOLDER``, a child like any other.

It reads one request from the file descriptor REQUESTS, a line of JSON, and writes one reply to REPLIES: ``{"breaches":
[…]}``, with a sentence for each way out that it found. The request has

``invisible``: paths that must not exist; ``searched``: folders in which no release may lie; ``private``: folders that
may be writable; ``port`` and ``socket``: a TCP port of 127.0.0.1 and the name of an abstract socket at which the parent
listens; ``namespaces``: the parent's namespaces by name.
"""

import contextlib
import ctypes
import errno
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

MS_REMOUNT, MS_BIND = 32, 4096
CLONE_NEWUSER, CLONE_NEWNS = 0x10000000, 0x00020000
IO_URING_SETUP = 425  # the same number on all architectures
LABELS = "participants.tsv"
FEW_PROCESSES = 4
FILTERED = "2"
LIBRARY = ctypes.CDLL(None, use_errno=True)


def status() -> "dict[str, str]":
    """Return the fields of /proc/self/status."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def privileges() -> "list[str]":
    """Find capabilities, and a missing filter."""
    fields = status()
    found = [
        f"capabilities are left ({name} {fields[name]})"
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
        if int(fields[name], 16)
    ]
    if fields.get("NoNewPrivs") != "1":
        found.append("programs with setuid get privileges")
    LIBRARY.syscall(IO_URING_SETUP, 0, None)
    if fields.get("Seccomp") != FILTERED or ctypes.get_errno() != errno.ENOSYS:
        found.append("system calls are not filtered")
    return found


def mounts() -> "list[tuple[str, set[str]]]":
    """Return the path and the options of every mount, without the devices that bubblewrap creates."""
    rows = [line.split(" ") for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()]
    return [(row[4], set(row[5].split(","))) for row in rows if not row[4].startswith("/dev/")]


def writable_mounts(private: "list[str]") -> "list[str]":
    """Find mounts that are writable, or that can be made so."""
    found = []
    for path, options in mounts():
        if "rw" in options and path not in private:
            found.append(f"{path} is writable")
        elif LIBRARY.mount(None, path.encode(), None, MS_REMOUNT | MS_BIND, None) == 0 and path not in private:
            found.append(f"{path} can be made writable")
    return found


def namespaces(parent: "dict[str, str]") -> "list[str]":
    """Find namespaces that are the parent's, and whether new ones can be created."""
    found = [
        f"the {name} namespace is that of the parent"
        for name, link in parent.items()
        if Path("/proc/self/ns", name).is_symlink() and str(Path("/proc/self/ns", name).readlink()) == link
    ]
    for flags, name in ((CLONE_NEWUSER, "user"), (CLONE_NEWNS, "mount")):
        if LIBRARY.unshare(flags) == 0:
            found.append(f"a new {name} namespace can be created")
    processes = [one for one in Path("/proc").iterdir() if one.name.isdigit()]
    if len(processes) > FEW_PROCESSES:
        found.append(f"{len(processes)} processes are visible")
    return found


def network(port: int, name: str) -> "list[str]":
    """Find interfaces beside the loopback, and listeners of the parent."""
    found = [f"the network interface {one} is visible" for _, one in socket.if_nameindex() if one != "lo"]
    for family, address in ((socket.AF_INET, ("127.0.0.1", port)), (socket.AF_UNIX, f"\0{name}")):
        with contextlib.suppress(OSError), socket.socket(family) as client:
            client.settimeout(1)
            client.connect(address)
            found.append(f"a connection to {address!r} is possible")
    return found


def visible(paths: "list[str]") -> "list[str]":
    """Find paths that exist."""
    return [f"{path} is visible" for path in paths if os.path.lexists(path)]


def releases(folders: "list[str]") -> "list[str]":
    """Find releases in folders and their subfolders."""
    found = []
    for folder in map(Path, folders):
        inner = [folder, *(one for one in folder.iterdir() if one.is_dir())] if folder.is_dir() else []
        found += [f"{one / LABELS} is visible" for one in inner if (one / LABELS).is_file()]
    return found


def breaches(request: "dict[str, Any]") -> "list[str]":
    """Return a sentence for each way out."""
    return [
        *privileges(),
        *writable_mounts(request["private"]),
        *namespaces(request["namespaces"]),
        *network(request["port"], request["socket"]),
        *visible(request["invisible"]),
        *releases(request["searched"]),
    ]


if __name__ == "__main__":
    with os.fdopen(int(sys.argv[1]), "rb") as requests, os.fdopen(int(sys.argv[2]), "wb") as replies:
        replies.write(json.dumps({"breaches": breaches(json.loads(requests.readline()))}).encode() + b"\n")
