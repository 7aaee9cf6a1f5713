"""The public API: ``import submission_builder as sb``."""

import doctest
import importlib
import inspect
import subprocess
import sys
from functools import cache

import pytest
from archives import make_zip

import submission_builder as sb
from submission_builder.releases.challenge_windows import ChallengeWindows
from submission_builder.releases.folder import Release
from submission_builder.report.evaluations_table import short_names
from submission_builder.workflows.evaluate.evaluation import Evaluation


def is_error(name):
    value = getattr(sb, name)
    return isinstance(value, type) and issubclass(value, Exception)


PUBLIC = sorted(name for name in sb.__all__ if not is_error(name))


def test_importing_the_package_loads_nothing_heavy():
    """A verb is loaded at its first use; ``dir`` and the errors load neither torch nor MNE."""
    program = (
        "import sys, submission_builder as sb; names = dir(sb); sb.SubpackError; "
        "print(sorted({'torch', 'mne', 'numpy', 'pandas', 'scipy', 'rich', 'click'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "[]\n"


def test_all_names_every_public_name_once_and_each_is_there():
    assert sb.__all__ == sorted(set(sb.__all__))
    assert set(sb.__all__) == set(sb._HOMES) <= set(dir(sb))
    for name in sb.__all__:
        assert inspect.unwrap(getattr(sb, name)) is getattr(importlib.import_module(sb._HOMES[name]), name)


def test_every_error_is_one_that_users_can_catch():
    errors = importlib.import_module("submission_builder.base.errors")
    tree = {
        name for name, value in vars(errors).items() if inspect.isclass(value) and value.__module__ == errors.__name__
    }
    assert tree == {name for name in sb.__all__ if is_error(name)}
    assert all(issubclass(getattr(sb, name), sb.SubpackError) for name in tree)


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        sb.nonsense  # noqa: B018 - reading it is the test


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_has_a_docstring_with_an_example(name):
    assert ">>> " in (getattr(sb, name).__doc__ or ""), name


@pytest.fixture
def names(small_release, tmp_path):
    """The names that examples use: a simulated release of four subjects, a zip, an empty folder."""
    (tmp_path / "output").mkdir()
    return {
        "release_folder": small_release,
        "submission_zip": make_zip(tmp_path / "example.zip"),
        "output_folder": tmp_path / "output",
    }


@cache
def examples():
    values = {name: getattr(sb, name) for name in PUBLIC} | {
        "submission_builder": sb,
        "Release": Release,
        "ChallengeWindows": ChallengeWindows,
        "Evaluation": Evaluation,
        "short_names": short_names,
    }
    tests = {}
    for name, value in values.items():
        found = doctest.DocTestFinder(exclude_empty=True, recurse=inspect.isclass(value))
        for test in found.find(value, name, module=False):
            if test.examples:
                tests[test.name] = test
    return tests


@pytest.fixture
def local_server(s3, small_release):
    """Address of an S3 server on this machine that holds the simulated release as R5_mini_L100_bdf."""
    s3.put_folder("R5_mini_L100_bdf", small_release)
    return s3.url


@pytest.mark.parametrize("name", sorted(examples()))
def test_examples_run(name, names, monkeypatch, tmp_path, request):
    monkeypatch.chdir(tmp_path)
    test = examples()[name]
    test.globs = dict(names) | {"short_names": short_names}
    if "local_server" in test.docstring:
        test.globs["local_server"] = request.getfixturevalue("local_server")
    output = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    failed, tried = runner.run(test, out=output.append, clear_globs=True)
    assert (failed, tried > 0) == (0, True), "".join(output)
