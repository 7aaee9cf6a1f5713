"""Reports of a zip under several server images are joined into one."""

from dataclasses import replace
from pathlib import Path

from submission_builder.checks.catalogue import find_check
from submission_builder.checks.report import CheckReport, Finding
from submission_builder.checks.servers import joined
from submission_builder.server.environment import Environment


def finding(id_, where, message="it is so"):
    check = find_check(id_)
    return Finding(id_, check.severity, check.fault, where, message)


RAN = {
    image: Environment("3.10.13", {"torch": torch}, image)
    for image, torch in (("published", "2.2.2"), ("lock", "2.8.0"))
}
BOTH = finding("S111", "submission.py:5")
CRASHED = finding("S301", "submission.py", "crashed: no rms_norm")
SCORED = CheckReport(Path("z.zip"), (BOTH,), ("S301", "S305"), {"S311": "the CPU"}, outcome="scored", ran=RAN["lock"])
ENDED = replace(
    SCORED,
    findings=(CRASHED, BOTH),
    passed=(),
    skipped={"S305": "the run ended early", "S311": "the CPU"},
    outcome="crashed",
    message="no rms_norm",
    ran=RAN["published"],
)
REPORT = joined({"published": ENDED, "lock": SCORED}, [])


def test_findings_of_all_images_are_one_and_others_name_theirs():
    assert REPORT.findings == (replace(CRASHED, servers=("published",)), BOTH)
    assert REPORT.findings[0].place == "submission.py (under published)"
    assert REPORT.findings[1].place == "submission.py:5"


def test_the_gravest_outcome_is_the_outcome():
    assert (REPORT.outcome, REPORT.message, REPORT.ok) == ("crashed", "no rms_norm", False)
    here = replace(SCORED, outcome="device_error", message="no GPU")
    assert joined({"published": here, "lock": SCORED}, []).undecided
    both = joined({"published": here, "lock": ENDED}, [])
    assert (both.outcome, both.undecided, both.ok) == ("crashed", False, False)


def test_a_check_has_passed_if_it_passed_under_every_image():
    assert REPORT.passed == ()
    assert REPORT.skipped == {"S305": "the run ended early", "S311": "the CPU"}
    assert joined({"published": SCORED, "lock": SCORED}, []).passed == ("S301", "S305")


def test_outcomes_and_findings_that_differ_are_listed():
    assert [(one.subject, dict(one.by_server)) for one in REPORT.differences] == [
        ("outcome", {"published": "crashed", "lock": "scored"}),
        ("S301 submission.py", {"published": "found", "lock": "not found"}),
    ]


def test_another_message_at_the_same_place_is_no_difference():
    """Versions word the same error differently."""
    other = replace(ENDED, findings=(replace(CRASHED, message="crashed: in other words"), BOTH))
    report = joined({"published": ENDED, "lock": other}, [])
    assert report.differences == ()
    assert [one.servers for one in report.findings] == [("lock",), ("published",), ()]


def test_findings_that_differ_in_numbers_alone_are_one():
    def report(*messages):
        return replace(SCORED, findings=tuple(finding("S210", "challenge 1", message) for message in messages))

    a, b = report("they differ by 1.16e-06"), report("they differ by 2.5")
    assert joined({"published": a, "lock": b}, []).findings == a.findings
    twice = report("window 1 differs", "window 2 differs")
    assert joined({"published": twice, "lock": twice}, []).findings == twice.findings
    assert [one.servers for one in joined({"published": twice, "lock": b}, []).findings] == [
        ("lock",),
        ("published",),
        ("published",),
    ]


def test_predictions_that_differ_are_listed_by_challenge():
    a, b = ({1: (1.0, 2.0), 2: (0.0, 0.5)}, {1: (1.0, 2.0), 2: (0.0, 0.6)})
    report = joined({"published": replace(SCORED, predictions=a), "lock": replace(SCORED, predictions=b)}, [])
    (found,) = report.differences
    assert "challenge 2" in found.subject
    assert dict(found.by_server) == {"published": "0.5", "lock": "0.6"}


def test_notes_name_differences_or_their_absence_and_what_was_not_tried():
    assert [note.partition(":")[0] for note in REPORT.notes()] == [
        "difference of outcome",
        "difference of S301 submission.py",
    ]
    assert joined({"published": SCORED, "lock": SCORED}, []).notes()[0].startswith("no difference between ")
    alone = joined({"published": SCORED}, ["lock"])
    assert alone.notes() == ["lock was not tried: subpack server install lock"]
    assert (alone.findings, alone.differences) == ((BOTH,), ())


def test_a_zip_that_was_not_run_has_no_note_of_equality():
    unread = replace(SCORED, outcome=None, ran=None)
    assert joined({"published": unread, "lock": unread}, []).notes() == []
