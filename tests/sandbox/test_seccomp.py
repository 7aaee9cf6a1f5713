"""The filter of system calls allows what its table names, and nothing else."""

import ctypes
import ctypes.util
import errno
import itertools

import pytest

from submission_builder.sandbox.seccomp import allowed_calls, filter_program

MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOW, KILL = "allow", "kill"
OFFSETS = {0: "number", 4: "arch"}
CLONE_NEWUSER, SIGCHLD = 0x10000000, 17
DENIED = (
    *("mount", "umount2", "unshare", "setns", "pivot_root", "chroot", "open_by_handle_at", "clone3", "ptrace"),
    *("process_vm_readv", "process_vm_writev", "add_key", "request_key", "io_uring_setup", "io_uring_enter"),
    *("userfaultfd", "bpf", "perf_event_open", "kexec_load", "init_module", "finit_module", "setuid", "setgid"),
    *("memfd_secret", "pidfd_getfd", "process_madvise", "kcmp", "fsopen", "move_mount", "mount_setattr", "reboot"),
)


def result(program, arch, number, args=()):
    """Run a filter as the kernel does: ``allow``, ``kill`` or an error number."""
    words = [half for value in (*args, *[0] * (6 - len(args))) for half in (value & 0xFFFFFFFF, value >> 32)]
    data = {0: number, 4: arch} | {16 + 4 * i: word for i, word in enumerate(words)}
    at = accumulator = 0
    while True:
        code, if_true, if_false, k = program[at]
        at += 1
        if code == 0x06:
            return {0x7FFF0000: ALLOW, 0x80000000: KILL}.get(k) or k & 0xFFFF
        if code == 0x20:
            accumulator = data[k]
        else:
            tests = {0x15: accumulator == k, 0x25: accumulator > k, 0x35: accumulator >= k, 0x45: accumulator & k}
            at += if_true if tests[code] else if_false


@pytest.fixture(params=MACHINES)
def call(request):
    """The result of a call by its name or number."""
    program, numbers = filter_program(request.param), allowed_calls(request.param)

    def run(name, *args):
        number = numbers[name] if isinstance(name, str) else name
        return result(program, MACHINES[request.param], number, args)

    run.numbers, run.program, run.machine = numbers, program, request.param
    return run


def test_every_number_of_the_table_is_allowed_and_every_other_one_does_not_exist(call):
    with_conditions = {call.numbers[name] for name in ("clone", "ioctl", "keyctl", "personality", "socket")}
    for number in set(range(1024)) - with_conditions:
        assert call(number) == (ALLOW if number in call.numbers.values() else errno.ENOSYS), number


def test_numbers_of_x32_do_not_exist(call):
    assert all(call(0x40000000 | number) == errno.ENOSYS for number in range(600))


def test_calls_of_another_architecture_end_the_process(call):
    assert {result(call.program, arch, number) for arch, number in itertools.product((0x40000003, 0), (0, 1))} == {KILL}


@pytest.mark.parametrize("name", DENIED)
def test_a_way_out_is_not_in_the_table(name):
    assert all(name not in allowed_calls(machine) for machine in MACHINES)


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("clone", (SIGCHLD,), ALLOW),
        ("clone", (0x3D0F00,), ALLOW),  # a thread of glibc
        ("clone", (CLONE_NEWUSER | SIGCHLD,), errno.EPERM),
        ("clone", (0x00020000,), errno.EPERM),
        ("clone", (0x02000000,), errno.EPERM),
        ("ioctl", (0, 0x5401), ALLOW),
        ("ioctl", (0, 0x5412), errno.EPERM),
        ("ioctl", (0, 0x541C), errno.EPERM),
        ("ioctl", (0, 0x5412 | 1 << 32), errno.EPERM),  # the kernel reads 32 bits
        ("keyctl", (1, 0), ALLOW),
        ("keyctl", (1, 1 << 32), errno.ENOSYS),  # a name
        ("keyctl", (1, 8), errno.ENOSYS),
        ("keyctl", (11, 0), errno.ENOSYS),
        ("personality", (0xFFFFFFFF,), ALLOW),
        ("personality", (0x0040000,), errno.EPERM),
        ("socket", (1,), ALLOW),
        ("socket", (2,), ALLOW),
        ("socket", (10,), ALLOW),
        ("socket", (16,), ALLOW),
        ("socket", (38,), errno.EAFNOSUPPORT),
        ("socket", (40,), errno.EAFNOSUPPORT),  # AF_VSOCK reaches the host from any network namespace
    ],
)
def test_a_call_with_conditions_is_allowed_for_the_arguments_that_libraries_use(call, name, args, expected):
    assert call(name, *args) == expected


def test_the_numbers_are_those_of_libseccomp(call):
    path = ctypes.util.find_library("seccomp")
    if path is None:
        pytest.skip("libseccomp is not installed")
    library = ctypes.CDLL(path)
    arch = ctypes.c_uint32(MACHINES[call.machine])
    resolved = {name: library.seccomp_syscall_resolve_name_arch(arch, name.encode()) for name in call.numbers}
    assert resolved == call.numbers
