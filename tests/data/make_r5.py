"""Make r5.json.xz from the event files of release R5: ``make_r5.py R5_FOLDER r5.json.xz``.

Kept: for every contrastChangeDetection run its length and the five kinds of event that make a trial; for
every subject the externalizing score. See README.md for origin and licence.
"""

import json
import lzma
import sys
from pathlib import Path

import pandas as pd

KEPT = ("contrastTrial_start", "left_target", "right_target", "left_buttonPress", "right_buttonPress")


def main(folder: Path, out: Path) -> None:
    participants = pd.read_csv(folder / "participants.tsv", sep="\t", na_values=["n/a"])
    subjects = participants["participant_id"].str.removeprefix("sub-")
    runs = []
    for path in sorted(folder.glob("sub-*/eeg/*_events.tsv")):
        subject, _, run, _ = path.name.split("_")
        events = pd.read_csv(path, sep="\t")
        events = events[events["value"].isin(KEPT)]
        sidecar = json.loads(Path(str(path).replace("_events.tsv", "_eeg.json")).read_text())
        runs.append(
            {
                "subject": subject.removeprefix("sub-"),
                "run": int(run.removeprefix("run-")),
                "duration_s": sidecar["RecordingDuration"],
                "onset": events["onset"].tolist(),
                "value": [KEPT.index(value) for value in events["value"]],
            }
        )
    content = {
        "values": KEPT,
        "externalizing": {s: x for s, x in zip(subjects, participants["externalizing"], strict=True) if x == x},
        "runs": runs,
    }
    out.write_bytes(lzma.compress(json.dumps(content, separators=(",", ":")).encode(), preset=9))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
