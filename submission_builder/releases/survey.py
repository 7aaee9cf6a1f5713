"""Reads the header of every recording and finds those that the challenge cannot use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from submission_builder.base.errors import ReleaseError
from submission_builder.base.placeholder import find_placeholder
from submission_builder.protocol.challenges import N_CHANS, SFREQ
from submission_builder.releases.bdf import BdfHeader, read_header
from submission_builder.releases.placeholders import download_hint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from submission_builder.releases.recording import Recording

_RENAME = "rename each _eeg.BDF to _eeg.bdf"
_RESUME = "subpack fetch resumes the download"


@dataclass(frozen=True, order=True)
class LeftOut:
    """A recording that cannot be used."""

    recording: str
    """Name of the recording."""
    reason: str
    """The reason, as a clause without a period."""
    hint: str | None = field(default=None, compare=False)
    """A command or change that fixes it; None if none is certain."""
    kind: str = field(default="unusable", compare=False)
    """Short name of the reason, such as ``truncated``."""

    def __str__(self) -> str:
        return f"{self.recording}: {self.reason}"


@dataclass(frozen=True)
class Survey:
    """The recordings of a task, divided into usable and left-out ones."""

    recordings: tuple[Recording, ...]
    """The usable recordings in order. The ``recording`` of a window table is an index into them."""
    n_samples: tuple[int, ...]
    """Length of each usable recording."""
    left_out: tuple[LeftOut, ...]
    """The other recordings, sorted."""

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each usable recording."""
        return tuple(recording.name for recording in self.recordings)


def raise_if_left_out(left_out: Sequence[LeftOut]) -> None:
    """Raise one error that names every recording left out, because the server uses all recordings.

    Raises
    ------
    ReleaseError
        If there is any.
    """
    if left_out:
        lines = "\n  ".join(map(str, sorted(left_out)))
        hints = dict.fromkeys(item.hint for item in sorted(left_out) if item.hint)
        raise ReleaseError(
            f"{len(left_out)} recording(s) cannot be used, and the server uses all recordings:\n  {lines}",
            hint="; ".join(hints) or None,
        )


def survey(recordings: Sequence[Recording]) -> Survey:
    """Read the headers of the recordings of one task, in order."""
    usable, n_samples, left_out = [], [], []
    for recording in recordings:
        length = _length(recording)
        if isinstance(length, LeftOut):
            left_out.append(length)
        else:
            usable.append(recording)
            n_samples.append(length)
    return Survey(tuple(usable), tuple(n_samples), tuple(sorted(left_out)))


def _length(recording: Recording) -> int | LeftOut:
    """Return the length in samples, or why the recording cannot be used."""
    placeholder = find_placeholder(recording.bdf)
    if placeholder:
        return LeftOut(recording.name, f"the BDF {placeholder.fact}", download_hint(placeholder), "not_downloaded")
    try:
        header = read_header(recording.bdf)
        n_bytes = recording.bdf.stat().st_size
    except FileNotFoundError:
        return _without_bdf(recording)
    except ValueError as error:
        return LeftOut(recording.name, str(error), kind="no_header")
    except OSError as error:
        return LeftOut(recording.name, f"the BDF cannot be opened: {error.strerror}", kind="not_readable")
    mismatch = _mismatch(header, n_bytes)
    if mismatch:
        kind, reason = mismatch
        return LeftOut(recording.name, reason, kind=kind)
    return header.n_samples


def _without_bdf(recording: Recording) -> LeftOut:
    """Describe a recording without ``_eeg.bdf``, and a file of the signals under another suffix."""
    others = [path for path in _signals(recording) if path.name != recording.bdf.name]
    for path in others:
        if path.name.lower() == recording.bdf.name.lower():
            reason = (
                f"the signals are in {path.name}, and the official pipeline (eegdash) opens only {recording.bdf.name}"
            )
            return LeftOut(recording.name, reason, _RENAME, "other_suffix")
    parts = [path.name for path in others if path.suffix == ".part"]
    if parts:
        return LeftOut(recording.name, f"the download of the BDF is not finished ({parts[0]})", _RESUME, "unfinished")
    if others:
        names = ", ".join(path.name for path in others)
        reason = f"the signals are in {names}; the challenge's releases have {recording.bdf.name}"
        return LeftOut(recording.name, reason, kind="other_format")
    return LeftOut(recording.name, "the events are present, but the BDF is missing", kind="missing")


def _signals(recording: Recording) -> list[Path]:
    """Files whose names differ from the BDF's in the suffix alone."""
    stem = recording.bdf.name.removesuffix(".bdf")
    return sorted(path for path in recording.bdf.parent.glob(f"{stem}.*") if path.suffix != ".json")


def _mismatch(header: BdfHeader, n_bytes: int) -> tuple[str, str] | None:
    """Return why a recording does not fit the challenge, as kind and reason; None if it fits."""
    if n_bytes < header.n_bytes:
        reason = f"the BDF is truncated: it has {n_bytes:,} bytes of the {header.n_bytes:,} that its header states"
        return "truncated", reason
    if len(header.labels) != N_CHANS:
        reason = f"the BDF has {len(header.labels)} channels, the challenge has {N_CHANS} (E1…E128, Cz)"
        return "wrong_channels", reason
    if header.sfreq != SFREQ:
        return "wrong_rate", f"the BDF is sampled at {header.sfreq:g} Hz, the challenge at {SFREQ} Hz"
    return None
