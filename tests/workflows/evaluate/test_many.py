"""Several zips at a time, and cached predictions."""

import json
import os
import threading

import pytest
from click.testing import CliRunner

from submission_builder.base.cache import cache_folder, entries
from submission_builder.base.errors import OutputError, ReleaseError, SandboxError, SubmissionError
from submission_builder.base.jobs import Jobs
from submission_builder.base.progress import silent
from submission_builder.cli import main
from submission_builder.workflows.evaluate.many import THREADS, run_in_threads


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def invoke(*args):
        return CliRunner().invoke(main, list(map(str, args)), catch_exceptions=False)

    invoke("build", "--c1", "constant:1.6", "--c2", "constant:0", "-o", "a.zip")
    return invoke


def test_a_broken_zip_does_not_affect_the_others(run, small_release, tmp_path):
    run("build", "--c1", "constant:1.7", "--c2", "constant:0", "-o", "b.zip")
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    zips = ("a.zip", "broken.zip", "b.zip")
    result = run("evaluate", *zips, "--jobs", 2, "--data", small_release, "--json", "all.json")
    assert result.exit_code == 1
    assert all(name in result.stdout for name in zips)
    assert "broken.zip cannot be read as a zip" in result.stderr
    listed = json.loads((tmp_path / "all.json").read_text())
    assert [one["path"] for one in listed] == list(zips)
    assert [one["outcome"] for one in listed] == ["scored", "contract_error", "scored"]
    run("evaluate", "b.zip", "--data", small_release, "--json", "one.json")
    assert json.loads((tmp_path / "one.json").read_text())["scores"] == listed[2]["scores"]


def test_a_second_run_reuses_the_predictions_says_so_and_scores_the_same(run, small_release, tmp_path):
    def evaluated(*options):
        result = run("evaluate", "a.zip", "--data", small_release, "--json", "score.json", *options)
        assert result.exit_code == 0
        content = json.loads((tmp_path / "score.json").read_text())
        assert content["run"]["cached"] is ("the predictions are cached" in result.stdout)
        return content

    first = evaluated("--fresh")
    again = evaluated()
    assert (first["run"]["cached"], again["run"]["cached"]) == (False, True)
    assert first["scores"] == again["scores"]
    assert first["challenges"] == again["challenges"]
    assert not evaluated("--exact", "--fresh")["run"]["cached"]
    kept = [entry.path for entry in entries(cache_folder()) if entry.kind == "predictions"]
    for path in kept:
        path.write_text(path.read_text()[:-20])
    assert not evaluated()["run"]["cached"]


def test_a_sample_is_marked_in_title_caveat_and_json(run, small_release, tmp_path):
    result = run("evaluate", "a.zip", "--data", small_release, "--max-windows", 12, "--json", "score.json")
    assert "SAMPLE" in result.stdout.splitlines()[0]
    content = json.loads((tmp_path / "score.json").read_text())
    sample = content["release"]["sample"]
    assert sample["n_windows"]["1"] < sample["of"]["1"]
    assert content["challenges"]["1"]["n_windows"] == sample["n_windows"]["1"]
    assert any("rests on a SAMPLE" in caveat for caveat in content["caveats"])
    whole = run("evaluate", "a.zip", "--data", small_release, "--max-windows", 10**6)
    assert "SAMPLE" not in whole.stdout


def test_an_interrupt_ends_the_others_too(tmp_path):
    """One evaluation raises as Ctrl-C does; the other is between two reports of progress."""
    begun, ended = threading.Event(), threading.Event()

    def evaluate(path, *, progress):
        if path.name == "interrupted":
            begun.wait()
            raise KeyboardInterrupt
        begun.set()
        try:
            while True:
                progress("challenge 1", 0, 1)
        finally:
            ended.set()

    with pytest.raises(KeyboardInterrupt):
        run_in_threads([tmp_path / "interrupted", tmp_path / "other"], evaluate, Jobs(2, THREADS), silent)
    assert ended.is_set()


@pytest.mark.slow
@pytest.mark.parametrize("where", [("--backend", "loky", "--jobs", "2"), ("--backend", "dask")])
def test_another_backend_gives_the_same_result(run, small_release, tmp_path, where, request, monkeypatch):
    """Relative paths work although Dask's workers have another working directory; outcomes of broken zips arrive."""
    if "dask" in where:
        monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", request.getfixturevalue("dask_of_two"))
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    release = os.path.relpath(small_release, tmp_path)
    found = []
    for options in ((), where):
        if options:  # in this process
            monkeypatch.setattr("submission_builder.workflows.evaluate.job.open_session", None)
        asked = ("--fresh", "--max-windows", 12, "--json", "all.json", *options)
        result = run("evaluate", "a.zip", "broken.zip", "--data", release, *asked)
        assert result.exit_code == 1
        assert "broken.zip cannot be read as a zip" in result.stderr
        found.append(json.loads((tmp_path / "all.json").read_text()))
    for here, there in zip(*found, strict=True):
        differing = {key for key in here.keys() | there.keys() if here.get(key) != there.get(key)}
        assert differing <= {"run", "error", "path"}  # another engine gets absolute paths


def test_a_backend_that_cannot_be_reached_is_one_error(run, small_release):
    result = run("evaluate", "a.zip", "--data", small_release, "--backend", "dask")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "backend dask needs the address of a scheduler" in result.stderr


def test_cached_predictions_start_no_process(run, small_release, monkeypatch):
    """The zip is not unpacked either; lower precisions still need a process."""
    assert run("evaluate", "a.zip", "--data", small_release).exit_code == 0
    started = []

    def refuse(*args):
        started.append(args)
        raise SandboxError("no process may start")

    monkeypatch.setattr("submission_builder.workflows.evaluate.job.open_session", refuse)
    assert run("evaluate", "a.zip", "--data", small_release).exit_code == 0
    assert not started
    assert run("evaluate", "a.zip", "--data", small_release, "--precision", "bf16").exit_code == 3
    assert started


@pytest.mark.parametrize(
    ("error", "outcome", "code"),
    [
        (SandboxError("isolation namespace is not available"), "machine_error", 3),
        (OutputError("the disk is full"), "machine_error", 3),
        (ReleaseError("the BDF is truncated"), "release_error", 1),
        (SubmissionError("forward raised", outcome="crashed"), "crashed", 1),
        (SubmissionError("no CUDA device", outcome="device_error"), "device_error", 3),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_outcome_says_who_is_at_fault(run, small_release, monkeypatch, error, outcome, code):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr("submission_builder.workflows.evaluate.job.replay", fail)
    result = run("evaluate", "a.zip", "--data", small_release, "--fresh")
    assert (result.exit_code, f"outcome: {outcome} " in result.stderr) == (code, True)


def test_a_fault_of_a_zip_outweighs_one_of_the_machine(run, small_release, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    assert run("evaluate", "a.zip", "--data", small_release, "--device", "no-such-device").exit_code == 3
    assert run("evaluate", "a.zip", "broken.zip", "--data", small_release, "--device", "no-such-device").exit_code == 1


def test_a_zip_that_does_not_exist_is_wrong_usage(run, small_release):
    result = run("evaluate", "nowhere.zip", "--data", small_release)
    assert (result.exit_code, "nowhere.zip" in result.stderr) == (2, True)
