"""Each defect planted in a small SIMULATED release is diagnosed; the release without defects is not."""

import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest

from model_zoo.checkpoint import find_checkpoint, load_state
from model_zoo.registry import find_architecture
from model_zoo.training.config import RunConfig
from model_zoo.training.fit import fit, predict
from submission_builder.base.errors import ReleaseError, ScoreError
from submission_builder.diagnostics.bounds import bound
from submission_builder.diagnostics.curves import score_diagnoses
from submission_builder.diagnostics.diagnosis import DiagnosisKind
from submission_builder.protocol.challenges import PROFILES, SFREQ
from submission_builder.releases.simulated.release import simulate_release
from submission_builder.scores.baselines import baseline_predictions, baseline_scores
from submission_builder.scores.challenge_score import score_challenge
from submission_builder.workflows.train.data import Releases, join, load_release
from submission_builder.workflows.train.one_net import train_one_net
from submission_builder.workflows.train.options import TrainingContext
from submission_builder.workflows.train.run_spec import RunSpec

SPECS = PROFILES["final"].challenges
CONFIG = RunConfig(
    architecture="compact_k5",
    challenge=1,
    train=("x",),
    epochs=10,
    batch_size=16,
    lr=1e-2,
    val_share=0.4,
    device="cpu",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("healthy") / "SIMULATED-healthy"
    simulate_release(folder, subjects=22, runs=1, seed=21, trials=24)
    return folder


@pytest.fixture
def planted(folder, tmp_path):
    """A copy of the release, to plant a defect in."""
    return shutil.copytree(folder, tmp_path / "SIMULATED-planted")


@pytest.fixture(scope="module")
def loaded(folder, tmp_path_factory):
    """The healthy release; both challenges load without a diagnosis."""
    cache = tmp_path_factory.mktemp("cache")
    join(Releases((load_release(folder, SPECS[2], cache),)))
    loaded = load_release(folder, SPECS[1], cache)
    join(Releases((loaded,)))
    return loaded


def relabelled(folder, value):
    """Give all subjects of a release the same score."""
    table = folder / "participants.tsv"
    head, *rows = [line.split("\t") for line in table.read_text().splitlines()]
    column = head.index("externalizing")
    changed = [[*row[:column], str(value), *row[column + 1 :]] for row in rows]
    table.write_text("\n".join("\t".join(row) for row in [head, *changed]) + "\n")
    return folder


def test_constant_labels(planted, tmp_path):
    releases = Releases((load_release(relabelled(planted, 0.7), SPECS[2], tmp_path / "cache"),))
    with pytest.raises(
        ReleaseError, match=r"planted: constant labels: all [\d,]+ windows of 22 subjects have the target 0.7"
    ):
        join(releases)


def test_one_label_per_release(planted, tmp_path):
    other = tmp_path / "SIMULATED-other"
    simulate_release(other, subjects=4, runs=1, seed=22, trials=2)
    values = ((planted, 0.7), (other, 0.2))
    releases = [load_release(relabelled(path, value), SPECS[2], tmp_path / "cache") for path, value in values]
    with pytest.raises(ReleaseError) as caught:
        join(Releases(tuple(releases)))
    for name, target in (("planted", 0.7), ("other", 0.2)):
        assert re.search(f"SIMULATED-{name}: one label per release: .* target {target}", str(caught.value))


def test_microvolts_for_volts(planted, tmp_path):
    """The headers give V for values in µV, so every sample is a million times too large."""
    for bdf in planted.glob("sub-*/eeg/*.bdf"):
        content = bytearray(bdf.read_bytes())
        n_chans = int(content[252:256])
        at = 256 + n_chans * (16 + 80)
        units = bytes(content[at : at + 8 * n_chans])
        assert b"uV" in units
        content[at : at + 8 * n_chans] = units.replace(b"uV", b"V ")
        bdf.write_bytes(content)
    with pytest.raises(ReleaseError, match=r"SIMULATED-planted: unit mismatch: .*may be in µV"):
        load_release(planted, SPECS[1], tmp_path / "cache")


def test_nan_windows_all_over_a_release(planted, tmp_path):
    load_release(planted, SPECS[1], tmp_path / "cache")
    (signals,) = tmp_path.glob("cache/stores/*/signals.f32")
    np.memmap(signals, np.float32, mode="r+")[:: 129 * 50] = np.nan
    with pytest.raises(ReleaseError, match=r"SIMULATED-planted: not finite: (\d+) of \1 sampled windows"):
        load_release(planted, SPECS[1], tmp_path / "cache")


class Changed:
    """A store whose windows are changed as they are read."""

    def __init__(self, loaded, change):
        self._loaded, self._change = loaded, change
        self.n_recordings, self.digest = loaded.store.n_recordings, loaded.store.digest
        self.n_samples = loaded.store.n_samples
        keys = zip(loaded.table.recording.tolist(), loaded.table.start.tolist(), strict=True)
        self._target = dict(zip(keys, loaded.table.target.tolist(), strict=True))

    def window(self, recording, start):
        window = self._loaded.store.window(recording, start).copy()
        self._change(window, self._target[recording, start], recording)
        return window


def test_a_nan_in_one_recording(loaded, tmp_path):
    """Training raises at the window, even if the sample before training misses it."""

    def change(window, target, recording):
        if recording == 3:
            window[5, 17] = np.nan

    with pytest.raises(ReleaseError, match=r"the window of subject SIM21N0004 .* has 1 values that are not finite"):
        run(replace(loaded, store=Changed(loaded, change)), tmp_path)


def test_leakage_by_windows(loaded):
    """`fit` raises if both splits have windows of the same subjects; no command can create such a split."""
    odd = np.arange(len(loaded.table)) % 2 == 1
    splits = loaded.table.select(odd), loaded.table.select(~odd)
    with pytest.raises(ReleaseError, match=r"share 22 subject\(s\): SIM21N0001, SIM21N0002, .* and 12 more;"):
        fit(lambda: None, *splits, loaded.store, CONFIG, report=lambda _: None)


def run(loaded, folder, **changed):
    config = CONFIG.model_copy(update=changed)
    context = TrainingContext(join(Releases((loaded,))), folder, resume=False, report=lambda _: lambda _: None)
    return train_one_net(RunSpec(find_architecture("compact_k5", 1), config), context)


def kinds(result):
    return {diagnosis.kind for diagnosis in result.diagnoses}


@pytest.fixture(scope="module")
def leaking(loaded):
    """Channel E1 leaks the response: it rises by 100 µV at the button press."""

    def change(window, target, recording):
        pressed = round((target - 0.5) * SFREQ)
        window[0] = np.where(np.arange(200) < pressed, 0, 1e-4)

    return replace(loaded, store=Changed(loaded, change))


@pytest.fixture(scope="module")
def leaked(leaking, tmp_path_factory):
    """A net trained on that release, which is not marked as simulated."""
    folder = tmp_path_factory.mktemp("unmarked")
    shutil.copytree(leaking.release.folder, folder / "R1")
    described = folder / "R1" / "dataset_description.json"
    described.write_text(json.dumps({"Name": "a release"}))
    unmarked = replace(leaking, release=replace(leaking.release, folder=folder / "R1"))
    return run(unmarked, folder)


def test_label_leakage_through_a_channel(leaked):
    assert {DiagnosisKind.GAIN, DiagnosisKind.LEAKAGE} <= kinds(leaked)
    (message,) = (diagnosis.message for diagnosis in leaked.diagnoses if diagnosis.kind is DiagnosisKind.LEAKAGE)
    assert "0.88668, the best public result" in message
    assert not leaked.advice.build


def test_shuffled_labels(leaking, leaked, tmp_path):
    """With shuffled labels there is no gain; the same windows and settings gain much without shuffling."""
    order = np.random.default_rng(0).permutation(len(leaking.table))
    shuffled = replace(leaking, table=replace(leaking.table, target=leaking.table.target[order]))
    result = run(shuffled, tmp_path)
    assert kinds(result) & {DiagnosisKind.NO_GAIN, DiagnosisKind.WORSE}
    assert not kinds(result) & {DiagnosisKind.GAIN, DiagnosisKind.LEAKAGE}
    assert not result.advice.build
    assert not kinds(leaked) & {DiagnosisKind.NO_GAIN, DiagnosisKind.WORSE}


def test_a_learning_rate_at_which_training_diverges(loaded, leaked, tmp_path):
    result = run(loaded, tmp_path / "finite", lr=30.0, epochs=2)
    assert DiagnosisKind.DIVERGED in kinds(result)
    assert result.advice.message.endswith("--lr 3")
    with pytest.raises(ScoreError, match=r"training diverged: nrmse is undefined: prediction 0 of .* is nan") as caught:
        run(loaded, tmp_path / "nan", lr=1e30, epochs=2)
    assert caught.value.hint == "try a lower --lr"
    assert DiagnosisKind.DIVERGED not in kinds(leaked)


def test_a_healthy_net_has_a_gain_and_no_other_diagnosis(loaded):
    """Shipped weights, on a release with another seed: close to the ideal observer, and not better."""
    net = find_architecture("lightweight_attn", 1).build({}).eval()
    net.load_state_dict(load_state(find_checkpoint("lightweight_attn", "c1-demo").weights))
    table, none = loaded.table, np.zeros(len(loaded.table), np.int64)
    score = score_challenge(table, predict(net, table, loaded.store), PROFILES["final"])
    baselines = baseline_scores(table.target, baseline_predictions(table.target, none, none))
    best = bound(1, [loaded.release.ideal(1)], n_simulated=1)
    assert [diagnosis.kind for diagnosis in score_diagnoses("test", score, baselines, best)] == [DiagnosisKind.GAIN]
