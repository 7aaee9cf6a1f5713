"""Reports of ``subpack check`` in every format, word for word."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from submission_builder.checks.catalogue import CHECKS, find_check
from submission_builder.checks.report import CheckReport, Finding
from submission_builder.checks.servers import joined
from submission_builder.report.findings import as_github, as_text, render
from submission_builder.report.findings_markdown import as_markdown
from submission_builder.server.environment import Environment


def finding(id_, where, message):
    check = find_check(id_)
    return Finding(id_, check.severity, check.fault, where, message)


RAN = Environment("3.11.7", {"torch": "2.6.0", "numpy": "2.4.0"})
ENDED = "the run ended early: crashed"
REPORT = CheckReport(
    Path("out/z.zip"),
    (
        finding("S301", "submission.py", "crashed: it raised"),
        finding("S111", "submission.py:5", "not set"),
        finding("S004", "a|b.html", "may be published"),
    ),
    ("S001", "S002"),
    {
        "S208": "the zip has no manifest.json",
        "S210": ENDED,
        "S211": ENDED,
        "S212": ENDED,
        "S302": ENDED,
        "S304": ENDED,
        "S305": ENDED,
    },
    outcome="crashed",
    message="it raised",
    isolation="namespace",
    ran=RAN,
)
BROKEN = CheckReport(
    Path("out/z.zip"),
    (finding("S001", "z.zip", "The zip cannot be read: 100 %, truly"),),
    (),
    {check.id: "the zip cannot be read (S001)" for check in CHECKS if check.id != "S001"},
)
UNDECIDED = CheckReport(
    Path("z.zip"),
    (),
    ("S001",),
    dict.fromkeys(("S301", "S302", "S303"), "this machine cannot run the submission: no GPU"),
    outcome="device_error",
    message="no GPU",
    isolation="process",
    ran=RAN,
)
REPLICA = Environment("3.10.13", {"torch": "2.2.2"}, "published")
SCORED = replace(REPORT, findings=(), skipped={}, outcome="scored", message=None, ran=REPLICA)
NOTE = (
    "note: the server has Python 3.10 and torch 2.2.2 with numpy 1.26.4, or torch 2.8.0 with numpy 2.2.6 "
    "(--server runs a replica)"
)

TEXT = {
    "errors come before warnings, and skipped checks are folded by reason": (
        REPORT,
        f"""\
S301 error   submission.py: crashed: it raised
S111 warning submission.py:5: not set
S004 warning a|b.html: may be published
skipped 1 (S208): the zip has no manifest.json
skipped 6 (S210-S212, S302, S304, S305): the run ended early: crashed
out/z.zip: 1 error, 2 warnings; 2 checks passed, 7 skipped; the run ended in crashed under Python 3.11.7, torch \
2.6.0 and numpy 2.4.0, isolation namespace
{NOTE}
`subpack explain S301` describes the causes and the solution""",
    ),
    "a file that is no zip takes one line for its skipped checks": (
        BROKEN,
        """\
S001 error   z.zip: The zip cannot be read: 100 %, truly
skipped 56 (S002-S008, S101-S122, S201-S214, S301-S313): the zip cannot be read (S001)
out/z.zip: 1 error, 0 warnings; 0 checks passed, 56 skipped; nothing was run
`subpack explain S001` describes the causes and the solution""",
    ),
    "a machine that cannot run the submission is named as such": (
        UNDECIDED,
        f"""\
skipped 3 (S301-S303): this machine cannot run the submission: no GPU
z.zip: 0 errors, 0 warnings; 1 check passed, 3 skipped; this machine cannot tell whether the submission runs \
(device_error)
{NOTE}
`subpack explain device_error` describes the solution""",
    ),
    "a pass": (
        SCORED,
        """\
out/z.zip: 0 errors, 0 warnings; 2 checks passed, 0 skipped; ran under Python 3.10.13 and torch 2.2.2, isolation \
namespace""",
    ),
}
TEXT["runs under both images are described one by one, with their differences"] = (
    joined({"published": replace(REPORT, ran=REPLICA), "lock": SCORED}, []),
    """\
S301 error   submission.py (under published): crashed: it raised
S004 warning a|b.html (under published): may be published
S111 warning submission.py:5 (under published): not set
skipped 1 (S208): the zip has no manifest.json
skipped 6 (S210-S212, S302, S304, S305): the run ended early: crashed
out/z.zip: 1 error, 2 warnings; 2 checks passed, 7 skipped; published: the run ended in crashed under Python 3.10.13 \
and torch 2.2.2, isolation namespace; lock: ran under Python 3.10.13 and torch 2.2.2, isolation namespace
note: difference of outcome: crashed under published, scored under lock
note: difference of S004 a|b.html: found under published, not found under lock
note: difference of S111 submission.py:5: found under published, not found under lock
note: difference of S301 submission.py: found under published, not found under lock
`subpack explain S301` describes the causes and the solution""",
)


@pytest.mark.parametrize(("report", "text"), TEXT.values(), ids=TEXT)
def test_text(report, text):
    assert as_text([report]) == text


def test_github_annotations_state_the_fault_and_name_the_zip_once():
    assert as_github([BROKEN, REPORT, UNDECIDED, SCORED]) == (
        "::error title=S001 The zip cannot be read::out/z.zip: The zip cannot be read: 100 %25, truly\n"
        "::error title=S301 The run ended before both challenges had predicted::out/z.zip: submission.py: crashed: it "
        "raised\n"
        "::warning title=S111 torch.load is called without weights_only::out/z.zip: submission.py:5: not set\n"
        "::warning title=S004 An HTML file lies at the root of the zip::out/z.zip: a|b.html: may be published\n"
        "::error title=device_error This machine cannot run the submission::z.zip: no GPU"
    )


def test_a_title_with_a_comma_or_colon_is_escaped():
    report = replace(SCORED, findings=(finding("S006", "a", "b"),))
    assert "title=S006 An entry is a link%2C or its name points out of the folder::" in as_github([report])


def test_sarif_states_the_fault_and_names_the_zip_once():
    (run,) = json.loads(render([BROKEN, UNDECIDED], CHECKS, "sarif"))["runs"]
    assert run["tool"]["driver"]["rules"][1]["shortDescription"]["text"] == find_check("S002").fault
    (result,) = run["results"]
    assert result["message"]["text"] == "The zip cannot be read: 100 %, truly"
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "out/z.zip"
    assert [one["executionSuccessful"] for one in run["invocations"]] == [True, False]


def test_json_is_the_dictionary_of_the_report():
    assert json.loads(render([REPORT], CHECKS, "json")) == REPORT.to_dict()
    assert json.loads(render([REPORT, BROKEN], CHECKS, "json")) == [REPORT.to_dict(), BROKEN.to_dict()]


def test_markdown():
    assert as_markdown([REPORT]) == (
        "### out/z.zip\n\n"
        "1 error, 2 warnings; 2 checks passed, 7 skipped; the run ended in crashed under Python 3.11.7, torch "
        "2.6.0 and numpy 2.4.0, isolation namespace\n\n"
        "| | check | where | finding |\n| --- | --- | --- | --- |\n"
        "| error | S301 | submission.py | crashed: it raised |\n"
        "| warning | S111 | submission.py:5 | not set |\n"
        "| warning | S004 | a\\|b.html | may be published |\n\n"
        "- skipped 1 (S208): the zip has no manifest.json\n"
        "- skipped 6 (S210-S212, S302, S304, S305): the run ended early: crashed\n"
    )
