"""Reading judges what the server executes: what runs there gets no error, and what gets an error fails there."""

import re
import subprocess
import zipfile

import pytest
from broken import entries, top
from corpus import STATIC
from corpus_runs import RUNS
from saved_weights import DANGEROUS_PICKLE
from traces import ended, trace

from submission_builder.base.cache import cache_folder
from submission_builder.checks.catalogue import select_checks
from submission_builder.checks.runner import check_zip
from submission_builder.server.images import IMAGES
from submission_builder.server.replica import installed_replica

CACHE = cache_folder()  # the user's, before a fixture names another for the tests
REPLICAS = [replica for image in IMAGES.values() if (replica := installed_replica(image, CACHE))]
MAY_WARN = {"S107", "S117"}
"""Warnings about code that nothing calls."""

BROKEN_BY = {
    "S101": {"SyntaxError", "ValueError", "MemoryError"},
    "S105": {"ModuleNotFoundError", "RuntimeError"},
    "S113": {"AttributeError", "ImportError", "ModuleNotFoundError", "NameError"},
    "S114": {"TypeError"},
    "S121": {"SystemExit"},
}
"""What the server raises, by the number of the error."""
FAILS = {name: broken for name, broken in STATIC.items() if broken.id in BROKEN_BY}

PROGRAM = """
import sys
sys.path.insert(0, sys.argv.pop(1))
import torch
torch.cuda.is_available = lambda: True
from submission import Submission
for n in (1, 2):
    model = getattr(Submission(100, torch.device("cpu")), f"get_model_challenge_{n}")()
    model.eval()
    with torch.inference_mode():
        assert model.forward(torch.zeros(1, 129, 200)).shape == (1, 1)
print("done")
"""


@pytest.mark.parametrize("case", RUNS.values(), ids=RUNS)
def test_code_that_runs_on_the_server_gets_no_error(tmp_path, case):
    checked = check_zip(case.make(tmp_path / "z.zip"))
    assert checked.errors == ()
    assert {finding.id for finding in checked.findings} - MAY_WARN == case.findings
    assert {id_ for id_ in checked.skipped if id_.startswith("S1")} == case.skipped


def test_a_pickle_under_the_name_of_an_apple_double_file_is_read(tmp_path):
    path = entries(("._w.pt", DANGEROUS_PICKLE))(tmp_path / "z.zip")
    assert [finding.id for finding in check_zip(path).findings] == ["S201", "S007"]


@pytest.mark.parametrize(
    ("source", "runs"),
    [
        ("import numpy as np\nAREA = np.trapezoid", True),
        ("from typing import Self", True),
        ("try:\n    import timm\nexcept ImportError:\n    pass", True),
        ("import timm", False),
        ("import sys\nsys.exit()", False),
        ("x[*i]", False),
    ],
)
def test_only_an_error_that_is_certain_prevents_the_run(tmp_path, source, runs):
    started = []
    check_zip(top(source)(tmp_path / "z.zip"), run=lambda path: started.append(path) or trace())
    assert bool(started) is runs


def test_a_run_that_ended_early_is_reported_beside_an_error_that_did_not_prevent_it(tmp_path):
    path = top("from typing import Self")(tmp_path / "z.zip")
    found = check_zip(path, select_checks(["S113", "S302"]), lambda _: ended("crashed")).findings
    assert [finding.id for finding in found] == ["S113", "S301"]


@pytest.mark.server
@pytest.mark.parametrize("case", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("replica", REPLICAS, ids=lambda replica: replica.image)
def test_the_code_runs_under_the_servers_packages(tmp_path, case, replica):
    ended = run_under(replica, case.make(tmp_path / "z.zip"), tmp_path / "res")
    assert ended.returncode == 0, ended.stderr


@pytest.mark.server
@pytest.mark.skipif(len(REPLICAS) < len(IMAGES), reason="not all replicas are installed")
@pytest.mark.parametrize("broken", FAILS.values(), ids=FAILS)
def test_an_error_fails_under_the_packages_of_an_image(tmp_path, broken):
    path = broken.make(tmp_path / "z.zip")
    ended = [run_under(replica, path, tmp_path / replica.image) for replica in REPLICAS]
    failed = {name for one in ended for name in re.findall(r"^(\w+)(?::|$)", one.stderr, re.MULTILINE)}
    failed |= {"SystemExit" for one in ended if not one.stderr and "done" not in one.stdout}
    assert failed & BROKEN_BY[broken.id], [one.stderr for one in ended]


def run_under(replica, path, folder):
    """Run a submission under a replica, as the server does."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    command = [replica.interpreter.executable, "-I", "-W", "ignore", "-c", PROGRAM, folder]
    return subprocess.run(command, capture_output=True, text=True, check=False)
