"""Replicas are found by name or path, installed completely or not at all, and removed."""

import shutil
import sys
import zipfile
from dataclasses import dataclass, replace

import pytest

from submission_builder.base.errors import ServerError
from submission_builder.server import replica
from submission_builder.server.images import IMAGES
from submission_builder.server.replica import (
    find_replica,
    install,
    installed_replica,
    own_python,
    plan_install,
    remove,
)


@dataclass(frozen=True)
class Tiny:
    """An image of one package."""

    requirements: list[str]
    name: str = "tiny"


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """An image of one wheel, which the proof imports in place of torch."""
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "VALUE = 7\n")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr(
            "tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    image = Tiny([f"tiny @ {wheel.as_uri()}"])
    monkeypatch.setitem(IMAGES, "tiny", image)
    monkeypatch.setattr(replica, "_PROOF", "import tiny; assert tiny.VALUE == 7")
    return image


def plan(image, cache):
    """A plan without a search for a Python and for disk space, which have tests of their own."""
    return replica.InstallPlan(image, own_python().interpreter, "pip", replica._folder(image, cache))


def test_a_replica_is_installed_found_and_removed(tiny, tmp_path):
    assert installed_replica(tiny, tmp_path) is None
    made = install(plan(tiny, tmp_path))
    assert made == installed_replica(tiny, tmp_path) == find_replica("tiny", tmp_path)
    assert (made.image, made.interpreter.python) == ("tiny", own_python().interpreter.python)
    assert [folder.name for folder in (tmp_path / "servers").iterdir()] == [made.interpreter.executable.parents[1].name]
    remove(tiny, tmp_path)
    assert list((tmp_path / "servers").iterdir()) == []
    with pytest.raises(ServerError, match="the replica of server image tiny is not installed, so nothing is removed"):
        remove(tiny, tmp_path)


@pytest.mark.parametrize(
    ("requirement", "proof", "message"),
    [
        ("nosuch @ file:///nowhere/nosuch-1.0-py3-none-any.whl", "pass", "did not install the packages of tiny"),
        (None, "import braindecode", "cannot import the installed packages"),
    ],
)
def test_an_installation_that_fails_leaves_no_file(tiny, tmp_path, monkeypatch, requirement, proof, message):
    monkeypatch.setattr(replica, "_PROOF", proof)
    image = replace(tiny, requirements=[requirement] if requirement else tiny.requirements)
    with pytest.raises(ServerError, match=message):
        install(plan(image, tmp_path))
    assert list((tmp_path / "servers").iterdir()) == []


def test_remove_deletes_the_files_of_a_killed_installation(tiny, tmp_path):
    (tmp_path / "servers" / ".tiny-0123abcd.77-00ff.part" / "bin").mkdir(parents=True)
    remove(tiny, tmp_path)
    assert list((tmp_path / "servers").iterdir()) == []


def test_other_versions_are_another_replica(tiny, tmp_path):
    install(plan(tiny, tmp_path))
    assert installed_replica(replace(tiny, requirements=[*tiny.requirements, "more==1"]), tmp_path) is None


def test_the_error_for_a_missing_replica_names_the_command_that_installs_it(tmp_path):
    with pytest.raises(ServerError, match="the replica of server image lock is not installed") as caught:
        find_replica("lock", tmp_path)
    assert caught.value.hint == "subpack server install lock"


def test_a_name_that_is_neither_image_nor_python_is_refused(tmp_path):
    with pytest.raises(ServerError, match=r"'v14' is neither an image \(published, lock\) nor the path of a Python"):
        find_replica("v14", tmp_path)
    with pytest.raises(ServerError, match=f"server {shutil.which('true')} does not run as a Python interpreter"):
        find_replica(shutil.which("true"), tmp_path)


def test_a_python_without_torch_is_refused(tmp_path):
    bare = tmp_path / "bare"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    bare.chmod(0o755)
    with pytest.raises(ServerError, match=r"is Python 3\.\S+ without torch; submissions cannot run without torch"):
        find_replica(str(bare), tmp_path)


@pytest.fixture
def bare_path(tmp_path, monkeypatch):
    """A PATH and a home without any Python."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    monkeypatch.setattr(replica, "_NEEDED_GIB", 0)
    return tmp_path / "bin"


def pretend(path, version):
    """A program that reports this version of Python."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho \'["{path}", "{version}", {{}}, [], [], []]\'\n')
    path.chmod(0o755)
    return path


def test_the_servers_version_of_python_is_preferred(bare_path, tmp_path):
    pretend(bare_path / "python3.11", "3.11.9")
    chosen = pretend(bare_path / "python3.10", "3.10.2")
    assert plan_install(IMAGES["lock"], tmp_path).python.executable == chosen


def test_a_shim_that_fails_is_skipped_in_favour_of_pyenvs_own_python(bare_path, tmp_path):
    (bare_path / "python3.10").write_text("#!/bin/sh\nexit 127\n")
    (bare_path / "python3.10").chmod(0o755)
    chosen = pretend(tmp_path / ".pyenv" / "versions" / "3.10.13" / "bin" / "python3.10", "3.10.13")
    assert plan_install(IMAGES["lock"], tmp_path).python.executable == chosen


def test_without_3_10_the_nearest_version_is_used(bare_path, tmp_path, monkeypatch):
    nearest = pretend(bare_path / "python3.11", "3.11.9")
    pretend(bare_path / "python3.12", "3.12.1")
    assert plan_install(IMAGES["lock"], tmp_path).python.executable == nearest


def test_without_a_supported_python_there_is_no_plan(bare_path, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(pretend(tmp_path / "python", "3.14.0")))
    with pytest.raises(ServerError, match=r"no Python 3\.10 to 3\.12 is installed"):
        plan_install(IMAGES["lock"], tmp_path)


def test_uv_is_preferred_to_pip(bare_path, tmp_path, monkeypatch):
    pretend(bare_path / "python3.10", "3.10.2")
    assert plan_install(IMAGES["lock"], tmp_path).installer == "pip"
    pretend(bare_path / "uv", "0")
    assert plan_install(IMAGES["lock"], tmp_path).installer == "uv"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (bare_path / "uv").unlink()
    with pytest.raises(ServerError, match="neither uv nor pip is installed"):
        plan_install(IMAGES["lock"], tmp_path)


def test_too_little_disk_space_is_refused_before_anything_is_written(bare_path, tmp_path, monkeypatch):
    pretend(bare_path / "python3.10", "3.10.2")
    monkeypatch.setattr(replica, "_NEEDED_GIB", 1 << 20)
    with pytest.raises(ServerError, match=r"GiB free; installing a replica needs \d+ GiB"):
        plan_install(IMAGES["lock"], tmp_path)
    assert not (tmp_path / "servers").exists()
