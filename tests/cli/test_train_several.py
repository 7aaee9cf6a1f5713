"""``subpack train`` with several architectures and seeds: each run is what it is alone, and fails alone."""

import csv
import json
import re
from itertools import product
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from submission_builder.cli import main

RUNS = [f"{net}.mine-seed{seed}" for net, seed in product(("cnn", "compact_k5"), (0, 1))]


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    """Two jobs on two cores have one thread each; with more threads, sums have another order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def run(release, *args, challenge=1):
    args = ("train", *args, "--challenge", challenge, "--train", release, "--epochs", 1, "--device", "cpu")
    return CliRunner().invoke(main, [str(arg) for arg in args], env={"COLUMNS": "120"})


def weights(folder):
    return {path.stem: path.read_bytes() for path in Path(folder).glob("*.pt")}


@pytest.fixture(scope="module")
def several(small_release, tmp_path_factory):
    """Two architectures with two seeds each: folder and what was printed."""
    folder = tmp_path_factory.mktemp("several")
    result = run(
        small_release, "cnn", "compact_k5", "--tag", "mine", "--seeds", 0, 1, "-o", folder, "--log", folder / "log.csv"
    )
    assert result.exit_code == 0, result.output
    return folder, result.stdout


def test_each_run_is_to_the_byte_what_it_is_alone(several, small_release):
    folder, _ = several
    assert sorted(weights(folder)) == RUNS
    for net, seed in (("cnn", 1), ("compact_k5", 0)):
        result = run(small_release, net, "--seed", seed, "--tag", f"mine-seed{seed}", "-o", "alone")
        assert result.exit_code == 0, result.output
    for name, alone in weights("alone").items():
        assert alone == weights(folder)[name]
        cards = [json.loads((Path(place) / f"{name}.json").read_text()) for place in (folder, "alone")]
        assert cards[0] == cards[1]


@pytest.mark.slow
def test_runs_beside_each_other_make_the_same_bytes(several, small_release, tmp_path, monkeypatch):
    """With as many threads in each process as here."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    args = ("cnn", "compact_k5", "--tag", "mine", "--seeds", 0, 1, "--jobs", 2, "-o", tmp_path)
    result = run(small_release, *args)
    assert result.exit_code == 0, result.output
    assert weights(tmp_path) == weights(several[0])


def test_one_table_best_first_and_one_next_step(several):
    folder, said = several
    assert [line for line in said.splitlines() if line in RUNS] == RUNS, "a heading above the epochs of each"
    table = said[said.index("SIMULATED · 4 runs, scored on the validation split") :]
    scores = {name: json.loads((folder / f"{name}.json").read_text())["scores"]["val"]["nrmse"] for name in RUNS}
    rows = re.findall(r"│ (\S+) +│ (\d\.\d{5}) │", table)
    assert [(name, float(nrmse)) for name, nrmse in rows] == sorted(scores.items(), key=lambda item: item[1])
    assert "the best of 4 runs, so its score is optimistic" in table
    assert "Each seed holds out other subjects" in table
    assert [Path(path).name for path in re.findall(r"^wrote (\S+\.pt)$", table, re.MULTILINE)] == [
        f"{name}.pt" for name, _ in rows
    ]
    assert table.count("next: ") == 1


def test_the_log_names_the_run_of_each_epoch(several):
    rows = list(csv.DictReader((several[0] / "log.csv").read_text().splitlines()))
    assert sorted((row["run"], row["epoch"]) for row in rows) == [(name, "1") for name in RUNS]


def test_finished_runs_are_reused_and_the_others_are_trained(several, small_release, tmp_path):
    folder, _ = several
    for path in folder.iterdir():
        if path.name != "cnn.mine-seed1.pt":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    args = ("cnn", "compact_k5", "--tag", "mine", "--seeds", 0, 1, "-o", tmp_path)
    assert "cnn.mine-seed0.pt already exists" in run(small_release, *args).stderr
    before = (tmp_path / "cnn.mine-seed0.pt").stat().st_mtime_ns
    result = run(small_release, *args, "--resume")
    assert result.exit_code == 0, result.output
    assert weights(tmp_path) == weights(folder)
    assert [result.stdout.count(f"\n{word} ") for word in ("reused", "wrote")] == [3, 1]
    assert (tmp_path / "cnn.mine-seed0.pt").stat().st_mtime_ns == before


def test_a_run_that_diverges_ends_alone(small_release):
    """A ridge is solved without steps, so that the same flags do not affect it."""
    result = run(small_release, "cnn", "spectral_ridge", "--lr", "1e30", "--clip", "1e30", challenge=2)
    assert result.exit_code == 1, result.output
    assert re.search(r"│ cnn\.c2-seed0 .*│ failed", result.stdout)
    assert "error: cnn.c2-seed0: training diverged: " in result.stderr
    assert "next: spectral_ridge.c2-seed0: " in result.stdout
    assert list(weights("runs")) == ["spectral_ridge.c2-seed0"]


def test_folds_are_the_jobs_of_each_run_and_blend_takes_them(small_release):
    result = run(small_release, "cnn", "compact_k5", "--folds", 2, "--val-share", 0.4)
    assert result.exit_code == 0, result.output
    ensembles = [f"runs/{net}.c1-seed0-2folds.toml" for net in ("cnn", "compact_k5")]
    assert "2 runs, scored out of fold" in result.stdout
    assert sorted(result.stdout.splitlines()[-1].split()[2:]) == ensembles
    blended = CliRunner().invoke(main, ["blend", *ensembles])
    assert blended.exit_code == 0, blended.output


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("cnn", "--seed", 0, "--seeds", 1), 2, "--seed and --seeds cannot both be given"),
        (("cnn", "--force", "--resume"), 2, "force and resume cannot both be given"),
        (("cnn", "--seeds", 0, 1, "--devices", 2), 2, "devices and nodes apply to a single run"),
        (("cnn", "--seeds", 0, 1, "--report", "x.html"), 2, "--report shows a single run"),
        (("cnn", "--seeds", 0, 1, "--preview-augmentation", "x.png"), 2, "--preview-augmentation shows a single run"),
        (("cnn", "--seeds", 0, "--jobs", 2), 2, "one net is trained by one job"),
        (("cnn", "cmm", "--seeds", 0, 1), 1, "there is no architecture 'cmm'"),
        (("cnn", "lightweight_attn", "--net", "n_heads=2"), 1, "cnn cannot be built with {'n_heads': 2}"),
    ],
)
def test_all_is_checked_before_anything_is_read(args, code, message):
    result = run("nowhere", *args)
    assert (result.exit_code, message in result.stderr) == (code, True), result.stderr
    assert not Path("runs").exists()
