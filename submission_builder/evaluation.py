"""Score a submission zip on a release: the one place where harness and scores meet."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from submission_builder.errors import SubmissionError, SubpackError
from submission_builder.harness.package import digests, open_package
from submission_builder.harness.replay import Question, Replay, replay
from submission_builder.progress import Progress, silent
from submission_builder.protocol.metrics import overall
from submission_builder.releases.folder import Release, open_release
from submission_builder.releases.store import Store, open_store
from submission_builder.releases.table import Recordings, cut_windows, raise_for, survey
from submission_builder.replica import Replica, ours
from submission_builder.sandbox.isolation import refusal
from submission_builder.scores.points import ChallengeScore, score_challenge, unscored

if TYPE_CHECKING:
    from pathlib import Path

    from submission_builder.protocol.challenges import Profile
    from submission_builder.sandbox.isolation import Level
    from submission_builder.sandbox.limits import Limits

_PUBLISHED = "{} lies at the zip's root; the worker may publish it as the result page"
_NAMED = 3  # how many of a list are named


@dataclass
class Evaluation:
    """Everything that an evaluation found out, also when it ended early.

    Attributes
    ----------
    profile
        The scoring rules.
    outcome
        A word of :data:`submission_builder.sandbox.outcomes.OUTCOMES`.
    error
        Why there is no score.
    zip
        sha256 and md5 of the zip.
    release
        Name, digest and whether it is simulated.
    challenges
        Scores by number of the challenge.
    overall
        The weighted, unrounded score; None unless every challenge has one.
    ideal
        nrmse of the ideal observer by number of the challenge, for a simulated release.
    isolation
        Level of isolation that the replay had.
    caveats
        What keeps this score from being the server's.
    run
        What varies from run to run.
    """

    profile: str
    outcome: str = "scored"
    error: SubpackError | None = None
    zip: dict[str, str] = field(default_factory=dict)
    release: dict[str, Any] = field(default_factory=dict)
    challenges: dict[int, ChallengeScore] = field(default_factory=dict)
    overall: float | None = None
    ideal: dict[int, float] = field(default_factory=dict)
    isolation: str | None = None
    caveats: list[str] = field(default_factory=list)
    run: dict[str, Any] = field(default_factory=dict)


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
        evaluation.caveats = [*_caveats(release, profile), server.caveat()]
        evaluation.caveats += map(_PUBLISHED.format, package.pages())
        questions, digest = _questions(release, profile, cache, progress)
        evaluation.release["digest"] = digest
        answered = replay(
            package,
            questions,
            device=device,
            limits=limits,
            level=level,
            interpreter=server.interpreter.executable,
            progress=progress,
        )
        _score(evaluation, questions, answered, release, profile)
    except SubmissionError as error:
        evaluation.outcome, evaluation.error = error.outcome, error
    except SubpackError as error:
        evaluation.outcome, evaluation.error = "release_error", error
    evaluation.run |= {"began": began, "wall_s": time.time() - began}
    return evaluation


def _questions(release: Release, profile: Profile, cache: Path, progress: Progress) -> tuple[dict[int, Question], str]:
    """Cut the windows of every challenge; the release's digest comes with them."""
    surveyed: dict[str, Recordings] = {}
    for spec in profile.challenges.values():
        if spec.task not in surveyed:
            surveyed[spec.task] = survey(release.recordings(spec.task))
            surveyed[spec.task].raise_if_left_out()
    tables = {}
    for number, spec in profile.challenges.items():
        tables[number], left_out = cut_windows(release, spec, surveyed[spec.task])
        raise_for(left_out)
    stores: dict[str, Store] = {task: open_store(recordings, cache, progress) for task, recordings in surveyed.items()}
    digest = hashlib.sha256(release.labels_digest().encode())
    for task in sorted(stores):
        digest.update(f"{task}\0{stores[task].digest}".encode())
    questions = {number: Question(tables[number], stores[spec.task]) for number, spec in profile.challenges.items()}
    return questions, digest.hexdigest()


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
    evaluation.isolation = answered.isolation
    evaluation.caveats += _caveats_of_run(answered)
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
    if not release.simulated or profile.denominator != "std":
        return {}
    marks = release.description["Simulated"]
    ideal = marks.get("ideal", {}) if isinstance(marks, dict) else {}
    return {number: ideal[f"challenge{number}"] for number in profile.challenges if f"challenge{number}" in ideal}


def _caveats(release: Release, profile: Profile) -> list[str]:
    caveats = []
    if release.simulated:
        caveats.append("the release is SIMULATED: its scores say that the package works, not how it will rank")
    for task in sorted({spec.task for spec in profile.challenges.values()}):
        missing = release.missing(task)
        if missing:
            some = ", ".join(missing[:_NAMED]) + (", …" if len(missing) > _NAMED else "")
            caveats.append(f"participants.tsv calls {len(missing)} runs available that are not in the folder: {some}")
    if any(not spec.locked_to_stimulus and spec.crop_seed is None for spec in profile.challenges.values()):
        caveats.append(f"under profile {profile.name} the server drew its crops without a seed; here seed 0 stands in")
    caveats.append(
        "recordings come in the order (participant, run); the server's order is not known, and matters "
        "only to a model that keeps state"
    )
    return caveats


def _caveats_of_run(answered: Replay) -> list[str]:
    caveats = [
        f"challenge {number} answered {shape} to one window; the scorer reads answer[0][0] and drops the rest"
        for number, shape in answered.shapes.items()
    ]
    if answered.network:
        places = ", ".join(answered.network)
        caveats.append(f"the submission reached for the network ({places}); whether the server has one is not public")
    if answered.isolation == "process":
        reason = refusal() or "it was asked for"
        caveats.append(f"the submission could read files and reach the network here: isolation is process, as {reason}")
    return caveats
