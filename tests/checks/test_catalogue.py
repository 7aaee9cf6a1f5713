"""Every check has a number, a function, a page and an example that fails; one example passes all of them."""

import json
import re
import subprocess
import sys
import warnings
import zipfile

import pytest
from archives import make_zip
from click.testing import CliRunner

from submission_builder.checks.catalogue import CHECKS
from submission_builder.checks.run import check_zip, select_checks
from submission_builder.cli import main
from submission_builder.errors import CheckError
from submission_builder.freeze.builder import build
from submission_builder.freeze.recipe import resolve
from submission_builder.protocol.server import server_modules


def written(path, *entries, source=""):
    """A zip with a good submission.py and some entries written as they are."""
    make_zip(path, top=source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns about duplicate names
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            for name, content in entries:
                archive.writestr(name, content)
    return path


def link(path):
    info = zipfile.ZipInfo("weights.pt")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return written(path, (info, "/data/weights.pt"))


def truncated(path):
    make_zip(path)
    path.write_bytes(path.read_bytes()[:-40])
    return path


def entry(text):
    return lambda path: _whole(path, text)


def _whole(path, text):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("submission.py", text)
    return path


def source(text):
    return lambda path: written(path, source=text)


def with_entries(*entries):
    return lambda path: written(path, *entries)


FAILING = {
    "S001": [truncated, lambda path: path.write_text("no zip") and path],
    "S002": [lambda path: make_zip(path, entry="model/submission.py"), lambda path: make_zip(path, entry="main.py")],
    "S003": [with_entries(("metadata", "")), with_entries(("metadata.yaml", ""))],
    "S004": [with_entries(("report.html", ""))],
    "S005": [with_entries(("a.pt", "1"), ("a.pt", "2")), with_entries(("Net.py", ""), ("net.py", ""))],
    "S006": [with_entries(("../up.py", "")), with_entries(("/etc/passwd", "")), with_entries(("a\\b.pt", "")), link],
    "S007": [
        with_entries(("__MACOSX/._submission.py", "")),
        with_entries(("data/.DS_Store", "")),
        with_entries(("localtime", "")),
        with_entries(("__pycache__/a.cpython-310.pyc", "")),
    ],
    "S008": [with_entries(("zeros.pt", bytes(20 << 20)))],
    "S101": [source("def f(:"), source("try:\n    pass\nexcept* ValueError:\n    pass")],
    "S102": [entry("class Submision:\n    pass"), entry("def f():\n    class Submission: pass")],
    "S103": [
        entry("class Submission:\n    def __init__(self): pass"),
        entry("class Submission:\n    def __init__(self, SFREQ): pass"),
        entry("class Submission:\n    def __init__(self, SFREQ, DEVICE, folder): pass"),
        entry("class Submission:\n    def __init__(self, *, SFREQ, DEVICE): pass"),
        entry("class Submission:\n    pass"),
    ],
    "S104": [
        lambda path: make_zip(path, getter="get_models_challenge_1"),
        lambda path: make_zip(path, getter="get_model_challenge_1(self, folder): pass\n    def g"),
    ],
    "S105": [
        source("import timm"),
        source("def f():\n    from safetensors.torch import load_file"),
        source("import tomllib"),
    ],
    "S106": [source("WEIGHTS = '/home/me/w.pt'"), source("WEIGHTS = 'C:\\\\Users\\\\me\\\\w.pt'")],
    "S107": [
        source("import requests"),
        source("from urllib import request"),
        source("m = AutoModel.from_pretrained('x')"),
    ],
    "S108": [source("try:\n    net.load_state_dict({})\nexcept Exception as e:\n    print(e)")],
    "S109": [source("net.load_state_dict(state, strict=False)"), source("net.load_state_dict(state, False)")],
    "S110": [
        lambda path: make_zip(path, forward="return X.squeeze()"),
        lambda path: make_zip(path, forward="return torch.squeeze(X)"),
    ],
    "S111": [source("state = torch.load('w.pt')")],
    "S112": [lambda path: make_zip(path, forward="return torch.from_numpy(X.numpy())")],
}

CASES = [(id_, number) for id_, makers in FAILING.items() for number in range(len(makers))]


@pytest.mark.parametrize(("id_", "number"), CASES)
def test_a_failing_example_is_found_by_its_check(tmp_path, id_, number):
    found = check_zip(FAILING[id_][number](tmp_path / "z.zip")).findings
    assert id_ in {finding.id for finding in found}
    assert all(finding.message and finding.where for finding in found)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_number_function_line_page_and_example_go_together(check):
    assert check.id in FAILING
    assert check.function.__doc__ == f"{check.id}."
    assert check.title.endswith(".")
    page = CliRunner().invoke(main, ["explain", check.id.lower()]).output
    for part in (check.id, check.severity, check.title, check.why, check.causes, check.solution):
        assert part in page
    assert f"{check.id} {check.severity}" in CliRunner().invoke(main, ["check", "--list"]).output


def test_every_example_is_of_a_check_that_is_there():
    assert list(FAILING) == [check.id for check in CHECKS]


def test_a_good_zip_written_by_hand_passes_everything(tmp_path):
    checked = check_zip(make_zip(tmp_path / "z.zip"))
    assert (checked.findings, checked.skipped) == ((), {})
    assert checked.passed == tuple(check.id for check in CHECKS)


def test_what_we_build_passes_everything(tmp_path):
    built = build(resolve({1: "lightweight_attn", 2: "cnn"}), tmp_path / "submission.zip")
    assert (check_zip(built.path).findings, check_zip(built.path).skipped) == ((), {})


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import timm\nexcept ImportError:\n    timm = None",
        "import sklearn, yaml, PIL, einops, distutils, json",
        "from submission_parts import x",
        "try:\n    net.load_state_dict({})\nexcept Exception:\n    raise",
        "state = torch.load('w.pt', weights_only=True); net.load_state_dict(state, strict=True)",
        '"""Trained in /home/me, see there."""',
        "p = '/app/input/res'",
    ],
)
def test_what_is_in_order_is_not_found(tmp_path, text):
    checked = check_zip(written(tmp_path / "z.zip", ("submission_parts.py", "x = 1"), source=text))
    assert checked.findings == ()


def test_a_submission_class_may_be_imported(tmp_path):
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("submission.py", "from parts import Submission")
        archive.writestr("parts.py", "class Submission: pass")
    checked = check_zip(path)
    assert checked.findings == ()
    assert set(checked.skipped) == {"S103", "S104"}


def test_a_skipped_check_is_not_passed(tmp_path):
    checked = check_zip(truncated(tmp_path / "z.zip"))
    assert checked.passed == ()
    assert set(checked.skipped) == {check.id for check in CHECKS} - {"S001"}


def test_nothing_is_run(tmp_path):
    marker = tmp_path / "ran"
    check_zip(written(tmp_path / "z.zip", source=f"open({str(marker)!r}, 'w')"))
    assert not marker.exists()


def test_checks_are_chosen_by_the_beginning_of_their_id():
    assert [check.id for check in select_checks(["s00"], ["S003"])] == [
        "S001",
        "S002",
        *(f"S00{n}" for n in range(4, 9)),
    ]
    with pytest.raises(CheckError, match="there is no check S999"):
        select_checks(["S999"])


def run(*args):
    return CliRunner().invoke(main, ["check", *map(str, args)])


def test_errors_end_with_1_and_warnings_with_0(tmp_path):
    assert run(make_zip(tmp_path / "good.zip")).exit_code == 0
    assert run(FAILING["S111"][0](tmp_path / "warned.zip")).exit_code == 0
    assert run(FAILING["S105"][0](tmp_path / "bad.zip")).exit_code == 1
    assert run(tmp_path / "good.zip", tmp_path / "bad.zip").exit_code == 1
    assert run().exit_code == 2
    assert run(tmp_path / "nowhere.zip").exit_code == 1


def test_json_has_the_documented_keys(tmp_path):
    said = json.loads(run(FAILING["S105"][0](tmp_path / "z.zip"), "--format", "json").output)
    assert list(said) == ["schema", "zip", "findings", "skipped", "passed"]
    assert said["findings"] == [
        {
            "id": "S105",
            "severity": "error",
            "where": "submission.py:5",
            "message": "imports timm, which is neither on the server nor in the zip",
        }
    ]


def test_github_annotations_are_workflow_commands(tmp_path):
    (line,) = run(FAILING["S105"][0](tmp_path / "z.zip"), "--format", "github").output.splitlines()
    assert re.fullmatch(r"::error title=S105 [^:,]*::.*z\.zip submission\.py:5: imports timm.*", line)


def test_sarif_names_rules_and_results(tmp_path):
    log = json.loads(run(FAILING["S105"][0](tmp_path / "z.zip"), "--format", "sarif").output)
    (sarif_run,) = log["runs"]
    assert [rule["id"] for rule in sarif_run["tool"]["driver"]["rules"]] == [check.id for check in CHECKS]
    assert [(result["ruleId"], result["level"]) for result in sarif_run["results"]] == [("S105", "error")]


def test_the_servers_modules_are_the_kits_packages_and_python_3_10():
    assert {"torch", "braindecode", "mne", "sklearn", "yaml", "PIL", "distutils", "einops"} <= server_modules()
    assert not {"timm", "safetensors", "torchvision", "tomllib", "huggingface_hub", "xgboost"} & server_modules()


def test_checking_loads_neither_torch_nor_mne(tmp_path):
    path = make_zip(tmp_path / "z.zip")
    program = "import sys, pathlib; from submission_builder.checks.run import check_zip"
    program += f"; check_zip(pathlib.Path({str(path)!r})); print({{'torch', 'mne', 'pandas'}} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "set()\n"
