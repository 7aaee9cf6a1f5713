"""Score the predictions for a split, beside the baselines."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from submission_builder.protocol.challenges import DEFAULT_PROFILE, PROFILES
from submission_builder.releases.joined import join_tables
from submission_builder.scores.baselines import baseline_scores
from submission_builder.scores.challenge_score import ChallengeScore, score_challenge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from submission_builder.diagnostics.bounds import Bound
    from submission_builder.protocol.windows import WindowTable


@dataclass(frozen=True, eq=False)
class SplitScores:
    """The score of a split."""

    name: str
    """``train``, ``validation``, ``test``, ``fold 1`` and so on, or ``out of fold``."""
    table: WindowTable = field(repr=False)
    predictions: NDArray[np.float64] = field(repr=False)
    """Shape ``(n_windows,)``, in the target's unit."""
    score: ChallengeScore
    baselines: Mapping[str, float]
    """nrmse without EEG, by name; empty for the training split."""
    baseline_predictions: Mapping[str, NDArray[np.float64]] = field(repr=False)
    """Predictions without EEG, by name; each has the shape ``(n_windows,)``."""
    bound: Bound | None = None
    """Best plausible score; None where it is unknown, and for a single fold."""

    @property
    def target(self) -> NDArray[np.float32]:
        """Target of each window, in its unit; shape ``(n_windows,)``."""
        return self.table.target

    @property
    def subject(self) -> NDArray[np.str_]:
        """Subject of each window; shape ``(n_windows,)``."""
        return self.table.subject

    def to_dict(self) -> dict[str, Any]:
        """Return the scores in a form that JSON can hold."""
        bound = self.bound and {"nrmse": self.bound.nrmse, "ideal": self.bound.ideal}
        return {"name": self.name, **self.score.to_dict(), "baselines": dict(self.baselines), "bound": bound}


def score_predictions(table: WindowTable, predictions: NDArray[np.float64]) -> ChallengeScore:
    """Score predictions by the current rules."""
    return score_challenge(table, predictions, PROFILES[DEFAULT_PROFILE])


def score_split(
    name: str,
    table: WindowTable,
    predictions: NDArray[np.float64],
    without_eeg: Mapping[str, NDArray[np.float64]] = MappingProxyType({}),
) -> SplitScores:
    """Score the predictions for a split.

    Parameters
    ----------
    name, table
        The split.
    predictions
        Of the net.
    without_eeg
        Of the baselines, by name; the training split has none.
    """
    score = score_predictions(table, predictions)
    nrmse = baseline_scores(table.target, without_eeg) if without_eeg else {}
    return SplitScores(name, table, predictions, score, nrmse, dict(without_eeg))


def pool(folds: Sequence[SplitScores]) -> SplitScores:
    """Score the predictions of all folds together."""
    table = join_tables([fold.table for fold in folds], [0] * len(folds))
    predictions = np.concatenate([fold.predictions for fold in folds])
    known = [fold.baseline_predictions for fold in folds]
    shared = [name for name in known[0] if all(name in one for one in known)]
    return score_split(
        "out of fold", table, predictions, {name: np.concatenate([one[name] for one in known]) for name in shared}
    )
