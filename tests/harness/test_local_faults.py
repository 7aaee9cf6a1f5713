"""Failures that are this machine's: no CUDA device, or no package that the server has."""

import pickle
import sys
from importlib.util import find_spec

import pytest
import torch
from archives import make_zip

from submission_builder.base.errors import SubmissionError
from submission_builder.harness.package import open_package
from submission_builder.harness.runtime import Runtime
from submission_builder.harness.session import open_session

without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")


def failure(path):
    with (
        pytest.raises(SubmissionError) as caught,
        open_session(open_package(path), Runtime(isolation="process")) as session,
    ):
        session.load(1)
        session.predict(torch.zeros(1, 129, 200).numpy())
    return caught.value


def saved_on_cuda():
    """Weights whose storages say that they lie on ``cuda:0``; no CUDA device is needed to write them."""
    return (
        "import io, zipfile\n"
        "buffer = io.BytesIO(); torch.save({'w': torch.ones(2)}, buffer)\n"
        "changed = io.BytesIO()\n"
        "with zipfile.ZipFile(io.BytesIO(buffer.getvalue())) as a, zipfile.ZipFile(changed, 'w') as b:\n"
        "    for name in a.namelist():\n"
        "        content = a.read(name)\n"
        "        if name.endswith('data.pkl'):\n"
        "            content = content.replace(b'X\\x03\\x00\\x00\\x00cpu', b'X\\x06\\x00\\x00\\x00cuda:0')\n"
        "        b.writestr(name, content)\n"
        "torch.load(io.BytesIO(changed.getvalue()), weights_only=True)\n"
    )


@without_gpu
@pytest.mark.parametrize(
    "top",
    [
        "torch.ones(1).cuda()",
        "torch.zeros(2, device='cuda')",
        saved_on_cuda(),
        "try:\n    torch.ones(1).cuda()\nexcept Exception as error:\n    raise ValueError('no net') from error",
        "try:\n    torch.ones(1).cuda()\nexcept Exception:\n    raise ValueError('no net') from None",
        "try:\n    torch.ones(1).cuda()\nexcept Exception:\n    open('/nowhere/net.pt')",
        "torch.cuda.get_device_name(0)",
        "torch.cuda.Stream()",
        "torch.Generator(device='cuda')",
        "torch.ones(1).pin_memory()",
        "assert torch.cuda.is_available(), 'no GPU'",
        "if not torch.cuda.is_available():\n    raise RuntimeError('a GPU is needed')",
    ],
    ids=[
        *("cuda()", "device=", "weights saved on CUDA", "wrapped", "suppressed", "a fallback that fails", "torch.cuda"),
        *("a stream", "a generator", "pin_memory()", "an assertion", "a test"),
    ],
)
def test_a_submission_that_needs_a_gpu_cannot_be_judged_without_one(tmp_path, top):
    assert failure(make_zip(tmp_path / "z.zip", top=top)).outcome == "gpu_missing"


@without_gpu
@pytest.mark.parametrize(
    "forward",
    [
        "raise RuntimeError('Found no NVIDIA driver on your system')",
        "raise RuntimeError('my cuda thing')",
        "raise RuntimeError('Expected all tensors to be on the same device, but found cuda:0 and cpu')",
        "return X.double() @ torch.ones(200, 1)",
        "self.layer(X[..., :3]) if torch.cuda.is_available() else self.layer(X[..., :2])",
    ],
)
def test_an_error_that_the_submission_raises_itself_is_its_own(tmp_path, forward):
    assert failure(make_zip(tmp_path / "z.zip", forward=forward)).outcome == "crashed"


@pytest.mark.parametrize(
    ("line", "outcome", "words"),
    [
        ("import pybids_is_not_here", "import_error", "pybids_is_not_here"),
        ("import timm_is_no_module", "import_error", "timm_is_no_module"),
        ("raise ModuleNotFoundError('No module named numpy', name='numpy')", "import_error", "numpy"),
    ],
)
def test_a_module_that_the_server_lacks_or_that_is_here_is_the_submissions_fault(tmp_path, line, outcome, words):
    error = failure(make_zip(tmp_path / "z.zip", top=line))
    assert (error.outcome, words in str(error)) == (outcome, True)


@pytest.mark.skipif(find_spec("async_timeout") is not None, reason="async-timeout is installed here")
@pytest.mark.parametrize(
    "top",
    [
        "import async_timeout",
        "try:\n    import async_timeout\nexcept ImportError as error:\n    raise ValueError from error",
    ],
    ids=["plain", "wrapped"],
)
def test_a_package_of_the_server_that_is_not_installed_here_is_named(tmp_path, top):
    error = failure(make_zip(tmp_path / "z.zip", top=top))
    assert error.outcome == "package_missing"
    assert "the server has the package async-timeout" in str(error)
    assert error.hint == "pip install async-timeout, or --server with a replica of the server"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="this Python has inspect.getargspec")
@pytest.mark.parametrize("top", ["import inspect; inspect.getargspec", "from inspect import getargspec"])
def test_a_name_that_only_a_newer_version_removed_is_this_machines_lack(tmp_path, top):
    error = failure(make_zip(tmp_path / "z.zip", top=top))
    assert error.outcome == "package_missing"
    assert "the server has inspect.getargspec, in Python 3.10" in str(error)


@pytest.mark.parametrize("top", ["import inspect; inspect.getargspeck", "from numpy import asarrray"])
def test_a_name_that_no_version_has_is_the_submissions_fault(tmp_path, top):
    assert failure(make_zip(tmp_path / "z.zip", top=top)).outcome == "import_error"


@pytest.mark.skipif(find_spec("async_timeout") is not None, reason="async-timeout is installed here")
def test_a_package_that_the_submission_does_without_is_no_excuse(tmp_path):
    top = "try:\n    import async_timeout\nexcept ImportError:\n    async_timeout = None"
    assert failure(make_zip(tmp_path / "z.zip", top=top, forward="raise KeyError('x')")).outcome == "crashed"


@pytest.mark.parametrize("forward", ["raise Failing", "raise ValueError from Failing()"])
def test_a_text_that_raises_is_no_fault_of_this_machine(tmp_path, forward):
    top = "class Failing(ModuleNotFoundError):\n    name = 'async\\0timeout'\n    def __str__(self): raise SystemExit"
    assert failure(make_zip(tmp_path / "z.zip", top=top, forward=forward)).outcome == "crashed"


def test_missing_weights_name_the_file_that_was_probably_meant(tmp_path):
    top = "open(__file__.replace('submission.py', 'weights_challenge_1.pt'))"
    error = failure(make_zip(tmp_path / "z.zip", top=top, names={"weights_challenge1.pt": pickle.dumps(0)}))
    assert error.outcome == "weights_missing"
    assert error.hint == "the zip has weights_challenge1.pt; rename it to weights_challenge_1.pt"


def test_missing_torchscript_names_the_file_that_was_probably_meant(tmp_path):
    load = "torch.jit.load(str(Path(__file__).parent / 'weights_2.pt'))"
    path = make_zip(tmp_path / "z.zip", load=load, names={"weights2.pt": b"", "w.txt": b""})
    with (
        pytest.raises(SubmissionError) as caught,
        open_session(open_package(path), Runtime(isolation="process")) as one,
    ):
        one.load(2)
    assert caught.value.outcome == "weights_missing"
    assert caught.value.hint == "the zip has weights2.pt; rename it to weights_2.pt"


def test_arguments_parsed_on_import_are_named_as_such(tmp_path):
    top = "import argparse; p = argparse.ArgumentParser(); p.add_argument('--data', required=True); p.parse_args([])"
    error = failure(make_zip(tmp_path / "z.zip", top=top))
    assert error.outcome == "exited"
    assert "on import (SystemExit: 2)" in str(error)
    assert "__main__" in error.hint


def test_the_causes_of_an_error_are_kept(tmp_path):
    forward = "raise_from(KeyError('conv.weight'))"
    top = "def raise_from(error):\n    raise ValueError('no net') from error"
    message = str(failure(make_zip(tmp_path / "z.zip", top=top, forward=forward)))
    assert "ValueError: no net" in message
    assert "caused by KeyError: 'conv.weight'" in message


def test_an_error_names_its_line_in_the_submission(tmp_path):
    top = "import parts"
    parts = b"import json\ndef f():\n    return json.loads('{')\n"
    message = str(failure(make_zip(tmp_path / "z.zip", top=top, forward="parts.f()", names={"parts.py": parts})))
    assert "\n  parts.py, line 3" in message


def test_a_long_error_is_cut_in_its_middle(tmp_path):
    message = str(failure(make_zip(tmp_path / "z.zip", forward="raise ValueError('first' + 5000 * '-' + 'last')")))
    quoted = message.partition("ValueError: ")[2].partition("\n")[0]
    assert (quoted[:5], quoted[-4:], len(quoted) < 2100) == ("first", "last", True)


def test_a_process_that_ends_before_a_model_is_built_may_have_ended_on_import(tmp_path):
    assert "while it imported submission.py or built the model of challenge 1" in str(
        failure(make_zip(tmp_path / "z.zip", top="import os; os._exit(3)"))
    )


@pytest.mark.parametrize(
    ("top", "fact"),
    [
        ("torch.jit.load('/nowhere/net.pt')", "submission.py opened /nowhere/net.pt, which does not exist"),
        ("open('/nowhere/net.pt')", "submission.py opened /nowhere/net.pt, which does not exist"),
        ("raise FileNotFoundError('no weights')", "submission.py opened no weights, which does not exist"),
        ("raise FileNotFoundError", "the import of submission.py raised FileNotFoundError"),
    ],
)
def test_a_file_that_is_missing_on_import_is_named_whoever_opens_it(tmp_path, top, fact):
    error = failure(make_zip(tmp_path / "z.zip", top=top))
    assert error.outcome == "weights_missing"
    assert fact in str(error)
    assert "None" not in str(error)


@pytest.mark.parametrize("top", ["raise ValueError('The provided filename is odd')", "{}['net']", "x ="])
def test_other_errors_on_import_are_no_missing_file(tmp_path, top):
    assert failure(make_zip(tmp_path / "z.zip", top=top)).outcome == "import_error"


def test_a_failure_names_the_modules_whose_code_it_passed_through(tmp_path):
    top = "import json\njson.loads('{')"
    assert {"json", "submission"} <= failure(make_zip(tmp_path / "z.zip", top=top)).through
    assert "json" not in failure(make_zip(tmp_path / "z.zip", top="{}['net']")).through
