"""Gates: conditions on a score, for CI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from submission_builder.protocol.metrics import DECIMALS
from submission_builder.scores.interval import difference
from submission_builder.scores.jackknife import LEAST_SUBJECTS

if TYPE_CHECKING:
    from submission_builder.workflows.evaluate.evaluation import Evaluation


@dataclass(frozen=True)
class Gate:
    """The result of one condition on one evaluation."""

    condition: str
    """Such as ``overall ≤ 1``."""
    passed: bool | None
    """None if it could not be decided, because the zip or the other one could not be scored."""
    message: str
    """The numbers that decided."""


@dataclass(frozen=True)
class Judged:
    """An evaluation with its gates."""

    evaluation: Evaluation
    gates: tuple[Gate, ...]

    @property
    def name(self) -> str:
        """Path of the zip, and the server image if there are several."""
        image = self.evaluation.image
        return f"{self.evaluation.path} ({image})" if image else str(self.evaluation.path)

    @property
    def failed(self) -> bool:
        """Whether a gate failed."""
        return any(gate.passed is False for gate in self.gates)


def judge(evaluation: Evaluation, limit: float | None = None, reference: Evaluation | None = None) -> Judged:
    """Apply the gates that are asked for.

    Parameters
    ----------
    evaluation
        The evaluation.
    limit
        Largest overall score that passes.
    reference
        Evaluation of another zip on the same windows, than which this one must not be shown to be worse.
    """
    gates = [] if limit is None else [at_most(evaluation, limit)]
    return Judged(evaluation, (*gates, *([] if reference is None else [not_worse(evaluation, reference)])))


def at_most(evaluation: Evaluation, limit: float) -> Gate:
    """Require that the overall score is not above a limit. The score is not rounded.

    A release that has no overall score, because it lacks the targets of a challenge, fails.
    """
    condition = f"overall ≤ {limit:g}"
    if not evaluation.ok:
        return _undecided(condition, evaluation)
    if evaluation.overall is None:
        return Gate(condition, passed=False, message="there is no overall score")
    passed = evaluation.overall <= limit
    message = f"overall {evaluation.overall:.{DECIMALS}f} is {'not ' if passed else ''}above {limit:g}"
    return Gate(condition, passed, message)


def not_worse(evaluation: Evaluation, reference: Evaluation) -> Gate:
    """Require that a zip is not shown to be worse than another one that was scored on the same windows.

    It is shown to be worse if the 95 % interval of the difference of the overall scores, over the subjects of both, is
    above 0.
    """
    condition = f"not worse than {reference.path}"
    for one in (evaluation, reference):
        if not one.ok:
            return _undecided(condition, one)
    if evaluation.overall is None or reference.overall is None:
        return Gate(condition, passed=False, message="there is no overall score")
    if evaluation.over_subjects is None or reference.over_subjects is None:
        value = evaluation.overall - reference.overall
        message = f"difference {value:+.{DECIMALS}f}; no interval, as it needs at least {LEAST_SUBJECTS} subjects"
        return Gate(condition, passed=True, message=f"not shown to be worse: {message}")
    found = difference(evaluation.over_subjects.jackknife, reference.over_subjects.jackknife)
    worse = found.shown and found.value > 0
    how = "worse" if worse else "better" if found.shown else "not shown to be worse"
    low, high = found.interval
    message = (
        f"{how}: difference {found.value:+.{DECIMALS}f}, 95 % interval {low:+.{DECIMALS}f} to {high:+.{DECIMALS}f}; "
        f"{found.n_subjects} subjects show a true difference of {found.smallest:.{DECIMALS}f} with 80 % power"
    )
    return Gate(condition, not worse, message)


def _undecided(condition: str, without_score: Evaluation) -> Gate:
    message = f"not decided: {without_score.path} has no score ({without_score.outcome})"
    return Gate(condition, passed=None, message=message)
