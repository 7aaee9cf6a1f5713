"""Check a submission zip: the one place where the catalogue and a run of the zip meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from submission_builder.base.errors import DeviceError, SubmissionError
from submission_builder.checks.catalogue import CHECKS
from submission_builder.checks.runner import check_zip
from submission_builder.checks.trace import Behaviour, Trace
from submission_builder.harness.package import open_package
from submission_builder.harness.runtime import Runtime
from submission_builder.harness.session import Session, open_session
from submission_builder.protocol.challenges import N_CHANS, N_TIMES, SFREQ
from submission_builder.protocol.golden import golden_windows
from submission_builder.sandbox.isolation import best_level
from submission_builder.sandbox.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from submission_builder.checks.check import Check
    from submission_builder.checks.runner import CheckReport
    from submission_builder.sandbox.isolation import Level

_N_WINDOWS = 8
_BATCH = 4
_SEED, _OTHER_SEED = 1, 2
_CHALLENGES = (1, 2)


def check_submission(
    path: Path,
    checks: Sequence[Check] = CHECKS,
    *,
    device: str = "cpu",
    limits: Limits | None = None,
    level: Level | None = None,
    interpreter: Path | None = None,
) -> CheckReport:
    """Make all checks on a zip, those that run it among them.

    Parameters
    ----------
    path
        The zip.
    checks
        Which to make; it is run if one of them needs it, and none of the others found an error.
    device
        Where it runs.
    limits
        What the run may use up.
    level
        How far it is kept apart; the most that this machine gives, without.
    interpreter
        The Python that runs it, such as a replica of the server's; ours without.

    Raises
    ------
    CheckError
        If there is no such file.
    DeviceError
        If the device cannot be used here.
    SandboxError
        If the level asked for cannot be had on this machine.
    """
    return check_zip(path, checks, lambda zip_: trace(zip_, device, limits, level or best_level(), interpreter))


def trace(path: Path, device: str, limits: Limits | None, level: Level, interpreter: Path | None = None) -> Trace:
    """Run a zip on synthetic windows and tell what it did, however it ended."""
    behaviour: dict[int, Behaviour] = {}
    network: tuple[str, ...] = ()
    try:
        package = open_package(path)
        runtime = Runtime(device, limits or Limits(), level, interpreter)
        with open_session(package, runtime) as session:
            for challenge in _CHALLENGES:
                behaviour[challenge] = _behaviour(session, challenge)
            network = session.report().network
    except SubmissionError as error:
        if error.outcome == "device_error":
            raise DeviceError(str(error), hint=error.hint) from error
        return Trace(device, level, behaviour, network, error.outcome, str(error).partition("\n")[0])
    return Trace(device, level, behaviour, network)


def _behaviour(session: Session, challenge: int) -> Behaviour:
    """Ask one challenge's model the same windows in several ways."""
    windows = synthetic_windows()
    session.load(challenge, _SEED)
    first = session.predict(windows, probe=True)
    backwards = session.predict(windows[::-1])
    session.load(challenge, _SEED)
    rebuilt = session.predict(windows)
    session.load(challenge, _OTHER_SEED)
    reseeded = session.predict(windows)
    session.load(challenge, _SEED)
    golden = session.predict(golden_windows())
    standardised, _ = _attempt(session, challenge, _standardised(windows))
    batched, batch_error = _attempt(session, challenge, windows, _BATCH)
    return Behaviour(
        predictions=tuple(first.values),
        in_reverse=tuple(backwards.values[::-1]),
        rebuilt=tuple(rebuilt.values),
        reseeded=tuple(reseeded.values),
        standardised=standardised,
        batched=batched,
        batch_error=batch_error,
        shapes=first.shapes,
        modified=bool(first.modified),
        drew=bool(first.drew),
        opened=session.report().opened.get(challenge, frozenset()),
        golden=tuple(golden.values),
    )


def _attempt(
    session: Session, challenge: int, windows: NDArray[np.float32], batch: int = 1
) -> tuple[tuple[float, ...] | None, str | None]:
    """Ask what the server never asks: that it raises is an prediction too."""
    session.load(challenge, _SEED)
    try:
        return tuple(session.predict(windows, batch).values), None
    except SubmissionError as error:
        return None, str(error).partition("\n")[0]


def synthetic_windows() -> NDArray[np.float32]:
    """Make windows as the server hands them out, at the scale of a recording but of no brain.

    Channels have an offset and a drifting background each, windows a rhythm of their own amplitude and frequency; Cz,
    the reference and last channel, is flat.

    Returns
    -------
    NDArray
        Shape ``(8, n_chans, n_times)``, volts.
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
    """Subtract each channel's mean and divide by its standard deviation, as training pipelines do."""
    centred = windows - windows.mean(axis=-1, keepdims=True)
    spread = windows.std(axis=-1, keepdims=True)
    standardised: NDArray[np.float32] = np.divide(centred, spread, out=np.zeros_like(windows), where=spread > 0)
    return standardised
