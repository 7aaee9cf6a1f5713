"""The verb ``check``: what it runs, and what the report says of the run."""

import json
import platform
from importlib.metadata import version

import pytest
from archives import make_zip

from submission_builder.base.errors import CheckError, ServerError
from submission_builder.harness import runtime as runtime_module
from submission_builder.harness.runtime import Runtime
from submission_builder.sandbox.isolation import best_level
from submission_builder.sandbox.limits import Limits
from submission_builder.workflows.check import LIMIT_S, check, list_checks
from submission_builder.workflows.explain import explain

NO_DEVICE = Runtime(device="cuda:63")


def ids(findings):
    return [finding.id for finding in findings]


def test_the_report_names_the_python_torch_and_isolation_of_the_run(tmp_path):
    report = check(make_zip(tmp_path / "z.zip"), select=["S301"])
    assert (report.ok, report.outcome, report.passed) == (True, "scored", ("S301",))
    assert (report.ran.python, report.ran.torch) == (platform.python_version(), version("torch"))
    assert (report.ran.image, report.isolation) == (None, best_level())


def test_a_wrong_shape_is_an_error_if_its_check_is_not_selected(tmp_path):
    path = make_zip(tmp_path / "z.zip", forward="return X[:, 0, 0]")
    for selected in ({"select": ["S301"]}, {"select": ["S3"], "ignore": ["S302"]}, {"select": ["S305"]}):
        report = check(path, **selected)
        assert (ids(report.errors), report.outcome, report.ok) == (["S301"], "bad_shape", False)
    assert ids(check(path, select=["S3"]).errors) == ["S302"]


def test_a_submission_that_needs_the_network_is_no_pass(tmp_path):
    download = "import socket; socket.create_connection(('localhost', 9))"
    report = check(make_zip(tmp_path / "z.zip", load=download), ignore=["S107"])
    assert (report.outcome, report.ok) == ("network_attempt", False)
    assert [(finding.id, finding.severity) for finding in report.findings] == [("S301", "error"), ("S312", "warning")]


def test_a_device_that_this_machine_lacks_is_no_error_of_the_submission(tmp_path):
    report = check(make_zip(tmp_path / "z.zip"), runtime=NO_DEVICE)
    assert (report.outcome, report.undecided, report.ok) == ("device_error", True, False)
    assert report.findings == ()
    assert "cuda:63" in report.message


def test_an_isolation_that_this_machine_lacks_is_no_error_of_the_submission(tmp_path, monkeypatch):
    monkeypatch.setattr(runtime_module, "why_unavailable", lambda: "bubblewrap is not installed")
    report = check(make_zip(tmp_path / "z.zip"), runtime=Runtime(isolation="namespace"))
    assert (report.outcome, report.undecided, report.findings) == ("machine_error", True, ())
    assert (report.ran, report.isolation) == (None, None)


@pytest.mark.parametrize("options", [{"static": True}, {"select": ["S0", "S1"]}, {"ignore": ["S2", "S3"]}])
def test_static_checks_start_nothing(tmp_path, options):
    marker = tmp_path / "ran"
    path = make_zip(tmp_path / "z.zip", top=f"open({str(marker)!r}, 'w')")
    report = check(path, **options, runtime=Runtime(isolation="process", limits=Limits(wall_s=60)))
    assert (report.ok, report.outcome, report.ran, report.isolation) == (True, None, None, None)
    assert not marker.exists()


def test_the_default_limit_on_wall_time_is_600_s():
    assert LIMIT_S == 600


def test_a_zip_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(CheckError, match="is not a file"):
        check(tmp_path / "nowhere.zip")


def test_a_server_that_does_not_exist_is_refused_before_the_zip_is_read():
    with pytest.raises(ServerError, match="'nowhere'"):
        check("nowhere.zip", runtime=Runtime(server="nowhere"))


def test_the_dictionary_has_the_documented_keys(tmp_path):
    report = check(str(make_zip(tmp_path / "z.zip", top="import timm")))
    content = json.loads(json.dumps(report.to_dict()))
    assert list(content) == [
        *("schema", "path", "ok", "findings", "skipped", "passed", "outcome", "message", "isolation", "ran"),
    ]
    assert (content["schema"], content["path"], content["ok"]) == (2, str(tmp_path / "z.zip"), False)
    (finding,) = content["findings"]
    assert list(finding) == ["id", "severity", "fault", "where", "message"]
    assert (finding["id"], finding["severity"], finding["where"]) == ("S105", "error", "submission.py:5")
    assert set(content["skipped"][0]) == {"id", "reason"}


def test_a_notebook_shows_the_escaped_text(tmp_path):
    page = check(make_zip(tmp_path / "z.zip", names={"<b>.html": b""}), static=True)._repr_html_()
    assert page.startswith("<pre>S004 ")
    assert "&lt;b&gt;.html" in page


def test_checks_are_listed_as_they_are_made():
    assert [one.id for one in list_checks(["S10"], ["S105"])][-1] == "S109"


def test_a_check_and_an_outcome_are_explained():
    assert list(explain("s104").sections) == ["Why", "Causes", "Solution"]
    assert (explain("s104").word, explain("s104").kind) == ("S104", "error")
    assert list(explain("timeout").to_dict()["sections"]) == ["On the server", "Causes", "Solution"]


@pytest.mark.parametrize(
    ("word", "hint"), [("timeot", "timeout"), ("S1004", "S104"), ("S999", "check --list"), ("outcomes", "import_error")]
)
def test_an_unknown_word_is_refused_with_the_nearest(word, hint):
    with pytest.raises(CheckError, match=f"there is no check.* {word}") as raised:
        explain(word)
    assert hint in raised.value.hint


def test_a_title_is_a_sentence_and_a_file_name_keeps_its_case():
    assert explain("import_error").title.startswith("submission.py or a module ")
    assert explain("timeout").title.startswith("The submission ")
