"""From the recordings of a release to the windows of a challenge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.base.errors import ReleaseError, WindowError
from submission_builder.protocol.challenges import N_CHANS, SFREQ, ChallengeSpec
from submission_builder.protocol.trials import trial_table
from submission_builder.protocol.windows import WindowTable, crop_windows, stimulus_windows
from submission_builder.releases.bdf import BdfHeader, read_header

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from submission_builder.releases.folder import Recording, Release

    Cut = tuple[NDArray[np.int64], NDArray[np.float32]]


@dataclass(frozen=True, order=True)
class LeftOut:
    """A recording that cannot be used, and why."""

    recording: str
    reason: str

    def __str__(self) -> str:
        return f"{self.recording}: {self.reason}"


@dataclass(frozen=True)
class Recordings:
    """The readable recordings of a task, in order, with their lengths.

    Attributes
    ----------
    items
        The recordings; a window table's ``recording`` indexes them.
    n_samples
        Length of each.
    left_out
        What could not be used, sorted.
    """

    items: tuple[Recording, ...]
    n_samples: tuple[int, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the recordings, in order."""
        return tuple(recording.name for recording in self.items)

    def raise_if_left_out(self) -> None:
        """Refuse to go on where the server would stop.

        Raises
        ------
        ReleaseError
            If a recording was left out; all of them are named.
        """
        raise_for(self.left_out)


def raise_for(left_out: Sequence[LeftOut]) -> None:
    """Raise one error that names every recording left out, if there is any."""
    if left_out:
        lines = "\n  ".join(str(item) for item in sorted(left_out))
        raise ReleaseError(f"{len(left_out)} recording(s) cannot be replayed, and the server uses all:\n  {lines}")


def survey(recordings: Sequence[Recording]) -> Recordings:
    """Read the headers and set aside the recordings that do not fit the challenge.

    Parameters
    ----------
    recordings
        Recordings of one task, in order.
    """
    items, lengths, left_out = [], [], []
    for recording in recordings:
        n_samples = _length(recording)
        if isinstance(n_samples, str):
            left_out.append(LeftOut(recording.name, n_samples))
        else:
            items.append(recording)
            lengths.append(n_samples)
    return Recordings(tuple(items), tuple(lengths), tuple(sorted(left_out)))


def _length(recording: Recording) -> int | str:
    """Length in samples, or the reason why the recording does not fit."""
    try:
        header = read_header(recording.bdf)
        n_bytes = recording.bdf.stat().st_size
    except ValueError as error:
        return str(error)
    except FileNotFoundError:
        return "its events are there, the BDF is not"
    except OSError as error:
        return f"the BDF cannot be opened: {error.strerror}"
    return _misfit(header, n_bytes) or header.n_samples


def _misfit(header: BdfHeader, n_bytes: int) -> str | None:
    """Why a recording is none of the challenge's; None where it fits."""
    if n_bytes < header.n_bytes:
        return f"the BDF is truncated: {n_bytes:,} bytes of the {header.n_bytes:,} that its header promises"
    if len(header.labels) != N_CHANS:
        return f"{len(header.labels)} channels, the challenge has {N_CHANS} (E1…E128, Cz)"
    if header.sfreq != SFREQ:
        return f"sampled at {header.sfreq:g} Hz, the challenge at {SFREQ} Hz"
    return None


def cut_windows(
    release: Release, spec: ChallengeSpec, recordings: Recordings
) -> tuple[WindowTable, tuple[LeftOut, ...]]:
    """Make the window table of a challenge.

    Parameters
    ----------
    release
        Where factor scores are looked up.
    spec
        The challenge.
    recordings
        What :func:`survey` found.

    Returns
    -------
    table
        The windows, recording by recording; none from recordings without a target.
    left_out
        Recordings whose events are missing or whose last window does not fit, sorted.
    """
    factor = None if spec.locked_to_stimulus else release.factor(spec.target)
    index: list[NDArray[np.int64]] = []
    start: list[NDArray[np.int64]] = []
    target: list[NDArray[np.float32]] = []
    subject: list[str] = []
    left_out = []
    for i, (recording, n_samples) in enumerate(zip(recordings.items, recordings.n_samples, strict=True)):
        try:
            starts, targets = _cut(recording, n_samples, spec, factor)
        except (ReleaseError, WindowError) as error:
            left_out.append(LeftOut(recording.name, str(error)))
            continue
        index.append(np.full(len(starts), i, np.int64))
        start.append(starts)
        target.append(targets)
        subject += [recording.subject] * len(starts)
    table = WindowTable(
        challenge=spec.number,
        recording=np.concatenate([*index, np.empty(0, np.int64)]),
        start=np.concatenate([*start, np.empty(0, np.int64)]),
        target=np.concatenate([*target, np.empty(0, np.float32)]),
        subject=np.array(subject, dtype=np.str_),
    )
    return table, tuple(sorted(left_out))


def _cut(recording: Recording, n_samples: int, spec: ChallengeSpec, factor: dict[str, float] | None) -> Cut:
    if factor is None:
        return stimulus_windows(trial_table(*recording.events()), n_samples, spec)
    if recording.subject not in factor:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    starts = crop_windows(n_samples, spec)
    return starts, np.full(len(starts), factor[recording.subject], np.float32)
