"""``subpack evaluate`` in CI: exit codes, JUnit, annotations, and a reader that is gone."""

import json
import os
import shutil
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from archives import make_zip
from click.testing import CliRunner

from submission_builder.cli import main

GOOD, BAD = "return X[:, 0, :1] * 0 + 1.5", "return X[:, 0, :1] * 0 + 9"


@pytest.fixture(scope="module")
def release(simulated):
    """A SIMULATED release with enough subjects for an interval."""
    return simulated("six", subjects=6, seed=7, trials=4)


@pytest.fixture(scope="module")
def zips(tmp_path_factory):
    """The same bytes for every test, so that their predictions are cached."""
    folder = tmp_path_factory.mktemp("zips")
    make_zip(folder / "good.zip", forward=GOOD)
    make_zip(folder / "bad.zip", forward=BAD)
    make_zip(folder / "broken.zip", entry="folder/submission.py")
    return folder


@pytest.fixture(autouse=True)
def _zips_here(zips, tmp_path):
    shutil.copytree(zips, tmp_path, dirs_exist_ok=True)


def run(release, *args):
    return CliRunner().invoke(main, ["evaluate", *args, "--data", str(release)])


@pytest.mark.parametrize(
    ("args", "code", "line"),
    [
        (["bad.zip", "--fail-above", "1e6"], 0, "gate passed: bad.zip: overall ≤ 1e+06: overall "),
        (["bad.zip", "--fail-above", "1.0"], 4, "gate FAILED: bad.zip: overall ≤ 1: overall "),
        (["bad.zip", "--fail-if-worse-than", "good.zip"], 4, "gate FAILED: bad.zip: not worse than good.zip: worse: "),
        (["good.zip", "--fail-if-worse-than", "bad.zip"], 0, "gate passed: good.zip: not worse than bad.zip: better: "),
        (["good.zip", "--fail-if-worse-than", "good.zip"], 0, "not shown to be worse: difference +0.00000"),
        (["bad.zip", "--fail-if-worse-than", "broken.zip"], 1, "broken.zip has no score (contract_error)"),
        (["bad.zip", "broken.zip", "--fail-above", "1"], 1, "gate FAILED: bad.zip"),
    ],
)
def test_exit_code_and_line_of_a_gate(release, args, code, line):
    """A zip without a score, also the one to compare with, has precedence over a gate."""
    result = run(release, *args)
    assert (result.exit_code, line in result.stdout) == (code, True), result.output


def test_the_other_zip_is_in_no_result_but_the_gate(release, tmp_path):
    arguments = ("--json", "score.json", "--junit", "junit.xml", "--format", "github")
    result = run(release, "bad.zip", "--fail-if-worse-than", "good.zip", "--fail-above", "1", *arguments)
    assert result.exit_code == 4
    assert json.loads((tmp_path / "score.json").read_text())["path"] == "bad.zip"
    cases = ET.parse(tmp_path / "junit.xml").getroot().iter("testcase")  # noqa: S314 - our own file
    assert [case.get("name") for case in cases] == ["scored on SIMULATED-six", "overall ≤ 1", "not worse than good.zip"]
    levels = [line.partition("::")[2].partition(" ")[0] for line in result.stdout.splitlines()]
    assert levels == ["notice", "error", "error"]


@pytest.mark.parametrize("option", ["--junit", "--json"])
def test_a_file_that_cannot_be_written_is_refused_before_the_run(option):
    result = run("nowhere", "good.zip", option, "gone/file")
    assert result.exit_code == 1
    assert "gone is not a folder" in result.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["good.zip", "--fail-above", "nan"],
        ["good.zip", "--fail-if-worse-than", "gone.zip"],
        ["good.zip", "--server", "all", "--fail-if-worse-than", "bad.zip"],
    ],
)
def test_a_gate_that_cannot_be_applied_is_wrong_usage(release, args):
    assert run(release, *args).exit_code == 2


@pytest.mark.parametrize(("gate", "code"), [((), 0), (("--fail-above", "1"), 4)])
def test_a_closed_pipe_loses_neither_the_files_nor_the_exit_code(release, tmp_path, gate, code):
    """As ``subpack evaluate … --json FILE | head -0``: the files are written before anything is printed."""
    reader, writer = os.pipe()
    os.close(reader)
    files = ("--json", "score.json", "--junit", "junit.xml")
    command = [sys.executable, "-m", "submission_builder", "evaluate", "bad.zip", "--data", str(release), *files, *gate]
    with os.fdopen(writer, "wb") as closed:
        result = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, text=True, check=False)
    assert (result.returncode, "Traceback" in result.stderr) == (code, False)
    assert json.loads((tmp_path / "score.json").read_text())["outcome"] == "scored"
    assert (tmp_path / "junit.xml").is_file()
