"""Writes a simulated release and computes its reference scores."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from submission_builder.base.atomic import atomic_folder
from submission_builder.base.errors import OutputError
from submission_builder.base.progress import silent
from submission_builder.protocol.challenges import N_TIMES, PROFILES
from submission_builder.protocol.metrics import nrmse
from submission_builder.protocol.trials import trial_table
from submission_builder.protocol.windows import crop_windows, stimulus_windows
from submission_builder.releases.simulated import bids
from submission_builder.releases.simulated.ideal import posterior_mean
from submission_builder.releases.simulated.plan import MOST_RUNS, Person, draw_people, signal_stream
from submission_builder.releases.simulated.ridge import alpha_feature, cross_validated
from submission_builder.releases.simulated.signals import draw_signal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from submission_builder.base.progress import Progress
    from submission_builder.releases.simulated.timeline import Timeline

_FIRST, _SECOND = (PROFILES["final"].challenges[number] for number in (1, 2))


@dataclass(frozen=True)
class SimulatedRelease:
    """A simulated release, its settings and its reference scores under profile ``final``."""

    path: Path
    """The folder of the release."""
    seed: int
    """Seed of all draws."""
    subjects: int
    """Number of participants."""
    runs: int
    """Number of runs per participant."""
    trials: int
    """Number of trials per run."""
    alpha_correlation: float
    """Correlation ρ of alpha strength with externalizing over the windows of challenge 2."""
    n_windows: dict[int, int]
    """Number of windows, by challenge."""
    ideal: dict[int, float]
    """nrmse of an observer that knows the generator, by challenge.

    Challenge 1: the posterior mean of the response time given one window, the subject's gain and alpha strength.
    Challenge 2: √(1 − ρ²), the error of the best line through each subject's true alpha score. (A curve might gain a
    little, because the scores are not Gaussian.)
    """
    ridge: dict[int, float]
    """nrmse of a ridge on one feature, cross-validated over subjects; challenge 2 only."""

    def to_dict(self) -> dict[str, Any]:
        """Return the release as plain values for JSON; challenges are keyed by their number as text."""
        scores = {
            str(number): {"n_windows": n, "ideal": self.ideal[number], "ridge": self.ridge.get(number)}
            for number, n in self.n_windows.items()
        }
        return {"path": str(self.path), "simulated": True, **self._settings(), "challenges": scores}

    def describe(self) -> dict[str, Any]:
        """Return the entry ``Simulated`` of dataset_description.json."""
        return self._settings() | {
            "windows": _by_name(self.n_windows),
            "ideal": _by_name(self.ideal),
            "ridge": _by_name(self.ridge),
        }

    def _settings(self) -> dict[str, Any]:
        return {name: asdict(self)[name] for name in ("seed", "subjects", "runs", "trials", "alpha_correlation")}

    def _repr_html_(self) -> str:
        from submission_builder.report.notebook import html  # noqa: PLC0415 - rendering
        from submission_builder.report.simulated import show_simulated  # noqa: PLC0415 - rendering

        return html(partial(show_simulated, self))


def _by_name(values: Mapping[int, float]) -> dict[str, float]:
    """Key values by ``challenge1`` and ``challenge2``, as dataset_description.json has them."""
    return {f"challenge{number}": value for number, value in values.items()}


@dataclass(frozen=True, eq=False)
class _Predicted:
    """Windows of one recording: targets and ideal predictions (1), ridge features, targets and subjects (2)."""

    target_1: NDArray[np.float32]
    ideal_1: NDArray[np.float64]
    feature_2: NDArray[np.float64]
    target_2: NDArray[np.float64]
    subject_2: NDArray[np.int64]


def simulate_release(
    path: Path,
    *,
    subjects: int,
    runs: int,
    seed: int,
    trials: int = 24,
    alpha_correlation: float = 0.6,
    shared: bool = False,
    progress: Progress = silent,
) -> SimulatedRelease:
    """Write a simulated release, completely or not at all.

    Recordings are drawn and written one after the other, so that memory does not grow with the release. The same
    arguments give the same bytes on one machine.

    Parameters
    ----------
    path
        Folder to create; it must not exist.
    subjects
        Number of participants, at least 3.
    runs
        Number of runs per participant, 1 to 3.
    seed
        Seed of all draws, at least 0. It is part of the participants' names, so that releases with different seeds
        share no subject.
    trials
        Number of trials per run, with or without a button press, at least 2.
    alpha_correlation
        Correlation of alpha strength with externalizing over the windows of challenge 2, from 0 to 1.
    shared
        Whether another process may write the same release to `path` at the same time. The later one then uses the
        earlier one's folder; otherwise this is an error.
    progress
        Called after each recording.

    Raises
    ------
    OutputError
        If `path` exists or cannot be created.
    ReleaseError
        If a number is outside its range.
    """
    if path.exists() or path.is_symlink():
        raise OutputError(f"{path} exists already; a simulated release needs a new folder")
    people = draw_people(subjects=subjects, runs=runs, seed=seed, trials=trials, alpha_correlation=alpha_correlation)
    with atomic_folder(path, shared=shared) as folder:
        _write_participants(folder, people)
        n_windows, ideal, ridge = _scores(_write_recordings(folder, people, seed, progress))
        ideal[2] = float(np.sqrt(1 - alpha_correlation**2))
        release = SimulatedRelease(path, seed, subjects, runs, trials, alpha_correlation, n_windows, ideal, ridge)
        bids.write_description(folder, release.describe())
    return release


def _write_participants(folder: Path, people: list[Person]) -> None:
    n_runs = len(people[0].timelines)
    tasks = {f"{bids.TASK}_{run}": _availability(run <= n_runs) for run in range(1, MOST_RUNS + 1)}
    rows = [{**person.row, **tasks} for person in people]
    bids.write_tsv(folder / "participants.tsv", list(rows[0]), [list(row.values()) for row in rows])


def _availability(available: bool) -> str:
    return "available" if available else "unavailable"


def _write_recordings(folder: Path, people: list[Person], seed: int, progress: Progress) -> list[_Predicted]:
    runs = [
        (subject, run, timeline)
        for subject, person in enumerate(people)
        for run, timeline in enumerate(person.timelines, start=1)
    ]
    predicted = []
    for done, (subject, run, timeline) in enumerate(runs, start=1):
        person = people[subject]
        signal = draw_signal(signal_stream(seed, subject, run), timeline, person.nuisance)
        bids.write_recording(folder, person.name, run, timeline, signal)
        predicted.append(_predict(signal[:-1], timeline, person, subject))
        progress("simulating recordings", done, len(runs))
    return predicted


def _predict(signal: NDArray[np.float64], timeline: Timeline, person: Person, subject: int) -> _Predicted:
    """Predict the windows of a recording with the reference models; windows are cut as on the server."""
    trials = trial_table(timeline.onset_s, timeline.value)
    start, target = stimulus_windows(trials, timeline.n_samples, _FIRST)
    crops = crop_windows(timeline.n_samples, _SECOND)
    return _Predicted(
        target_1=target,
        ideal_1=posterior_mean(_windows(signal, start), person.nuisance),
        feature_2=alpha_feature(_windows(signal, crops)),
        target_2=np.full(len(crops), person.externalizing),
        subject_2=np.full(len(crops), subject),
    )


def _windows(signal: NDArray[np.float64], start: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.stack([signal[:, first : first + N_TIMES] for first in start])


def _scores(predicted: list[_Predicted]) -> tuple[dict[int, int], dict[int, float], dict[int, float]]:
    """Compute the number of windows, the ideal and the ridge's nrmse over all recordings, by challenge."""
    target_1, ideal_1, feature, target_2, subject = (
        np.concatenate([getattr(part, name) for part in predicted]) for name in _Predicted.__dataclass_fields__
    )
    ridge = nrmse(target_2, cross_validated(feature, target_2, subject))
    return {1: len(target_1), 2: len(target_2)}, {1: nrmse(target_1, ideal_1)}, {2: ridge}
