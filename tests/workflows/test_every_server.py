"""The server ``all``: a zip runs under every installed replica, and the results are compared."""

import json

import pytest
from archives import make_zip
from click.testing import CliRunner

import submission_builder as sb
from submission_builder.cli import main

EVERY = sb.Runtime(server="all")
BY_PREFIX = "return X[:, 0, :1] * 0 + len(sys.prefix)"
"""Predictions that depend on the Python."""
CRASHES = "import sys; assert 'another' not in sys.prefix, 'this Python lacks it'"


def run(*args):
    return CliRunner().invoke(main, list(map(str, args)))


def test_check_without_a_difference(tmp_path, replicas):
    replicas("published", "lock")
    report = sb.check(make_zip(tmp_path / "z.zip"), select=["S3"], runtime=EVERY)
    assert (list(report.servers), report.not_installed, report.differences) == (["published", "lock"], (), ())
    assert {server: one.ran.image for server, one in report.servers.items()} == {
        "published": "published",
        "lock": "lock",
    }
    assert (report.ok, report.outcome, report.findings) == (True, "scored", ())
    assert report.notes()[0].startswith("no difference between published and lock")


def test_check_lists_predictions_that_differ(tmp_path, replicas):
    replicas("published", "lock")
    result = run(
        "check",
        make_zip(tmp_path / "z.zip", top="import sys", forward=BY_PREFIX),
        "--select",
        "S301",
        "--server",
        "all",
    )
    assert result.exit_code == 0, "a difference is no error"
    for challenge in (1, 2):
        assert f"note: difference of predictions of challenge {challenge} (8 of 8 windows" in result.stdout


def test_check_lists_outcomes_and_findings_that_differ(tmp_path, replicas):
    replicas("published", "lock")
    path = make_zip(tmp_path / "z.zip", load=CRASHES)
    result = run("check", path, "--select", "S3", "--server", "all", "--format", "json")
    content = json.loads(result.stdout)
    assert (result.exit_code, content["outcome"], content["ok"]) == (1, "crashed", False)
    assert {server: one["outcome"] for server, one in content["servers"].items()} == {
        "published": "scored",
        "lock": "crashed",
    }
    (found,) = content["findings"]
    assert (found["id"], found["servers"], "this Python lacks it" in found["message"]) == ("S301", ["lock"], True)
    assert [one["subject"] for one in content["differences"]] == ["outcome", "S301 submission.py"]


@pytest.mark.parametrize(("installed", "other"), [("published", "lock"), ("lock", "published")])
def test_check_names_what_is_not_installed(tmp_path, replicas, installed, other):
    replicas(installed)
    result = run("check", make_zip(tmp_path / "z.zip"), "--select", "S301", "--server", "all")
    assert result.exit_code == 0
    assert f"{other} was not tried: subpack server install {other}" in result.stdout
    assert "difference" not in result.stdout


@pytest.mark.parametrize("command", ["check", "evaluate"])
def test_without_any_replica_the_commands_that_install_them_are_named(tmp_path, replicas, command):
    result = run(command, make_zip(tmp_path / "z.zip"), "--server", "all")
    assert result.exit_code == 1
    assert "no replica is installed" in result.stderr
    assert "subpack server install published && subpack server install lock" in result.stderr


def test_evaluate_one_zip_under_each_image(tmp_path, replicas, small_release):
    replicas("published", "lock")
    path = make_zip(tmp_path / "z.zip", top="import sys", forward=BY_PREFIX)
    result = run(
        *("evaluate", path, "--data", small_release, "--server", "all"),
        *("--json", tmp_path / "z.json", "--predictions", tmp_path / "z.csv"),
    )
    assert result.exit_code == 0, result.output
    content = json.loads((tmp_path / "z.json").read_text())
    scores = {image: one["scores"]["overall"] for image, one in content["servers"].items()}
    assert scores["published"] != scores["lock"]
    assert len(content["differences"]) == 2
    for words in (
        "published",
        "lock",
        f"{scores['published']:.5f}",
        f"{scores['lock']:.5f}",
        "difference of predictions",
    ):
        assert words in result.stdout
    assert (tmp_path / "z.csv").read_text().startswith("zip,server,release,challenge,")


def test_evaluate_compares_outcomes_and_shares_the_release(tmp_path, replicas, small_release):
    replicas("published", "lock")
    good, bad = make_zip(tmp_path / "good.zip"), make_zip(tmp_path / "bad.zip", load=CRASHES)
    first, second = sb.evaluate_servers([good, bad], data=small_release, max_windows=12)
    assert (first.ok, first.differences, first.not_installed) == (True, (), ())
    assert (second.ok, [one.subject for one in second.differences]) == (False, ["outcome"])
    assert second.evaluations["lock"].outcome == "crashed"
    assert first.notes()[0].startswith("no difference between published and lock")
    sets = {one.release.digest for one in first.evaluations.values()}
    assert len(sets) == 1


def test_a_single_evaluation_takes_one_server(tmp_path, small_release):
    with pytest.raises(
        sb.ServerError, match="'all' stands for all replicas; a single run takes one of: published, lock"
    ):
        sb.evaluate(make_zip(tmp_path / "z.zip"), data=small_release, runtime=EVERY)
