"""Cross-validated runs joined: scored on subjects that the shares were not fitted to, kept only where that holds."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from model_zoo.training.splits import fold_subjects
from submission_builder.base.errors import CheckpointError, RecipeError
from submission_builder.cli import main
from submission_builder.freeze.recipe_file import read_part
from submission_builder.protocol.windows import WindowTable
from submission_builder.report.ensemble import show_blended
from submission_builder.workflows.blend import CrossValidationRun, _nested, blend, write_blend
from submission_builder.workflows.train.out_of_fold import OutOfFold, read_out_of_fold

N_SUBJECTS = 30


def table_of(target):
    n = len(target)
    subject = np.array([f"s{i % N_SUBJECTS:02d}" for i in range(n)])
    return WindowTable(1, np.arange(n) % N_SUBJECTS, np.arange(n), target.astype(np.float32), subject)


def run_of(name, table, predictions):
    nets = (Path("runs", f"{name}1.pt"), Path("runs", f"{name}2.pt"))
    return CrossValidationRun(
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


def test_shares_that_hold_are_written_with_what_draws_to_the_mean(runs, tmp_path):
    blended = blend(runs)
    assert blended.fit_holds
    assert blended.fitted.nrmse < blended.mean.nrmse < blended.alone[1].nrmse
    write_blend(blended, tmp_path / "c1.toml")
    part = read_part(tmp_path / "c1.toml")
    sees = blended.shares.weights[0]
    assert part.shares == pytest.approx((sees / 2, sees / 2, (1 - sees) / 2, (1 - sees) / 2))
    assert part.wrap == (f"shrink:{blended.shares.factor!r},{blended.shares.mean!r}",)
    assert [Path(spec.net).resolve() for spec in part.nets] == [net.resolve() for run in runs for net in run.nets]


def test_no_subject_weighs_the_runs_that_answer_it(runs):
    """Other targets of the subjects held out leave the joined predictions to them as they are."""
    table = runs[0].out_of_fold.table
    _, held_out = next(fold_subjects(table, 5))
    mine = np.isin(table.subject, held_out.subject)
    predictions = np.column_stack([run.out_of_fold.predictions for run in runs])
    changed = WindowTable(1, table.recording, table.start, np.where(mine, -table.target, table.target), table.subject)
    before, after = _nested(table, predictions), _nested(changed, predictions)
    assert before[mine].tolist() == after[mine].tolist()
    assert (before[~mine] != after[~mine]).all()


def test_the_mean_is_kept_where_fitted_shares_do_no_better(tmp_path):
    """Two runs equally good, whose errors cancel."""
    rng = np.random.default_rng(0)
    target, error = rng.normal(1.6, 0.5, 20 * N_SUBJECTS), rng.normal(0, 0.1, 20 * N_SUBJECTS)
    table = table_of(target)
    blended = blend([run_of("over", table, target + error), run_of("under", table, target - error)])
    assert not blended.fit_holds
    write_blend(blended, tmp_path / "c1.toml")
    part = read_part(tmp_path / "c1.toml")
    assert (part.shares, part.wrap) == ((0.25,) * 4, ())


def test_runs_of_other_windows_are_refused_and_the_order_of_releases_does_not_matter(runs):
    first = runs[0].out_of_fold.table
    renumbered = WindowTable(1, N_SUBJECTS - first.recording, first.start, first.target, first.subject)
    blend([runs[0], run_of("renumbered", renumbered, runs[1].out_of_fold.predictions)])
    other = WindowTable(1, first.recording, first.start, first.target + 1, first.subject)
    with pytest.raises(RecipeError, match="did not prediction the same windows"):
        blend([runs[0], run_of("other", other, runs[1].out_of_fold.predictions)])


def test_answers_come_back_as_they_were_written(runs, tmp_path):
    kept = runs[0].out_of_fold
    kept.write(tmp_path / "a.csv")
    read = read_out_of_fold(tmp_path / "a.csv", 1)
    for name in ("recording", "start", "target", "subject"):
        assert getattr(read.table, name).tolist() == getattr(kept.table, name).tolist()
    assert read.predictions.tolist() == kept.predictions.tolist()


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
    assert "blend.toml is there already" in result.stderr


def test_a_constant_is_kept_as_such_where_no_run_holds(tmp_path):
    """Predictions that go against the targets: nothing of them is packed, and the terminal says so."""
    rng = np.random.default_rng(0)
    target = rng.normal(1.6, 0.5, 20 * N_SUBJECTS)
    table = table_of(target)
    blended = blend([run_of(name, table, 3.2 - target + rng.normal(0, 0.5, len(target))) for name in ("one", "two")])
    assert blended.constant
    write_blend(blended, tmp_path / "c1.toml")
    (choice,) = read_part(tmp_path / "c1.toml").nets
    assert float(choice.net.removeprefix("constant:")) == pytest.approx(target.mean())
    console = Console(width=200)
    with console.capture() as said:
        show_blended(blended, console)
    assert f"kept: the constant {target.mean():.4g}, the mean of the targets" in said.get()
    assert "%" not in said.get().replace("95 % interval", "")
