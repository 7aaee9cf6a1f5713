"""The order of the windows, the dataset and augmentation; splits are in test_splits.py."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model_zoo.training.augmentation import add_noise, augment, cut_and_mix, drop_channels, mix
from model_zoo.training.config import TrainConfig
from model_zoo.training.dataset import WindowDataset
from model_zoo.training.order import Batch, OrderedBatches, ShuffledBatches, block_order
from model_zoo.training.preview import preview
from submission_builder.base.errors import ConfigError
from submission_builder.protocol.windows import WindowTable


def table_of(subjects, challenge=1):
    n = len(subjects)
    target = np.linspace(0.6, 2, n, dtype=np.float32)
    return WindowTable(challenge, np.zeros(n, np.int64), 10 * np.arange(n), target, np.array(list(subjects)))


class Ramp:
    """A recording whose samples are their own numbers."""

    def n_samples(self, recording):
        return 1000

    def window(self, recording, start):
        assert 0 <= start <= 800
        return np.broadcast_to(np.arange(start, start + 200, dtype=np.float32), (129, 200)).copy()


@given(st.lists(st.integers(0, 99), min_size=2, max_size=300), st.integers(1, 3), st.integers(0, 3))
def test_order_property_processes_divide_each_epoch_and_no_window_repeats(recordings, n_processes, epoch):
    recording, size = np.array(recordings), 4 * n_processes
    samplers = [ShuffledBatches(recording, size, 7, rank=rank, n_processes=n_processes) for rank in range(n_processes)]
    for sampler in samplers:
        sampler.set_epoch(epoch)
    batches = [[batch.rows.tolist() for batch in sampler] for sampler in samplers]
    assert [len(mine) for mine in batches] == [len(sampler) for sampler in samplers]
    for parts in zip(*batches, strict=True):
        assert len({len(part) for part in parts}) == 1
        assert len(parts[0]) >= 2
    seen = list(itertools.chain(*itertools.chain(*batches)))
    assert len(seen) == len(set(seen)) > len(recording) - 2 * n_processes - 1


def test_the_order_differs_between_epochs_and_depends_only_on_the_number_of_the_epoch():
    batches = ShuffledBatches(np.arange(100) // 3, 10, 0)
    first = np.concatenate([batch.rows for batch in batches])
    batches.set_epoch(1)
    assert not np.array_equal(first, np.concatenate([batch.rows for batch in batches]))
    batches.set_epoch(0)
    np.testing.assert_array_equal(first, np.concatenate([batch.rows for batch in batches]))


def test_windows_are_shuffled_within_blocks_of_32_recordings():
    recording = np.arange(1000) // 10
    order = recording[block_order(recording, np.random.default_rng(0))].reshape(-1, 10)
    blocks = [set(order[i : i + 32].ravel().tolist()) for i in range(0, 96, 32)]
    assert [len(block) for block in blocks] == [32, 32, 32]
    assert not blocks[0] & blocks[1]
    assert len(set(order[0].tolist())) > 5


def test_processes_predict_every_window_once():
    parts = [[batch.rows for batch in OrderedBatches(np.arange(10), 3, rank=i, n_processes=2)] for i in (0, 1)]
    assert sorted(np.concatenate([*parts[0], *parts[1]])) == list(range(10))


def test_a_time_shift_moves_the_window_and_the_response_time():
    table = table_of("abc" * 20)
    rows, shift = np.array([0, 30, 59]), np.array([-5, 20, 30])
    X, target = WindowDataset(table, Ramp())[Batch(rows, shift)]
    assert X[:, 0, 0].tolist() == [0, 320, 620]
    moved = np.array([0, 0.2, 0.3], np.float32)
    np.testing.assert_allclose(target[:, 0], table.target[rows] - moved, rtol=1e-6)


def test_a_time_shift_does_not_change_a_factor_score():
    table = table_of("abc" * 20, challenge=2)
    _, target = WindowDataset(table, Ramp())[Batch(np.array([30]), np.array([20]))]
    assert target.item() == table.target[30]


def test_a_dropped_channel_is_exactly_zero():
    """A net that standardises its input would scale a channel times 1e-4 back to full amplitude."""
    X = drop_channels(torch.full((64, 129, 200), 1e-5), 0.5, np.random.default_rng(0))
    assert set(X.unique().tolist()) == {0.0, np.float32(1e-5)}
    assert (X == 0).all(-1).float().mean().item() == pytest.approx(0.5, abs=0.02)


def test_noise_is_relative_to_each_channels_standard_deviation():
    scale = torch.tensor([1e-6, 1e-4])[:, None]
    X = scale * torch.randn(4, 2, 5000, generator=torch.Generator().manual_seed(0))
    noise = (add_noise(X, 0.5, np.random.default_rng(0)) - X) / scale
    assert noise.std(dim=-1).flatten().tolist() == pytest.approx([0.5] * 8, rel=0.05)


@pytest.mark.parametrize(
    "augmentation",
    [lambda *x: mix(*x, 1.0, np.random.default_rng(3)), lambda *x: cut_and_mix(*x, 1.0, np.random.default_rng(3))],
)
def test_targets_are_mixed_with_the_weights_of_their_windows(augmentation):
    """All samples of a window are its target, so the mean of a mixed window is the mixed target."""
    target = torch.linspace(0.5, 2.5, 16)[:, None]
    X, mixed_target = augmentation(target[:, None].expand(16, 129, 200), target)
    torch.testing.assert_close(X.mean(dim=(1, 2)), mixed_target[:, 0], rtol=1e-5, atol=1e-6)
    assert not torch.equal(mixed_target, target)


def test_the_default_config_has_no_augmentation():
    X, target = torch.randn(4, 129, 200), torch.randn(4, 1)
    same = augment(X, target, TrainConfig(), np.random.default_rng(0))
    assert same[0] is X
    assert same[1] is target


def test_a_preview_has_each_augmentation_alone_and_all_together():
    config = TrainConfig(noise=0.1, time_shift_s=0.1)
    shown = preview(table_of("abc" * 20), Ramp(), config)
    assert [item.title for item in shown] == ["as recorded", "time_shift_s = 0.1", "noise = 0.1", "all together"]
    recorded, shifted, noisy, both = (item.windows for item in shown)
    assert np.ptp(np.diff(shifted)) == np.ptp(np.diff(recorded)) == 0
    assert np.abs(shifted - recorded).max() <= 10
    assert np.ptp(np.diff(noisy)) > 0
    assert np.ptp(np.diff(both)) > 0
    with pytest.raises(ConfigError, match="no augmentation to preview; set one of time_shift_s, channel_dropout"):
        preview(table_of("abc"), Ramp(), TrainConfig())


def test_a_limited_epoch_has_other_windows_each_time_from_few_recordings():
    recording = np.repeat(np.arange(200), 10)
    batches = ShuffledBatches(recording, 64, 3, n_windows=300)
    assert len(batches) == 5
    epochs = []
    for epoch in range(2):
        batches.set_epoch(epoch)
        epochs.append(np.concatenate([batch.rows for batch in batches]))
        assert len(epochs[-1]) == len(set(epochs[-1])) == 300
        assert len(set(recording[epochs[-1]])) <= 32, "one block of recordings holds 320 windows"
    assert set(epochs[0]) != set(epochs[1])


def test_the_limit_of_an_epoch_may_exceed_the_number_of_windows():
    assert len(ShuffledBatches(np.arange(100), 10, 0, n_windows=1000)) == 10
