"""Make r5.json.xz from the event files of release R5: ``make_r5.py R5_FOLDER r5.json.xz``.

The file contains the length of every contrastChangeDetection run, its events of the five kinds that define trials, and
the externalizing score of every subject. See README.md for origin and licence.
"""

import json
import lzma
import sys
from pathlib import Path

import pandas as pd

VALUES = ("contrastTrial_start", "left_target", "right_target", "left_buttonPress", "right_buttonPress")


def main(folder: Path, out: Path) -> None:
    participants = pd.read_csv(folder / "participants.tsv", sep="\t", na_values=["n/a"])
    subjects = participants["participant_id"].str.removeprefix("sub-")
    runs = []
    for path in sorted(folder.glob("sub-*/eeg/*_events.tsv")):
        subject, _, run, _ = path.name.split("_")
        events = pd.read_csv(path, sep="\t")
        events = events[events["value"].isin(VALUES)]
        sidecar = json.loads(Path(str(path).replace("_events.tsv", "_eeg.json")).read_text())
        runs.append(
            {
                "subject": subject.removeprefix("sub-"),
                "run": int(run.removeprefix("run-")),
                "duration_s": sidecar["RecordingDuration"],
                "onset": events["onset"].tolist(),
                "value": [VALUES.index(value) for value in events["value"]],
            }
        )
    content = {
        "values": VALUES,
        "externalizing": {s: x for s, x in zip(subjects, participants["externalizing"], strict=True) if x == x},
        "runs": runs,
    }
    out.write_bytes(lzma.compress(json.dumps(content, separators=(",", ":")).encode(), preset=9))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
