"""What can be seen in labels and signals before any training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from submission_builder.diagnostics.diagnosis import Diagnosis, DiagnosisKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from submission_builder.protocol.windows import WindowTable

_VOLTS = (1e-7, 1e-3)
"""Scalp EEG spreads by about 1e-5 V; in µV or in kV it lies far outside of this."""

_UNITS = {"mV": 1e-3, "µV": 1e-6}


def label_diagnoses(tables: Iterable[tuple[str, WindowTable]]) -> list[Diagnosis]:
    """Name releases whose windows all have one target, though they are of several subjects.

    Parameters
    ----------
    tables
        Name and windows of each release.
    """
    equal = [(name, table) for name, table in tables if table.n_subjects > 1 and np.ptp(table.target) == 0]
    values = {float(table.target[0]) for _, table in equal}
    word = DiagnosisKind.ONE_LABEL_PER_RELEASE if len(values) > 1 else DiagnosisKind.CONSTANT_LABELS
    return [
        Diagnosis(
            word,
            name,
            f"{word}: all {len(table):,} windows of {table.n_subjects:,} subjects have the target {table.target[0]:g}",
        )
        for name, table in equal
    ]


def signal_diagnoses(name: str, windows: NDArray[np.float32]) -> list[Diagnosis]:
    """Hold the size of signals against that of scalp EEG in volts.

    Parameters
    ----------
    name
        The release.
    windows
        A sample of its windows.

    Shape
    -----
    windows: ``(n_windows, n_chans, n_times)``, volts
    """
    finite = np.isfinite(windows).all(axis=(1, 2))
    if not finite.all():
        n_bad = int((~finite).sum())
        return [
            Diagnosis(
                DiagnosisKind.NOT_FINITE,
                name,
                f"{n_bad:,} of {len(windows):,} windows looked at are {DiagnosisKind.NOT_FINITE}",
            )
        ]
    spread = float(np.median(windows.std(axis=2, dtype=np.float64)))
    low, high = _VOLTS
    if low <= spread <= high:
        return []
    said = f"the median channel has a standard deviation of {spread:.3g}; scalp EEG in volts has {low:g} to {high:g}"
    fitting = [unit for unit, volts in _UNITS.items() if low <= spread * volts <= high]
    said += f", so this may be in {' or '.join(fitting)}" if fitting else ""
    return [Diagnosis(DiagnosisKind.UNIT_MISMATCH, name, f"{DiagnosisKind.UNIT_MISMATCH}: {said}")]
