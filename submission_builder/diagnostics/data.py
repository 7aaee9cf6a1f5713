"""Diagnoses from labels and signals, before any training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from submission_builder.diagnostics.diagnosis import Diagnosis, DiagnosisKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from submission_builder.protocol.windows import WindowTable

_PLAUSIBLE_STD_V = (1e-7, 1e-3)
"""Plausible standard deviations of scalp EEG in V. Typical is 1e-5 V; values in µV or kV lie far outside."""

_UNITS = {"mV": 1e-3, "µV": 1e-6}


def label_diagnoses(tables: Iterable[tuple[str, WindowTable]]) -> list[Diagnosis]:
    """Find releases whose windows all have the same target although they come from several subjects.

    Parameters
    ----------
    tables
        Name and windows of each release.
    """
    equal = [(name, table) for name, table in tables if table.n_subjects > 1 and np.ptp(table.target) == 0]
    values = {float(table.target[0]) for _, table in equal}
    kind = DiagnosisKind.ONE_LABEL_PER_RELEASE if len(values) > 1 else DiagnosisKind.CONSTANT_LABELS
    return [
        Diagnosis(
            kind,
            name,
            f"{kind}: all {len(table):,} windows of {table.n_subjects:,} subjects have the target {table.target[0]:g}",
        )
        for name, table in equal
    ]


def signal_diagnoses(name: str, windows: NDArray[np.float32]) -> list[Diagnosis]:
    """Check that signals are finite and have the amplitude of scalp EEG in volts.

    Parameters
    ----------
    name
        Name of the release.
    windows
        A sample of its windows.

    Shape
    -----
    windows: ``(n_windows, n_chans, n_times)``, volts
    """
    finite = np.isfinite(windows).all(axis=(1, 2))
    if not finite.all():
        kind, n_bad = DiagnosisKind.NOT_FINITE, int((~finite).sum())
        message = f"{kind}: {n_bad:,} of {len(windows):,} sampled windows contain values that are NaN or infinite"
        return [Diagnosis(kind, name, message)]
    std = float(np.median(windows.std(axis=2, dtype=np.float64)))
    low, high = _PLAUSIBLE_STD_V
    if low <= std <= high:
        return []
    kind = DiagnosisKind.UNIT_MISMATCH
    message = f"{kind}: the median channel has a standard deviation of {std:.3g} V, scalp EEG has {low:g} to {high:g} V"
    units = [unit for unit, volts in _UNITS.items() if low <= std * volts <= high]
    message += f"; the values may be in {' or '.join(units)}" if units else ""
    return [Diagnosis(kind, name, message)]
