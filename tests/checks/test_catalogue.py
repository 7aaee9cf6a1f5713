"""Every check has a number, a function, a page and an example that fails; a good zip passes all of them."""

import hashlib
import json
import pkgutil
import subprocess
import sys
import tracemalloc
import zipfile
from importlib import import_module

import numpy as np
import pytest
from archives import make_zip
from click.testing import CliRunner
from corpus import STATIC
from traces import RUNS

from submission_builder import checks
from submission_builder.base.errors import CheckError
from submission_builder.checks.catalogue import CHECKS, find_check, select_checks
from submission_builder.checks.check import Check
from submission_builder.checks.check import check as make_check
from submission_builder.checks.runner import check_zip
from submission_builder.cli import main
from submission_builder.freeze.builder import write_submission
from submission_builder.freeze.recipe import resolve
from submission_builder.server.facts import server_modules

STATIC_CHECKS = [check for check in CHECKS if not check.runs]


@pytest.mark.parametrize("broken", STATIC.values(), ids=STATIC)
def test_a_defect_is_found_only_by_its_check_and_in_these_words(tmp_path, broken):
    checked = check_zip(broken.make(tmp_path / "z.zip"))
    assert {finding.id for finding in checked.findings} == {broken.id, *broken.also}
    (first, *_) = [finding for finding in checked.findings if finding.id == broken.id]
    assert first.where == broken.where
    assert broken.message in first.message


def test_the_corpus_is_large_enough():
    assert len(STATIC) + len(RUNS) >= 90


def missing(check):
    """Parts that a check lacks."""
    lacking = [part for part in ("title", "fault", "why", "causes", "solution") if not getattr(check, part)]
    if check.id not in {example.id for example in (*STATIC.values(), *RUNS.values())}:
        lacking.append("an example in corpus_*.py or traces.py")
    return lacking


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_number_function_page_and_examples_go_together(check):
    """A check has a whole page and an example that fails; the good zip and the good run are those that pass."""
    assert missing(check) == []
    assert check.runs == (check.id in {run.id for run in RUNS.values()})
    assert check.title.endswith(".")
    assert not check.fault.endswith(".")
    page = CliRunner().invoke(main, ["explain", check.id.lower()]).output
    for part in (check.id, check.severity, check.title, check.why, check.causes, check.solution):
        assert part in page
    assert f"{check.id} {check.severity}" in CliRunner().invoke(main, ["check", "--list"]).output


def test_the_missing_parts_of_a_check_are_named():
    @make_check("S999", "error")
    def incomplete(zip_):
        """Nothing is wrong.

        Why
            A section of
            two lines.
        Cause
            A section of another name.
        """

    assert incomplete.why == "A section of two lines. Cause A section of another name."
    assert missing(incomplete) == ["fault", "causes", "solution", "an example in corpus_*.py or traces.py"]


def test_the_catalogue_has_every_check_of_the_room():
    modules = [import_module(f"{checks.__name__}.{found.name}") for found in pkgutil.iter_modules(checks.__path__)]
    made = {one.id for module in modules for one in vars(module).values() if isinstance(one, Check)}
    assert made == {check.id for check in CHECKS}


def test_numbers_are_unique_and_sorted():
    ids = [check.id for check in CHECKS]
    assert ids == sorted(set(ids))


def test_a_good_zip_written_by_hand_passes_everything(tmp_path):
    checked = check_zip(make_zip(tmp_path / "z.zip"))
    assert checked.findings == ()
    assert set(checked.passed) == {check.id for check in STATIC_CHECKS} - {"S208"}
    assert checked.skipped["S208"] == "the zip has no manifest.json that lists files"


def test_a_zip_of_subpack_build_passes_everything(tmp_path):
    built = write_submission(resolve({1: "lightweight_attn", 2: "cnn"}), tmp_path / "submission.zip")
    checked = check_zip(built.path)
    assert checked.findings == ()
    assert checked.passed == tuple(check.id for check in STATIC_CHECKS)


@pytest.mark.parametrize(
    "text",
    [
        "import sklearn, yaml, PIL, einops, distutils, json",
        "from submission_parts import x",
        "try:\n    net.to(DEVICE).load_state_dict({})\nexcept Exception:\n    raise",
        "state = torch.load(path, weights_only=True); net.to(DEVICE).load_state_dict(state, strict=True)",
        "state = torch.load(FOLDER / 'w.txt', map_location=DEVICE, weights_only=True); net.load_state_dict(state)",
        "if hasattr(torch.nn, 'RMSNorm'):\n    norm = torch.nn.RMSNorm(3)",
        "try:\n    from torch.nn.attention import sdpa_kernel\nexcept ImportError:\n    sdpa_kernel = None",
        "def f(nn):\n    return nn.RMSNorm(3)",
        "torch.backends.cudnn.benchmark = True",
        "y = torch.stack([torch.zeros(1)], axis=0)",
        "if not path.exists():\n    raise FileNotFoundError(path)\nnet.to(DEVICE).load_state_dict(state)",
        '"""Trained in /home/me, see there."""',
        "p = '/app/input/res'",
        "def f(i): return torch.load(Path('c%d.pt' % i), weights_only=True, map_location=DEVICE)",
        "def f(i): return torch.load('c{}.pt'.format(i), weights_only=True, map_location=DEVICE)",
        "def f(name): return torch.load(name + '_best.pt', weights_only=True, map_location=DEVICE)",
        "def f(path): return torch.load(path.replace('.ckpt', '_best.pt'), weights_only=True, map_location=DEVICE)",
        "def f(): return sorted(Path('.').glob('*.pt'))",
        "def f(path):\n    if not path: raise ValueError('there is no c1.pt')",
    ],
)
def test_code_without_a_fault_gives_no_finding(tmp_path, text):
    names = {"submission_parts.py": b"x = 1"}
    assert check_zip(make_zip(tmp_path / "z.zip", top=text, names=names)).findings == ()


def test_a_submission_class_may_be_imported(tmp_path):
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("submission.py", "from parts import Submission")
        archive.writestr("parts.py", "class Submission: pass")
    checked = check_zip(path)
    assert checked.findings == ()
    assert {"S103", "S104"} <= set(checked.skipped)


def test_a_skipped_check_is_not_passed(tmp_path):
    checked = check_zip(STATIC["cut short"].make(tmp_path / "z.zip"))
    assert checked.passed == ()
    assert set(checked.skipped) == {check.id for check in CHECKS} - {"S001"}


def test_code_nested_too_deeply_is_skipped(tmp_path):
    checked = check_zip(make_zip(tmp_path / "z.zip", top=f"x = ({'-' * 900}1).numpy()"))
    assert checked.findings == ()
    assert checked.skipped["S112"] == "the code is nested too deeply to be read"


def test_checks_are_selected_by_the_beginning_of_their_number():
    assert [check.id for check in select_checks(["s00"], ["S003"])] == [
        "S001",
        "S002",
        *(f"S00{n}" for n in range(4, 9)),
    ]
    assert [check.id for check in select_checks("S104")] == ["S104"]
    with pytest.raises(CheckError, match="there is no check S999"):
        select_checks(["S999"])


def test_the_modules_of_the_server_are_those_of_the_start_kits_packages_and_python_3_10():
    assert {"torch", "braindecode", "mne", "sklearn", "yaml", "PIL", "distutils", "einops"} <= server_modules()
    assert not {"timm", "safetensors", "torchvision", "tomllib", "huggingface_hub", "xgboost"} & server_modules()


def test_the_static_checks_load_neither_torch_nor_mne(tmp_path):
    path = make_zip(tmp_path / "z.zip")
    program = "import sys, pathlib; from submission_builder.checks.runner import check_zip"
    program += f"; check_zip(pathlib.Path({str(path)!r})); print({{'torch', 'mne', 'pandas'}} & set(sys.modules))"
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert output == "set()\n"


def test_a_listed_file_of_bzip2_does_not_fill_the_memory(tmp_path):
    """The class of the standard library decompresses at once what it reads of such an entry, here all 40 MB."""
    content = bytes(40_000_000) + np.random.default_rng(0).bytes(60_000)
    listed = {"files": {"big.bin": {"sha256": hashlib.sha256(content).hexdigest()}}}
    path = make_zip(tmp_path / "z.zip", names={"manifest.json": json.dumps(listed).encode()})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("big.bin", content, zipfile.ZIP_BZIP2)
    tracemalloc.start()
    assert check_zip(path, [find_check("S208")]).passed == ("S208",)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000
