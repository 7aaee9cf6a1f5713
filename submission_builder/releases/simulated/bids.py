"""Writes the files of a simulated release, in the layout of the challenge's ``R*_L100_bdf`` folders."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import mne

from submission_builder.protocol.challenges import PROFILES, SFREQ
from submission_builder.releases.simulated.leadfield import channel_names
from submission_builder.releases.simulated.timeline import EVENT_CODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from submission_builder.releases.simulated.timeline import Timeline

TASK = PROFILES["final"].challenges[1].task

PHYSICAL_UV = 5000.0
"""Largest absolute value in a BDF, in µV. The 24-bit step is 0.6 nV."""

_RECORDED = datetime(2025, 1, 1, tzinfo=UTC)
_README = """\
SIMULATED. No participant was recorded: `subpack simulate` wrote this folder.

The folder has the layout of a release of the EEG Foundation Challenge 2025. Its signals follow a Gaussian model,
so that the best possible scores can be calculated (dataset_description.json, "Simulated"). The folder is for trying
out a submission. A score on it does not predict a score on recordings of people.
"""


def write_recording(folder: Path, subject: str, run: int, timeline: Timeline, signal: NDArray[np.float64]) -> None:
    """Write the four files of one run.

    Parameters
    ----------
    folder
        Folder of the release.
    subject
        ``participant_id``, with ``sub-``.
    run
        Number of the run.
    timeline
        The events of the run.
    signal
        The recording in µV.

    Shape
    -----
    signal: ``(129, n_samples)``
    """
    eeg = folder / subject / "eeg"
    eeg.mkdir(parents=True, exist_ok=True)
    stem = f"{subject}_task-{TASK}_run-{run}"
    _write_bdf(eeg / f"{stem}_eeg.bdf", signal)
    _write_json(eeg / f"{stem}_eeg.json", _sidecar(timeline.n_samples))
    write_tsv(
        eeg / f"{stem}_channels.tsv",
        ("name", "type", "units"),
        ((name, "EEG", "uV") for name in channel_names()),
    )
    write_tsv(
        eeg / f"{stem}_events.tsv",
        ("onset", "duration", "value", "event_code", "feedback"),
        ((e.onset_ms / 1000, "n/a", e.value, EVENT_CODES[e.value], e.feedback) for e in timeline.events),
    )


def write_description(folder: Path, simulated: dict[str, Any]) -> None:
    """Write README and dataset_description.json, with the settings and the reference scores under ``Simulated``."""
    (folder / "README").write_text(_README, encoding="utf-8")
    description = {
        "Name": "SIMULATED release in the layout of the EEG Foundation Challenge 2025",
        "BIDSVersion": "1.9.0",
        "DatasetType": "raw",
        "GeneratedBy": [{"Name": "subpack simulate"}],
        "Simulated": simulated,
    }
    _write_json(folder / "dataset_description.json", description)


def write_tsv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a tab-separated table with a header."""
    lines = ("\t".join(map(str, row)) for row in (columns, *rows))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_bdf(path: Path, signal_uv: NDArray[np.float64]) -> None:
    raw = mne.io.RawArray(signal_uv * 1e-6, mne.create_info(channel_names(), SFREQ, "eeg"), verbose="ERROR")
    raw.set_meas_date(_RECORDED)
    mne.export.export_raw(path, raw, fmt="bdf", physical_range=(-PHYSICAL_UV, PHYSICAL_UV), verbose="ERROR")


def _sidecar(n_samples: int) -> dict[str, Any]:
    return {
        "TaskName": TASK,
        "PowerLineFrequency": 60,
        "EEGChannelCount": len(channel_names()),
        "EEGReference": "Cz",
        "RecordingType": "continuous",
        "RecordingDuration": n_samples / SFREQ,
        "SamplingFrequency": SFREQ,
        "SoftwareFilters": "n/a",
    }


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
