"""The verb ``simulate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from submission_builder.base.progress import Progress, silent
from submission_builder.releases.simulated.release import SimulatedRelease, simulate_release

if TYPE_CHECKING:
    from os import PathLike


def simulate(
    output: str | PathLike[str],
    *,
    subjects: int = 24,
    runs: int = 1,
    seed: int = 0,
    trials: int = 24,
    alpha_correlation: float = 0.6,
    progress: Progress = silent,
) -> SimulatedRelease:
    """Write a SIMULATED release, for which the best possible scores are known.

    The folder has the layout of a release of the challenge. It is for trying out a submission or a training: a score
    on it does not predict a score on recordings of people.

    Parameters
    ----------
    output
        Folder to create; it must not exist.
    subjects
        Number of participants, at least 3.
    runs
        Number of runs per participant, 1 to 3.
    seed
        Seed of all draws, at least 0. Releases with different seeds share no participant.
    trials
        Number of trials per run, at least 2. A trial takes about 4.65 s, and one in ten has no button press.
    alpha_correlation
        Correlation of alpha strength with the externalizing score, from 0 to 1 (challenge 2).
    progress
        Called after each recording.

    Returns
    -------
    SimulatedRelease
        Its ``path``, and by challenge ``n_windows``, ``ideal`` (the best possible nrmse) and ``ridge`` (the nrmse of a
        simple model, challenge 2 only).

    Raises
    ------
    OutputError
        If `output` exists or cannot be created.
    ReleaseError
        If a number is outside its range.

    Examples
    --------
    >>> import submission_builder as sb
    >>> simulated = sb.simulate(output_folder / "my-release", subjects=3, trials=2, alpha_correlation=0.8)
    >>> round(simulated.ideal[2], 3)
    0.6
    >>> sb.open_release(simulated.path).simulated
    True
    """
    return simulate_release(
        Path(output),
        subjects=subjects,
        runs=runs,
        seed=seed,
        trials=trials,
        alpha_correlation=alpha_correlation,
        progress=progress,
    )
