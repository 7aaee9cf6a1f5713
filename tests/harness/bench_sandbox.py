"""Compare the sandbox of two checkouts: time until a child replies, and windows per second.

``bench_sandbox.py OTHER [ROUNDS]`` runs this checkout and the one at OTHER in turn, each in new processes, so that
other work on the machine meets both. It prints medians, and the median of the paired differences or ratios. ``start``
is the time from ``start()`` to the first reply of a child that does nothing, at level ``namespace``; ``windows`` is the
rate of a model that does next to nothing, so that the harness dominates; ``net`` is that of a convolution.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parents[2]

MEASURE = """
import json, statistics, sys, tempfile, time
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

def start_s(folder, n=12):
    taken = []
    for i in range(n):
        (folder / f"run{i}").mkdir()
        began = time.perf_counter()
        with start(folder / "echo.py", folder / "res", [], folder / f"run{i}", Limits(), "namespace") as child:
            child.send({})
            child.receive()
            taken.append(time.perf_counter() - began)
    return statistics.median(taken[1:])

def rate(path, batch, n):
    windows = np.concatenate([WINDOWS] * n)
    with open_session(open_package(path), Runtime(isolation="namespace", threads=1)) as session:
        session.load(1)
        session.predict(WINDOWS, batch)
        began = time.perf_counter()
        session.predict(windows, batch)
        return len(windows) / (time.perf_counter() - began)

with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    (folder / "res").mkdir()
    (folder / "res" / "submission.py").touch()
    (folder / "echo.py").write_text(ECHO)
    light, net = make_zip(folder / "light.zip"), make_zip(folder / "net.zip", forward=NET)
    print(json.dumps({
        "start": start_s(folder),
        "windows, batch 64": rate(light, 64, 100),
        "windows, batch 1": rate(light, 1, 20),
        "net, batch 64": rate(net, 64, 20),
    }))
"""


def measured(checkout):
    path = os.pathsep.join([str(checkout), str(HERE / "tests" / "harness")])
    command = [sys.executable, "-c", MEASURE]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main(other, rounds):
    pairs = []
    for i in range(rounds):
        order = (HERE, other) if i % 2 else (other, HERE)
        taken = {checkout: measured(checkout) for checkout in order}
        pairs.append((taken[HERE], taken[other]))
    for key in pairs[0][0]:
        ours, theirs = ([pair[i][key] for pair in pairs] for i in (0, 1))
        if key == "start":
            change = statistics.median(a - b for a, b in zip(ours, theirs, strict=True))
            medians = f"{statistics.median(ours):.3f} s here, {statistics.median(theirs):.3f} s there"
            print(f"{key:18} {medians}; paired difference {1000 * change:+.1f} ms")
        else:
            ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
            medians = f"{statistics.median(ours):,.0f} per s here, {statistics.median(theirs):,.0f} there"
            print(f"{key:18} {medians}; paired ratio {ratio:.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 5)
