"""Cross-validation: every subject is scored by a net that never saw it, and no fold chose its own epoch."""

import numpy as np
import pytest

from model_zoo.checkpoint import load_state
from model_zoo.registry import architecture
from model_zoo.training.config import RunConfig
from model_zoo.training.fit import predict
from model_zoo.training.splits import fold_subjects, split_subjects
from submission_builder.base.errors import CheckpointError
from submission_builder.freeze.recipe import resolve
from submission_builder.freeze.recipe_file import read_model
from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.metrics import nrmse
from submission_builder.workflows.blend import read_cross_validation, write_folds
from submission_builder.workflows.train.cross_validation import cross_validate
from submission_builder.workflows.train.data import Data, load
from submission_builder.workflows.train.single import score

CONFIG = RunConfig(
    architecture="cnn", challenge=1, train=("x",), folds=2, epochs=2, batch_size=8, device="cpu", val_share=0.4
)


@pytest.fixture(scope="module")
def data(small_release, tmp_path_factory):
    return Data((load(small_release, PROFILES["final"].challenges[1], tmp_path_factory.mktemp("cache")),))


def run(data, folder, config=CONFIG, *, resume=False, report=lambda _: None):
    row = architecture("cnn", 1)
    return cross_validate(row, data, config, folder, resume=resume, report_fold=lambda *_: report)


def test_out_of_fold_answers_are_those_of_nets_that_never_saw_the_subject(data, tmp_path):
    result = run(data, tmp_path)
    joined = data.joined()
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == [
        "cnn.c1-seed0-fold1of2.pt",
        "cnn.c1-seed0-fold2of2.pt",
    ]
    predictions, targets = [], []
    for fold, (rest, held_out) in zip(result.folds, fold_subjects(joined.train, 2), strict=True):
        train_side, val_side = split_subjects(rest, 0.4, 0)
        card = fold.checkpoint.card
        assert not set(held_out.subject) & (set(train_side.subject) | set(val_side.subject))
        assert card.split["val_subjects"] == val_side.n_subjects == 1
        net = architecture("cnn", 1).build({}).eval()
        net.load_state_dict(load_state(fold.checkpoint.weights))
        predictions.append(predict(net, held_out, joined.reader))
        targets.append(held_out.target)
        assert card.scores["fold"]["nrmse"] == pytest.approx(nrmse(held_out.target, predictions[-1]), abs=1e-5)
        assert "chose nothing" in card.scores["fold"]["note"]
    assert result.score.nrmse == pytest.approx(nrmse(np.concatenate(targets), np.concatenate(predictions)), abs=1e-6)
    assert (result.score.n_windows, result.score.n_subjects) == (len(joined.train), 4)
    assert result.score.interval[0] < result.score.nrmse < result.score.interval[1] + 0.1
    scores = [fold.score.nrmse for fold in result.folds]
    assert result.mean_and_std() == pytest.approx((np.mean(scores), np.std(scores, ddof=1)))
    require_the_mean_is_ready_to_build(result, tmp_path / "mean.toml")


def require_the_mean_is_ready_to_build(result, path):
    write_folds(result, path)
    members = resolve({1: read_model(str(path)), 2: "constant:0"})[1]
    assert members.shares == (0.5, 0.5)
    cards = [fold.checkpoint.card for fold in result.folds]
    assert [member.card.weights_sha256 for member in members.members] == [card.weights_sha256 for card in cards]
    run = read_cross_validation(path)
    assert (run.challenge, run.simulated) == (1, True)
    for fold in result.folds:
        same = run.out_of_fold.table.subject == fold.held_out.subject[0]
        own = fold.held_out.subject == fold.held_out.subject[0]
        assert run.out_of_fold.predictions[same].tolist() == fold.predictions[own].tolist()
    assert score(run.out_of_fold.table, run.out_of_fold.predictions).nrmse == pytest.approx(
        result.score.nrmse, abs=1e-12
    )


def test_a_resumed_cross_validation_takes_the_finished_folds_as_they_are(data, tmp_path):
    whole = run(data, tmp_path)
    (tmp_path / "cnn.c1-seed0-fold2of2.pt").unlink()
    first = (tmp_path / "cnn.c1-seed0-fold1of2.pt").stat().st_mtime_ns
    told = []
    resumed = run(data, tmp_path, resume=True, report=told.append)
    assert (tmp_path / "cnn.c1-seed0-fold1of2.pt").stat().st_mtime_ns == first
    assert len(told) == 2, "the epochs of one fold"
    assert resumed.score == whole.score
    assert resumed.folds[1].predictions.tolist() == whole.folds[1].predictions.tolist()
    with pytest.raises(CheckpointError, match=r"of another run\n  lr was 0.001, now it is 0.1$"):
        run(data, tmp_path, CONFIG.model_copy(update={"lr": 0.1}), resume=True)
