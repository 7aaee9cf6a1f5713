"""What an evaluation found out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from submission_builder.base.errors import SubpackError
    from submission_builder.scores.challenge_score import ChallengeScore
    from submission_builder.workflows.evaluate.cost import RunCost
    from submission_builder.workflows.evaluate.invariance import InvarianceResult


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
        Name, digest and whether it is simulated; for a sample of it, ``sample``: how it was drawn, and of how many
        windows.
    challenges
        Scores by number of the challenge.
    overall
        The weighted, unrounded score; None unless every challenge has one.
    ideal
        nrmse of the ideal observer by number of the challenge, for a simulated release.
    isolation
        Level of isolation that the replay had.
    batch
        Windows that were asked together, by number of the challenge.
    probe, rehearsal
        A sample asked in other ways, and in other precisions; empty unless it was asked for.
    caveats
        What keeps this score from being the server's.
    cost
        What the run cost, and what others would.
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
    batch: dict[int, int] = field(default_factory=dict)
    probe: tuple[InvarianceResult, ...] = ()
    rehearsal: tuple[InvarianceResult, ...] = ()
    caveats: list[str] = field(default_factory=list)
    cost: RunCost | None = None
    run: dict[str, Any] = field(default_factory=dict)
