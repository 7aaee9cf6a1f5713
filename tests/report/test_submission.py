"""Submissions and diagnoses of logs as text, word for word."""

from dataclasses import replace
from pathlib import Path

from submission_builder.codabench.phases import Quota
from submission_builder.codabench.records import Record
from submission_builder.report.log_diagnosis import as_text
from submission_builder.report.submission import plan_text, result_text
from submission_builder.workflows.diagnose.result import Cause, LogDiagnosis
from submission_builder.workflows.submit.result import SubmissionPlan, SubmissionResult

PLAN = SubmissionPlan(
    Path("z.zip"), 2048, "EEG", "20 (Final)", "2025-11-02 23:59 UTC", 5, Quota(5, None, 2, 31), ("x",)
)
PLAN_TEXT = """\
zip: z.zip (2 KiB)
competition: EEG
phase: 20 (Final), until 2025-11-02 23:59 UTC
team: organization 5
this submission uses up: 1 of 5 today (UTC), this machine has sent 2; no limit in all, this machine has sent 31
other members of a team and other machines may have used up more; a failed run does not count
note: x"""
RECORD = Record(
    *("https://x", 9975, 20, "Final", "/z.zip", "a" * 64, "b" * 32, "2025-10-11T12:00:00+00:00", "sent"),
    number=7,
    status="Finished",
    scores={"overall": "0.9640000000"},
)
DIAGNOSIS = LogDiagnosis(
    "logs",
    (
        Cause("S105", "error", "A module is missing", ("log, line 9: x", "zip, s.py:5: y"), "Remove it.", "subpack …"),
        *(Cause(f"S11{n}", "error", "t", (), "s", "c") for n in range(5)),
    ),
    None,
    ("the replay predicts",),
)
DIAGNOSIS_TEXT = """\
1. S105 (error): A module is missing
    log, line 9: x
    zip, s.py:5: y
    solution: Remove it.
    next: subpack …
2. S110 (error): t
    solution: s
    next: c
3. S111 (error): t
    solution: s
    next: c
4. S112 (error): t
    solution: s
    next: c
5. S113 (error): t
    solution: s
    next: c
less probable: S114
note: the replay predicts"""


def test_the_plan():
    assert plan_text(PLAN) == PLAN_TEXT


def test_a_phase_without_end_and_a_submission_for_oneself():
    text = plan_text(replace(PLAN, ends=None, organization=None))
    assert "phase: 20 (Final), without an end\nteam: none, it counts for your account\n" in text


def test_a_diagnosis():
    assert as_text(DIAGNOSIS) == DIAGNOSIS_TEXT


def test_a_result_with_scores():
    assert result_text(SubmissionResult(RECORD)) == "submission 7: Finished\noverall: 0.9640000000"


def test_a_failed_result_has_logs_and_causes():
    failed = replace(RECORD, status="Failed", status_details="exit 1", scores={})
    text = result_text(SubmissionResult(failed, False, ("/log",), ("scoring_stderr",), DIAGNOSIS))
    start = "submission 7: Failed (exit 1)\nlog: /log\nhidden or not readable: scoring_stderr\n"
    assert text == start + DIAGNOSIS_TEXT


def test_hidden_cancelled_and_pending_results():
    failed = SubmissionResult(replace(RECORD, status="Failed", scores={}), hidden_logs=())
    assert result_text(failed).endswith("\nthe organisers show no logs")
    cancelled = SubmissionResult(replace(RECORD, status="Cancelled", scores={}))
    assert "--again" in result_text(cancelled)
    pending = SubmissionResult(replace(RECORD, status="Running", scores={}))
    assert result_text(pending).endswith("\nnext: subpack submit /z.zip --wait")


def test_control_characters_of_the_server_do_not_reach_the_terminal():
    record = replace(RECORD, status_details="\x1b]0;owned\x07", scores={"a\x1bb": "1"})
    text = result_text(SubmissionResult(record))
    assert "\x1b" not in text
    assert "\x07" not in text
