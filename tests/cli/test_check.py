"""``subpack check`` and ``subpack explain``: exit codes, formats and notes."""

import json

import pytest
from archives import make_zip
from click.testing import CliRunner
from corpus import STATIC

from submission_builder.checks.catalogue import CHECKS
from submission_builder.cli import main
from submission_builder.sandbox.interpreter import inspect_interpreter
from submission_builder.sandbox.proof import why_unavailable


def run(*args):
    return CliRunner().invoke(main, ["check", *map(str, args)])


def test_static_errors_end_with_1_and_warnings_with_0(tmp_path):
    good, bad = make_zip(tmp_path / "good.zip"), STATIC["timm"].make(tmp_path / "bad.zip")
    assert run(good, "--static").exit_code == 0
    assert run(STATIC["no weights_only"].make(tmp_path / "warned.zip"), "--static").exit_code == 0
    assert run(bad).exit_code == 1
    assert run(good, bad, "--static").exit_code == 1


def test_a_run_without_predictions_ends_with_1_although_its_check_is_not_selected(tmp_path):
    result = run(make_zip(tmp_path / "z.zip", forward="return X[:, 0, 0]"), "--select", "S301")
    assert result.exit_code == 1
    assert "S301 error" in result.stdout
    assert "bad_shape" in result.stdout


def test_a_machine_that_cannot_tell_ends_with_3(tmp_path):
    good, bad = make_zip(tmp_path / "good.zip"), STATIC["timm"].make(tmp_path / "bad.zip")
    result = run(good, "--device", "cuda:63")
    assert result.exit_code == 3
    assert "this machine cannot tell" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("`subpack explain device_error`")
    assert run(good, bad, "--device", "cuda:63").exit_code == 1


def test_wrong_usage_ends_with_2(tmp_path):
    assert run().exit_code == 2
    assert run(tmp_path / "nowhere.zip").exit_code == 2
    assert run(tmp_path).exit_code == 2


def test_help_names_every_exit_code():
    text = run("--help").output
    assert [line.split()[0] for line in text.partition("Exit code:")[2].splitlines()[1:5]] == ["0", "1", "2", "3"]


def test_the_summary_says_that_nothing_was_run(tmp_path):
    result = run(make_zip(tmp_path / "z.zip"), "--select", "S1")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "nothing was run" in result.stdout


@pytest.mark.parametrize(("options", "noted"), [((), True), (("--static",), False), (("--select", "S1"), False)])
def test_a_run_without_isolation_is_noted_before_it_starts(tmp_path, monkeypatch, options, noted):
    monkeypatch.setattr("submission_builder.harness.runtime.why_unavailable", lambda *_: "bubblewrap is not installed")
    result = run(STATIC["timm"].make(tmp_path / "z.zip"), *options)
    assert ("note: " in result.stderr and "bubblewrap is not installed" in result.stderr) == noted


def test_the_isolation_is_probed_once_for_the_note_and_the_run(tmp_path):
    why_unavailable.cache_clear()
    assert "S301" in run(make_zip(tmp_path / "z.zip", forward="return X[:, 0, 0]"), "--select", "S301").stdout
    assert why_unavailable.cache_info().misses == 1


def test_the_note_for_all_replicas_is_that_of_our_python(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("submission_builder.harness.runtime.why_unavailable", lambda *args: asked.append(args) or "why")
    result = run(STATIC["timm"].make(tmp_path / "z.zip"), "--server", "all")
    assert "note: " in result.stderr
    assert [python for python, _ in asked] == [inspect_interpreter().executable]


def test_several_zips_are_a_list_in_json(tmp_path):
    a, b = make_zip(tmp_path / "a.zip"), make_zip(tmp_path / "b.zip")
    content = json.loads(run(a, b, "--static", "--format", "json").stdout)
    assert [one["path"] for one in content] == [str(a), str(b)]


def test_sarif_lists_every_check_as_a_rule(tmp_path):
    log = json.loads(run(STATIC["timm"].make(tmp_path / "z.zip"), "--format", "sarif").stdout)
    (sarif_run,) = log["runs"]
    assert [rule["id"] for rule in sarif_run["tool"]["driver"]["rules"]] == [check.id for check in CHECKS]
    assert [(result["ruleId"], result["level"]) for result in sarif_run["results"]] == [("S105", "error")]


def test_explain_prints_the_page_of_an_outcome():
    result = CliRunner().invoke(main, ["explain", "timeout"])
    assert (result.exit_code, result.output.splitlines()[0]) == (0, "timeout (outcome)")
    assert CliRunner().invoke(main, ["explain", "timeot"]).exit_code == 1
