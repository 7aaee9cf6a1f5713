"""Failures that are this machine's: no CUDA device, or no package that the server has."""

import pickle
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
        "torch.cuda.get_device_name(0)",
    ],
    ids=["cuda()", "device=", "weights saved on CUDA", "wrapped", "torch.cuda"],
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


def test_missing_weights_name_the_file_that_was_probably_meant(tmp_path):
    top = "open(__file__.replace('submission.py', 'weights_challenge_1.pt'))"
    error = failure(make_zip(tmp_path / "z.zip", top=top, names={"weights_challenge1.pt": pickle.dumps(0)}))
    assert error.outcome == "weights_missing"
    assert error.hint == "the zip has weights_challenge1.pt; rename it to weights_challenge_1.pt"


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
