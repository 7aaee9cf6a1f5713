"""Confidence interval of a score over subjects, and of the difference of two scores of the same subjects.

Both are jackknife-t intervals: the estimate ± t · SE, where SE is the jackknife standard error over subjects. The
interval of a score is computed for its logarithm. Windows of one subject are not independent, so no interval here
resamples or counts windows. ``tests/scores/coverage_table.py`` compares the method with others on the real labels.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit  # scipy.stats has the same functions, but takes 0.6 s to import

from submission_builder.scores.jackknife import Spread, spread

if TYPE_CHECKING:
    from submission_builder.scores.jackknife import Jackknife

_LEVEL, _POWER = 0.95, 0.8


@dataclass(frozen=True)
class Difference:
    """The difference of two scores of the same subjects, first minus second; below 0 the first is better."""

    value: float
    interval: tuple[float, float]
    """95 % interval over subjects."""
    p_better: float
    """Probability that the first is better in the population: the confidence distribution of the difference."""
    n_subjects: int
    smallest: float
    """Smallest true difference of these two that this number of subjects shows with 80 % power."""
    subjects_needed: int | None
    """Number of subjects that shows a true difference of this size with 80 % power; None for a difference of 0."""

    @property
    def shown(self) -> bool:
        """Whether the interval excludes 0; otherwise the difference is noise."""
        low, high = self.interval
        return low > 0 or high < 0


@dataclass(frozen=True)
class OverSubjects:
    """What the subjects say about a score."""

    constant: float
    """Score of the best constant, the mean of the targets."""
    interval: tuple[float, float]
    """95 % interval over subjects."""
    p_better: float
    """Probability that the population's score is below that of the best constant."""
    smallest_difference: float
    """Smallest difference from the best constant that these subjects show with 80 % power."""
    worst_share: float
    """Share of the squared error that the five worst subjects have."""
    jackknife: Jackknife = field(repr=False, compare=False)
    """The score without each subject."""

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """Return the keys of :meth:`to_dict`."""
        return tuple(item.name for item in fields(cls) if item.name != "jackknife")

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: all but the jackknife, which names the subjects."""
        return {name: getattr(self, name) for name in self.keys()}

    @property
    def shown_better(self) -> bool:
        """Whether the whole interval is below the best constant."""
        return self.interval[1] < self.constant

    @property
    def shown_worse(self) -> bool:
        """Whether the whole interval is above the best constant."""
        return self.interval[0] > self.constant

    @property
    def subjects_needed(self) -> int | None:
        """Number of subjects that shows a true difference of this size from the constant; None for 0."""
        score = self.jackknife
        return _needed(score.value - self.constant, spread(score.without), len(score.subjects))


def over_subjects(score: Jackknife, constant: float) -> OverSubjects:
    """Describe a score over subjects, beside that of the best constant."""
    return OverSubjects(
        constant=constant,
        interval=score_interval(score),
        p_better=p_below(score, constant),
        smallest_difference=_smallest(spread(score.without)),
        worst_share=score.worst_share,
        jackknife=score,
    )


def score_interval(score: Jackknife) -> tuple[float, float]:
    """Return the 95 % interval of a score, symmetric in its logarithm."""
    if not _has_logarithm(score):
        half = _half_width(spread(score.without))
        return max(0.0, score.value - half), score.value + half
    factor = float(np.exp(_half_width(spread(np.log(score.without)))))
    return score.value / factor, score.value * factor


def p_below(score: Jackknife, bound: float) -> float:
    """Return the probability that the score of the population is below a fixed value, such as that of a constant.

    It is above .975 or below .025 exactly if the interval of :func:`score_interval` excludes the value.
    """
    if not _has_logarithm(score):
        return _p_positive(bound - score.value, spread(score.without))
    return _p_positive(float(np.log(bound / score.value)), spread(np.log(score.without)))


def difference(first: Jackknife, second: Jackknife) -> Difference:
    """Compare two scores of the same windows.

    Parameters
    ----------
    first, second
        Scores of two models, computed from the same windows.

    Raises
    ------
    ValueError
        If the subjects differ.
    """
    if not np.array_equal(first.subjects, second.subjects):
        raise ValueError("a paired difference needs the same subjects")
    value, uncertainty = first.value - second.value, spread(first.without - second.without)
    half, n = _half_width(uncertainty), len(first.subjects)
    return Difference(
        value=value,
        interval=(value - half, value + half),
        p_better=_p_positive(-value, uncertainty),
        n_subjects=n,
        smallest=_smallest(uncertainty),
        subjects_needed=_needed(value, uncertainty, n),
    )


def _has_logarithm(score: Jackknife) -> bool:
    """Whether no score is 0; if the predictions are exact but for one subject, the score without it is 0."""
    return bool(score.value > 0 and score.without.min() > 0)


def _half_width(uncertainty: Spread) -> float:
    return _quantile((1 + _LEVEL) / 2, uncertainty) * uncertainty.standard_error


def _smallest(uncertainty: Spread) -> float:
    quantiles = _quantile((1 + _LEVEL) / 2, uncertainty) + _quantile(_POWER, uncertainty)
    return quantiles * uncertainty.standard_error


def _needed(value: float, uncertainty: Spread, n_subjects: int) -> int | None:
    """Scale the standard error to the number of subjects at which the difference is the smallest that is shown."""
    if value == 0:
        return None
    quantiles = float(ndtri((1 + _LEVEL) / 2) + ndtri(_POWER))
    return int(np.ceil(n_subjects * (quantiles * uncertainty.standard_error / value) ** 2))


def _p_positive(distance: float, uncertainty: Spread) -> float:
    """Return the probability that the true distance is positive."""
    if uncertainty.standard_error == 0:
        return 0.5 if distance == 0 else float(distance > 0)
    return float(stdtr(uncertainty.degrees_of_freedom, distance / uncertainty.standard_error))


def _quantile(p: float, uncertainty: Spread) -> float:
    return float(stdtrit(uncertainty.degrees_of_freedom, p))
