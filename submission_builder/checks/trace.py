"""The record of a run on synthetic windows, which the checks of behaviour read."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import pstdev
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from submission_builder.server.environment import Environment

_ROUNDING = 1e-6
_EPSILON = 2.0**-23
"""Distance from 1 to the next float32."""


@dataclass(frozen=True)
class Behaviour:
    """Predictions of one challenge's model for the same synthetic windows, in volts, under several conditions.

    Shape
    -----
    All predictions: ``(n_windows,)``; those of `golden`: one for each golden window.
    """

    predictions: tuple[float, ...]
    """One window at a time and in order, as on the server."""
    in_reverse: tuple[float, ...]
    """The same model again, from the last window to the first; stored in order."""
    rebuilt: tuple[float, ...]
    """The submission built again under the same seed."""
    reseeded: tuple[float, ...]
    """The submission built again under another seed."""
    standardised: tuple[float, ...] | None
    """For windows of mean 0 and standard deviation 1 in each channel; None if forward raised."""
    standardised_reseeded: tuple[float, ...] | None
    """For the same windows, by the submission built under another seed; None if forward raised."""
    batched: tuple[float, ...] | None
    """In batches of four windows; None if forward raised."""
    batch_error: str | None
    """Why there are no batched predictions."""
    shapes: tuple[tuple[int, ...], ...]
    """Shapes of the predictions for one window, each once."""
    modified_input: bool
    """Whether forward changed its input."""
    used_rng: bool
    """Whether forward used torch's global random generator."""
    opened: frozenset[str]
    """Files of the zip that were opened for this challenge, from the loading of its model on."""
    golden: tuple[float, ...]
    """For the golden windows of :mod:`submission_builder.protocol.golden`."""


@dataclass(frozen=True)
class Trace:
    """A run of a submission on synthetic windows."""

    device: str
    """Device of the model, as ``torch.device`` takes it."""
    isolation: str | None
    """Isolation level of the run; None if the submission's process was not started."""
    behaviour: dict[int, Behaviour]
    """By number of the challenge, for those that the run completed."""
    network: tuple[str, ...]
    """Hosts that the submission tried to reach."""
    written: tuple[str, ...] = ()
    """Files in the folder of the submission that it opened for writing."""
    outcome: str = "scored"
    """How the run ended: a word of :data:`submission_builder.sandbox.outcomes.OUTCOMES`."""
    message: str = ""
    """Why the run ended early."""
    ran: Environment | None = None
    """Python and packages of the run; None if the submission's process was not started."""

    @property
    def opened(self) -> frozenset[str]:
        """Files of the zip that were opened for any challenge."""
        return frozenset[str]().union(*(seen.opened for seen in self.behaviour.values()))


def difference(
    a: tuple[float, ...], b: tuple[float, ...], tolerance: float = _ROUNDING, share: float = 1e-3, n_steps: int = 4
) -> float:
    """Return the largest difference between two rows of predictions; 0 if all differences are rounding.

    A difference counts if it exceeds `tolerance`. It also counts if it exceeds a share of the predictions' spread: a
    net whose first layer receives raw volts may predict 1e-7 for every window, far below any absolute tolerance.

    Parameters
    ----------
    a, b
        Predictions for the same windows.
    tolerance
        Tolerance relative to ``max(1, |a|)``.
    share
        Share of the standard deviation of `a` over the windows.
    n_steps
        Rounding of the computation, in steps of float32 at the size of a prediction; smaller differences do not count.
    """
    spread = share * pstdev(a)

    def limit(x: float) -> float:
        return min(tolerance * max(1.0, abs(x)), max(spread, n_steps * _EPSILON * abs(x)))

    return max((abs(x - y) for x, y in zip(a, b, strict=True) if abs(x - y) > limit(x)), default=0.0)
