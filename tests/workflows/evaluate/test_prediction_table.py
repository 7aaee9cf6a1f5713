"""``evaluate --predictions``: one row per window in a CSV or Parquet file."""

import importlib.util

import pandas as pd
import pytest
from archives import make_zip
from click.testing import CliRunner

import submission_builder as sb
from submission_builder.cli import main
from submission_builder.releases.simulated.release import simulate_release

COLUMNS = ["release", "challenge", "subject", "recording", "start", "target", "prediction"]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return make_zip(tmp_path_factory.mktemp("zip") / "z.zip", forward="return 1.5 + 1e4 * X.mean((1, 2))[:, None]")


def run(*args):
    return CliRunner().invoke(main, ["evaluate", *map(str, args)], catch_exceptions=False)


def read(path):
    return pd.read_csv(path, dtype={"subject": str, "target": "float32"}, keep_default_na=False)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_file_holds_every_window_of_every_release(path, small_release, tmp_path, suffix):
    if suffix == "parquet":
        pytest.importorskip("pyarrow", reason="Parquet needs pyarrow (the extra parquet)")
    other = tmp_path / "SIMULATED-other"
    simulate_release(other, subjects=3, runs=1, seed=12, trials=6)
    file = tmp_path / f"predictions.{suffix}"
    result = run(path, "--data", small_release, other, "--predictions", file)
    assert result.exit_code == 0, result.output
    table = read(file) if suffix == "csv" else pd.read_parquet(file)
    assert list(table) == COLUMNS
    evaluated = sb.evaluate(path, data=[small_release, other])
    for part in evaluated.releases:
        for number in (1, 2):
            rows = table[(table["release"] == part.release.name) & (table["challenge"] == number)]
            pd.testing.assert_frame_equal(
                rows[COLUMNS[2:]].reset_index(drop=True), part.predictions(number), check_dtype=False
            )
    assert len(table) == sum(score.n_windows for score in evaluated.challenges.values())


def test_of_several_zips_the_first_column_names_the_zip(path, small_release, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    second = make_zip(tmp_path / "second.zip", forward="return 1.6 + 0 * X.mean((1, 2))[:, None]")
    file = tmp_path / "predictions.csv"
    assert run(path, tmp_path / "broken.zip", second, "--data", small_release, "--predictions", file).exit_code == 1
    table = read(file)
    assert list(table) == ["zip", *COLUMNS]
    assert set(table["zip"]) == {str(path), str(second)}


def test_a_zip_without_a_score_gives_a_table_without_rows(small_release, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    run(tmp_path / "broken.zip", "--data", small_release, "--predictions", tmp_path / "none.csv")
    assert (tmp_path / "none.csv").read_text() == ",".join(COLUMNS) + "\n"


@pytest.mark.parametrize(
    ("name", "message"), [("p.xlsx", r"ends in \.csv or \.parquet"), ("nowhere/p.csv", "nowhere is not a folder")]
)
def test_a_file_that_cannot_be_written_is_refused_before_the_zip_runs(
    path, small_release, tmp_path, monkeypatch, name, message
):
    monkeypatch.setattr("submission_builder.evaluate_many", None, raising=False)
    with pytest.raises(sb.OutputError, match=message):
        CliRunner().invoke(
            main.commands["evaluate"],
            [str(path), "--data", str(small_release), "--predictions", str(tmp_path / name)],
            catch_exceptions=False,
        )


def test_parquet_without_pyarrow_is_one_clear_error(path, small_release, tmp_path, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "submission_builder.report.table_file.find_spec", lambda name: None if name == "pyarrow" else found(name)
    )
    result = run(path, "--data", small_release, "--predictions", tmp_path / "p.parquet")
    assert (result.exit_code, "Parquet needs the package pyarrow" in result.stderr) == (1, True)
    assert "p.csv" in result.stderr
