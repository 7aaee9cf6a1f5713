"""Training: what a net learns, its checkpoint and its reproducibility."""

import shutil

import numpy as np
import pytest
import torch

from model_zoo.checkpoint import load_state
from model_zoo.registry import find_architecture
from model_zoo.training.config import RunConfig, TrainConfig
from model_zoo.training.fit import fit, init_output_bias, predict
from model_zoo.training.splits import split_subjects, subjects_digest
from submission_builder.base.errors import RecipeError, ReleaseError
from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.metrics import nrmse
from submission_builder.protocol.windows import WindowTable
from submission_builder.releases.joined import JoinedStores, join_tables
from submission_builder.releases.simulated.release import simulate_release
from submission_builder.workflows.train.data import Releases, join, load_release
from submission_builder.workflows.train.one_net import train_one_net
from submission_builder.workflows.train.options import TrainingContext
from submission_builder.workflows.train.preflight import require_trainable
from submission_builder.workflows.train.run_spec import RunSpec

SPECS = PROFILES["final"].challenges
SHORT = RunConfig(architecture="cnn", challenge=1, tag="t", train=("x",), epochs=2, batch_size=8, device="cpu")


def test_an_untrained_net_predicts_about_the_mean():
    net = find_architecture("cnn", 1).build({})
    init_output_bias(net, 1.6)
    X = torch.randn(8, 129, 200, generator=torch.Generator().manual_seed(0))
    assert net.eval()(X).mean().item() == pytest.approx(1.6, abs=0.1)


class Shifted:
    """Windows with the amplitude of scalp EEG; the mean of the first half encodes the target."""

    def n_samples(self, recording):
        return 1000

    def window(self, recording, start):
        rng = np.random.default_rng(start)
        signal = rng.normal(size=(129, 200)) + np.repeat([start % 7 / 3, 0], 100)
        return (1e-5 * signal).astype(np.float32)


def test_a_net_predicts_held_out_subjects_better_than_their_mean_does():
    n = 240
    table = WindowTable(
        1,
        np.zeros(n, np.int64),
        np.arange(n),
        (np.arange(n) % 7 / 7 + 1).astype(np.float32),
        np.array([f"s{i // 12}" for i in range(n)]),
    )
    train_table, val_table = split_subjects(table, 0.3, 0)
    records = []
    config = TrainConfig(epochs=12, batch_size=16, lr=3e-3, device="cpu")
    architecture = find_architecture("cnn", 1)
    fitted = fit(lambda: architecture.build({}), train_table, val_table, Shifted(), config, report=records.append)
    predictions = predict(fitted.net, val_table, Shifted())
    best = records[fitted.best_epoch - 1].val
    assert nrmse(val_table.target, predictions) < 0.8
    assert best.nrmse == min(record.val.nrmse for record in records)
    assert best.nrmse == pytest.approx(nrmse(val_table.target, predictions), abs=1e-4)
    assert best.spread == pytest.approx(predictions.std() / val_table.target.std(), abs=1e-4)
    assert best.correlation == pytest.approx(np.corrcoef(val_table.target, predictions)[0, 1], abs=1e-4)
    assert tuple(records) == fitted.records
    assert [record.epoch for record in records] == list(range(1, len(records) + 1))


@pytest.fixture(scope="module")
def loaded(small_release, tmp_path_factory):
    return load_release(small_release, SPECS[1], tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def other(simulated, tmp_path_factory):
    folder = simulated("other", subjects=3, seed=12, trials=5)
    return load_release(folder, SPECS[1], tmp_path_factory.mktemp("cache"))


def run(loaded, tested, folder, config=SHORT):
    return train_on(Releases(tuple(loaded), test=tested), folder, config)


def train_on(releases, folder, config=SHORT, challenge=1):
    context = TrainingContext(join(releases), folder, resume=False, report=lambda _: lambda _: None)
    return train_one_net(RunSpec(find_architecture("cnn", challenge), config), context)


def test_a_checkpoint_says_what_it_rests_on(loaded, other, tmp_path):
    card = run([loaded], other, tmp_path).card
    assert card.summary.startswith("Trained on SIMULATED EEG (SIMULATED-small)")
    assert card.data[0]["recordings_digest"] == loaded.store.digest
    assert (card.split["by"], card.split["train_subjects"], card.split["val_subjects"]) == ("subject", 2, 2)
    assert card.scores["test"]["n_windows"] == len(other.table)
    assert card.config == SHORT.card()
    assert card.subjects_digest == subjects_digest(loaded.table.subject)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(loaded, tmp_path):
    first, again = (load_state(run([loaded], None, tmp_path / name).checkpoints[0].weights) for name in "ab")
    other_seed = load_state(
        run([loaded], None, tmp_path / "c", SHORT.model_copy(update={"seed": 1})).checkpoints[0].weights
    )
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not all(torch.equal(first[key], other_seed[key]) for key in first)


def test_two_releases_are_joined(loaded, other):
    reader = JoinedStores([loaded.store, other.store])
    table = join_tables([loaded.table, other.table], reader.first)
    assert len(table) == len(loaded.table) + len(other.table)
    last = len(table) - 1
    np.testing.assert_array_equal(
        reader.window(int(table.recording[last]), int(table.start[last])),
        other.store.window(int(other.table.recording[-1]), int(other.table.start[-1])),
    )
    np.testing.assert_array_equal(
        reader.window(int(table.recording[0]), int(table.start[0])),
        loaded.store.window(int(loaded.table.recording[0]), int(loaded.table.start[0])),
    )


def test_a_subject_in_two_releases_is_refused(loaded, tmp_path):
    named = r"share 4 subject\(s\): SIM11N0001, SIM11N0002, SIM11N0003, SIM11N0004"
    pair, one = (loaded, loaded), (loaded,)
    for releases in (Releases(pair), Releases(one, val=loaded), Releases(one, test=loaded)):
        with pytest.raises(ReleaseError, match=named):
            join(releases)


def test_validation_subjects_with_equal_targets_raise(tmp_path):
    folder = tmp_path / "SIMULATED-three"
    simulate_release(folder, subjects=3, runs=1, seed=1, trials=2)
    three = load_release(folder, SPECS[2], tmp_path / "cache")
    with pytest.raises(ReleaseError, match=r"the 1 validation subject\(s\) have the target"):
        train_on(Releases((three,)), tmp_path, challenge=2)


def test_a_constant_cannot_be_trained(tmp_path):
    with pytest.raises(RecipeError, match="constant has no weights to train"):
        require_trainable(RunSpec(find_architecture("constant", 1), SHORT), tmp_path, new=True)


def test_unusable_recordings_are_left_out_and_listed(small_release, tmp_path):
    """`evaluate` raises for them, as the server does; training continues without them."""
    release = shutil.copytree(small_release, tmp_path / "release")
    truncated, without_events = sorted(release.glob("sub-*/eeg/*_eeg.bdf"))[:2]
    truncated.write_bytes(truncated.read_bytes()[:-99])
    events = without_events.with_name(without_events.name.replace("_eeg.bdf", "_events.tsv"))
    events.unlink()
    loaded = load_release(release, SPECS[1], tmp_path / "cache")
    assert loaded.table.n_subjects == 2
    assert ["truncated" in item.reason for item in loaded.left_out] == [True, False]
    assert len(run([loaded], None, tmp_path / "out").card.data[0]["left_out"]) == 2


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_net_trains_on_cuda(loaded, tmp_path):
    run = train_on(Releases((loaded,)), tmp_path, SHORT.model_copy(update={"device": "cuda"}))
    assert all(value.device.type == "cpu" for value in load_state(run.checkpoints[0].weights).values())
