"""The verb ``check``: what it runs, and what the report says of the run."""

import json
import platform
import sys
from importlib.metadata import version

import pytest
from archives import make_zip

from submission_builder.base.errors import CheckError, ServerError
from submission_builder.harness import runtime as runtime_module
from submission_builder.harness.runtime import Runtime
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
    assert (report.ran.image, report.isolation) == (None, Runtime().level())
    assert report.to_dict()["ran"]["packages"]["numpy"] == version("numpy")


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


def test_weights_that_do_not_fit_name_the_keys_and_the_line(tmp_path):
    load = "Net().load_state_dict({'net.layer.weight': torch.zeros(1, 200), 'layer.bias': torch.zeros(2)})"
    (found,) = check(make_zip(tmp_path / "z.zip", load=load), select=["S2"]).errors
    assert found.id == "S209"
    for words in ('Missing key(s) in state_dict: "layer.weight"', '"net.layer.weight"', "torch.Size([2])"):
        assert words in found.message
    assert found.message.endswith("\n  submission.py, line 24")


def test_a_missing_file_names_the_one_that_was_probably_meant(tmp_path):
    load = "open(Path(__file__).parent / ('weights' + '_2.pt'))"
    path = make_zip(tmp_path / "z.zip", load=load, names={"weights2.pt": b"", "other.txt": b""})
    (found,) = check(path, select=["S3"]).errors
    assert found.message.startswith("weights_missing: ")
    assert found.message.endswith("\n  the zip has weights2.pt; rename it to weights_2.pt")


def test_the_causes_of_an_error_are_kept_and_its_traceback_is_not(tmp_path):
    load = "try: {}['conv']\n        except KeyError as error:\n            raise ValueError('no\\tnet') from error"
    (found,) = check(make_zip(tmp_path / "z.zip", load=load), select=["S3"]).errors
    assert found.message == (
        "crashed: challenge 2: building the model raised ValueError: no\tnet\n"
        "  submission.py, line 26\n"
        "  caused by KeyError: 'conv' (submission.py, line 24)"
    )


def test_a_long_error_is_bounded(tmp_path):
    load = "raise ValueError('first' + 9000 * '-' + 'last')"
    (found,) = check(make_zip(tmp_path / "z.zip", load=load), select=["S3"]).errors
    assert len(found.message) < 2500
    assert "first" in found.message
    assert "last" in found.message


def test_a_process_that_ends_keeps_its_last_lines(tmp_path):
    load = "import argparse; p = argparse.ArgumentParser(); p.add_argument('--data', required=True); p.parse_args([])"
    (found,) = check(make_zip(tmp_path / "z.zip", load=load), select=["S3"]).errors
    assert found.message.startswith("exited: ")
    assert "the following arguments are required: --data" in found.message


@pytest.mark.parametrize("level", [None, "process"])
def test_files_beside_the_submission_are_a_warning(tmp_path, level):
    """The worker of Codabench mounts the folder writable; the working directory is the server's own."""
    forward = (
        "open(Path(__file__).parent / 'log.txt', 'a').write('x'); open('log.txt', 'a'); return X[:, 0, :1] * 0 + 1.6"
    )
    report = check(make_zip(tmp_path / "z.zip", forward=forward), runtime=Runtime(isolation=level))
    assert [(one.id, one.severity, one.where) for one in report.findings] == [("S313", "warning", "log.txt")]
    assert report.ok


@pytest.mark.parametrize("dtype", ["float64", "float16", "int64"])
def test_a_dtype_that_numpy_has_is_no_fault(tmp_path, dtype):
    """The scorer reads prediction.detach().cpu().numpy()[0][0]."""
    path = make_zip(tmp_path / "z.zip", forward=f"return (X[:, 0, :1] * 0 + 1.6).to(torch.{dtype})")
    assert check(path, select=["S301", "S302"]).findings == ()


@pytest.mark.parametrize("dtype", ["bfloat16", "complex64"])
def test_a_dtype_that_the_scorer_cannot_read_is_an_error(tmp_path, dtype):
    path = make_zip(tmp_path / "z.zip", forward=f"return (X[:, 0, :1] * 0 + 1.6).to(torch.{dtype})")
    assert ids(check(path, select=["S301", "S302"]).errors) == ["S302"]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="this Python has inspect.getargspec")
def test_a_name_that_this_python_lacks_is_no_error_of_the_submission(tmp_path):
    report = check(make_zip(tmp_path / "z.zip", top="from inspect import getargspec"), select=["S3"])
    assert (report.outcome, report.undecided, report.findings) == ("package_missing", True, ())
    assert "the server has inspect.getargspec, in Python 3.10" in report.message


def test_a_device_that_this_machine_lacks_is_no_error_of_the_submission(tmp_path):
    report = check(make_zip(tmp_path / "z.zip"), runtime=NO_DEVICE)
    assert (report.outcome, report.undecided, report.ok) == ("device_error", True, False)
    assert report.findings == ()
    assert "cuda:63" in report.message


def test_an_isolation_that_this_machine_lacks_is_no_error_of_the_submission(tmp_path, monkeypatch):
    monkeypatch.setattr(runtime_module, "why_unavailable", lambda *_: "bubblewrap is not installed")
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
        *("servers", "not_installed", "differences"),
    ]
    assert (content["schema"], content["path"], content["ok"]) == (2, str(tmp_path / "z.zip"), False)
    (finding,) = content["findings"]
    assert list(finding) == ["id", "severity", "fault", "where", "message", "servers"]
    assert (finding["id"], finding["severity"], finding["where"]) == ("S105", "error", "submission.py:5")
    assert set(content["skipped"][0]) == {"id", "reason"}


def test_a_notebook_shows_the_escaped_text(tmp_path):
    page = check(make_zip(tmp_path / "z.zip", names={"<b>.html": b""}), static=True)._repr_html_()
    assert page.startswith("<pre>S004 ")
    assert "&lt;b&gt;.html" in page


def test_checks_are_listed_as_they_are_made():
    assert [one.id for one in list_checks(["S10"], ["S105"])][-1] == "S109"


def test_a_check_and_an_outcome_are_explained():
    assert list(explain("s104").sections) == ["Rule", "Why", "Causes", "Solution"]
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
