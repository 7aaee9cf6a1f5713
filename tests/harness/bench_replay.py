"""Side by side: the official loop and ``subpack evaluate``, whole commands, imports included.

``bench_replay.py ZIP RELEASE LOG`` runs one round — the official loop, ``subpack evaluate`` with an empty store, with a
filled one, with answers that were kept — and appends its seconds to LOG; ``--ours`` leaves the official loop out.
``bench_replay.py LOG`` prints the medians over the rounds and their ratios. Rounds are started one by one, so that both
sides alternate and a machine can be had for one at a time.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OFFICIAL = Path(__file__).with_name("official_loop.py")


def seconds(command, **environment):
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environment})
    return time.monotonic() - began


def one_round(path, release, *, official=True):
    with tempfile.TemporaryDirectory() as cache:
        evaluate = ["subpack", "evaluate", path, "--data", release]
        taken = {}
        if official:
            taken["official"] = seconds([sys.executable, OFFICIAL, path, release, Path(cache, "answers.json")])
        taken["empty store"] = seconds(evaluate, SUBPACK_CACHE=cache)
        taken["filled store"] = seconds([*evaluate, "--fresh"], SUBPACK_CACHE=cache)
        taken["kept answers"] = seconds(evaluate, SUBPACK_CACHE=cache)
    return taken


def show(rounds):
    medians = {key: statistics.median(taken[key] for taken in rounds) for key in rounds[0]}
    for key, median in medians.items():
        ratio = f"  {medians['official'] / median:5.2f} × the official loop" if "official" in medians else ""
        spread = f"{min(taken[key] for taken in rounds):.1f} to {max(taken[key] for taken in rounds):.1f}"
        print(f"{key:13} {median:6.1f} s (of {len(rounds)}: {spread}){ratio}")


if __name__ == "__main__":
    *inputs, log = [Path(argument) for argument in sys.argv[1:] if argument != "--ours"]
    if inputs:
        taken = one_round(*inputs, official="--ours" not in sys.argv)
        with log.open("a") as file:
            file.write(json.dumps(taken) + "\n")
    else:
        show([json.loads(line) for line in log.read_text().splitlines()])
