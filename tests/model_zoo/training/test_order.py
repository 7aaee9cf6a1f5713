"""Splits, the order of windows, and what augmentation does to them."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold

from model_zoo.training.augmentation import add_noise, augment, cut_and_mix, drop_channels, mix
from model_zoo.training.config import TrainConfig
from model_zoo.training.dataset import WindowDataset
from model_zoo.training.order import Batch, OrderedBatches, ShuffledBatches, block_order
from model_zoo.training.preview import preview
from model_zoo.training.splits import fold_subjects
from submission_builder.base.errors import ConfigError, ReleaseError
from submission_builder.protocol.windows import WindowTable

SUBJECTS = st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=80)


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


@given(SUBJECTS, st.integers(2, 5))
def test_fold_property_the_folds_are_those_of_scikit_learn(subjects, n_folds):
    subjects = [*subjects, *"abcde"]
    table = table_of(subjects)
    theirs = GroupKFold(n_folds).split(subjects, groups=subjects)
    for (rest, held_out), (train, test) in zip(fold_subjects(table, n_folds), theirs, strict=True):
        np.testing.assert_array_equal(rest.start, table.start[train])
        np.testing.assert_array_equal(held_out.start, table.start[test])


def test_more_folds_than_subjects_are_refused():
    with pytest.raises(ReleaseError, match="5 folds take at least 5 subjects; there are 2"):
        list(fold_subjects(table_of("ab"), 5))


@given(st.lists(st.integers(0, 99), min_size=2, max_size=300), st.integers(1, 3), st.integers(0, 3))
def test_order_property_processes_share_each_epoch_and_no_window_comes_twice(recordings, n_processes, epoch):
    recording, size = np.array(recordings), 4 * n_processes
    shares = [ShuffledBatches(recording, size, 7, rank=rank, n_processes=n_processes) for rank in range(n_processes)]
    for share in shares:
        share.set_epoch(epoch)
    batches = [[batch.rows.tolist() for batch in share] for share in shares]
    assert [len(mine) for mine in batches] == [len(share) for share in shares]
    for parts in zip(*batches, strict=True):
        assert len({len(part) for part in parts}) == 1
        assert len(parts[0]) >= 2
    seen = list(itertools.chain(*itertools.chain(*batches)))
    assert len(seen) == len(set(seen)) > len(recording) - 2 * n_processes - 1


def test_an_epoch_has_its_own_order_which_its_number_gives_back():
    batches = ShuffledBatches(np.arange(100) // 3, 10, 0)
    first = np.concatenate([batch.rows for batch in batches])
    batches.set_epoch(1)
    assert not np.array_equal(first, np.concatenate([batch.rows for batch in batches]))
    batches.set_epoch(0)
    np.testing.assert_array_equal(first, np.concatenate([batch.rows for batch in batches]))


def test_windows_are_mixed_within_blocks_of_32_recordings():
    recording = np.arange(1000) // 10
    order = recording[block_order(recording, np.random.default_rng(0))].reshape(-1, 10)
    blocks = [set(order[i : i + 32].ravel().tolist()) for i in range(0, 96, 32)]
    assert [len(block) for block in blocks] == [32, 32, 32]
    assert not blocks[0] & blocks[1]
    assert len(set(order[0].tolist())) > 5


def test_every_window_is_answered_once():
    parts = [[batch.rows for batch in OrderedBatches(np.arange(10), 3, rank=i, n_processes=2)] for i in (0, 1)]
    assert sorted(np.concatenate([*parts[0], *parts[1]])) == list(range(10))


def test_a_shifted_window_is_read_from_the_recording_and_moves_the_response_with_it():
    table = table_of("abc" * 20)
    rows, shift = np.array([0, 30, 59]), np.array([-5, 20, 30])
    X, target = WindowDataset(table, Ramp())[Batch(rows, shift)]
    assert X[:, 0, 0].tolist() == [0, 320, 620]
    moved = np.array([0, 0.2, 0.3], np.float32)
    np.testing.assert_allclose(target[:, 0], table.target[rows] - moved, rtol=1e-6)


def test_a_shift_does_not_move_a_factor_score():
    table = table_of("abc" * 20, challenge=2)
    _, target = WindowDataset(table, Ramp())[Batch(np.array([30]), np.array([20]))]
    assert target.item() == table.target[30]


def test_a_silenced_channel_is_zero_and_not_nearly_zero():
    """A 1e-4 of its volts would come back at full height in a net that standardises."""
    X = drop_channels(torch.full((64, 129, 200), 1e-5), 0.5, np.random.default_rng(0))
    assert set(X.unique().tolist()) == {0.0, np.float32(1e-5)}
    assert (X == 0).all(-1).float().mean().item() == pytest.approx(0.5, abs=0.02)


def test_noise_is_in_units_of_each_channels_own_spread():
    scale = torch.tensor([1e-6, 1e-4])[:, None]
    X = scale * torch.randn(4, 2, 5000, generator=torch.Generator().manual_seed(0))
    noise = (add_noise(X, 0.5, np.random.default_rng(0)) - X) / scale
    assert noise.std(dim=-1).flatten().tolist() == pytest.approx([0.5] * 8, rel=0.05)


@pytest.mark.parametrize(
    "mixed",
    [lambda *x: mix(*x, 1.0, np.random.default_rng(3)), lambda *x: cut_and_mix(*x, 1.0, np.random.default_rng(3))],
)
def test_a_target_is_mixed_as_its_window_is(mixed):
    """Windows that hold their own target everywhere: their mean over time is the mixed target."""
    target = torch.linspace(0.5, 2.5, 16)[:, None]
    X, mixed_target = mixed(target[:, None].expand(16, 129, 200), target)
    torch.testing.assert_close(X.mean(dim=(1, 2)), mixed_target[:, 0], rtol=1e-5, atol=1e-6)
    assert not torch.equal(mixed_target, target)


def test_what_is_not_asked_for_leaves_windows_alone():
    X, target = torch.randn(4, 129, 200), torch.randn(4, 1)
    same = augment(X, target, TrainConfig(), np.random.default_rng(0))
    assert same[0] is X
    assert same[1] is target


def test_a_preview_shows_each_augmentation_alone_and_all_together():
    config = TrainConfig(noise=0.1, time_shift_s=0.1)
    shown = preview(table_of("abc" * 20), Ramp(), config)
    assert [item.title for item in shown] == ["as recorded", "time_shift_s = 0.1", "noise = 0.1", "all of them"]
    recorded, shifted, noisy, both = (item.windows for item in shown)
    assert np.ptp(np.diff(shifted)) == np.ptp(np.diff(recorded)) == 0
    assert np.abs(shifted - recorded).max() <= 10
    assert np.ptp(np.diff(noisy)) > 0
    assert np.ptp(np.diff(both)) > 0
    with pytest.raises(ConfigError, match="the config asks for no augmentation"):
        preview(table_of("abc"), Ramp(), TrainConfig())


def test_an_epoch_of_fewer_windows_takes_other_ones_each_time_and_from_few_recordings():
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


def test_an_epoch_has_no_more_windows_than_there_are():
    assert len(ShuffledBatches(np.arange(100), 10, 0, n_windows=1000)) == 10
