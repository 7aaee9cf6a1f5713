"""Time of ``history`` with a million entries: ``python tests/ledger/bench_history.py [ENTRIES]``.

The median of seven runs of each query, and of three runs of the command, on a new file in a temporary folder.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import submission_builder as sb
from submission_builder.ledger.connect import writing

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
START = 1.7e9
COMMANDS = ("build", "check", "check", "evaluate", "evaluate", "evaluate", "evaluate")
DETAIL = json.dumps(
    {"challenges": {str(n): {"nrmse": 0.98, "interval": [0.96, 1.0], "n_windows": 15_144} for n in (1, 2)}}
)


def rows():
    """Entries of 50,000 zips on eleven releases; the server scored one zip in 500."""
    for i in range(COUNT):
        zip_, command = f"{i % 50_000:064x}"[::-1], "record" if i % 25_000 == 7 else COMMANDS[i % len(COMMANDS)]
        scored = command in ("evaluate", "record")
        scores = (0.92, 1.0 + i % 97 / 1e3, 0.976) if scored else (None,) * 3
        release = (f"R{i % 11 + 1}_L100_bdf", f"{i % 11:064x}", 0, 0, "final", "rmse/std") if scored else (None,) * 6
        yield (START + i, command, "0.1.0", f"/runs/{i}.zip", zip_, zip_[:32], "ok", *release, *scores, DETAIL)


def median(call, runs):
    """Median time of a call in s."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    """Make the file and print the times."""
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "ledger.sqlite3"
    os.environ["SUBPACK_LEDGER"] = str(path)
    columns = (
        "at, command, subpack, path, sha256, md5, outcome, release, fingerprint, simulated, partial, profile, "
        "definition, challenge1, challenge2, overall, detail"
    )
    with writing(path) as connection:
        connection.executemany(f"INSERT INTO entry ({columns}) VALUES ({', '.join('?' * 17)})", rows())  # noqa: S608
    print(f"{COUNT:,} entries, {path.stat().st_size / 2**20:,.0f} MiB")
    queries = {
        "the newest": {},
        "of a zip": {"submission": f"{7:064x}"[::-1][:12]},
        "of a release": {"release": "R5_L100_bdf"},
        "of a command": {"command": "record"},
        "of a command on a release": {"command": "evaluate", "release": "R3_L100_bdf"},
        "builds on a release, of which there are none": {"command": "build", "release": "R3_L100_bdf"},
        "of a release that does not exist": {"release": "R99"},
        "since the middle, a limit of 1,000": {"since": "2023-11-20", "limit": 1_000},
    }
    for name, arguments in queries.items():
        print(f"{median(lambda arguments=arguments: sb.history(**arguments), 7) * 1e3:8.1f} ms  history {name}")
    print(f"{median(sb.calibration, 7) * 1e3:8.1f} ms  calibration")
    for command in (("history",), ("history", "--release", "R5_L100_bdf", "--json"), ("calibration",)):
        program = [sys.executable, "-m", "submission_builder", *command]
        print(f"{median(lambda p=program: subprocess.run(p, check=True, capture_output=True), 3):8.2f} s   {command}")


if __name__ == "__main__":
    main()
