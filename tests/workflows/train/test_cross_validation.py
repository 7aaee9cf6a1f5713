"""Cross-validation: every subject is scored by a net that never saw it, and no fold selects its own epoch."""

import numpy as np
import pytest

import submission_builder as sb
from model_zoo.checkpoint import load_state
from model_zoo.registry import find_architecture
from model_zoo.training.fit import predict
from model_zoo.training.splits import fold_subjects, split_subjects
from submission_builder.freeze.recipe import resolve
from submission_builder.freeze.recipe_file import read_model
from submission_builder.protocol.metrics import nrmse
from submission_builder.workflows.blend.runs import read_cross_validation
from submission_builder.workflows.train.split_scores import score_predictions

SETTINGS = {"challenge": 1, "folds": 2, "epochs": 2, "batch_size": 8, "device": "cpu", "val_share": 0.4}


@pytest.fixture(scope="module")
def result(small_release, tmp_path_factory):
    return sb.train("cnn", train=small_release, output=tmp_path_factory.mktemp("runs"), **SETTINGS)


def test_out_of_fold_predictions_are_those_of_nets_that_never_saw_the_subject(data, result):
    assert [checkpoint.weights.name for checkpoint in result.checkpoints] == [
        "cnn.c1-seed0-fold1of2.pt",
        "cnn.c1-seed0-fold2of2.pt",
    ]
    predictions, targets = [], []
    for checkpoint, (rest, held_out) in zip(result.checkpoints, fold_subjects(data.train, 2), strict=True):
        train_split, val_split = split_subjects(rest, 0.4, 0)
        card = checkpoint.card
        assert not set(held_out.subject) & (set(train_split.subject) | set(val_split.subject))
        assert card.split["val_subjects"] == val_split.n_subjects == 1
        net = find_architecture("cnn", 1).build({}).eval()
        net.load_state_dict(load_state(checkpoint.weights))
        predictions.append(predict(net, held_out, data.reader))
        targets.append(held_out.target)
        assert card.scores["fold"]["nrmse"] == pytest.approx(nrmse(held_out.target, predictions[-1]), abs=1e-5)
        assert "held out" in card.scores["fold"]["note"]
    score = result.final_split.score
    assert result.final_split.name == "out of fold"
    assert score.nrmse == pytest.approx(nrmse(np.concatenate(targets), np.concatenate(predictions)), abs=1e-6)
    assert (score.n_windows, score.n_subjects) == (len(data.train), 4)
    assert score.interval is None  # four subjects are too few
    folds = [split.score.nrmse for split in result.held_out[:-1]]
    assert result.fold_mean_and_std == pytest.approx((np.mean(folds), np.std(folds, ddof=1)))


def test_the_mean_of_the_folds_is_ready_to_build_and_to_blend(result):
    model = resolve({1: read_model(str(result.ensemble)), 2: "constant:0"})[1]
    assert model.shares == (0.5, 0.5)
    digests = [checkpoint.card.weights_sha256 for checkpoint in result.checkpoints]
    assert [member.card.weights_sha256 for member in model.members] == digests
    run = read_cross_validation(result.ensemble)
    assert (run.challenge, run.simulated) == (1, True)
    for fold in result.held_out[:-1]:
        same = run.out_of_fold.table.subject == fold.subject[0]
        own = fold.subject == fold.subject[0]
        assert run.out_of_fold.predictions[same].tolist() == fold.predictions[own].tolist()
    score = score_predictions(run.out_of_fold.table, run.out_of_fold.predictions)
    assert score.nrmse == pytest.approx(result.final_split.score.nrmse, abs=1e-12)


class Recorder(sb.TrainObserver):
    def __init__(self):
        self.epochs = []

    def epoch(self, net, record):
        self.epochs.append((net, record.epoch))


def test_a_resumed_cross_validation_reuses_finished_folds(small_release, result, tmp_path):
    for path in result.ensemble.parent.glob("cnn.*fold1of2.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    first = (tmp_path / "cnn.c1-seed0-fold1of2.pt").stat().st_mtime_ns
    observer, arguments = Recorder(), {"train": small_release, "output": tmp_path, "resume": True}
    resumed = sb.train("cnn", **arguments, observer=observer, **SETTINGS)
    assert (tmp_path / "cnn.c1-seed0-fold1of2.pt").stat().st_mtime_ns == first
    assert observer.epochs == [("fold 2 of 2", 1), ("fold 2 of 2", 2)]
    assert [len(curve.records) for curve in resumed.curves] == [0, 2]
    assert resumed.final_split.score == result.final_split.score
    assert resumed.held_out[1].predictions.tolist() == result.held_out[1].predictions.tolist()
    with pytest.raises(sb.CheckpointError, match=r"another run\n  lr was 0.001, now it is 0.1$"):
        sb.train("cnn", **arguments, **SETTINGS, lr=0.1)


def test_too_few_subjects_are_an_error_that_names_the_fold(small_release, tmp_path):
    """Of four subjects in four folds, three remain, of whom one selects the epoch: it has a single target."""
    with pytest.raises(sb.ReleaseError, match="5 folds need at least 5 subjects"):
        sb.train("cnn", train=small_release, output=tmp_path, **SETTINGS | {"folds": 5})
    with pytest.raises(sb.ReleaseError, match=r"^fold 1 of 4: "):
        sb.train("cnn", train=small_release, output=tmp_path, **SETTINGS | {"folds": 4, "challenge": 2})
