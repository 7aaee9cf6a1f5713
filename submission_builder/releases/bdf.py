"""Reads the header of a BDF file without decoding any sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_FIXED_BYTES = 256
_BYTES_PER_SIGNAL = 256
_BYTES_PER_SAMPLE = 3
_ANNOTATIONS = "BDF Annotations"


@dataclass(frozen=True)
class BdfHeader:
    """Size of a recording, as its header states it."""

    labels: tuple[str, ...]
    """Names of the signals, without annotation signals."""
    n_samples: int
    """Samples of each signal."""
    sfreq: float
    """Sampling frequency in Hz."""
    n_bytes: int
    """Size of the complete file."""


def read_header(path: Path) -> BdfHeader:
    """Read the header of a BDF file.

    Raises
    ------
    ValueError
        If the file does not begin with a complete BDF header of a finished recording.
    """
    with path.open("rb") as file:
        fixed = file.read(_FIXED_BYTES)
        if len(fixed) < _FIXED_BYTES or fixed[:8] != b"\xffBIOSEMI":
            raise ValueError("the file does not begin with a BDF header")
        n_signals = int(_positive(fixed[252:256], "number of signals"))
        signals = file.read(n_signals * _BYTES_PER_SIGNAL)
        if len(signals) < n_signals * _BYTES_PER_SIGNAL:
            raise ValueError("the file ends inside its BDF header")

    labels = [signals[16 * i : 16 * (i + 1)].decode("latin-1").strip() for i in range(n_signals)]
    sizes = signals[216 * n_signals : 224 * n_signals]
    per_record = [int(_positive(sizes[8 * i : 8 * (i + 1)], "samples per record")) for i in range(n_signals)]
    n_records = int(_positive(fixed[236:244], "number of records"))
    record_s = _positive(fixed[244:252], "duration of a record")

    channels = [i for i, label in enumerate(labels) if label != _ANNOTATIONS]
    samples_per_record = max((per_record[i] for i in channels), default=0)
    header_bytes = _FIXED_BYTES + n_signals * _BYTES_PER_SIGNAL
    return BdfHeader(
        labels=tuple(labels[i] for i in channels),
        n_samples=n_records * samples_per_record,
        sfreq=samples_per_record / record_s,
        n_bytes=header_bytes + n_records * sum(per_record) * _BYTES_PER_SAMPLE,
    )


def _positive(field: bytes, name: str) -> float:
    """Parse a positive number; the header of an unfinished recording states -1 records."""
    try:
        number = float(field)
    except ValueError:
        number = 0.0
    if not 0 < number < 10 ** len(field):  # also an exponent takes no more
        raise ValueError(f"the BDF header gives {field.decode('latin-1').strip()!r} as its {name}")
    return number
