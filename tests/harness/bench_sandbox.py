"""Compare the sandbox of two checkouts: time until a child replies, and time of windows.

``bench_sandbox.py OTHER [ROUNDS]`` holds a process of this checkout and one of the checkout at OTHER, and lets them
measure in turn, in short pieces, so that other work meets both. It prints medians, and the median and the
quartiles of the paired differences or ratios. ``start`` is the time from ``start()`` to the first reply of a child that
does nothing, at level ``namespace``; ``light`` is the time of windows of a model that does next to nothing, so that the
harness dominates; ``net`` is that of a convolution.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parents[2]

MEASURE = """
import contextlib, itertools, json, sys, tempfile, time
from pathlib import Path
import numpy as np
from archives import WINDOWS, make_zip
from submission_builder.harness.package import open_package
from submission_builder.harness.runtime import Runtime
from submission_builder.harness.session import open_session
from submission_builder.sandbox.child import start
from submission_builder.sandbox.limits import Limits

ECHO = "import os, sys; os.read(int(sys.argv[1]), 9); os.write(int(sys.argv[2]), b'{}' + bytes([10]))"
NET = "return torch.nn.functional.conv1d(X, X.new_ones(16, 129, 9)).mean((1, 2))[:, None]"
MANY = np.concatenate([WINDOWS] * 10)

def start_a_child(folder):
    run = Path(tempfile.mkdtemp(dir=folder))
    with start(folder / "echo.py", folder / "res", [], run, Limits(), "namespace") as child:
        child.send({})
        child.receive()
        return time.perf_counter()

with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
    folder = Path(name)
    (folder / "res").mkdir()
    (folder / "res" / "submission.py").touch()
    (folder / "echo.py").write_text(ECHO)
    sessions = []
    for i, defect in enumerate(({}, {"forward": NET})):
        path = make_zip(folder / f"{i}.zip", **defect)
        runtime = Runtime(isolation="namespace", threads=1)
        sessions.append(stack.enter_context(open_session(open_package(path), runtime)))
        sessions[-1].load(1)
    light, net = sessions
    pieces = {
        "start": lambda: start_a_child(folder),
        "light, batch 64": lambda: light.predict(MANY, 64) and time.perf_counter(),
        "light, batch 1": lambda: light.predict(MANY[:400], 1) and time.perf_counter(),
        "net, batch 64": lambda: net.predict(MANY[:640], 64) and time.perf_counter(),
    }
    for piece in itertools.chain(pieces, map(str.strip, sys.stdin)):
        began = time.perf_counter()
        print(json.dumps(pieces[piece]() - began), flush=True)
"""
PIECES = ("start", "light, batch 64", "light, batch 1", "net, batch 64")


class Checkout:
    """A process that measures one checkout."""

    def __init__(self, folder):
        path = os.pathsep.join([str(folder), str(HERE / "tests" / "harness")])
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([sys.executable, "-c", MEASURE], env=os.environ | {"PYTHONPATH": path}, **pipes)
        for _ in PIECES:  # each piece once, to warm up
            json.loads(self.process.stdout.readline())

    def seconds(self, piece):
        self.process.stdin.write(f"{piece}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def main(other, rounds):
    ours, theirs = Checkout(HERE), Checkout(other)
    for piece in PIECES:
        pairs = []
        for i in range(rounds):
            order = (ours, theirs) if i % 2 else (theirs, ours)
            taken = {checkout: checkout.seconds(piece) for checkout in order}
            pairs.append((taken[ours], taken[theirs]))
        here, there = (1000 * statistics.median(pair[i] for pair in pairs) for i in (0, 1))
        differences = [1000 * (a - b) for a, b in pairs] if piece == "start" else [a / b for a, b in pairs]
        low, mid, high = statistics.quantiles(differences, n=4)
        what = "difference in ms" if piece == "start" else "ratio of times"
        print(f"{piece:16} {here:7.1f} ms here, {there:7.1f} there; paired {what} {mid:.3f} ({low:.3f} to {high:.3f})")
    ours.close()
    theirs.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 40)
