"""Draws the participants of a simulated release and the events of their runs, before any signal.

The timelines are drawn first, because the length of a recording gives the number of its windows in challenge 2, and
the alpha scores are standardised under these weights. Each draw has its own random stream, keyed by seed, subject, run
and purpose, so that no draw depends on the order of the recordings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.base.errors import ReleaseError
from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.windows import crop_windows
from submission_builder.releases.simulated.labels import SCORE_DECIMALS, alpha_scores, externalizing_scores
from submission_builder.releases.simulated.signals import Nuisance, alpha_uv
from submission_builder.releases.simulated.timeline import Timeline, draw_timeline

if TYPE_CHECKING:
    from numpy.random import Generator

LOG_GAIN, LOG_GAIN_SD, GAIN_LIMITS = 0.6, 0.35, (1.0, 4.0)
"""Mean and standard deviation of the logarithm of a subject's gain, and the limits to which the gain is clipped."""

LEAST_SUBJECTS, MOST_RUNS, LEAST_TRIALS = 3, 3, 2
"""Limits of the settings: fewer subjects or trials leave a score undefined, and the task has three runs."""

_PERSON, _EVENTS, _SIGNAL = range(3)  # purposes of the random streams


@dataclass(frozen=True)
class Person:
    """One participant."""

    row: dict[str, str | float]
    """Values of participants.tsv by column, up to the factor scores."""
    alpha_score: float
    """Alpha score, standardised over the windows of challenge 2."""
    nuisance: Nuisance
    """Gain and alpha strength."""
    timelines: tuple[Timeline, ...]
    """One timeline per run."""

    @property
    def name(self) -> str:
        """``participant_id``, with ``sub-``."""
        return str(self.row["participant_id"])

    @property
    def externalizing(self) -> float:
        """The target of challenge 2."""
        return float(self.row["externalizing"])


def draw_people(*, subjects: int, runs: int, seed: int, trials: int, alpha_correlation: float) -> list[Person]:
    """Draw the participants; the arguments are those of ``simulate_release``.

    Raises
    ------
    ReleaseError
        If an argument is outside its range.
    """
    _check("subjects", subjects, LEAST_SUBJECTS)
    _check("runs", runs, 1, MOST_RUNS)
    _check("trials", trials, LEAST_TRIALS)
    _check("seed", seed, 0)
    _check("alpha_correlation", alpha_correlation, 0, 1)
    streams = [_stream(seed, subject, 0, _PERSON) for subject in range(subjects)]
    timelines = [
        _timelines(seed, subject, runs, trials, float(rng.standard_normal())) for subject, rng in enumerate(streams)
    ]
    shared = np.random.default_rng(np.random.SeedSequence(seed))
    externalizing = externalizing_scores(shared, subjects)
    weight = np.array([sum(map(n_crops, own)) for own in timelines], np.float64)
    scores = alpha_scores(shared, externalizing, weight, alpha_correlation)
    return [
        Person(_row(rng, seed, subject, float(externalizing[subject])), float(score), _nuisance(rng, score), own)
        for subject, (rng, score, own) in enumerate(zip(streams, scores, timelines, strict=True))
    ]


def signal_stream(seed: int, subject: int, run: int) -> Generator:
    """Return the random stream of one recording's signal."""
    return _stream(seed, subject, run, _SIGNAL)


def n_crops(timeline: Timeline) -> int:
    """Return the number of windows that a recording has in challenge 2."""
    return len(crop_windows(timeline.n_samples, PROFILES["final"].challenges[2]))


def _timelines(seed: int, subject: int, runs: int, trials: int, pace: float) -> tuple[Timeline, ...]:
    return tuple(
        draw_timeline(_stream(seed, subject, run, _EVENTS), run=run, n_trials=trials, pace=pace)
        for run in range(1, runs + 1)
    )


def _row(rng: Generator, seed: int, subject: int, externalizing: float) -> dict[str, str | float]:
    p_factor, attention, internalizing = np.round(rng.standard_normal(3), SCORE_DECIMALS).tolist()
    return {
        "participant_id": f"sub-SIM{seed}N{subject + 1:04d}",
        "release_number": f"SIM{seed}",
        "sex": str(rng.choice(["F", "M"])),
        "age": round(float(rng.uniform(5, 22)), 3),
        "ehq_total": round(float(rng.uniform(-100, 100)), 2),
        "commercial_use": "Yes",
        "full_pheno": str(rng.choice(["Yes", "No"])),
        "p_factor": p_factor,
        "attention": attention,
        "internalizing": internalizing,
        "externalizing": externalizing,
    }


def _nuisance(rng: Generator, score: float) -> Nuisance:
    gain = np.exp(rng.normal(LOG_GAIN, LOG_GAIN_SD))
    return Nuisance(gain=float(np.clip(gain, *GAIN_LIMITS)), alpha_uv=float(alpha_uv(score)))


def _stream(seed: int, *key: int) -> Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def _check(name: str, value: float, least: float, most: float = np.inf) -> None:
    if not least <= value <= most:
        limits = f"at least {least}" if most == np.inf else f"{least} to {most}"
        raise ReleaseError(f"{name} of a simulated release is {value}; allowed is {limits}")
