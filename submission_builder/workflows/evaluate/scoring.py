"""From predictions to scores."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from submission_builder.protocol.metrics import overall
from submission_builder.scores.challenge_score import (
    ChallengeScore,
    overall_over_subjects,
    score_challenge,
    unscored,
)
from submission_builder.workflows.evaluate.evaluation import Evaluation, ReleaseSummary, ScoredWindows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from submission_builder.harness.replay import Replay
    from submission_builder.protocol.challenges import Profile
    from submission_builder.releases.folder import Release
    from submission_builder.workflows.evaluate.evaluation_set import EvaluationWindows


def scored(
    evaluation: Evaluation, prepared: EvaluationWindows, replay: Replay, release: Release, profile: Profile
) -> Evaluation:
    """Add scores, and everything they rest on, to an evaluation.

    Parameters
    ----------
    evaluation
        The evaluation so far.
    prepared, replay
        Windows and predictions.
    release, profile
        The recordings and the scoring rules.
    """
    windows = {
        number: ScoredWindows(of_one.table, of_one.recordings, replay.predictions[number])
        for number, of_one in prepared.windows.items()
    }
    evaluation = replace(
        evaluation,
        release=ReleaseSummary(release.name, release.simulated, prepared.digest, prepared.sample, prepared.left_out),
        ideal=_ideal(release, profile),
        isolation=replay.isolation,
        batch=replay.batch,
    )
    reasons = {number: _reason(release, profile, number) for number in windows}
    return with_scores(evaluation, windows, reasons, profile)


def with_scores(
    evaluation: Evaluation, windows: Mapping[int, ScoredWindows], reasons: Mapping[int, str], profile: Profile
) -> Evaluation:
    """Add windows, predictions and their scores to an evaluation.

    Parameters
    ----------
    evaluation
        The evaluation so far.
    windows
        Windows and predictions, by challenge.
    reasons
        By challenge, why it would have no window.
    profile
        The scoring rules.
    """
    scores = {
        number: _score(number, of_one, reasons[number], evaluation, profile) for number, of_one in windows.items()
    }
    nrmse = {number: score.nrmse for number, score in scores.items() if score.nrmse is not None}
    return replace(
        evaluation,
        challenges=scores,
        overall=overall(nrmse, profile) if len(nrmse) == len(scores) else None,
        over_subjects=overall_over_subjects(scores, profile),
        windows=windows,
    )


def _score(
    number: int, windows: ScoredWindows, reason: str, evaluation: Evaluation, profile: Profile
) -> ChallengeScore:
    if not len(windows.table):
        return unscored(windows.table, reason)
    sample = evaluation.release.sample if evaluation.release else None
    needed = sample.subjects_needed(number) if sample else 0
    if windows.table.n_subjects < needed:
        fact = f"the sample has windows of {windows.table.n_subjects} subjects, and a score of a sample needs {needed}"
        return unscored(windows.table, f"{fact}; take a larger --max-windows")
    return score_challenge(windows.table, windows.predictions, profile)


def _reason(release: Release, profile: Profile, number: int) -> str:
    """Explain why a challenge has no window."""
    spec = profile.challenges[number]
    if spec.locked_to_stimulus:
        return f"no {spec.task} recording of {release.name} has a trial with stimulus and response"
    return (
        f"no subject of {release.name} with a {spec.task} recording of at least {spec.long_samples} samples has a "
        f"value of {spec.target} in participants.tsv"
    )


def _ideal(release: Release, profile: Profile) -> dict[int, float]:
    """Return the scores of the ideal observer, which a simulation states for the default rules."""
    if profile.denominator != "std":
        return {}
    ideal = {number: release.ideal(number) for number in profile.challenges}
    return {number: nrmse for number, nrmse in ideal.items() if nrmse is not None}
