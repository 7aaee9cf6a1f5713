"""Score a submission zip on a release."""

from __future__ import annotations

import time
from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING

from submission_builder.base.errors import SubmissionError, SubpackError
from submission_builder.base.progress import Progress, silent
from submission_builder.harness.package import digests, open_package
from submission_builder.harness.replay import Replay, replay
from submission_builder.harness.runtime import Runtime
from submission_builder.harness.session import open_session
from submission_builder.protocol.metrics import overall
from submission_builder.sandbox.limits import Limits
from submission_builder.scores.challenge_score import score_challenge, unscored
from submission_builder.server.replica import Replica, ours
from submission_builder.workflows.evaluate import caveats
from submission_builder.workflows.evaluate import prediction_cache as kept
from submission_builder.workflows.evaluate.cost import cost_of
from submission_builder.workflows.evaluate.invariance import invariance
from submission_builder.workflows.evaluate.precision import rehearse
from submission_builder.workflows.evaluate.result import Evaluation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from submission_builder.harness.package import Package
    from submission_builder.harness.session import Precision
    from submission_builder.protocol.challenges import Profile
    from submission_builder.releases.challenge_windows import ChallengeWindows
    from submission_builder.releases.folder import Release
    from submission_builder.sandbox.isolation import Level
    from submission_builder.workflows.evaluate.evaluation_set import EvaluationSet


def evaluate(
    zip_path: Path,
    test: EvaluationSet,
    *,
    device: str = "cpu",
    limits: Limits | None = None,
    level: Level | None = None,
    server: Replica | None = None,
    threads: int | None = None,
    exact: bool = False,
    fresh: bool = False,
    probe: bool = False,
    precisions: Sequence[Precision] = (),
    sizes: Mapping[str, dict[int, int]] = MappingProxyType({}),
    progress: Progress = silent,
) -> Evaluation:
    """Replay a zip on a release and score its predictions.

    Nothing that a user can cause is raised: it stands in ``outcome`` and ``error``.

    Parameters
    ----------
    zip_path
        The submission.
    test
        What it is asked.
    device
        What ``torch.device`` takes.
    limits
        Limits on the submission's process.
    level
        How far that process is kept apart; the most that this machine gives, without.
    server
        Whose Python runs the submission; ours without.
    threads
        How many threads it gets; as many as torch takes by itself, without.
    exact
        Whether to ask one window at a time throughout, as the server does.
    fresh
        Whether to ask anew where predictions are kept.
    probe
        Whether to run the invariance invariance afterwards.
    precisions
        Precisions to rehearse afterwards.
    sizes
        Further windows by number of the challenge, by name, that the cost is projected to.
    progress
        Told how far it is.
    """
    server, limits, profile = server or ours(), limits or Limits(), test.profile
    evaluation = Evaluation(profile.name, run={"device": device, "server": server.as_dict(), "cached": False})
    began = time.time()
    try:
        evaluation.zip = digests(zip_path)
        package = open_package(zip_path)
        _describe(evaluation, test, package, server)
        python = server.interpreter.executable
        with open_session(package, Runtime(device, limits, level, python, threads, exact), profile.entry) as session:
            questions, evaluation.release["digest"] = test.lay_out(progress)
            way = {"device": device, "limits": asdict(limits), "level": session.level, "threads": threads}
            way |= {"exact": exact, "entry": asdict(profile.entry)}
            name = kept.key(evaluation.zip | evaluation.release, questions, server.interpreter, way)
            predicted = None if fresh else kept.find(test.cache, name, questions)
            evaluation.run["cached"] = predicted is not None
            if predicted is None:
                unbatched = _unbatched(package, profile, exact=exact)
                predicted = replay(session, questions, unbatched=unbatched, progress=progress)
                evaluation.caveats += kept.keep(test.cache, name, predicted)
            if probe:
                evaluation.probe = invariance(session, questions, profile, progress)
            if precisions:
                evaluation.rehearsal, overflows = rehearse(session, questions, precisions, profile, progress)
                evaluation.caveats += caveats.of_rehearsal(overflows)
        _score(evaluation, questions, predicted, test.release, profile)
        evaluation.cost = cost_of(predicted, {"R5": profile.n_windows_r5, **sizes}, limits.wall_s)
        evaluation.release["sample"] = test.sample()
        evaluation.caveats += [
            *caveats.of_sample(evaluation.release["sample"]),
            *caveats.of_replay(predicted, exact=exact),
            *caveats.of_cost(evaluation.cost),
        ]
    except SubmissionError as error:
        evaluation.outcome, evaluation.error = error.outcome, error
    except SubpackError as error:
        evaluation.outcome, evaluation.error = "release_error", error
    evaluation.run |= {"began": began, "wall_s": time.time() - began}
    return evaluation


def _describe(evaluation: Evaluation, test: EvaluationSet, package: Package, server: Replica) -> None:
    """Say what is known before anything runs."""
    release = test.release
    evaluation.release = {"name": release.name, "digest": None, "simulated": release.simulated, "sample": None}
    evaluation.caveats = [*caveats.of_release(release, test.profile), server.caveat(), *caveats.of_package(package)]


def _unbatched(package: Package, profile: Profile, *, exact: bool) -> dict[int, str]:
    if exact:
        return dict.fromkeys(profile.challenges, "it was asked for")
    return dict.fromkeys(package.stateful() & set(profile.challenges), "its manifest says that it keeps state")


def _score(
    evaluation: Evaluation,
    questions: dict[int, ChallengeWindows],
    predicted: Replay,
    release: Release,
    profile: Profile,
) -> None:
    for number, question in questions.items():
        table = question.table
        if len(table):
            score = score_challenge(table, predicted.predictions[number], profile)
        else:
            score = unscored(table, _no_target(release, profile, number))
        evaluation.challenges[number] = score
    scores = {number: score.nrmse for number, score in evaluation.challenges.items() if score.nrmse is not None}
    if len(scores) == len(questions):
        evaluation.overall = overall(scores, profile)
    evaluation.isolation, evaluation.batch = predicted.isolation, predicted.batch
    evaluation.ideal = _ideal(release, profile)
    evaluation.run["replay_s"] = predicted.wall_s


def _no_target(release: Release, profile: Profile, number: int) -> str:
    spec = profile.challenges[number]
    if spec.locked_to_stimulus:
        return f"no {spec.task} recording of {release.name} has a trial with stimulus and response"
    return (
        f"no subject of {release.name} with a {spec.task} recording of at least {spec.long_samples} samples has "
        f"a value of {spec.target} in participants.tsv"
    )


def _ideal(release: Release, profile: Profile) -> dict[int, float]:
    """Read the best possible scores that a simulation wrote down; they hold under the default rules."""
    if profile.denominator != "std":
        return {}
    ideal = {number: release.ideal(number) for number in profile.challenges}
    return {number: nrmse for number, nrmse in ideal.items() if nrmse is not None}
