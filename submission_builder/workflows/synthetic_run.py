"""Run a submission on synthetic windows under several conditions: the trace that the checks of behaviour read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from submission_builder.base.errors import SubmissionError, SubpackError
from submission_builder.checks.trace import Behaviour, Trace
from submission_builder.harness.package import open_package
from submission_builder.harness.session import Session, open_session
from submission_builder.protocol.challenges import N_CHANS, N_TIMES, SFREQ
from submission_builder.protocol.golden import golden_windows
from submission_builder.sandbox.child_ended import ChildEnded
from submission_builder.workflows.another_version import of_another_version

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from submission_builder.harness.runtime import Runtime
    from submission_builder.server.environment import Environment

_N_WINDOWS = 8
_BATCH = 4
_SEED, _OTHER_SEED = 1, 2
_CHALLENGES = (1, 2)
_LONGEST_MESSAGE = 2000


def run_on_synthetic_windows(path: Path, runtime: Runtime) -> Trace:
    """Run a submission, and return its trace however the run ended."""
    behaviour: dict[int, Behaviour] = {}
    network: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    level: str | None = None
    environment: Environment | None = None
    outcome, message = "scored", ""
    try:
        with open_session(open_package(path), runtime) as session:
            level, environment = session.level, runtime.replica().environment
            for challenge in _CHALLENGES:
                behaviour[challenge] = _behaviour(session, challenge)
            report = session.report()
            network, written = report.network, report.written
    except SubmissionError as error:
        failure = of_another_version(error, path, runtime.replica().environment)
        outcome, message = failure.outcome, summary(failure)
    except SubpackError as error:  # of this machine: no isolation, no room to unpack the zip
        outcome, message = "machine_error", str(error)
    return Trace(runtime.device, level, behaviour, network, written, outcome, message, environment)


def _behaviour(session: Session, challenge: int) -> Behaviour:
    """Predict the same windows with one challenge's model under several conditions."""
    windows = synthetic_windows()
    session.load(challenge, _SEED)
    first = session.predict(windows, probe=True)
    in_reverse = session.predict(windows[::-1])
    session.load(challenge, _SEED)
    rebuilt = session.predict(windows)
    session.load(challenge, _OTHER_SEED)
    reseeded = session.predict(windows)
    session.load(challenge, _SEED)
    golden = session.predict(golden_windows())
    standardised, _ = _attempt(session, challenge, _standardised(windows))
    standardised_reseeded, _ = _attempt(session, challenge, _standardised(windows), seed=_OTHER_SEED)
    batched, batch_error = _attempt(session, challenge, windows, _BATCH)
    return Behaviour(
        predictions=tuple(first.values),
        in_reverse=tuple(in_reverse.values[::-1]),
        rebuilt=tuple(rebuilt.values),
        reseeded=tuple(reseeded.values),
        standardised=standardised,
        standardised_reseeded=standardised_reseeded,
        batched=batched,
        batch_error=batch_error,
        shapes=first.shapes,
        modified_input=bool(first.modified_input),
        used_rng=bool(first.used_rng),
        opened=session.report().opened.get(challenge, frozenset()),
        golden=tuple(golden.values),
    )


def _attempt(
    session: Session, challenge: int, windows: NDArray[np.float32], batch: int = 1, seed: int = _SEED
) -> tuple[tuple[float, ...] | None, str | None]:
    """Predict windows that the server never passes; return the predictions, or the error."""
    session.load(challenge, seed)
    try:
        return tuple(session.predict(windows, batch).values), None
    except SubmissionError as error:
        return None, summary(error)


def summary(error: SubmissionError) -> str:
    """Return a message for a finding: bounded, and with the hint.

    The message of an exception names its place and its causes, so the last lines of the output add nothing to it. If
    the process ended, they are all that is known. A long text is cut in its middle: the fault stands at its beginning,
    and often its cause at its end.
    """
    ended = error.outcome == "exited" or isinstance(error.__cause__, ChildEnded)
    text = str(error) if ended else error.fact
    if len(text) > _LONGEST_MESSAGE:
        text = f"{text[: _LONGEST_MESSAGE // 2]} […] {text[-_LONGEST_MESSAGE // 2 :]}"
    return f"{text}\n  {error.hint}" if error.hint else text


def synthetic_windows() -> NDArray[np.float32]:
    """Make windows at the scale of a recording.

    Each channel has an offset and a drifting background, and each window a rhythm with its own amplitude and frequency.
    The last channel, the reference Cz, is flat.

    Returns
    -------
    NDArray
        Windows in volts.

    Shape
    -----
    Output: ``(8, n_chans, n_times)``
    """
    rng = np.random.default_rng(2025)
    time = np.arange(N_TIMES) / SFREQ
    windows = np.zeros((_N_WINDOWS, N_CHANS, N_TIMES))
    phase, offset = rng.uniform(0, 1, (N_CHANS - 1, 1)), rng.uniform(-20, 20, (N_CHANS - 1, 1))
    for i in range(_N_WINDOWS):
        drift = np.cumsum(rng.normal(0, 1, (N_CHANS - 1, N_TIMES)), axis=1)
        rhythm = rng.uniform(2, 30) * np.sin(2 * np.pi * (rng.uniform(4, 20) * time + phase))
        windows[i, :-1] = offset + drift + rhythm
    return (windows * 1e-6).astype(np.float32)


def _standardised(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Standardise each channel of each window, as training pipelines do."""
    centred = windows - windows.mean(axis=-1, keepdims=True)
    std = windows.std(axis=-1, keepdims=True)
    standardised: NDArray[np.float32] = np.divide(centred, std, out=np.zeros_like(windows), where=std > 0)
    return standardised
