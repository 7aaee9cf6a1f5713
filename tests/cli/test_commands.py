"""The command line, as a user types it."""

import json
import platform
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import edfio
import pytest
from archives import make_zip
from click.testing import CliRunner

from submission_builder.cli import main
from submission_builder.harness.runtime import Runtime


def run(*args):
    return CliRunner().invoke(main, [str(arg) for arg in args])


def test_help_loads_no_heavy_package():
    program = "import sys; from submission_builder.cli import main; main(['--help'], standalone_mode=False)"
    heavy = {"torch", "mne", "pandas", "scipy", "numpy", "rich", "submission_builder.sandbox"}
    program += f"; print(sorted({heavy} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[-1] == "[]"
    assert "evaluate" in said


@pytest.mark.parametrize("command", ["evaluate", "compare"])
def test_a_command_that_writes_no_page_loads_neither_matplotlib_nor_scipy_stats(command, tmp_path):
    """Each of the two takes about half a second to import. The empty zip ends without a replay."""
    zipfile.ZipFile(tmp_path / "a.zip", "w").close()
    program = "import sys; from submission_builder.cli import main; import atexit; "
    program += "atexit.register(lambda: print(sorted({'matplotlib', 'scipy.stats', 'numpy'} & set(sys.modules)))); "
    program += f"main([{command!r}, 'a.zip', '--data', '.'], standalone_mode=False)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "['numpy']"
    assert "error: " in done.stderr


def test_build_writes_submission_zip_here(tmp_path):
    result = run("build", "--c1", "constant:1.6", "--c2", "constant:-0.09")
    assert result.exit_code == 0, result.output
    assert zipfile.is_zipfile(tmp_path / "submission.zip")


def test_build_keeps_a_zip_that_is_there(tmp_path):
    (tmp_path / "submission.zip").write_text("precious")
    result = run("build", "--c1", "constant:1.6", "--c2", "constant:0")
    assert result.exit_code == 1
    assert "error: submission.zip already exists" in result.stderr
    assert "hint: --force replaces it" in result.stderr
    assert (tmp_path / "submission.zip").read_text() == "precious"


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("build", "--c1", "cnn"),
        ("evaluate",),
        ("evaluate", "nowhere.zip"),
        ("evaluate", __file__, "--profile", "v4"),
        ("train", "cnn", "--challenge", "3", "--data", "x"),
        ("simulate",),
        ("nonsense",),
    ],
)
def test_wrong_usage_ends_with_2(args):
    assert run(*args).exit_code == 2


def test_evaluate_scores_and_writes_the_documented_json(small_release, tmp_path):
    run("build", "--c1", "constant:1.6", "--c2", "constant:-0.09")
    result = run("evaluate", "submission.zip", "--data", small_release, "--json", "score.json")
    assert result.exit_code == 0, result.output
    assert "SIMULATED" in result.stdout
    content = json.loads((tmp_path / "score.json").read_text())
    assert list(content) == [
        *(
            "schema",
            "path",
            "outcome",
            "error",
            "profile",
            "partial",
            "release",
            "zip",
            "releases",
            "scores",
            "overall",
        ),
        *("challenges", "isolation", "batch", "invariance", "precision", "placement", "diagnoses"),
        *("caveats", "subpack", "run"),
    ]
    assert (content["schema"], content["outcome"], content["profile"]) == (2, "scored", "final")
    assert content["release"]["simulated"] is True
    assert content["isolation"] == Runtime().level()
    first, second = content["challenges"]["1"], content["challenges"]["2"]
    constant = (1 + ((1.6 - first["target_mean"]) / first["target_std"]) ** 2) ** 0.5
    assert first["nrmse"] == content["scores"]["challenge1"] == pytest.approx(constant, abs=1e-5)
    assert content["scores"]["overall"] == pytest.approx(0.3 * first["nrmse"] + 0.7 * second["nrmse"], abs=1e-5)
    assert first["prediction_std"] == pytest.approx(0, abs=1e-6)
    assert list(first) == [
        *("n_windows", "n_recordings", "n_subjects", "target_mean", "target_std", "prediction_mean", "prediction_std"),
        *("bias", "correlation", "nrmse", "constant", "interval", "p_better", "smallest_difference", "worst_share"),
        *("baselines", "reason"),
    ]
    assert (first["n_recordings"], first["n_subjects"]) == (4, 4)


def test_evaluate_reports_the_python_that_ran_the_submission(small_release, tmp_path, another_python):
    """It is ours, or the one that ``--server`` names; a caveat names how it differs from the server's."""
    make_zip(tmp_path / "z.zip", top="import sys", forward="return X[:, 0, :1] * 0 + len(sys.prefix)")
    contents = {}
    for option in ((), ("--server", another_python)):
        assert run("evaluate", "z.zip", "--data", small_release, *option, "--json", "score.json").exit_code == 0
        contents[option] = json.loads((tmp_path / "score.json").read_text())
    ours, theirs = contents.values()
    python, torch, numpy = platform.python_version(), version("torch"), version("numpy")
    versions = ours["run"]["server"]
    assert versions == theirs["run"]["server"]
    assert (versions["image"], versions["python"], versions["torch"]) == (None, python, torch)
    assert versions["packages"]["numpy"] == numpy
    fact = f"ran under Python {python}, torch {torch} and numpy {numpy}; the server has Python 3.10"
    assert all(any(fact in caveat for caveat in one["caveats"]) for one in (ours, theirs))
    assert ours["challenges"]["1"]["nrmse"] != theirs["challenges"]["1"]["nrmse"]


def test_a_server_that_is_not_installed_is_refused_before_anything_is_read():
    result = run("evaluate", __file__, "--data", "nowhere", "--server", "lock")
    assert result.exit_code == 1
    assert "the replica of server image lock is not installed" in result.stderr
    assert "hint: subpack server install lock" in result.stderr


def test_two_evaluations_differ_only_in_what_is_volatile(small_release, tmp_path):
    make_zip(tmp_path / "z.zip", forward="return X[:, :1, :1].mean(-1) * 1e5")
    contents = []
    for name in ("a.json", "b.json"):
        assert run("evaluate", "z.zip", "--data", small_release, "--fresh", "--json", name).exit_code == 0
        contents.append({k: v for k, v in json.loads((tmp_path / name).read_text()).items() if k != "run"})
    assert contents[0] == contents[1]


def test_a_submissions_words_do_not_steer_the_terminal(small_release, tmp_path):
    make_zip(tmp_path / "z.zip", forward="raise ValueError('\\x1b[31mred')")
    result = run("evaluate", "z.zip", "--data", small_release)
    assert "\x1b[31m" not in result.stderr
    assert "[31mred" in result.stderr


def test_a_json_that_cannot_be_written_is_refused_at_once(tmp_path):
    result = run("evaluate", __file__, "--data", "nowhere", "--json", "nowhere/score.json")
    assert result.exit_code == 1
    assert "score.json cannot be written: nowhere is not a folder" in result.stderr


@pytest.mark.parametrize(
    ("defect", "outcome", "message"),
    [
        ({"entry": "folder/submission.py"}, "contract_error", "has no submission.py at its root"),
        ({"forward": "return X[:, 0, 0]"}, "bad_shape", "predicted shape (1,)"),
        ({"forward": "return X[:, 0, :1] / 0"}, "not_finite", "challenge 1 predicted"),
    ],
)
def test_a_defect_ends_with_1_and_a_json_all_the_same(small_release, tmp_path, defect, outcome, message):
    make_zip(tmp_path / "z.zip", **defect)
    result = run("evaluate", "z.zip", "--data", small_release, "--json", "score.json")
    assert result.exit_code == 1
    assert message in result.stderr
    assert f"outcome: {outcome}" in result.stderr
    assert "Traceback" not in result.stderr
    content = json.loads((tmp_path / "score.json").read_text())
    assert (content["outcome"], content["scores"]["overall"]) == (outcome, None)
    assert message in content["error"]["message"]
    assert content["challenges"]["1"]["nrmse"] is None


def first(release, pattern):
    return min(release.glob(pattern))


def cut_short(release):
    bdf = first(release, "sub-*/eeg/*_eeg.bdf")
    bdf.write_bytes(bdf.read_bytes()[:-99])


def drop_channel(release):
    bdf = first(release, "sub-*/eeg/*_eeg.bdf")
    recording = edfio.read_bdf(bdf)
    recording.drop_signals(["E7"])
    recording.write(bdf)


def move_last_trial(release):
    events = first(release, "sub-*/eeg/*_events.tsv")
    late = ((34.6, "left_target"), (35.5, "left_buttonPress"), (35.9, "contrastTrial_start"))
    rows = "".join(f"{onset}\tn/a\t{value}\tn/a\tn/a\n" for onset, value in late)
    events.write_text(events.read_text() + rows)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda release: (release / "participants.tsv").unlink(), "has no participants.tsv"),
        (lambda release: first(release, "sub-*/eeg/*_events.tsv").unlink(), "_events.tsv"),
        (cut_short, "the BDF is truncated"),
        (drop_channel, "128 channels, the challenge has 129"),
        (move_last_trial, "spans samples 3510 to 3710"),
    ],
)
def test_a_damaged_release_is_one_clear_error(small_release, tmp_path, monkeypatch, damage, message):
    monkeypatch.setenv("SUBPACK_CACHE", str(tmp_path / "cache"))
    release = shutil.copytree(small_release, tmp_path / "release")
    damage(release)
    make_zip(tmp_path / "z.zip")
    result = run("evaluate", "z.zip", "--data", release)
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("error:") == 1
    assert not (tmp_path / "cache").exists()


def test_a_release_that_cannot_be_read_says_nothing_about_the_submission(tmp_path):
    make_zip(tmp_path / "z.zip")
    (tmp_path / "data").mkdir()
    result = run("evaluate", "z.zip", "--data", "data", "--json", "score.json")
    assert result.exit_code == 1
    assert "has no participants.tsv" in result.stderr
    assert json.loads((tmp_path / "score.json").read_text())["outcome"] == "release_error"


def test_real_eeg_without_factor_scores_is_scored_in_challenge_1_alone(face13, tmp_path):
    make_zip(tmp_path / "z.zip", forward="return X[:, 0, :1] * 0 + 0.9")
    result = run("evaluate", "z.zip", "--data", face13, "--json", "score.json")
    assert result.exit_code == 0, result.output
    assert "challenge 2 has no score: no subject of R5_L100_bdf" in result.stdout
    content = json.loads((tmp_path / "score.json").read_text())
    assert content["challenges"]["1"]["n_windows"] == 222
    assert content["challenges"]["1"]["nrmse"] is not None
    assert content["scores"]["challenge2"] is content["scores"]["overall"] is None
    assert "externalizing" in content["challenges"]["2"]["reason"]


def test_v3_is_another_row_of_the_table(small_release, tmp_path):
    """The simulated release has no RestingState, and v3 says so."""
    make_zip(tmp_path / "z.zip")
    result = run("evaluate", "z.zip", "--data", small_release, "--profile", "v3")
    assert result.exit_code == 1
    assert "has no recording of task RestingState" in result.stderr


def test_train_writes_a_checkpoint_that_build_takes(small_release, tmp_path):
    result = run(
        "train", "cnn", "--challenge", 2, "--data", small_release, "--epochs", 1, "--tag", "x", "--device", "cpu"
    )
    assert result.exit_code == 0, result.output
    assert "SIMULATED" in result.stdout
    assert "wrote runs/cnn.x.pt" in result.stdout
    assert "next: keep the earlier submission" in result.stdout
    assert run("build", "--c1", "constant:1.6", "--c2", "runs/cnn.x.pt").exit_code == 0
    again = run("train", "cnn", "--challenge", 2, "--data", small_release, "--tag", "x")
    assert "hint: --force replaces it, --tag sets another name" in again.stderr


def test_train_takes_a_config_which_flags_override(small_release, tmp_path):
    Path("mine.toml").write_text(
        'architecture = "cnn"\nchallenge = 2\nepochs = 9\nlr = 0.01\n[net]\ndrop_prob = [0, 0, 0]\n'
    )
    result = run("train", "--config", "mine.toml", "--train", small_release, "--epochs", 1, "--tag", "x")
    assert result.exit_code == 0, result.output
    card = json.loads(Path("runs/cnn.x.json").read_text())
    assert (card["config"]["epochs"], card["config"]["lr"], card["kwargs"]) == (1, 0.01, {"drop_prob": [0, 0, 0]})
    assert card["config"]["train"] == [small_release.name]


def test_train_says_what_a_config_cannot_hold(small_release):
    Path("mine.toml").write_text('architecture = "cnn"\nchallenge = 2\nepoch = 9\n')
    result = run("train", "--config", "mine.toml", "--train", small_release)
    assert result.exit_code == 1
    assert "config mine.toml is invalid\n  key epoch is unknown" in result.stderr
    assert "hint: for epoch, did you mean epochs?" in result.stderr


def test_train_refuses_before_reading_what_a_net_does_not_take():
    result = run("train", "cnn", "--challenge", 1, "--train", "nowhere", "--net", "width=3")
    assert "cnn cannot be built with {'width': 3}" in result.stderr
    result = run("train", "cnn", "--challenge", 1, "--train", "nowhere", "--loss", "latency")
    assert "loss latency needs a net with latency_logits" in result.stderr


def test_train_takes_several_releases_behind_one_flag(tmp_path):
    """The second is looked for as well as the first."""
    result = run("train", "cnn", "--train", "R1", "R2", "--challenge", 1)
    assert "R1 does not exist" in result.stderr
    result = run("train", "--challenge", 1, "cnn", "--data", "R1", "R2", "--device", "cpu")
    assert "R1 does not exist" in result.stderr


def test_train_draws_what_augmentation_does_and_trains_nothing(small_release):
    args = ("train", "cnn", "--challenge", 1, "--train", small_release, "--noise", 0.5)
    result = run(*args, "--preview-augmentation", "out.png")
    assert result.exit_code == 0, result.output
    assert Path("out.png").read_bytes().startswith(b"\x89PNG")
    assert not Path("runs").exists()
    assert "out.xyz cannot be drawn: its suffix is .xyz" in run(*args, "--preview-augmentation", "out.xyz").stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("-o", "/proc/nowhere"), "folder /proc/nowhere cannot be written to"),
        (("--tag", "a/b"), "tag 'a/b' contains a slash"),
    ],
)
def test_where_weights_go_is_tried_before_training(small_release, args, message):
    result = run("train", "cnn", "--challenge", 1, "--data", small_release, *args)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "epoch" not in result.stdout


@pytest.mark.parametrize("option", ["--limit-s", "--limit-mib"])
@pytest.mark.parametrize("value", ["nan", "inf", "0"])
def test_a_limit_is_a_finite_number(option, value):
    result = run("evaluate", __file__, option, value)
    assert result.exit_code == 2
    assert f"Invalid value for '{option}'" in result.stderr


def test_a_learning_rate_is_a_finite_number(small_release):
    assert run("train", "cnn", "--challenge", 1, "--data", small_release, "--lr", "nan").exit_code == 2


def test_a_path_without_pt_is_taken_for_a_path():
    result = run("build", "--c1", "runs/cnn.c1-seed0", "--c2", "constant:0")
    assert "runs/cnn.c1-seed0 does not exist" in result.stderr


def test_the_version_is_the_installed_packages():
    assert run("--version").output == f"subpack, version {version('subpack')}\n"


def test_the_module_runs_the_command_line():
    """``python -m submission_builder`` needs no script on the PATH."""
    said = subprocess.run(
        [sys.executable, "-m", "submission_builder", "--version"], capture_output=True, text=True, check=True
    )
    assert said.stdout == f"subpack, version {version('subpack')}\n"


def test_compare_prints_a_plan_and_writes_the_documented_json(small_release, tmp_path):
    """Four subjects are too few for an interval, and the plan says so."""
    make_zip(tmp_path / "a.zip", forward="return X[:, 0, :1] * 0 + 1.5")
    make_zip(tmp_path / "b.zip", forward="return X[:, 0, :1] * 0 + 9")
    make_zip(tmp_path / "broken.zip", top="import nothing_of_the_sort")
    result = run("compare", "b.zip", "a.zip", "--data", small_release, "--json", "found.json")
    assert result.exit_code == 0, result.output
    assert "too few subjects" in result.stdout
    content = json.loads((tmp_path / "found.json").read_text())
    assert list(content) == [*("schema", "ranked_by", "candidates", "best_of", "plan", "members", "failed", "subpack")]
    assert [one["path"] for one in content["candidates"]] == ["a.zip", "b.zip"]
    failed = run("compare", "a.zip", "broken.zip", "--data", small_release)
    assert (failed.exit_code, "nothing_of_the_sort" in failed.stderr) == (1, True)
