"""Interpreters report their own version, packages and folders."""

import platform
import re
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

import pytest
import torch

from submission_builder.sandbox.interpreter import InterpreterError, inspect_interpreter


def test_the_running_interpreter_is_inspected():
    ours = inspect_interpreter()
    assert (ours.executable, ours.python) == (Path(sys.executable), platform.python_version())
    assert ours.torch.partition("+")[0] == torch.__version__.partition("+")[0]
    assert set(ours.prefixes) == {sys.prefix, sys.base_prefix}
    assert sysconfig.get_path("purelib") in ours.package_folders
    assert sysconfig.get_path("stdlib") in ours.library_folders


def test_the_running_interpreter_is_run_once_under_all_its_paths(monkeypatch):
    ours = inspect_interpreter()
    monkeypatch.chdir(Path(sys.executable).parent)
    for path in (None, ours.executable, Path(Path(sys.executable).name)):
        assert inspect_interpreter(path) is ours


def test_another_interpreter_has_its_own_prefix_and_package_folders(another_python):
    other = inspect_interpreter(another_python)
    assert other.executable == another_python
    assert str(another_python.parents[1]) in other.prefixes
    assert sys.prefix not in other.prefixes
    assert any((Path(folder) / "torch").is_dir() for folder in other.package_folders)


def test_an_interpreter_may_lack_torch(tmp_path):
    bare = tmp_path / "bare"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    bare.chmod(0o755)
    assert inspect_interpreter(bare).packages == {}
    assert inspect_interpreter(bare).torch is None


def test_the_versions_of_packages_are_those_of_their_metadata():
    packages = inspect_interpreter().packages
    assert packages == {name: version(name) for name in packages}
    assert {"torch", "numpy", "braindecode"} <= set(packages)


@pytest.mark.parametrize(
    ("content", "mode", "fact"),
    [
        ("#!/bin/sh\nexit 127\n", 0o755, "does not run as a Python interpreter (exit code 127)"),
        ("#!/bin/sh\necho 3.10\n", 0o755, "does not run as a Python interpreter (exit code 0)"),
        (
            '#!/bin/sh\necho \'["p", "3.10.1", null, []]\'\n',
            0o755,
            "does not run as a Python interpreter (exit code 0)",
        ),
        ("no program", 0o644, "cannot be run: Permission denied"),
        ("no program", 0o755, "cannot be run: Exec format error"),
    ],
)
def test_a_path_that_is_not_an_interpreter_raises(tmp_path, content, mode, fact):
    path = tmp_path / "python"
    path.write_text(content)
    path.chmod(mode)
    with pytest.raises(InterpreterError, match=re.escape(fact)):
        inspect_interpreter(path)
