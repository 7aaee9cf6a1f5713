"""JUnit XML and GitHub annotations of evaluations."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from submission_builder.base.errors import OutputError, SubmissionError
from submission_builder.report.evaluation_ci import as_github, write_junit
from submission_builder.workflows.evaluate.evaluation import Evaluation, ReleaseSummary, RunSummary
from submission_builder.workflows.evaluate.gate import Gate, Judged

RUN = RunSummary("cpu", {}, 1.7e9, wall_s=1.5)
RELEASE = ReleaseSummary("R5_L100_bdf", simulated=False)
SCORED = Evaluation(Path("a.zip"), "final", RUN, release=RELEASE, overall=0.97)
GATES = (
    Gate("overall ≤ 1", passed=True, message="overall 0.97000 is not above 1"),
    Gate("overall ≤ 0.9", passed=False, message="overall 0.97000 is above 0.9"),
    Gate("not worse than b.zip", passed=None, message="not decided: b.zip has no score (crashed)"),
)
HOSTILE = 'first <line> & "quotes" ]]>\nsecond\x00\x1b[31m\ud800 line\r\n100%'


def failed(outcome, name="broken.zip"):
    error = SubmissionError(HOSTILE, outcome=outcome)
    return Evaluation(Path(name), "final", RUN, outcome=outcome, error=error, release=RELEASE)


RESULTS = [Judged(SCORED, GATES), Judged(failed("crashed"), ()), Judged(failed("gpu_missing", "gpu.zip"), GATES[2:])]

ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"name", "classname", "time"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"message"},
    "system-out": set(),
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "testcase": {"failure", "error", "skipped", "system-out"},
}
"""The elements and attributes of the schema that Jenkins' xunit plugin and GitLab read, as far as they are used."""


@pytest.fixture
def junit(tmp_path):
    write_junit(RESULTS, tmp_path / "junit.xml")
    return ET.parse(tmp_path / "junit.xml").getroot()  # noqa: S314 - our own file


def test_elements_and_attributes_are_those_of_junit(junit):
    for element in junit.iter():
        assert set(element.attrib) == ATTRIBUTES[element.tag]
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
    for suite in junit:
        assert [child.tag for child in suite] == ["properties", *["testcase"] * (len(suite) - 1)]
        assert suite.get("timestamp") == "2023-11-14T22:13:20+00:00"


def test_the_counts_are_those_of_the_cases(junit):
    for element in (junit, *junit):
        cases = list(element.iter("testcase"))
        assert int(element.get("tests")) == len(cases)
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(element.get(key)) == sum(case.find(tag) is not None for case in cases)
    assert [junit.get(key) for key in ("tests", "failures", "errors", "skipped", "time")] == [
        "7",
        "2",
        "1",
        "2",
        "4.500",
    ]


def test_who_is_at_fault_decides_between_failure_and_error(junit):
    found = {
        (case.get("classname"), case.get("name")): [child.tag for child in case] for case in junit.iter("testcase")
    }
    assert found == {
        ("a.zip", "scored on R5_L100_bdf"): ["system-out"],
        ("a.zip", "overall ≤ 1"): ["system-out"],
        ("a.zip", "overall ≤ 0.9"): ["failure"],
        ("a.zip", "not worse than b.zip"): ["skipped"],
        ("broken.zip", "scored on R5_L100_bdf"): ["failure"],
        ("gpu.zip", "scored on R5_L100_bdf"): ["error"],
        ("gpu.zip", "not worse than b.zip"): ["skipped"],
    }


def test_a_hostile_message_is_whole_but_for_what_xml_cannot_hold(junit):
    failure = junit.find(".//testsuite[@name='broken.zip']//failure")
    assert failure.get("message") == 'first <line> & "quotes" ]]>'
    assert failure.text.splitlines()[:2] == [failure.get("message"), "second\ufffd\ufffd[31m\ufffd line"]


def test_a_file_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(OutputError):
        write_junit(RESULTS, tmp_path / "gone" / "junit.xml")


def test_an_image_tells_several_runs_of_a_zip_apart(tmp_path):
    run = replace(RUN, server={"image": "lock"})
    assert as_github([Judged(replace(SCORED, run=run), ())]).startswith("::notice title=score::a.zip (lock): overall")


def test_annotations_have_a_level_for_each_case_and_stay_on_one_line():
    lines = as_github(RESULTS).splitlines()
    assert [line.partition("::")[2].partition("::")[0] for line in lines] == [
        "notice title=score",
        "notice title=overall ≤ 1",
        "error title=overall ≤ 0.9",
        "warning title=not worse than b.zip",
        "error title=crashed",
        "error title=gpu_missing",
        "warning title=not worse than b.zip",
    ]
    assert "%0Asecond" in lines[4]
    assert lines[4].endswith("100%25")
