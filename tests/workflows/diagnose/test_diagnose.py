"""A diagnosis joins the log, the findings in the zip and a local replay."""

from pathlib import Path

import pytest
from archives import make_zip

from submission_builder.base.errors import CheckError, ServerError
from submission_builder.checks.trace import Trace
from submission_builder.harness.runtime import Runtime
from submission_builder.logs.causes import read_log
from submission_builder.server.environment import Environment
from submission_builder.workflows.diagnose.diagnose import diagnose, diagnose_text
from submission_builder.workflows.diagnose.ranking import rank_causes

TIMM = """\
Traceback (most recent call last):
  File "/app/ingestion_program/ingestion.py", line 39, in main
    from submission import Submission
  File "/app/input/res/submission.py", line 5, in <module>
    import timm
ModuleNotFoundError: No module named 'timm'
"""
RAISED = TIMM.replace("import timm", "raise KeyError('x')").replace(
    "ModuleNotFoundError: No module named 'timm'", "KeyError: 'x'"
)
RAN = Environment("3.10.13", {"torch": "2.2.2"}, "published")


def words(result):
    return [cause.word for cause in result.causes]


def test_a_log_alone_gives_causes_with_solution_and_command(tmp_path):
    path = tmp_path / "stderr.txt"
    path.write_text(TIMM)
    result = diagnose(path)
    cause = result.causes[0]
    assert (cause.word, cause.kind, cause.command) == ("S105", "error", "subpack explain S105")
    assert cause.solution
    assert (result.ok, result.unclear, result.commands) == (True, None, ())
    assert result.to_dict()["causes"][0]["evidence"] == cause.evidence


def test_a_finding_of_the_same_check_is_evidence(tmp_path):
    path = make_zip(tmp_path / "z.zip", top="import timm")
    cause = diagnose_text(TIMM, "log", submission=path, static=True).causes[0]
    assert cause.word == "S105"
    assert cause.evidence[-1] == "zip, submission.py:5: The module timm is neither on the server nor in the zip"
    assert cause.command == f"subpack check {path} --select S105"


def test_a_finding_on_a_line_of_the_traceback_comes_before_the_exception(tmp_path):
    """The exception names no rule; the line does."""
    path = make_zip(tmp_path / "z.zip", top="FOLDER = '/home/me/x'; raise KeyError('x')")
    assert words(diagnose_text(RAISED, "log", submission=path, static=True))[:2] == ["S106", "crashed"]


def test_findings_elsewhere_come_behind_what_the_log_shows(tmp_path):
    path = make_zip(tmp_path / "z.zip", getter="get_models_challenge_1", names={"report.html": b""})
    assert words(diagnose_text(RAISED, "log", submission=path, static=True)) == ["crashed", "S104"]


def test_an_empty_log_leaves_the_findings_of_the_zip(tmp_path):
    path = make_zip(tmp_path / "z.zip", getter="get_models_challenge_1", names={"report.html": b""})
    result = diagnose_text("", "log", submission=path, static=True)
    assert words(result) == ["S104", "S004"]
    assert result.unclear == "the log is empty"


def test_an_empty_log_and_a_zip_without_fault_cannot_tell(tmp_path):
    path = make_zip(tmp_path / "z.zip")
    result = diagnose_text("", "log", submission=path, static=True)
    assert (result.ok, result.causes) == (False, ())
    assert result.commands[-1] == f"subpack check {path} --server published"


@pytest.mark.parametrize(
    "wanted", ["c1.pt", "/app/input/res/c1.pt", "C:\\\\runs\\\\c1.pt"], ids=["relative", "absolute", "Windows"]
)
def test_a_missing_file_that_lies_elsewhere_in_the_zip_is_named(tmp_path, wanted):
    log = TIMM.replace(
        "ModuleNotFoundError: No module named 'timm'",
        f"FileNotFoundError: [Errno 2] No such file or directory: '{wanted}'",
    )
    path = make_zip(tmp_path / "z.zip", names={"weights/c1.pt": b""})
    first, *_ = diagnose_text(log, "log", submission=path, static=True).causes
    assert first.word == "weights_missing"
    assert "zip: c1.pt lies at weights/c1.pt" in first.evidence[-1]
    other = make_zip(tmp_path / "other.zip", names={"weights/c2.pt": b""})
    assert not any(
        "lies at" in one
        for cause in diagnose_text(log, "log", submission=other, static=True).causes
        for one in cause.evidence
    )


def replayed(outcome, message, text):
    trace = Trace("cpu", "process", {}, (), (), outcome, message, RAN)
    return rank_causes(read_log(text), None, [trace])


def test_a_replay_that_fails_with_the_same_error_is_evidence():
    ((word, evidence),) = replayed("crashed", "forward raised KeyError: 'x'\n  submission.py, line 5", RAISED)
    assert word == "crashed"
    assert evidence[-1] == "the local replay under Python 3.10.13 and torch 2.2.2 fails with the same error"


@pytest.mark.parametrize(
    ("on_server", "here", "same"),
    [
        (
            "name 'Self' from 'typing' (/usr/lib/python3.10/typing.py)",
            "name 'Self' from 'typing' (/opt/typing.py)",
            True,
        ),
        ("No such file or directory: '/app/input/res/c1.pt'", "No such file or directory: '/tmp/res/c1.pt'", True),
        ("No such file or directory: '/app/input/res/c1.pt'", "No such file or directory: '/tmp/res/c2.pt'", False),
    ],
)
def test_the_same_error_may_name_other_folders(on_server, here, same):
    text = RAISED.replace("KeyError: 'x'", f"OSError: {on_server}")
    ((_, evidence), *_) = replayed("crashed", f"the submission raised OSError: {here}\n  submission.py", text)
    assert any("fails with the same error" in line for line in evidence) == same


def test_a_replay_that_fails_otherwise_is_no_evidence():
    ((word, evidence),) = replayed("timeout", "the submission ran longer than 600 s", RAISED)
    assert (word, len(evidence)) == ("crashed", 2)


def test_a_replay_names_the_cause_of_an_empty_log():
    assert replayed("weights_mismatch", "keys differ\nmore", "")[0][0] == "S209"
    assert "timeout: it ran longer" in replayed("timeout", "it ran longer", "")[0][1][0]


@pytest.mark.parametrize("outcome", ["gpu_missing", "machine_error", "scored"])
def test_a_replay_that_this_machine_cannot_make_is_no_evidence(outcome):
    assert replayed(outcome, "KeyError: 'x'", "") == []


@pytest.mark.slow
def test_the_zip_is_replayed(tmp_path):
    """Under the Python of subpack, where no replica is installed."""
    path = make_zip(tmp_path / "z.zip", top="raise KeyError('x')")
    first, *_ = diagnose_text(RAISED, "log", submission=path).causes
    assert any("fails with the same error" in line for line in first.evidence)
    good = diagnose_text("", "log", submission=make_zip(tmp_path / "good.zip"))
    assert "predicts both challenges" in good.notes[0]


def test_wrong_arguments_are_errors(tmp_path):
    with pytest.raises(CheckError, match=r"nowhere\.txt cannot be read: No such file"):
        diagnose(tmp_path / "nowhere.txt")
    with pytest.raises(CheckError, match="is not a file"):
        diagnose_text("", "log", submission=tmp_path / "nowhere.zip")
    with pytest.raises(ServerError, match="not installed"):
        diagnose_text("", "log", submission=Path("z.zip"), runtime=Runtime(server="lock"))
