"""Make the card of a trained net."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from model_zoo.card import Card, digest_subjects
from model_zoo.summary import n_parameters
from model_zoo.training.splits import subjects_digest
from submission_builder.base.checkout import our_commit
from submission_builder.protocol.metrics import rounded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from model_zoo.training.fit import Fitted
    from submission_builder.scores.challenge_score import ChallengeScore
    from submission_builder.workflows.train.data import LoadedRelease, TrainingData
    from submission_builder.workflows.train.net_job import NetJob
    from submission_builder.workflows.train.split_scores import SplitScores

_FOLD_NOTE = "These subjects were held out: they neither trained the net nor selected its epoch."
_VAL_NOTE = "These subjects selected the best epoch."
_SOLVED_NOTE = "The weights were solved without these subjects."


def make_card(job: NetJob, fitted: Fitted, scores: Mapping[str, SplitScores], data: TrainingData) -> Card:
    """Describe weights: their architecture, data, settings and scores.

    Parameters
    ----------
    job
        The net, its settings and its splits.
    fitted
        The trained net.
    scores
        By the split's key in a card.
    data
        The releases of the run.
    """
    architecture, config, splits = job.spec.architecture, job.spec.config, job.splits
    subjects = splits.fitted_subjects
    releases = data.releases
    used = [*releases.train, *filter(None, [releases.val])]
    return Card(
        architecture=architecture.name,
        tag=job.tag,
        challenge=architecture.challenge,
        kwargs={**architecture.kwargs, **config.net},
        summary=_summary(used, releases.test),
        weights_sha256="",
        n_parameters=n_parameters(fitted.net),
        data=[item.describe() for item in used],
        subjects_digest=subjects_digest(subjects),
        split={
            "by": "subject",
            "train_subjects": splits.train.n_subjects,
            "val_subjects": splits.val.n_subjects,
            "best_epoch": fitted.best_epoch,
            "epochs": len(fitted.records),
        },
        scores=_scores(fitted, scores, releases.test),
        config=config.card(),
        commit=_commit(),
        versions={"python": platform.python_version(), "torch": version("torch"), "subpack": version("subpack")},
        subjects=digest_subjects(subjects),
    )


def _scores(fitted: Fitted, scores: Mapping[str, SplitScores], test: LoadedRelease | None) -> dict[str, Any]:
    content = {key: _score(split.score) for key, split in scores.items()}
    content["val"]["note"] = _VAL_NOTE if any(True for _ in fitted.net.parameters()) else _SOLVED_NOTE
    if test:
        content["test"]["data"] = test.describe()
    if "fold" in content:
        content["fold"]["note"] = _FOLD_NOTE
    return content


def _score(score: ChallengeScore) -> dict[str, Any]:
    return {
        "nrmse": None if score.nrmse is None else rounded(score.nrmse),
        "interval": score.interval,
        "reason": score.reason,
        "n_windows": score.n_windows,
        "n_subjects": score.n_subjects,
    }


def _summary(trained: Sequence[LoadedRelease], tested: LoadedRelease | None) -> str:
    names = ", ".join(item.release.name for item in trained)
    simulated = [item.release.simulated for item in trained]
    kind = "SIMULATED" if all(simulated) else "partly SIMULATED" if any(simulated) else "recorded"
    summary = f"Trained on {kind} EEG ({names})."
    if any(simulated):
        summary += " Weights that are fitted to simulated EEG do not generalise to recorded EEG: do not submit them."
    if tested is None:
        return summary
    kind = "SIMULATED" if tested.release.simulated else "recorded"
    return f"{summary} Tested on {kind} EEG of other subjects ({tested.release.name})."


def _commit() -> str | None:
    """Return the commit of the sources that run."""
    commit, dirty = our_commit() or (None, False)
    return f"{commit}-dirty" if dirty else commit
