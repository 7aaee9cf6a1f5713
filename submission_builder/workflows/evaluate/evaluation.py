"""The result of an evaluation: scores, what they rest on, and what separates them from the server's score."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from submission_builder.protocol.challenges import DEFAULT_PROFILE, PROFILES
from submission_builder.protocol.metrics import rounded
from submission_builder.protocol.sample import LEAST_SUBJECTS
from submission_builder.sandbox.outcomes import OUTCOMES
from submission_builder.scores.challenge_score import ChallengeScore
from submission_builder.scores.interval import OverSubjects
from submission_builder.scores.placement import Placement, place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from submission_builder.base.errors import SubpackError
    from submission_builder.diagnostics.diagnosis import Diagnosis
    from submission_builder.protocol.windows import WindowTable
    from submission_builder.releases.survey import LeftOut
    from submission_builder.workflows.evaluate.cost import RunCost
    from submission_builder.workflows.evaluate.invariance import VariantResult

SCHEMA = 2
"""Version of the layout of :meth:`Evaluation.to_dict`."""


@dataclass(frozen=True)
class Sample:
    """A seeded sample of windows that stands for a release."""

    seed: int
    n_windows: dict[int, int]
    """Windows that are scored, by challenge."""
    of: dict[int, int]
    """Windows of the whole release, by challenge."""
    of_subjects: dict[int, int] = field(default_factory=dict)
    """Subjects of the whole release, by challenge."""
    whole_recordings: tuple[int, ...] = ()
    """Challenges whose sample consists of whole recordings, because the model keeps state."""

    def subjects_needed(self, challenge: int) -> int:
        """Return the number of subjects below which the sample of a challenge has no score."""
        return min(LEAST_SUBJECTS, self.of_subjects.get(challenge, LEAST_SUBJECTS))


@dataclass(frozen=True)
class ReleaseSummary:
    """The release that an evaluation rests on."""

    name: str
    simulated: bool
    digest: str | None = None
    """SHA-256 of labels and recordings; None if the evaluation ended before they were read."""
    sample: Sample | None = None
    """The part of the release that is scored; None for all of it."""
    left_out: tuple[LeftOut, ...] = ()
    """Recordings that cannot be used and were skipped; the server uses all recordings."""


@dataclass(frozen=True)
class RunSummary:
    """The facts of an evaluation that vary from run to run."""

    device: str
    server: Mapping[str, Any]
    """Image, Python and versions of packages that ran the submission, as ``Environment.to_dict`` gives them."""
    began: float
    """Start of the evaluation, in seconds since the epoch."""
    wall_s: float = 0.0
    replay_s: float | None = None
    """Duration of the replay; None if there was none."""
    cached: bool = False
    """Whether the predictions come from an earlier run."""


@dataclass(frozen=True, eq=False)
class ScoredWindows:
    """The windows of one challenge with the submission's predictions."""

    table: WindowTable
    recordings: tuple[str, ...]
    """Name of each recording that the table indexes."""
    predictions: NDArray[np.float64]
    """Shape ``(n_windows,)``."""

    def frame(self) -> pd.DataFrame:
        """Return one row per window: ``subject``, ``recording``, ``start``, ``target`` and ``prediction``."""
        return self.table.frame(self.recordings).assign(prediction=self.predictions)


@dataclass(frozen=True)
class Failure:
    """Why an evaluation has no score."""

    outcome: str
    """A key of :data:`submission_builder.sandbox.outcomes.OUTCOMES`."""
    error: SubpackError

    @property
    def fault(self) -> str | None:
        """Who is at fault: ``submission``, ``release`` or ``machine``."""
        return OUTCOMES[self.outcome].fault

    @property
    def meaning(self) -> str:
        """What the outcome means here, in a few words."""
        return OUTCOMES[self.outcome].summary

    @property
    def on_server(self) -> str:
        """What the submission would get on the server."""
        return OUTCOMES[self.outcome].on_server


@dataclass(frozen=True)
class Evaluation:
    """The result of one evaluation, also of one that ended without a score.

    Examples
    --------
    >>> import submission_builder as sb
    >>> result = sb.evaluate(submission_zip, data=release_folder)
    >>> result.outcome, sorted(result.challenges)
    ('scored', [1, 2])
    >>> list(result.predictions(1))
    ['subject', 'recording', 'start', 'target', 'prediction']
    """

    path: Path
    profile: str
    """Name of the scoring rules."""
    run: RunSummary
    outcome: str = "scored"
    """A key of :data:`submission_builder.sandbox.outcomes.OUTCOMES`."""
    error: SubpackError | None = None
    """The reason why there is no score."""
    zip: Mapping[str, str] = field(default_factory=dict)
    """``sha256`` and ``md5`` of the zip; the server stores the MD5."""
    manifest: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Content of the zip's ``manifest.json``, which any zip may contain; empty if there is none."""
    release: ReleaseSummary | None = None
    challenges: Mapping[int, ChallengeScore] = field(default_factory=dict)
    """Score of each challenge, by its number."""
    overall: float | None = None
    """Weighted, unrounded score; None unless every challenge has one."""
    over_subjects: OverSubjects | None = None
    """What the subjects say about the overall score; None if a challenge has too few subjects."""
    ideal: Mapping[int, float] = field(default_factory=dict)
    """nrmse of the ideal observer by challenge, for a simulated release."""
    isolation: str | None = None
    """Isolation level of the replay."""
    batch: Mapping[int, int] = field(default_factory=dict)
    """Windows per call of the model, by challenge."""
    invariance: tuple[VariantResult, ...] = ()
    """Results of the invariance checks; empty unless they were requested."""
    precision: tuple[VariantResult, ...] = ()
    """Results of lower precisions of matrix products; empty unless they were requested."""
    diagnoses: tuple[Diagnosis, ...] = ()
    """What the scores show, in a fixed vocabulary. Of several releases, each has its own."""
    caveats: tuple[str, ...] = ()
    """The reasons why the server's score may differ from this one."""
    cost: RunCost | None = None
    """Time and memory of the replay, and their projection to other sizes."""
    windows: Mapping[int, ScoredWindows] = field(default_factory=dict, repr=False)
    """Windows and predictions, by challenge."""
    releases: tuple[Evaluation, ...] = field(default=(), repr=False)
    """If there are several releases, the evaluation of each; this one is of all of them together."""

    @property
    def parts(self) -> tuple[Evaluation, ...]:
        """The evaluations of single releases: those in `releases`, or this one itself."""
        return self.releases or (self,)

    def failures(self) -> dict[str, Failure]:
        """Return the failure of each release without a score, by its name.

        The name is empty if there is only one release, or if all of them ended with the same error.
        """
        failed = {
            part.release.name if part.release else "": Failure(part.outcome, part.error)
            for part in self.parts
            if part.error
        }
        alike = {(failure.outcome, str(failure.error)) for failure in failed.values()}
        return {"": next(iter(failed.values()))} if len(failed) == len(self.parts) and len(alike) == 1 else failed

    @property
    def placement(self) -> tuple[Placement, ...]:
        """The ranks that the interval of the overall score would have had on the boards of 2025.

        They exist for whole releases of recordings of people, under the rules of those boards.
        """
        releases = [part.release for part in self.parts if part.release]
        unlike = any(one.simulated or one.sample or one.left_out for one in releases)
        if self.over_subjects is None or unlike or self.profile != DEFAULT_PROFILE:
            return ()
        return place(self.over_subjects.interval)

    @property
    def fault(self) -> str | None:
        """Who is at fault if there is no score: ``submission``, ``release`` or ``machine``; None if there is one."""
        return OUTCOMES[self.outcome].fault

    @property
    def image(self) -> str | None:
        """The server image whose replica ran the submission; None for any other Python."""
        return self.run.server.get("image")

    @property
    def ok(self) -> bool:
        """Whether the submission was scored."""
        return self.error is None

    @property
    def partial(self) -> bool:
        """Whether recordings that cannot be used were skipped, so that the score is not that of the release."""
        return any(part.release and part.release.left_out for part in self.parts)

    def predictions(self, challenge: int) -> pd.DataFrame:
        """Return the predictions of one challenge, one row per window.

        Parameters
        ----------
        challenge
            1 or 2.

        Returns
        -------
        pandas.DataFrame
            Columns ``subject``, ``recording``, ``start`` (sample), ``target`` and ``prediction`` (s in challenge 1).

        Raises
        ------
        KeyError
            If the evaluation has no predictions for this challenge.
        """
        return self.windows[challenge].frame()

    def to_dict(self) -> dict[str, Any]:
        """Return the result as ``evaluate --json`` writes it; scores are rounded as the server rounds them."""
        numbers = sorted(PROFILES[self.profile].challenges if self.profile in PROFILES else self.challenges)
        nrmse = {n: score.nrmse for n, score in self.challenges.items()}
        return {
            "schema": SCHEMA,
            "path": str(self.path),
            "outcome": self.outcome,
            "error": {"message": str(self.error), "hint": self.error.hint} if self.error else None,
            "profile": self.profile,
            "partial": self.partial,
            "release": asdict(self.release) if self.release else None,
            "zip": {key: self.zip.get(key) for key in ("sha256", "md5")},
            "releases": [part.to_dict() for part in self.releases],
            "scores": {"overall": _rounded(self.overall)} | {f"challenge{n}": _rounded(nrmse.get(n)) for n in numbers},
            "overall": self.over_subjects.to_dict() if self.over_subjects else dict.fromkeys(OverSubjects.keys()),
            "challenges": {str(n): self._challenge(n) for n in numbers},
            "isolation": self.isolation,
            "batch": {str(n): self.batch.get(n) for n in numbers},
            "invariance": [asdict(result) for result in self.invariance],
            "precision": [asdict(result) for result in self.precision],
            "placement": [asdict(found) for found in self.placement],
            "diagnoses": [asdict(diagnosis) for diagnosis in self.diagnoses],
            "caveats": list(self.caveats),
            "subpack": version("subpack"),
            "run": asdict(self.run) | {"cost": asdict(self.cost) if self.cost else None},
        }

    def _challenge(self, number: int) -> dict[str, Any]:
        """Lay out one challenge; its numbers are null if the evaluation ended before its windows were counted."""
        score = self.challenges.get(number)
        if score is None:
            return dict.fromkeys(ChallengeScore(0, 0, 0).to_dict()) | {"reason": f"not scored: {self.outcome}"}
        return score.to_dict() | {"nrmse": _rounded(score.nrmse)}

    def _repr_html_(self) -> str:
        from submission_builder.report.evaluation_terminal import show_evaluation  # noqa: PLC0415 - rendering
        from submission_builder.report.notebook import html  # noqa: PLC0415 - rendering

        return html(partial(show_evaluation, self))


def _rounded(score: float | None) -> float | None:
    return None if score is None else rounded(score)
