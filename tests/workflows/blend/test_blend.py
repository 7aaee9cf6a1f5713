"""A blend of cross-validated runs: weights are scored on subjects that they are not fitted to."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from model_zoo.training.splits import fold_subjects
from submission_builder.base.errors import CheckpointError, OutputError, RecipeError
from submission_builder.cli import main
from submission_builder.freeze.recipe_file import read_part
from submission_builder.protocol.windows import WindowTable
from submission_builder.report.ensemble import show_blend
from submission_builder.workflows.blend.blend import blend, cross_fitted_predictions
from submission_builder.workflows.blend.runs import CrossValidatedRun
from submission_builder.workflows.train.out_of_fold import OutOfFold, read_out_of_fold
from submission_builder.workflows.train.training_run import TrainingRun

N_SUBJECTS = 30


def table_of(target):
    n = len(target)
    subject = np.array([f"s{i % N_SUBJECTS:02d}" for i in range(n)])
    return WindowTable(1, np.arange(n) % N_SUBJECTS, np.arange(n), target.astype(np.float32), subject)


def run_of(name, table, predictions):
    nets = (Path("runs", f"{name}1.pt"), Path("runs", f"{name}2.pt"))
    return CrossValidatedRun(
        Path("runs", f"{name}.toml"), nets, 1, simulated=False, out_of_fold=OutOfFold.of(table, predictions)
    )


@pytest.fixture
def runs():
    """One run that sees the target through noise, and one that is noise."""
    rng = np.random.default_rng(0)
    target = rng.normal(1.6, 0.5, 20 * N_SUBJECTS)
    table = table_of(target)
    sees = target + rng.normal(0, 0.5, len(target))
    return [run_of("sees", table, sees), run_of("noise", table, rng.normal(1.6, 0.5, len(target)))]


def test_weights_that_generalise_are_written_with_their_shrinkage(runs, tmp_path):
    result = blend(runs, output=tmp_path / "c1.toml")
    assert result.kept == "fitted weights"
    assert result.cross_fitted.nrmse < result.mean.nrmse < result.scores[1].nrmse
    part = read_part(tmp_path / "c1.toml")
    sees = result.weights.weights[0]
    assert part.shares == pytest.approx((sees / 2, sees / 2, (1 - sees) / 2, (1 - sees) / 2))
    assert part.wrap == (f"shrink:{result.weights.factor!r},{result.weights.mean!r}",)
    comment = (tmp_path / "c1.toml").read_text().splitlines()[0]
    assert f"out of fold nrmse {result.cross_fitted.nrmse:.5f}" in comment
    assert [Path(choice.net).resolve() for choice in part.nets] == [net.resolve() for run in runs for net in run.nets]


def test_weights_that_predict_a_subject_do_not_depend_on_its_targets(runs):
    """Other targets of the held-out subjects do not change their predictions."""
    table = runs[0].out_of_fold.table
    _, held_out = next(fold_subjects(table, 5))
    mine = np.isin(table.subject, held_out.subject)
    predictions = np.column_stack([run.out_of_fold.predictions for run in runs])
    changed = WindowTable(1, table.recording, table.start, np.where(mine, -table.target, table.target), table.subject)
    before, after = (cross_fitted_predictions(one, predictions) for one in (table, changed))
    assert before[mine].tolist() == after[mine].tolist()
    assert (before[~mine] != after[~mine]).all()


def test_the_mean_is_kept_where_fitted_weights_are_no_better(tmp_path):
    """Two equally good runs, whose errors cancel."""
    rng = np.random.default_rng(0)
    target, error = rng.normal(1.6, 0.5, 20 * N_SUBJECTS), rng.normal(0, 0.1, 20 * N_SUBJECTS)
    table = table_of(target)
    runs = [run_of("over", table, target + error), run_of("under", table, target - error)]
    assert blend(runs, output=tmp_path / "c1.toml").kept == "mean"
    part = read_part(tmp_path / "c1.toml")
    assert (part.shares, part.wrap) == ((0.25,) * 4, ())


def test_runs_of_other_windows_are_refused_and_the_order_of_releases_does_not_matter(runs, tmp_path):
    first = runs[0].out_of_fold.table
    renumbered = WindowTable(1, N_SUBJECTS - first.recording, first.start, first.target, first.subject)
    blend([runs[0], run_of("renumbered", renumbered, runs[1].out_of_fold.predictions)], output=tmp_path / "a.toml")
    other = WindowTable(1, first.recording, first.start, first.target + 1, first.subject)
    with pytest.raises(RecipeError, match="did not predict the same windows"):
        blend([runs[0], run_of("other", other, runs[1].out_of_fold.predictions)], output=tmp_path / "b.toml")
    assert not (tmp_path / "b.toml").exists()


@pytest.mark.parametrize("column", ["prediction", "answer"])
def test_predictions_are_read_as_they_were_written_also_from_older_files(runs, tmp_path, column):
    """Older files name the column `answer`."""
    written, path = runs[0].out_of_fold, tmp_path / "a.csv"
    written.write(path)
    head, rows = path.read_text().split("\n", 1)
    assert head.strip() == "subject,recording,start,target,prediction"
    path.write_text(f"subject,recording,start,target,{column}\n{rows}")
    read = read_out_of_fold(path, 1)
    for name in ("recording", "start", "target", "subject"):
        assert getattr(read.table, name).tolist() == getattr(written.table, name).tolist()
    assert read.predictions.tolist() == written.predictions.tolist()


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "subject,recording,start,target,prediction\ns,x,1,2,3\n"])
def test_a_file_of_something_else_is_refused(content, tmp_path):
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(CheckpointError, match=r"a\.csv"):
        read_out_of_fold(tmp_path / "a.csv", 1)


def test_the_command_names_what_is_not_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["blend", "nowhere.toml"])
    assert (result.exit_code, "nowhere.toml does not exist" in result.stderr) == (1, True)
    (tmp_path / "blend.toml").write_text("precious")
    result = CliRunner().invoke(main, ["blend", "nowhere.toml"])
    assert "blend.toml already exists" in result.stderr
    assert (tmp_path / "blend.toml").read_text() == "precious"


def test_a_constant_is_kept_where_no_run_generalises(tmp_path):
    """Predictions that are anticorrelated with the targets: no net is packed, and the terminal says so."""
    rng = np.random.default_rng(0)
    target = rng.normal(1.6, 0.5, 20 * N_SUBJECTS)
    table = table_of(target)
    runs = [run_of(name, table, 3.2 - target + rng.normal(0, 0.5, len(target))) for name in ("one", "two")]
    result = blend(runs, output=tmp_path / "c1.toml")
    assert result.kept == "constant"
    (choice,) = read_part(tmp_path / "c1.toml").nets
    assert float(choice.net.removeprefix("constant:")) == pytest.approx(target.mean())
    console = Console(width=200)
    with console.capture() as said:
        show_blend(result, console)
    assert f"kept: the constant {target.mean():.4g}, the mean of the targets" in said.get()
    assert "%" not in said.get().replace("95 % interval", "")


def test_a_blend_is_json_and_a_notebook_shows_its_table(runs, tmp_path):
    result = blend(runs, output=tmp_path / "c1.toml")
    content = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert content["kept"] == "fitted weights"
    assert [run["weight"] for run in content["runs"]] == list(result.weights.weights)
    assert [run["nrmse"] for run in content["runs"]] == [score.nrmse for score in result.scores]
    assert (content["challenge"], content["simulated"], content["path"]) == (1, False, str(tmp_path / "c1.toml"))
    assert f"{result.cross_fitted.nrmse:.5f}" in result._repr_html_()
    assert result.command == f"subpack build --c1 {tmp_path}/c1.toml --c2 constant:0"


def test_an_ensemble_is_replaced_by_force_alone(runs, tmp_path):
    path = tmp_path / "c1.toml"
    path.write_text("precious")
    with pytest.raises(OutputError, match="already exists"):
        blend(runs, output=path)
    assert path.read_text() == "precious"
    blend(runs, output=path, force=True)
    assert read_part(path).shares


def test_a_run_without_folds_has_no_predictions_to_blend(tmp_path):
    run = TrainingRun(
        name="cnn.x", checkpoints=(), data=(), curves=(), train=None, held_out=(), diagnoses=(), advice=None
    )
    with pytest.raises(RecipeError, match=r"cnn\.x has no out-of-fold predictions"):
        blend([run], output=tmp_path / "c1.toml")
