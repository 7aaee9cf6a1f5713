"""The checks of a zip in a process of their own: the same report, and a finding where a limit is exceeded."""

import os
import re
from pathlib import Path

import pytest
from archives import make_zip

from submission_builder.base.errors import CheckError
from submission_builder.checks.catalogue import CHECKS, select_checks
from submission_builder.checks.runner import check_zip
from submission_builder.checks.trace import Trace
from submission_builder.sandbox.forked import Bounds
from submission_builder.workflows import check_forked as forked
from submission_builder.workflows.check_forked import bounds_of, check_forked


def test_the_report_is_that_of_the_checks_in_this_process(tmp_path):
    path = make_zip(tmp_path / "z.zip", top="import nowhere", names={"__pycache__/a.pyc": b"", "w.pt": b"x"})
    report = check_forked(path, CHECKS)
    assert report == check_zip(path, CHECKS)
    assert {"S105", "S007", "S203"} <= {finding.id for finding in report.findings} | set(report.passed)


def test_a_run_is_made_in_this_process_and_read_in_the_other(tmp_path):
    path, pids = make_zip(tmp_path / "z.zip"), []

    def run(_):
        pids.append(os.getpid())
        return Trace("cpu", None, {}, (), outcome="timeout", message="ran too long")

    report = check_forked(path, CHECKS, run)
    assert pids == [os.getpid()]
    assert (report.outcome, report.message) == ("timeout", "ran too long")
    assert [finding.id for finding in report.errors] == ["S301"]


def test_an_exception_of_the_run_is_raised_here_and_ends_the_other_process(tmp_path):
    def run(_):
        raise KeyboardInterrupt

    children = Path(f"/proc/self/task/{os.getpid()}/children")
    before = children.read_text().split()
    with pytest.raises(KeyboardInterrupt):
        check_forked(make_zip(tmp_path / "z.zip"), CHECKS, run)
    assert set(children.read_text().split()) <= set(before)


@pytest.mark.parametrize(
    ("bounds", "says"),
    [(Bounds(memory_mib=4, cpu_s=30), "memory"), (Bounds(memory_mib=2000, cpu_s=1), "time|processor")],
)
def test_a_zip_that_exceeds_a_limit_gets_a_finding_also_if_its_check_is_not_selected(
    tmp_path, monkeypatch, bounds, says
):
    monkeypatch.setattr(forked, "bounds_of", lambda _: bounds)
    path = make_zip(tmp_path / "z.zip", top="x = [1, 2, 3]\n" * 330_000)
    report = check_forked(path, select_checks(["S1"]))
    assert [finding.id for finding in report.findings] == ["S008"]
    assert re.search(says, report.findings[0].message)
    assert not report.ok
    assert "S101" in report.skipped


def test_a_larger_zip_may_need_more():
    small, large = bounds_of(2_000_000), bounds_of(2_600_000_000)
    assert small.memory_mib < 210
    assert small.cpu_s < 10
    assert large.memory_mib > 2000
    assert large.cpu_s > 300


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(CheckError):
        check_forked(tmp_path / "none.zip", CHECKS)
