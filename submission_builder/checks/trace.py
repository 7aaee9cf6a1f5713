"""What a submission did when it was run: what the checks of behaviour look at."""

from __future__ import annotations

from dataclasses import dataclass

_SAME = 1e-6


@dataclass(frozen=True)
class Behaviour:
    """How the model of one challenge predicted the same synthetic windows, in volts, asked in several ways.

    Attributes
    ----------
    predictions
        One window at a time, in order, as the server asks.
    again
        The same model, asked once more from the last window to the first; put back into order.
    rebuilt
        The submission built anew under the same seed, and asked as at first.
    reseeded
        The same under another seed.
    standardised
        Windows of mean 0 and standard deviation 1 for each channel, as training pipelines make them; None where forward
        raised.
    batched
        Four windows at a time; None where forward raised, and then `batch_error` says what.
    batch_error
        Why there are no batched predictions.
    shapes
        Shapes of the predictions to one window, each once.
    modified
        Whether forward changed the window.
    drew
        Whether forward moved torch's global random generator.
    opened
        Files of the zip that were opened since the model of the challenge before, this one's loading included.
    golden
        Predictions to the golden question of :mod:`submission_builder.protocol.golden`.
    """

    predictions: tuple[float, ...]
    again: tuple[float, ...]
    rebuilt: tuple[float, ...]
    reseeded: tuple[float, ...]
    standardised: tuple[float, ...] | None
    batched: tuple[float, ...] | None
    batch_error: str | None
    shapes: tuple[tuple[int, ...], ...]
    modified: bool
    drew: bool
    opened: frozenset[str]
    golden: tuple[float, ...]


@dataclass(frozen=True)
class Trace:
    """A run of a submission.

    Attributes
    ----------
    device
        Where it ran, as ``torch.device`` takes it.
    isolation
        How far it was kept apart.
    behaviour
        By challenge, as far as the run came.
    network
        Places that it reached for.
    outcome
        How it ended, a word of the sandbox's vocabulary; ``scored`` where everything was predicted.
    message
        What is said of an end that is not good.
    """

    device: str
    isolation: str
    behaviour: dict[int, Behaviour]
    network: tuple[str, ...]
    outcome: str = "scored"
    message: str = ""


def difference(a: tuple[float, ...], b: tuple[float, ...], tolerance: float = _SAME) -> float:
    """Find the largest difference of two rows of predictions; 0 where each is rounding, as the tolerance says."""
    apart = (abs(x - y) for x, y in zip(a, b, strict=True) if abs(x - y) > tolerance * max(1.0, abs(x)))
    return max(apart, default=0.0)
