"""Submissions that misbehave on purpose: each ends in its outcome, and the parent continues."""

import re
import time

import pytest
from archives import make_zip
from test_replay import failure, run

from submission_builder.sandbox.limits import Limits
from submission_builder.sandbox.proof import why_unavailable
from submission_builder.sandbox.usage import available_memory

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.skipif(why_unavailable() is not None, reason=f"needs isolation namespace: {why_unavailable()}"),
]

LIMITS = Limits(wall_s=20, memory_mib=1500, output_mib=8, disk_mib=64, processes=100)
GRACE_S = 5
PREDICT = "return X.new_full((1, 1), 1.6)"
IMPORTS = "import ctypes, fcntl, json, os, resource, signal, socket, subprocess, sys, tempfile, threading, time"
FORK_BOMB = """def bomb():
    while True:
        try:
            os.fork()
        except OSError:
            pass"""
HOGS = """def hog(n, mib):
    for _ in range(n):
        if os.fork() == 0:
            kept = bytearray(os.urandom(1 << 20) * mib)
            time.sleep(600)
    time.sleep(600)"""
SHARED = """def shared():
    import mmap
    kept = mmap.mmap(-1, 1800 << 20)
    for at in range(0, len(kept), 4096):
        kept[at] = 1"""
FILL = """def fill(folder):
    for i in range(1000):
        with open(f"{folder}/{i}", "wb") as file:
            file.write(bytes(1 << 20))
    time.sleep(600)"""
ESCAPE = """def escape():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            time.sleep(600)
        os._exit(0)"""
ZOMBIES = """def zombies():
    for _ in range(20):
        if os.fork() == 0:
            if os.fork() == 0:
                os._exit(0)
            time.sleep(600)"""
THREADS = """def threads():
    for _ in range(500):
        threading.Thread(target=time.sleep, args=(600,)).start()"""
BAD_TEXT = """class Bad(Exception):
    def __str__(self):
        {body}"""
FORGE = """def forge(text, then="time.sleep(600)"):
    os.write(int(sys.argv[2]), text.encode() if isinstance(text, str) else text)
    exec(then)"""
PATCH = """import builtins
def broken(*args, **kwargs):
    raise RuntimeError("patched")"""
UNMAPPED = """def unmapped():
    for i in range(80):
        file = os.memfd_create("kept")
        for _ in range(32):
            os.write(file, os.urandom(1 << 20))
    time.sleep(600)"""
PICKLE = """import pickle
class Harm:
    def __reduce__(self):
        return os.system, ("kill -9 -1; touch /usr/harm /app/input/res/harm",)"""

FORGED = '{"predictions": %s, "shapes": [[1, 1]]}\\n'

# name: (outcome, or None if it is scored; pattern of the message; defect)
CASES = {
    # time
    "loop in import": ("timeout", "ran longer than 6 s", {"top": "while True: pass"}),
    "loop in forward": ("timeout", "in challenge 1", {"forward": "while True: pass"}),
    "deadlock of threads": ("timeout", "", {"forward": "lock = threading.Lock(); lock.acquire(); lock.acquire()"}),
    "stop itself": ("timeout", "", {"forward": "os.kill(os.getpid(), signal.SIGSTOP)"}),
    "ignore every signal": (
        "timeout",
        "",
        {"forward": "[signal.signal(n, signal.SIG_IGN) for n in (1, 2, 3, 13, 15)]; time.sleep(600)"},
    ),
    "read its own requests": ("timeout", "", {"forward": "[os.read(int(sys.argv[1]), 1) for _ in iter(int, 1)]"}),
    "raise the limits": (
        "timeout",
        "",
        {
            "top": "try:\n    resource.setrlimit(resource.RLIMIT_DATA, (-1, -1)); raise SystemExit(9)\n"
            "except ValueError:\n    time.sleep(600)"
        },
    ),
    # processes
    "fork bomb": ("crashed", "more than 100 processes", {"top": FORK_BOMB, "forward": "bomb()"}),
    "shell bomb": (
        "crashed",
        "more than 100 processes",
        {"forward": "[subprocess.run(['sh', '-c', 'f() { f | f; }; f']) for _ in iter(int, 1)]"},
    ),
    "thread bomb": ("crashed", "more than 100 processes and threads|new thread", {"top": THREADS, "forward": "threads()"}),
    "threads left running": (
        None,
        "",
        {"top": THREADS.replace("500", "20"), "forward": f"self.__dict__ or threads(); {PREDICT}"},
    ),
    "escape by double fork": (None, "", {"top": ESCAPE + "\nescape()"}),
    "zombies left": (None, "", {"top": ZOMBIES + "\nzombies()"}),
    "kill everything it sees": (None, "", {"forward": f"[os.kill(1, n) for n in (9, 15, 19)]; {PREDICT}"}),
    "kill its parent": (None, "", {"forward": f"os.kill(os.getppid(), 9); {PREDICT}"}),
    "kill itself": ("crashed", "SIGKILL", {"forward": "os.kill(os.getpid(), 9)"}),
    "exit at once": ("exited", "exit code 0", {"top": "os._exit(0)"}),
    "sys.exit": ("exited", "exit code 5", {"load": "sys.exit(5)"}),
    "exit while a grandchild holds the pipes": ("exited", "exit code 0", {"forward": "os.fork() and os._exit(0); time.sleep(600)"}),
    "recursion": ("crashed", "RecursionError", {"forward": "return self.forward(X)"}),
    "overflow the stack": ("crashed", "SIGSEGV", {"forward": "ctypes.string_at(8)"}),
    "interrupt itself": ("crashed", "SIGINT|KeyboardInterrupt", {"forward": "raise KeyboardInterrupt"}),
    # memory
    "memory of one process": ("out_of_memory", "", {"forward": "self.big = bytearray(3 << 30)"}),
    "memory of torch": ("out_of_memory", "", {"forward": "self.big = torch.ones(3, 1 << 28)"}),
    "memory of many processes": (
        "out_of_memory",
        "more than 1500 MiB",
        {"top": HOGS, "forward": "hog(5, 400)"},
    ),
    "shared memory": ("out_of_memory", "more than 1500 MiB", {"top": SHARED, "forward": "shared(); time.sleep(600)"}),
    # output and files
    "prints without end": ("too_much_output", "printed more than 8 MiB", {"forward": "while True: print('x' * 1000)"}),
    "prints 10 GB at once": (
        "too_much_output",
        "",
        {"forward": f"[os.write(1, bytes(1 << 24)) for _ in range(640)]; {PREDICT}"},
    ),
    "fill /tmp": ("too_much_output", "more than 64 MiB to files", {"top": FILL, "forward": "fill('/tmp')"}),
    "fill /dev/shm": ("too_much_output", "more than 64 MiB to files", {"top": FILL, "forward": "fill('/dev/shm')"}),
    "one huge file": ("too_much_output", "", {"forward": "open('/tmp/x', 'wb').write(bytes(1 << 28))"}),
    "write to the submission": ("wrote_outside", "Read-only", {"forward": "open(__file__, 'a')"}),
    "delete its own files": ("wrote_outside", "busy", {"forward": "os.unlink(__file__)"}),
    "replace its own files": ("wrote_outside", "busy", {"forward": "os.rename(__file__, '/app/input/res/old.py')"}),
    "write beside the submission": (None, "", {"forward": f"open('/app/input/res/log', 'a').write('x'); {PREDICT}"}),
    "write to the working directory": (None, "", {"forward": f"open('log', 'a').write('x'); {PREDICT}"}),
    "fill the working directory": ("too_much_output", "more than 64 MiB to files", {"top": FILL, "forward": "fill('.')"}),
    "fill the folder of the submission": ("too_much_output", "more than 64 MiB to files", {"top": FILL, "forward": "fill('/app/input/res')"}),
    "write to the devices": ("wrote_outside", "Read-only", {"forward": "open('/dev/new', 'w')"}),
    "a link out of /tmp": (
        "wrote_outside",
        "Read-only",
        {"forward": "os.symlink('/usr', '/tmp/l'); open('/tmp/l/new', 'w')"},
    ),
    "write to HOME": (None, "", {"forward": f"open(os.path.expanduser('~/x'), 'w').write('x'); {PREDICT}"}),
    "open every descriptor": ("crashed", "Too many open files", {"forward": "self.k = [open(__file__) for _ in iter(int, 1)]"}),
    "close every descriptor": ("exited", "", {"forward": f"os.closerange(0, 4096); {PREDICT}"}),
    "settings of the kernel": (
        "wrote_outside",
        "Read-only",
        {"forward": "open('/proc/sys/kernel/domainname', 'w')"},
    ),
    # the network
    "a socket": ("network_attempt", "192.0.2.1:80", {"forward": "socket.create_connection(('192.0.2.1', 80), 3)"}),
    "a name": ("network_attempt", "example.org", {"forward": "socket.getaddrinfo('example.org', 443)"}),
    "a client of its own": (
        "crashed",
        "CalledProcessError",
        {"forward": "subprocess.run(['python3', '-c', 'import socket; socket.create_connection((\"192.0.2.1\", 80), 3)'], check=True)"},
    ),
    # exceptions
    "text that raises": ("crashed", "cannot be read", {"top": BAD_TEXT.format(body="raise ValueError"), "forward": "raise Bad"}),
    "text that exits": ("crashed", "cannot be read", {"top": BAD_TEXT.format(body="raise SystemExit(0)"), "forward": "raise Bad"}),
    "text that is not a string": ("crashed", "cannot be read", {"top": BAD_TEXT.format(body="return 5"), "forward": "raise Bad"}),
    "text of a megabyte": ("crashed", "xxx", {"top": BAD_TEXT.format(body="return 'x' * (1 << 20)"), "load": "raise Bad"}),
    "text that cannot be encoded": ("crashed", r"\?", {"forward": "raise ValueError('\\ud800')"}),
    "text with terminal control sequences": ("crashed", "", {"top": "sys.stdout.write('\\x1b[2J\\x00')", "forward": "raise ValueError('\\x1b]0;owned\\x07')"}),
    "an eval that raises": ("crashed", "eval", {"getter": "get_model_challenge_1", "top": "torch.nn.Module.eval = lambda self: 1 // 0"}),
    # the predictions
    "too few predictions": ("contract_error", "2 predictions for 3 windows", {"forward": "forge(FORGED % [1.6, 1.6])"}),
    "too many predictions": ("contract_error", "4 predictions for 3 windows", {"forward": "forge(FORGED % ([1.6] * 4))"}),
    "predictions that are not numbers": ("contract_error", "floats are expected", {"forward": "forge(FORGED % '[\"a\", true, null]')"}),
    "predictions that are not finite": ("not_finite", "nan", {"forward": "forge(FORGED % '[NaN, 1.0, 1.0]')"}),
    "predictions beyond any float": ("not_finite", "inf", {"forward": "forge(FORGED % '[1e999, 1.0, 1.0]')"}),
    "an integer of 5,000 digits": ("contract_error", "", {"forward": "forge(FORGED % ('[' + '9' * 5000 + ']'))"}),
    "shapes that are not a list": ("contract_error", "shapes", {"forward": "forge('{\"predictions\": [1.0, 1.0, 1.0], \"shapes\": {\"a\": 1}}\\n')"}),
    "an outcome of its own": ("contract_error", "scored", {"forward": "forge('{\"outcome\": \"scored\", \"message\": \"0.0\"}\\n')"}),
    "an outcome that is a list": ("contract_error", "", {"forward": "forge('{\"outcome\": [], \"message\": 1}\\n')"}),
    "a line without end": ("contract_error", "to the pipe of the predictions", {"forward": "forge(b'[' * (4 << 20))"}),
    "deep nesting": ("contract_error", "to the pipe of the predictions", {"forward": "forge('[' * 100000 + ']' * 100000 + '\\n')"}),
    "part of a line": ("timeout", "", {"forward": "forge('{\"predictions\": [1.')"}),
    "bytes that are not UTF-8": ("contract_error", "to the pipe of the predictions", {"forward": "forge(b'\\xff\\xfe\\n')"}),
    "the prediction pipe closed": ("timeout", "", {"forward": "forge('', 'os.close(int(sys.argv[2])); time.sleep(600)')"}),
    "a result file": (None, "", {"forward": f"open('/tmp/scores.json', 'w').write('{{\"overall\": 0}}'); {PREDICT}"}),
    # the child itself
    "json patched": ("exited", "", {"top": PATCH + "\njson.dumps = broken"}),
    "torch patched": ("crashed", "patched", {"top": PATCH + "\ntorch.inference_mode = torch.split = broken"}),
    "builtins patched": ("crashed|exited", "", {"top": PATCH + "\nbuiltins.isinstance = builtins.str = broken"}),
    "a pickle that runs": ("crashed", "SIGKILL", {"top": PICKLE, "load": "pickle.loads(pickle.dumps(Harm()))"}),
    "read standard input": ("crashed", "EOFError", {"forward": "input()"}),
    "trace the init of its namespace": ("exited", "exit code 7", {"forward": "ctypes.CDLL(None).ptrace(16, 1, 0, 0) == -1 and os._exit(7)"}),
}  # fmt: skip


@pytest.mark.parametrize(("outcome", "says", "defect"), CASES.values(), ids=CASES)
def test_a_hostile_submission_ends_in_its_outcome(tmp_path, outcome, says, defect):
    """Within five seconds of the time limit. The parent runs the assertions, so it is alive."""
    top = "\n".join([IMPORTS, FORGE, f"FORGED = '{FORGED}'", defect.get("top", "")])
    path = make_zip(tmp_path / "z.zip", **defect | {"top": top})
    limits = Limits(**vars(LIMITS) | {"wall_s": 6 if outcome == "timeout" else LIMITS.wall_s})
    began = time.monotonic()
    if outcome is None:
        assert run(path, limits, level="namespace").predictions[1].tolist() == pytest.approx([1.6] * 3)
    else:
        error = failure(path, limits, level="namespace")
        assert re.fullmatch(outcome, error.outcome), f"{error.outcome}: {error}"
        assert re.search(says, str(error)), str(error)
        assert len(str(error)) < 10_000
        str(error).encode()
    assert time.monotonic() - began < limits.wall_s + GRACE_S


def test_memory_that_no_process_maps_is_limited_through_the_memory_available_on_the_machine(tmp_path):
    """2.5 GiB of memfd files, with a limit of 1.5 GiB of further memory."""
    path = make_zip(tmp_path / "z.zip", top=f"{IMPORTS}\n{UNMAPPED}", forward="unmapped()")
    limits = Limits(**vars(LIMITS) | {"spare_mib": (available_memory() >> 20) - 1500})
    error = failure(path, limits, level="namespace")
    assert error.outcome == "out_of_memory"
    assert "of the machine's memory" in str(error)
