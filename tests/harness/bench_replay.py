"""Compare the time of the official loop with that of ``subpack evaluate``: whole commands, imports included.

``bench_replay.py ZIP RELEASE LOG`` runs one round — the official loop, then ``subpack evaluate`` with an empty store, a
filled store and cached predictions — and appends its seconds to LOG; ``--ours`` skips the official loop. ``--times 5``
multiplies the release by five, with links to its recordings under other names (use another LOG).
``bench_replay.py LOG`` prints the medians over the rounds and their ratios. One call runs one round, so that both
programs alternate and other work can run between rounds.
"""

import argparse
import contextlib
import json
import os
import shutil
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


def many_times(release, times, folder):
    """Multiply a release by links under other names."""
    head, *rows = (release / "participants.tsv").read_text().splitlines()
    names = {row: row.split("\t")[0] for row in rows}
    for i in range(times):
        for name in names.values():
            shutil.copytree(release / name, folder / f"{name}x{i}", copy_function=os.link)
            for path in (folder / f"{name}x{i}").rglob(f"{name}_*"):
                path.rename(path.with_name(path.name.replace(name, f"{name}x{i}", 1)))
    more = [row.replace(name, f"{name}x{i}", 1) for i in range(times) for row, name in names.items()]
    (folder / "participants.tsv").write_text("\n".join([head, *more]) + "\n")
    shutil.copy(release / "dataset_description.json", folder)
    return folder


def one_round(path, release, *, official):
    with tempfile.TemporaryDirectory() as cache:
        evaluate = [sys.executable, "-m", "submission_builder", "evaluate", path, "--data", release]
        taken = {}
        if official:
            taken["official"] = seconds([sys.executable, OFFICIAL, path, release, Path(cache, "predictions.json")])
        taken["empty store"] = seconds(evaluate, SUBPACK_CACHE=cache)
        taken["filled store"] = seconds([*evaluate, "--fresh"], SUBPACK_CACHE=cache)
        taken["cached predictions"] = seconds(evaluate, SUBPACK_CACHE=cache)
    return taken


def show(rounds):
    medians = {key: statistics.median(taken[key] for taken in rounds) for key in rounds[0]}
    for key, median in medians.items():
        ratio = f"  {medians['official'] / median:5.2f} × the official loop" if "official" in medians else ""
        spread = f"{min(taken[key] for taken in rounds):.1f} to {max(taken[key] for taken in rounds):.1f}"
        print(f"{key:18} {median:6.1f} s (of {len(rounds)}: {spread}){ratio}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage="bench_replay.py [ZIP RELEASE] LOG [--ours] [--times N]")
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--ours", action="store_true")
    parser.add_argument("--times", type=int, default=1)
    options = parser.parse_args()
    *inputs, log = options.paths
    if inputs:
        path, release = inputs
        with contextlib.ExitStack() as stack:
            if options.times > 1:
                folder = stack.enter_context(tempfile.TemporaryDirectory(dir=release.parent))
                release = many_times(release, options.times, Path(folder))
            taken = one_round(path, release, official=not options.ours)
        with log.open("a") as file:
            file.write(json.dumps(taken) + "\n")
    else:
        show([json.loads(line) for line in log.read_text().splitlines()])
