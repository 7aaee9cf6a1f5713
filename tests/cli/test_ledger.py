"""``subpack history``, ``record``, ``calibration`` and ``rebuild``, as a user types them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from archives import make_zip
from click.testing import CliRunner

from submission_builder.cli import main
from submission_builder.ledger.entry import Entry
from submission_builder.ledger.store import append
from submission_builder.scores.agreement import FEWEST

SCORES = ("--overall", "0.96200", "--challenge1", "0.92", "--challenge2", "0.98")
HERE = Path(__file__).parent


def run(*args):
    return CliRunner().invoke(main, [str(arg) for arg in args])


def process(*args, **keywords):
    command = [sys.executable, "-m", "submission_builder", *map(str, args)]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, **keywords)


@pytest.fixture
def filled(ledger):
    """Two zips with all kinds of entries, at fixed times."""
    zips = {name: {"path": f"/runs/{name}.zip", "sha256": digit * 64, "md5": digit * 32} for name, digit in
            (("first", "1"), ("a-zip-with-a-rather-long-name-that-a-sweep-gave-it", "2"))}  # fmt: skip
    first, second = zips.values()
    scored = {"profile": "final", "definition": "rmse/std", "simulated": False, "partial": False}
    intervals = {"challenges": {"1": {"interval": [0.9, 0.94]}, "2": {"interval": None}}}
    entries = [
        Entry("build", outcome="built", subpack="0.1.0", at=1.7e9, **first),
        Entry("check", outcome="errors", subpack="0.1.0", at=1.7e9 + 60, findings=3, **second),
        Entry("evaluate", outcome="weights_mismatch", subpack="0.1.0", at=1.7e9 + 120, release="R5_L100_bdf", **second),
        Entry(
            "evaluate", outcome="scored", subpack="0.1.0", at=1.7e9 + 180, release="R5_L100_bdf", fingerprint="f",
            challenge1=0.92001, challenge2=0.98, overall=0.962, detail=intervals, **first, **scored,
        ),
        Entry(
            "evaluate", outcome="scored", subpack="0.1.0", at=1.7e9 + 200, release="SIMULATED-a",
            challenge1=0.5, challenge2=0.9, overall=0.78, **first, **scored | {"simulated": True, "partial": True},
        ),
        Entry(
            "record", outcome="server", subpack="0.1.0", at=1.7e9 + 240, release="R12",
            challenge1=0.93, challenge2=0.99, overall=0.972, **first, **scored | {"simulated": None, "partial": None},
        ),
    ]  # fmt: skip
    append(ledger, entries)
    return entries


@pytest.mark.parametrize("width", [80, 120])
def test_the_history_at_two_widths(filled, ledger, width, monkeypatch):
    """Golden file. No line is wider than the terminal, except the notes below the table."""
    monkeypatch.setenv("COLUMNS", str(width))
    result = run("history")
    shown = "\n".join(line.rstrip() for line in result.stdout.replace(str(ledger), "LEDGER").splitlines()) + "\n"
    assert max(map(len, shown.splitlines()[:-2])) <= width
    assert shown == (HERE / "golden" / f"history-{width}.txt").read_text(encoding="utf-8")


def test_filters_and_json(filled):
    content = json.loads(run("history", "--json", "--release", "R5_L100_bdf", "--command", "evaluate").stdout)
    assert (content["schema"], content["more"]) == (1, False)
    assert [entry["outcome"] for entry in content["entries"]] == ["scored", "weights_mismatch"]
    assert content["entries"][0]["at"] == "2023-11-14T22:16:20.000+00:00"
    assert len(json.loads(run("history", "1111", "--json").stdout)["entries"]) == 4
    assert len(json.loads(run("history", "--since", "2023-11-14T22:17", "--json").stdout)["entries"]) == 1
    limited = json.loads(run("history", "--limit", "2", "--json").stdout)
    assert (len(limited["entries"]), limited["more"]) == (2, True)
    assert len(json.loads(run("history", "--limit", "2", "--all", "--json").stdout)["entries"]) == 6


def test_a_history_without_entries_says_so(ledger):
    result = run("history")
    assert (result.exit_code, result.stdout) == (0, f"no entry in {ledger} matches\n")
    assert not ledger.exists()


@pytest.mark.parametrize(
    "args",
    [
        ("history", "--limit", "0"),
        ("history", "--command", "train"),
        ("history", "--since", "yesterday"),
        ("record",),
        ("record", "z.zip", "--overall", "1"),
        ("rebuild",),
        ("calibration", "R5"),
    ],
)
def test_wrong_usage_ends_with_2(args):
    assert run(*args).exit_code == 2


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("history", "gone.zip"), "gone.zip is not a file"),
        (("record", "gone.zip", *SCORES), "gone.zip is not a file"),
        (("record", "1111", *SCORES[:1], "0.9", *SCORES[2:]), "overall is 0.9, but"),
        (("rebuild", "3333"), "no SHA-256 or MD5 in the ledger"),
        (("rebuild", "2222"), "was not built with this ledger"),
    ],
)
def test_wrong_input_is_one_error(filled, args, message):
    result = run(*args)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_build_check_record_history_rebuild(tmp_path):
    assert run("build", "--c1", "constant:1.6", "--c2", "constant:0", "-o", "a.zip").exit_code == 0
    assert run("check", "a.zip", "--static").exit_code == 0
    recorded = run("record", "a.zip", *SCORES, "--release", "R12")
    assert recorded.exit_code == 0
    content = json.loads(run("history", "a.zip", "--json").stdout)
    assert [entry["command"] for entry in content["entries"]] == ["record", "check", "build"]
    sha256 = content["entries"][0]["sha256"]
    assert sha256 in recorded.stdout
    assert run("rebuild", sha256[:8]).stdout == f"wrote {sha256[:12]}.zip, sha256 {sha256}\n"
    assert (tmp_path / f"{sha256[:12]}.zip").read_bytes() == (tmp_path / "a.zip").read_bytes()


def test_calibration_names_what_it_rests_on(filled, ledger, monkeypatch):
    few = run("calibration").stdout
    assert "R5_L100_bdf here, R12 on the server · profile final · 1 zip" in few
    assert f"too few: 1 zip; at least {FEWEST} are needed" in few
    assert "R5_L100_bdf and R12 are different releases" in few
    assert "SIMULATED" not in few  # the score of a sample
    rules = {"profile": "final", "definition": "rmse/std", "partial": False, "release": "R5_L100_bdf"}
    for i in range(FEWEST):
        for command, overall in (("evaluate", 0.97 + i / 300), ("record", 0.98 + i / 300)):
            scores = {"challenge1": 0.9 + i / 100, "challenge2": 1.0, "overall": overall}
            append(ledger, [Entry(command, f"/{i}.zip", "ok", "0", 1.0, f"{i:064}", **rules, **scores)])
    monkeypatch.setenv("COLUMNS", "80")
    enough = run("calibration").stdout
    assert "…" not in enough
    assert "+0.010" in enough
    assert "whether the server uses the same recordings is not known" in enough
    series = json.loads(run("calibration", "--json").stdout)["series"]
    assert [one["agreement"]["overall"]["n"] for one in series] == [FEWEST, 1]


def test_calibration_of_an_empty_ledger_says_what_is_missing():
    assert "has no result of the server; subpack record adds one" in run("calibration").stdout


@pytest.mark.parametrize("command", ["build", "check", "evaluate", "compare", "demo"])
def test_every_command_that_leaves_entries_can_be_told_not_to(command):
    assert "--no-ledger" in run(command, "--help").stdout


def test_no_ledger_holds_for_its_command_alone(tmp_path, ledger):
    make_zip(tmp_path / "z.zip")
    run("check", "z.zip", "--static", "--no-ledger")
    assert not ledger.exists()
    run("check", "z.zip", "--static")
    assert ledger.exists()


def test_a_broken_ledger_is_one_warning_on_standard_error(tmp_path, ledger):
    make_zip(tmp_path / "z.zip")
    ledger.parent.mkdir(parents=True)
    ledger.write_text("not a database")
    result = process("check", "z.zip", "z.zip", "--static", stdout=subprocess.PIPE)
    assert result.returncode == 0
    assert "0 errors" in result.stdout
    (warning,) = result.stderr.splitlines()
    assert warning.startswith("warning: nothing was recorded")
    assert "file is not a database" in warning


def test_a_closed_pipe_is_no_traceback(filled):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer) as closed:
        result = process("history", stdout=closed)
    assert "Traceback" not in result.stderr
