"""The filter of system calls of a child at level ``namespace``: a list of what is allowed, as a program of classic BPF.

``syscalls.tsv`` names the allowed calls with their numbers. Any other call fails with ENOSYS, as on a kernel that does
not have it, so that libraries fall back. Five calls are allowed for certain arguments only. A program of another
architecture than the kernel's own (32-bit, x32) gets nothing. bubblewrap installs the program (``--seccomp``) for its
own process in the sandbox and for the child.

Source of the format: Documentation/userspace-api/seccomp_filter.rst and ``struct sock_filter`` of the Linux kernel.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

_TABLE = Path(__file__).with_name("syscalls.tsv")
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NUMBER, _ARCH, _ARGS = 0, 4, 16  # offsets in struct seccomp_data
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ABOVE, _IF_BITS, _RETURN = 0x20, 0x15, 0x35, 0x25, 0x45, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000

_CLONE_NEW = 0x7E020000  # new namespaces: user, pid, net, ipc, uts, cgroup, mount
_FAMILIES = (1, 2, 10, 16)  # unix, inet, inet6, netlink: these belong to the network namespace, AF_VSOCK does not
_TTY_INPUT = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX put characters into a terminal
_JOIN_SESSION_KEYRING = 1

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, constant."""


@dataclass(frozen=True)
class Condition:
    """A condition on 32 bits of an argument; both supported architectures store the lower half first."""

    word: int
    """Argument × 2, plus 1 for its upper half."""
    kind: Literal["one of", "none of", "without bits"]
    values: tuple[int, ...]

    def instructions(self, otherwise: int) -> list[Instruction]:
        """Return instructions that end with error number `otherwise` unless the condition holds."""
        load = (_LOAD, 0, 0, _ARGS + 4 * self.word)
        n, fail = len(self.values), (_RETURN, 0, 0, _ERRNO | otherwise)
        if self.kind == "one of":
            return [load, *((_IF_EQUAL, n - i, 0, value) for i, value in enumerate(self.values)), fail]
        code = _IF_EQUAL if self.kind == "none of" else _IF_BITS
        return [load, *(one for value in self.values for one in ((code, 0, 1, value), fail))]


_CONDITIONS: dict[str, tuple[int, tuple[Condition, ...]]] = {
    "clone": (errno.EPERM, (Condition(0, "without bits", (_CLONE_NEW,)),)),
    "ioctl": (errno.EPERM, (Condition(2, "none of", _TTY_INPUT),)),
    "keyctl": (  # only a new, anonymous session keyring
        errno.ENOSYS,
        (Condition(0, "one of", (_JOIN_SESSION_KEYRING,)), Condition(2, "one of", (0,)), Condition(3, "one of", (0,))),
    ),
    "personality": (errno.EPERM, (Condition(0, "one of", (0, 0xFFFFFFFF)),)),
    "socket": (errno.EAFNOSUPPORT, (Condition(0, "one of", _FAMILIES),)),
}
"""Error number and conditions of the calls that are allowed for certain arguments only."""


def is_supported(machine: str) -> bool:
    """Return whether the table has the numbers of an architecture, as ``os.uname().machine`` names it."""
    return machine in _AUDIT_ARCH


def allowed_calls(machine: str) -> dict[str, int]:
    """Return the numbers of the allowed calls by name; an architecture lacks some of them."""
    with _TABLE.open(encoding="ascii", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {row["name"]: int(row[machine]) for row in rows if row[machine] != "-"}


def filter_program(machine: str) -> list[Instruction]:
    """Return the filter for an architecture.

    Calls without conditions are tested as ranges of numbers. The kernel stores that they are always allowed, so they
    cost nothing later (since Linux 5.11).
    """
    numbers = allowed_calls(machine)
    program = [(_LOAD, 0, 0, _ARCH), (_IF_EQUAL, 1, 0, _AUDIT_ARCH[machine]), (_RETURN, 0, 0, _KILL)]
    program.append((_LOAD, 0, 0, _NUMBER))
    for name, (otherwise, conditions) in _CONDITIONS.items():
        block = [one for condition in conditions for one in condition.instructions(otherwise)]
        block.append((_RETURN, 0, 0, _ALLOW))
        program += [(_IF_EQUAL, 0, len(block), numbers[name]), *block]
    for low, high in _ranges(sorted(number for name, number in numbers.items() if name not in _CONDITIONS)):
        program += [(_IF_AT_LEAST, 0, 2, low), (_IF_ABOVE, 1, 0, high), (_RETURN, 0, 0, _ALLOW)]
    return [*program, (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]


@contextlib.contextmanager
def filter_file() -> Iterator[int]:
    """Write the filter of this machine to an anonymous file.

    Yields
    ------
    int
        File descriptor, at the beginning of the file.
    """
    content = b"".join(struct.pack("=HBBI", *one) for one in filter_program(os.uname().machine))
    descriptor = os.memfd_create("subpack-filter", os.MFD_CLOEXEC)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        file.seek(0)
        yield descriptor


def _ranges(numbers: list[int]) -> list[tuple[int, int]]:
    """Join consecutive numbers of a sorted list to ranges, both ends included."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
