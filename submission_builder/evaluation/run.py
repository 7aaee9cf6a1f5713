"""Score a submission zip on a release."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from submission_builder.errors import SubmissionError, SubpackError
from submission_builder.evaluation import caveats
from submission_builder.evaluation.battery import battery
from submission_builder.evaluation.precision import rehearse
from submission_builder.evaluation.questions import open_questions
from submission_builder.evaluation.result import Evaluation
from submission_builder.harness.package import digests, open_package
from submission_builder.harness.replay import Question, Replay, replay
from submission_builder.harness.session import open_session
from submission_builder.progress import Progress, silent
from submission_builder.protocol.metrics import overall
from submission_builder.releases.folder import Release, open_release
from submission_builder.replica import Replica, ours
from submission_builder.scores.points import score_challenge, unscored

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from submission_builder.harness.package import Package
    from submission_builder.harness.session import Precision
    from submission_builder.protocol.challenges import Profile
    from submission_builder.sandbox.isolation import Level
    from submission_builder.sandbox.limits import Limits


def evaluate(
    zip_path: Path,
    data: Path,
    profile: Profile,
    *,
    cache: Path,
    device: str = "cpu",
    limits: Limits | None = None,
    level: Level | None = None,
    server: Replica | None = None,
    exact: bool = False,
    probe: bool = False,
    precisions: Sequence[Precision] = (),
    progress: Progress = silent,
) -> Evaluation:
    """Replay a zip on a release and score its answers.

    Nothing that a user can cause is raised: it stands in ``outcome`` and ``error``.

    Parameters
    ----------
    zip_path
        The submission.
    data
        The release's folder.
    profile
        The scoring rules.
    cache
        Where recording stores are kept.
    device
        What ``torch.device`` takes.
    limits
        Limits on the submission's process.
    level
        How far that process is kept apart; the most that this machine gives, without.
    server
        Whose Python runs the submission; ours without.
    exact
        Whether to ask one window at a time throughout, as the server does.
    probe
        Whether to run the invariance battery afterwards.
    precisions
        Precisions to rehearse afterwards.
    progress
        Told how far it is.
    """
    server = server or ours()
    evaluation = Evaluation(profile.name, run={"device": device, "server": server.as_dict()})
    began = time.time()
    try:
        evaluation.zip = digests(zip_path)
        package = open_package(zip_path)
        release = open_release(data)
        evaluation.release = {"name": release.name, "digest": None, "simulated": release.simulated}
        evaluation.caveats = [*caveats.of_release(release, profile), server.caveat(), *caveats.of_package(package)]
        one_by_one = _one_by_one(package, profile, exact=exact)
        python = server.interpreter.executable
        with open_session(package, device=device, limits=limits, level=level, interpreter=python) as session:
            questions, evaluation.release["digest"] = open_questions(release, profile, cache, progress)
            answered = replay(session, questions, one_by_one=one_by_one, progress=progress)
            if probe:
                evaluation.probe = battery(session, questions, profile, progress)
            if precisions:
                evaluation.rehearsal, overflows = rehearse(session, questions, precisions, profile, progress)
                evaluation.caveats += [
                    f"a matrix product leaves the range of its precision in {at}" for at in overflows
                ]
        evaluation.caveats += caveats.of_replay(answered, exact=exact)
        _score(evaluation, questions, answered, release, profile)
    except SubmissionError as error:
        evaluation.outcome, evaluation.error = error.outcome, error
    except SubpackError as error:
        evaluation.outcome, evaluation.error = "release_error", error
    evaluation.run |= {"began": began, "wall_s": time.time() - began}
    return evaluation


def _one_by_one(package: Package, profile: Profile, *, exact: bool) -> dict[int, str]:
    if exact:
        return dict.fromkeys(profile.challenges, "it was asked for")
    return dict.fromkeys(package.stateful() & set(profile.challenges), "its manifest says that it keeps state")


def _score(
    evaluation: Evaluation,
    questions: dict[int, Question],
    answered: Replay,
    release: Release,
    profile: Profile,
) -> None:
    for number, question in questions.items():
        table = question.table
        if len(table):
            score = score_challenge(table, answered.answers[number], profile)
        else:
            score = unscored(table, _no_target(release, profile, number))
        evaluation.challenges[number] = score
    scores = {number: score.nrmse for number, score in evaluation.challenges.items() if score.nrmse is not None}
    if len(scores) == len(questions):
        evaluation.overall = overall(scores, profile)
    evaluation.isolation, evaluation.batch = answered.isolation, answered.batch
    evaluation.ideal = _ideal(release, profile)
    evaluation.run["replay_s"] = answered.wall_s


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
