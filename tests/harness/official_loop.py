"""The official loop, rebuilt: ``official_loop.py ZIP RELEASE PREDICTIONS`` scores a zip as the start kit does.

It runs in one process, decodes every recording, and uses braindecode's windowers, eegdash's trials, a DataLoader at
batch size 1 and scikit-learn's error, as ``local_scoring.py`` of eeg2025/startkit (2025-10-11) does. It is the
reference for predictions and for speed, and imports nothing of subpack. PREDICTIONS is a JSON file of predictions and
targets by challenge, and scores.
"""

import json
import math
import random
import sys
import tempfile
import zipfile
from pathlib import Path

import mne
import numpy as np
import pandas as pd
import torch
from braindecode.datasets import BaseConcatDataset, BaseDataset
from braindecode.preprocessing import create_fixed_length_windows, create_windows_from_events
from eegdash.hbn.windows import (
    add_aux_anchors,
    add_extras_columns,
    annotate_trials_with_target,
    keep_only_recordings_with,
)
from sklearn.metrics import root_mean_squared_error
from torch.utils.data import DataLoader, Dataset


def recordings_of(folder: Path) -> BaseConcatDataset:
    """Read recordings with the participants' columns, by participant and run."""
    participants = pd.read_csv(folder / "participants.tsv", sep="\t", na_values=["n/a"]).set_index("participant_id")
    datasets = []
    for path in sorted(folder.glob("sub-*/eeg/*_task-contrastChangeDetection_*_eeg.bdf")):
        name = path.name.split("_")[0]
        description = {"subject": name.removeprefix("sub-"), "externalizing": participants["externalizing"][name]}
        raw = mne.io.read_raw_bdf(path, preload=True, verbose="error")
        datasets.append(BaseDataset(raw, description, target_name=None))
    return BaseConcatDataset(datasets)


def windows_1(folder: Path) -> BaseConcatDataset:
    """Cut windows relative to the stimuli; an item is (X, response time, …)."""
    recordings = recordings_of(folder)
    for dataset in recordings.datasets:
        annotate_trials_with_target(dataset.raw, "rt_from_stimulus", 2.0, require_stimulus=True, require_response=True)
        add_aux_anchors(dataset.raw)
    recordings = keep_only_recordings_with("stimulus_anchor", recordings)
    windows = create_windows_from_events(
        recordings,
        mapping={"stimulus_anchor": 0},
        trial_start_offset_samples=50,
        trial_stop_offset_samples=250,
        window_size_samples=200,
        window_stride_samples=100,
        preload=True,
    )
    return add_extras_columns(windows, recordings, desc="stimulus_anchor")


class Crops(Dataset):
    """The start kit's wrapper: one crop of 2 s from each window of 4 s; an item is (X, factor)."""

    def __init__(self, windows):
        self.windows, self.rng = windows, random.Random(42)

    def __len__(self):
        return len(self.windows)

    def __getitem__(self, index):
        X, _, (_, start, stop) = self.windows[index]
        first = self.rng.randint(0, stop - start - 200)
        return X[:, first : first + 200], float(self.windows.description["externalizing"])


def windows_2(folder: Path) -> BaseConcatDataset:
    """Cut crops from the recordings of all subjects with a factor score."""
    kept = [
        dataset
        for dataset in recordings_of(folder).datasets
        if len(dataset.raw) >= 400 and not math.isnan(dataset.description["externalizing"])
    ]
    if not kept:
        return []
    windows = create_fixed_length_windows(
        BaseConcatDataset(kept), window_size_samples=400, window_stride_samples=200, drop_last_window=True
    )
    return BaseConcatDataset([Crops(dataset) for dataset in windows.datasets])


WINDOWS = {1: windows_1, 2: windows_2}


def predict(model, windows) -> tuple[list[float], list[float]]:
    """Predict one window at a time."""
    predictions, targets = [], []
    model.eval()
    with torch.inference_mode():
        for X, y, *_ in DataLoader(windows, batch_size=1, shuffle=False, num_workers=0):
            prediction = model.forward(X.to(dtype=torch.float32))
            predictions.append(float(prediction.detach().cpu().numpy()[0][0]))
            targets.append(y.to(dtype=torch.float32).item())
    return predictions, targets


def main(path: Path, folder: Path) -> dict:
    """Score a zip."""
    with tempfile.TemporaryDirectory() as unpacked:
        zipfile.ZipFile(path).extractall(unpacked)
        sys.path.insert(0, unpacked)
        from submission import Submission  # noqa: PLC0415 - it is unpacked only now

        found = {"predictions": {}, "targets": {}, "scores": {}}
        for number, cut in WINDOWS.items():
            model = getattr(Submission(100, torch.device("cpu")), f"get_model_challenge_{number}")()
            windows = cut(folder)
            if len(windows):
                predictions, targets = predict(model, windows)
                found["predictions"][number], found["targets"][number] = predictions, targets
                found["scores"][number] = root_mean_squared_error(targets, predictions) / np.std(targets)
    return found


if __name__ == "__main__":
    Path(sys.argv[3]).write_text(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))
