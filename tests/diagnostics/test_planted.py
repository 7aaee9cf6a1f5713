"""Defects planted in a small SIMULATED release, each caught with its word; nothing is said where nothing is planted."""

import json
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
from submission_builder.scores.baselines import baseline_predictions, baselines
from submission_builder.scores.challenge_score import score_challenge
from submission_builder.workflows.train.data import Data, load
from submission_builder.workflows.train.result import training_result
from submission_builder.workflows.train.single import train

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
    simulate_release(folder, subjects=14, runs=1, seed=21, trials=24)
    return folder


@pytest.fixture
def planted(folder, tmp_path):
    """A copy to plant a defect in."""
    return shutil.copytree(folder, tmp_path / "SIMULATED-planted")


@pytest.fixture(scope="module")
def loaded(folder, tmp_path_factory):
    """Silent: both challenges of the healthy release load, and join."""
    cache = tmp_path_factory.mktemp("cache")
    Data((load(folder, SPECS[2], cache),)).joined()
    loaded = load(folder, SPECS[1], cache)
    Data((loaded,)).joined()
    return loaded


def relabelled(folder, value):
    """Give a whole release one score, as a look-up that falls back to its first row does."""
    table = folder / "participants.tsv"
    head, *rows = [line.split("\t") for line in table.read_text().splitlines()]
    column = head.index("externalizing")
    changed = [[*row[:column], str(value), *row[column + 1 :]] for row in rows]
    table.write_text("\n".join("\t".join(row) for row in [head, *changed]) + "\n")
    return folder


def test_constant_labels(planted, tmp_path):
    data = Data((load(relabelled(planted, 0.7), SPECS[2], tmp_path / "cache"),))
    said = r"SIMULATED-planted: constant labels: all \d+ windows of 14 subjects have the target 0.7"
    with pytest.raises(ReleaseError, match=said):
        data.joined()


def test_one_label_per_release(planted, tmp_path):
    other = tmp_path / "SIMULATED-other"
    simulate_release(other, subjects=4, runs=1, seed=22, trials=2)
    releases = [load(relabelled(path, v), SPECS[2], tmp_path / "cache") for path, v in ((planted, 0.7), (other, 0.2))]
    with pytest.raises(ReleaseError) as caught:
        Data(tuple(releases)).joined()
    said = str(caught.value).splitlines()
    assert said[1].startswith("  SIMULATED-planted: one label per release: all")
    assert said[2].startswith("  SIMULATED-other: one label per release: all")


def test_microvolts_for_volts(planted, tmp_path):
    """The headers call µV volts, so that every sample is read a million times too large."""
    for bdf in planted.glob("sub-*/eeg/*.bdf"):
        content = bytearray(bdf.read_bytes())
        n_chans = int(content[252:256])
        at = 256 + n_chans * (16 + 80)
        units = bytes(content[at : at + 8 * n_chans])
        assert b"uV" in units
        content[at : at + 8 * n_chans] = units.replace(b"uV", b"V ")
        bdf.write_bytes(content)
    said = r"SIMULATED-planted: unit mismatch: .* has a standard deviation of [\d.]+; .* so this may be in µV"
    with pytest.raises(ReleaseError, match=said):
        load(planted, SPECS[1], tmp_path / "cache")


def test_nan_windows_all_over_a_release(planted, tmp_path):
    load(planted, SPECS[1], tmp_path / "cache")
    (signals,) = tmp_path.glob("cache/stores/*/signals.f32")
    np.memmap(signals, np.float32, mode="r+")[:: 129 * 50] = np.nan
    said = r"SIMULATED-planted: (\d+) of \1 windows looked at are not finite"
    with pytest.raises(ReleaseError, match=said):
        load(planted, SPECS[1], tmp_path / "cache")


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
    """Found when it is read, whatever the look before training missed."""

    def change(window, target, recording):
        if recording == 3:
            window[5, 17] = np.nan

    with pytest.raises(ReleaseError, match="1 samples are not finite in the window of subject SIM21N0004 that starts"):
        run(replace(loaded, store=Changed(loaded, change)), tmp_path)


def test_leakage_by_windows(loaded):
    """Both sides get windows of everyone; our commands cannot say this, so it is said to fit."""
    odd = np.arange(len(loaded.table)) % 2 == 1
    sides = loaded.table.select(odd), loaded.table.select(~odd)
    with pytest.raises(ReleaseError, match=r"share 14 subject\(s\): SIM21N0001, SIM21N0002, .* no two sides share any"):
        fit(lambda: None, *sides, loaded.store, CONFIG, report=lambda _: None)


def run(loaded, folder, **changed):
    config = CONFIG.model_copy(update=changed)
    row, data = find_architecture("compact_k5", 1), Data((loaded,))
    return training_result(train(row, data, config, folder, report=lambda _: None), data, row, config)


def words(result):
    return {diagnosis.word for diagnosis in result.diagnoses}


@pytest.fixture(scope="module")
def leaking(loaded):
    """Channel E1 carries the button: it lies 100 µV higher from the press on."""

    def change(window, target, recording):
        pressed = round((target - 0.5) * SFREQ)
        window[0] = np.where(np.arange(200) < pressed, 0, 1e-4)

    return replace(loaded, store=Changed(loaded, change))


@pytest.fixture(scope="module")
def leaked(leaking, tmp_path_factory):
    """Trained where nothing says that the release is simulated."""
    folder = tmp_path_factory.mktemp("unmarked")
    shutil.copytree(leaking.release.folder, folder / "R1")
    described = folder / "R1" / "dataset_description.json"
    described.write_text(json.dumps({"Name": "no word of a simulation"}))
    unmarked = replace(leaking, release=replace(leaking.release, folder=folder / "R1"))
    return run(unmarked, folder)


def test_label_leakage_through_a_channel(leaked):
    assert {DiagnosisKind.GAIN, DiagnosisKind.LEAKAGE} <= words(leaked)
    (said,) = (diagnosis.said for diagnosis in leaked.diagnoses if diagnosis.word is DiagnosisKind.LEAKAGE)
    assert said.startswith("better than the best public result of this phase and challenge")
    assert "check for leakage" in said
    assert not leaked.advice.build


def test_shuffled_labels(leaking, leaked, tmp_path):
    """The same windows and settings gain much where labels are in order."""
    order = np.random.default_rng(0).permutation(len(leaking.table))
    shuffled = replace(leaking, table=replace(leaking.table, target=leaking.table.target[order]))
    result = run(shuffled, tmp_path)
    assert words(result) & {DiagnosisKind.NO_GAIN, DiagnosisKind.WORSE}
    assert not words(result) & {DiagnosisKind.GAIN, DiagnosisKind.LEAKAGE}
    assert not result.advice.build
    assert not words(leaked) & {DiagnosisKind.NO_GAIN, DiagnosisKind.WORSE}


def test_an_exploding_step_size(loaded, leaked, tmp_path):
    result = run(loaded, tmp_path / "finite", lr=30.0, epochs=2)
    assert DiagnosisKind.DIVERGED in words(result)
    assert result.advice.said == "train again with smaller steps: --lr 3"
    with pytest.raises(ScoreError, match=r"training diverged: nrmse is undefined: prediction 0 of .* is nan") as caught:
        run(loaded, tmp_path / "nan", lr=1e30, epochs=2)
    assert caught.value.hint == "try a smaller --lr"
    assert DiagnosisKind.DIVERGED not in words(leaked)


def test_nothing_is_said_of_a_healthy_net_but_its_gain(loaded):
    """Shipped weights on a release of another seed: near what can be reached, and not past it."""
    net = find_architecture("lightweight_attn", 1).build({}).eval()
    net.load_state_dict(load_state(find_checkpoint("lightweight_attn", "c1-demo").weights))
    table, none = loaded.table, np.zeros(len(loaded.table), np.int64)
    score = score_challenge(table, predict(net, table, loaded.store), PROFILES["final"])
    below = baselines(table.target, baseline_predictions(table.target, none, none))
    best = bound(1, [loaded.release.ideal(1)], n_simulated=1)
    assert [diagnosis.word for diagnosis in score_diagnoses("test", score, below, best)] == [DiagnosisKind.GAIN]
