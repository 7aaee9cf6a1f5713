"""Many zips at once, and predictions that are kept."""

import json
import os
import threading

import pytest
from click.testing import CliRunner

from submission_builder.base.cache import cache_folder, entries
from submission_builder.base.jobs import Jobs
from submission_builder.base.progress import silent
from submission_builder.cli import main
from submission_builder.workflows.evaluate.many import THREADS, evaluate_each


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def invoke(*args):
        return CliRunner().invoke(main, list(map(str, args)), catch_exceptions=False)

    invoke("build", "--c1", "constant:1.6", "--c2", "constant:0", "-o", "a.zip")
    return invoke


def test_a_broken_zip_disturbs_no_other(run, small_release, tmp_path):
    run("build", "--c1", "constant:1.7", "--c2", "constant:0", "-o", "b.zip")
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    zips = ("a.zip", "broken.zip", "b.zip")
    result = run("evaluate", *zips, "--jobs", 2, "--data", small_release, "--json", "all.json")
    assert result.exit_code == 1
    assert all(name in result.stdout for name in zips)
    assert "broken.zip is no zip" in result.stderr
    listed = json.loads((tmp_path / "all.json").read_text())
    assert [one["path"] for one in listed] == list(zips)
    assert [one["outcome"] for one in listed] == ["scored", "contract_error", "scored"]
    run("evaluate", "b.zip", "--data", small_release, "--json", "one.json")
    assert json.loads((tmp_path / "one.json").read_text())["scores"] == listed[2]["scores"]


def test_the_same_again_is_cached_says_so_and_scores_the_same(run, small_release, tmp_path):
    def evaluated(*options):
        result = run("evaluate", "a.zip", "--data", small_release, "--json", "score.json", *options)
        assert result.exit_code == 0
        content = json.loads((tmp_path / "score.json").read_text())
        assert content["run"]["cached"] is ("the predictions were kept" in result.stdout)
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


def test_a_sample_says_that_it_is_one(run, small_release, tmp_path):
    result = run("evaluate", "a.zip", "--data", small_release, "--max-windows", 12, "--json", "score.json")
    assert "SAMPLE" in result.stdout.splitlines()[0]
    content = json.loads((tmp_path / "score.json").read_text())
    sample = content["release"]["sample"]
    assert sample["n_windows"]["1"] < sample["of"]["1"]
    assert content["challenges"]["1"]["n_windows"] == sample["n_windows"]["1"]
    assert any("SAMPLE of whole recordings" in caveat for caveat in content["caveats"])
    whole = run("evaluate", "a.zip", "--data", small_release, "--max-windows", 10**6)
    assert "SAMPLE" not in whole.stdout


def test_an_interrupt_ends_the_others_too(tmp_path):
    """One raises as Ctrl-C does; the other is between two things that it tells of."""
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
        evaluate_each([tmp_path / "interrupted", tmp_path / "other"], evaluate, Jobs(2, THREADS), silent)
    assert ended.is_set()


@pytest.mark.parametrize(
    "where", [("--backend", "loky", "--jobs", "2"), pytest.param(("--backend", "dask"), marks=pytest.mark.slow)]
)
def test_another_engine_finds_the_same(run, small_release, tmp_path, where, request, monkeypatch):
    """By relative paths, though Dask's workers stand elsewhere; how a broken zip ended arrives too."""
    if "dask" in where:
        monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", request.getfixturevalue("dask_of_two"))
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    release = os.path.relpath(small_release, tmp_path)
    found = []
    for options in ((), where):
        if options:  # in this process
            monkeypatch.setattr("submission_builder.workflows.evaluate.evaluate.open_session", None)
        asked = ("--fresh", "--max-windows", 12, "--json", "all.json", *options)
        result = run("evaluate", "a.zip", "broken.zip", "--data", release, *asked)
        assert result.exit_code == 1
        assert "broken.zip is no zip" in result.stderr
        found.append(json.loads((tmp_path / "all.json").read_text()))
    for here, there in zip(*found, strict=True):
        differing = {key for key in here.keys() | there.keys() if here.get(key) != there.get(key)}
        assert differing <= {"run", "error"}  # an error names the path that was handed on


def test_an_engine_that_is_not_there_is_one_error(run, small_release):
    result = run("evaluate", "a.zip", "--data", small_release, "--backend", "dask")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "backend dask is told no scheduler" in result.stderr
