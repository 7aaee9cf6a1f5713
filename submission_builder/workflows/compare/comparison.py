"""The result of a comparison: candidates, best first, with paired differences and a plan."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from submission_builder.protocol.metrics import rounded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from submission_builder.scores.best_of import BestOf
    from submission_builder.scores.interval import Difference, OverSubjects
    from submission_builder.scores.placement import Placement
    from submission_builder.workflows.compare.plan import Advice
    from submission_builder.workflows.evaluate.evaluation import Evaluation

SCHEMA = 1
"""Version of the layout of :meth:`Comparison.to_dict`."""


@dataclass(frozen=True)
class Candidate:
    """One zip of a comparison."""

    evaluation: Evaluation
    scores: Mapping[str, float]
    """Score by key: ``challenge1``, ``challenge2`` and, if both exist, ``overall``."""
    over_subjects: Mapping[str, OverSubjects]
    """What the subjects say about each score; empty with too few subjects."""
    to_best: Mapping[str, Difference]
    """Paired difference, this one minus the best candidate; empty for the best and with too few subjects."""

    @property
    def placement(self) -> tuple[Placement, ...]:
        """Where the interval would have stood on the boards of 2025."""
        return self.evaluation.placement

    @property
    def path(self) -> Path:
        """Path of the zip."""
        return self.evaluation.path


@dataclass(frozen=True)
class MemberContribution:
    """What one member of an ensemble contributes."""

    path: Path
    """The zip."""
    challenge: int
    member: str
    """Position in the ensemble and name of the net, such as ``2 cnn``."""
    weight: float
    without: float | None
    """nrmse without the member; None if the rest has no score."""
    difference: Difference | None
    """nrmse of the ensemble minus nrmse without the member: below 0 the member helps."""


@dataclass(frozen=True)
class Comparison:
    """Several zips on the same windows, best first.

    Examples
    --------
    >>> import submission_builder as sb
    >>> result = sb.compare([submission_zip], data=release_folder)
    >>> [candidate.path == submission_zip for candidate in result.candidates]
    [True]
    """

    candidates: tuple[Candidate, ...]
    """Scored zips, the lowest score first."""
    ranked_by: str
    """Key of the score that orders them: ``overall``, or the challenge that all have."""
    best_of: Mapping[str, BestOf]
    """By key: the lowest score, and what is left of it on other subjects; empty with too few subjects."""
    plan: tuple[Advice, ...]
    """What to do with each candidate, in their order."""
    members: tuple[MemberContribution, ...] = ()
    """Contributions of the members of ensembles; empty unless they were requested."""
    failed: tuple[Evaluation, ...] = ()
    """Evaluations without a score."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result as ``compare --json`` writes it."""
        return {
            "schema": SCHEMA,
            "ranked_by": self.ranked_by,
            "candidates": [_candidate(one) for one in self.candidates],
            "best_of": {
                key: {"path": str(self.candidates[best.index].path), "score": best.score, "corrected": best.corrected}
                for key, best in self.best_of.items()
            },
            "plan": [asdict(advice) | {"path": str(advice.path)} for advice in self.plan],
            "members": [
                asdict(one) | {"path": str(one.path), "difference": _difference(one.difference)} for one in self.members
            ],
            "failed": [one.to_dict() for one in self.failed],
            "subpack": version("subpack"),
        }

    def _repr_html_(self) -> str:
        from submission_builder.report.comparison_terminal import show_comparison  # noqa: PLC0415 - rendering
        from submission_builder.report.notebook import html  # noqa: PLC0415 - rendering

        return html(partial(show_comparison, self))


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "path": str(one.path),
        "zip": dict(one.evaluation.zip),
        "profile": one.evaluation.profile,
        "releases": [asdict(part.release) if part.release else None for part in one.evaluation.parts],
        "scores": {key: rounded(score) for key, score in one.scores.items()},
        "over_subjects": {key: found.to_dict() for key, found in one.over_subjects.items()},
        "to_best": {key: _difference(found) for key, found in one.to_best.items()},
        "placement": [asdict(found) for found in one.placement],
    }


def _difference(found: Difference | None) -> dict[str, Any] | None:
    return asdict(found) | {"shown": found.shown} if found else None
