"""The golden windows and the tolerance of golden predictions."""

import hashlib

import numpy as np
import torch

from submission_builder.protocol.golden import N_WINDOWS, VOLTS_PER_COUNT, counts, golden_windows, predictions_match


def test_python_numpy_and_torch_compute_the_same_bits():
    n = N_WINDOWS * 129 * 200
    ours = golden_windows()
    plain = [counts(i) for i in range(n)]
    assert (np.array(plain) * VOLTS_PER_COUNT).astype(np.float32).tobytes() == ours.tobytes()
    tensor = (counts(torch.arange(n)) * VOLTS_PER_COUNT).float()
    assert tensor.numpy().tobytes() == ours.tobytes()


def test_the_windows_never_change_under_their_name():
    """Manifests store predictions of these windows."""
    digest = hashlib.sha256(golden_windows().astype("<f4").tobytes()).hexdigest()
    assert digest == "15532a1bb4a11a686a47b35e2aea74de7394da792fabeedbfeaedab0767cf1f5"


def test_every_count_is_exact_in_float32():
    index = np.arange(N_WINDOWS * 129 * 200)
    assert np.array_equal(golden_windows().ravel().astype(np.float64), counts(index) * VOLTS_PER_COUNT)


def test_the_windows_resemble_eeg_in_volts():
    """The spread is about 1e-5, no two channels or windows are equal, and the reference is flat."""
    windows = golden_windows()
    assert windows.shape == (N_WINDOWS, 129, 200)
    assert windows.dtype == np.float32
    assert not windows[:, 128].any()
    assert len(np.unique(windows[:, :128].reshape(-1, 200), axis=0)) == N_WINDOWS * 128
    spread = windows[:, :128].std(axis=-1)
    assert ((spread > 2e-6) & (spread < 1e-4)).all()
    assert np.abs(windows[:, :128].mean(axis=-1)).max() < 5e-6


def test_each_window_has_a_rhythm_of_its_own():
    """The strongest frequencies are 10, 4.5, 3 and 2 Hz on the grid of 0.5 Hz."""
    spectrum = np.abs(np.fft.rfft(golden_windows()[:, :128], axis=-1)).mean(axis=1)
    assert [float(0.5 * (1 + line[1:].argmax())) for line in spectrum] == [10.0, 4.5, 3.0, 2.0]


def test_predictions_match_within_a_part_in_a_hundred_thousand():
    """The tolerance is absolute below 1 and relative above; NaN matches nothing."""
    assert predictions_match(1.6, 1.6 + 1.5e-5)
    assert predictions_match(0.0, 0.9e-5)
    assert not predictions_match(0.0, 1.1e-5)
    assert not predictions_match(float("nan"), 1.0)
