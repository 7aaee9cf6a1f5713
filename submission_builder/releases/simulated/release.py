"""Write a simulated release and work out what can be reached on it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
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
    from pathlib import Path

    from numpy.typing import NDArray

    from submission_builder.base.progress import Progress
    from submission_builder.releases.simulated.timeline import Timeline

_FIRST, _SECOND = (PROFILES["final"].challenges[number] for number in (1, 2))


@dataclass(frozen=True)
class Simulated:
    """A simulated release, and what can be reached on it under profile ``final``.

    Attributes
    ----------
    folder
        Where it lies.
    seed, subjects, runs, trials, alpha_correlation
        What it was made of.
    windows
        Number of windows, by challenge.
    ideal
        nrmse of the observer that knows the generator, by challenge. Challenge 1: the posterior mean given
        one window, the subject's gain and alpha strength. Challenge 2: √(1 − ρ²), what the best line through
        each subject's true alpha score leaves (a curve might gain a little, as the scores are not Gaussian).
    ridge
        nrmse of a one-feature ridge, cross-validated over subjects (challenge 2 alone).
    """

    folder: Path
    seed: int
    subjects: int
    runs: int
    trials: int
    alpha_correlation: float
    windows: dict[str, int]
    ideal: dict[str, float]
    ridge: dict[str, float]


@dataclass(frozen=True, eq=False)
class _Marks:
    """What is kept of one recording: targets and ideal predictions (1), ridge features and targets (2)."""

    target_1: NDArray[np.float32]
    answer_1: NDArray[np.float64]
    feature_2: NDArray[np.float64]
    target_2: NDArray[np.float64]
    subject_2: NDArray[np.int64]


def simulate_release(
    out: Path,
    *,
    subjects: int,
    runs: int,
    seed: int,
    trials: int = 24,
    alpha_correlation: float = 0.6,
    shared: bool = False,
    progress: Progress = silent,
) -> Simulated:
    """Write a simulated release, whole or not at all.

    Signals are drawn, written and forgotten one recording at a time, so memory does not grow with the
    release. The same arguments give the same bytes on one machine.

    Parameters
    ----------
    out
        Folder to make; it must not exist.
    subjects
        Participants, at least 3.
    runs
        Runs of each, 1 to 3.
    seed
        From 0; it is part of the participants' names, so releases of two seeds share no subject.
    trials
        Trials a run, predicted or not, at least 2.
    alpha_correlation
        Correlation of alpha strength with externalizing over the windows of challenge 2, from 0 to 1.
    shared
        Whether whoever else writes to `out` writes the same, so that coming second is no error.
    progress
        Told after each recording.

    Raises
    ------
    OutputError
        If `out` is there already or cannot be made.
    ReleaseError
        If a number lies outside its range.
    """
    if out.exists() or out.is_symlink():
        raise OutputError(f"{out} is there already; a simulated release is not written over anything")
    people = draw_people(subjects=subjects, runs=runs, seed=seed, trials=trials, alpha_correlation=alpha_correlation)
    with atomic_folder(out, shared=shared) as folder:
        _write_participants(folder, people)
        windows, ideal, ridge = _reached(_write_recordings(folder, people, seed, progress))
        ideal["challenge2"] = float(np.sqrt(1 - alpha_correlation**2))
        made = Simulated(out, seed, subjects, runs, trials, alpha_correlation, windows, ideal, ridge)
        bids.write_description(folder, _described(made))
    return made


def _described(made: Simulated) -> dict[str, Any]:
    """Everything but the folder, which may be moved."""
    return {key: value for key, value in asdict(made).items() if key != "folder"}


def _write_participants(folder: Path, people: list[Person]) -> None:
    n_runs = len(people[0].timelines)
    tasks = {f"{bids.TASK}_{run}": _availability(run <= n_runs) for run in range(1, MOST_RUNS + 1)}
    rows = [{**person.row, **tasks} for person in people]
    bids.write_tsv(folder / "participants.tsv", list(rows[0]), [list(row.values()) for row in rows])


def _availability(there: bool) -> str:
    return "available" if there else "unavailable"


def _write_recordings(folder: Path, people: list[Person], seed: int, progress: Progress) -> list[_Marks]:
    todo = [
        (subject, run, timeline)
        for subject, person in enumerate(people)
        for run, timeline in enumerate(person.timelines, start=1)
    ]
    marks = []
    for done, (subject, run, timeline) in enumerate(todo, start=1):
        person = people[subject]
        signal = draw_signal(signal_stream(seed, subject, run), timeline, person.nuisance)
        bids.write_recording(folder, person.name, run, timeline, signal)
        marks.append(_marks(signal[:-1], timeline, person, subject))
        progress("simulating recordings", done, len(todo))
    return marks


def _marks(signal: NDArray[np.float64], timeline: Timeline, person: Person, subject: int) -> _Marks:
    """Answer the recording's windows, found as the server finds them."""
    trials = trial_table(timeline.onset_s, timeline.value)
    start, target = stimulus_windows(trials, timeline.n_samples, _FIRST)
    crops = crop_windows(timeline.n_samples, _SECOND)
    return _Marks(
        target_1=target,
        answer_1=posterior_mean(_cut(signal, start), person.nuisance),
        feature_2=alpha_feature(_cut(signal, crops)),
        target_2=np.full(len(crops), person.externalizing),
        subject_2=np.full(len(crops), subject),
    )


def _cut(signal: NDArray[np.float64], start: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.stack([signal[:, first : first + N_TIMES] for first in start])


def _reached(marks: list[_Marks]) -> tuple[dict[str, int], dict[str, float], dict[str, float]]:
    """Windows, ideal and ridge, by challenge, from all recordings."""
    target_1, answer_1, feature, target_2, subject = (
        np.concatenate([getattr(part, name) for part in marks]) for name in _Marks.__dataclass_fields__
    )
    windows = {"challenge1": len(target_1), "challenge2": len(target_2)}
    ridge = nrmse(target_2, cross_validated(feature, target_2, subject))
    return windows, {"challenge1": nrmse(target_1, answer_1)}, {"challenge2": ridge}
