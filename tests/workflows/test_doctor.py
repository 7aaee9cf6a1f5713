"""``sb.doctor``: what it finds on machines that lack something."""

import importlib.metadata
import json
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from submission_builder.codabench.token import VARIABLE
from submission_builder.workflows.doctor import doctor as module
from submission_builder.workflows.doctor import hardware, software
from submission_builder.workflows.doctor.doctor import doctor

SECRET = "0123456789abcdef0123456789abcdef01234567"  # noqa: S105 - made up


def only(parts):
    return {item.name: item for item in parts}


def torch_prints(monkeypatch, stdout, stderr=""):
    done = subprocess.CompletedProcess([], 0, stdout, stderr)
    monkeypatch.setattr(hardware.subprocess, "run", lambda *args, **options: done)


def devices(*sizes):
    return json.dumps({"torch": "2.8.0", "cuda": "12.8", "devices": [["NVIDIA X", n] for n in sizes]})


def test_this_machine_has_what_the_tests_need(small_release):
    report = doctor(folder=small_release.parent)
    items = only(report.items)
    assert report.ok, report.problems
    assert {item.state for item in report.items} <= {"ok", "note"}
    assert items["Python"].fact.startswith(sys.version.split()[0])
    assert items["data"].fact.startswith("releases: SIMULATED-small")
    assert all(item.remedy for item in report.items if item.state == "note")


def test_braindecode_of_another_version_prevents_work(monkeypatch):
    real = importlib.metadata.version
    monkeypatch.setattr(software, "version", lambda name: "1.8.1" if name == "braindecode" else real(name))
    item = only(software.examine_packages())["braindecode"]
    assert (item.state, item.remedy) == ("problem", "pip install braindecode==1.2.0")


def test_missing_packages_are_named_with_the_command(monkeypatch):
    def version(name):
        if name in ("optuna", "rich"):
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.2.0"

    needed = ["rich>=13.7", "click>=8.2", "optuna>=4.0", "pytest>=9.0; extra == 'dev'", "braindecode==1.2.0"]
    monkeypatch.setattr(software, "version", version)
    monkeypatch.setattr(software, "requires", lambda name: needed)
    assert only(software.examine_packages())["packages"].remedy == "pip install optuna rich"


def test_a_torch_that_cannot_be_imported_prevents_work(monkeypatch):
    torch_prints(monkeypatch, "", "Traceback\nImportError: libcudart.so.12: cannot open shared object file\n")
    item = only(hardware.examine_torch())["torch"]
    assert (item.state, "libcudart.so.12" in item.fact) == ("problem", True)


@pytest.mark.parametrize(
    ("found", "state", "words"),
    [
        (devices(), "note", "no CUDA device"),
        (devices(8 * 10**9), "note", "8.0 GB; the server has a GPU with 20 GB"),
        (devices(8 * 10**9, 80 * 10**9), "ok", "80.0 GB; the server has a GPU with 20 GB"),
    ],
)
def test_the_memory_of_the_gpu_is_compared_with_the_servers(monkeypatch, found, state, words):
    torch_prints(monkeypatch, found)
    item = only(hardware.examine_torch())["GPU"]
    assert (item.state, words in item.fact) == (state, True)


@pytest.mark.parametrize(("free", "state"), [(10**8, "problem"), (5 * 10**9, "note"), (10**12, "ok")])
def test_a_full_disk_prevents_work(monkeypatch, free, state):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))
    assert only(hardware.examine_disk())["cache"].state == state


def test_a_cache_that_cannot_be_written_to_prevents_work(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SUBPACK_CACHE", str(tmp_path / "file" / "cache"))
    item = only(hardware.examine_disk())["cache"]
    assert (item.state, "SUBPACK_CACHE" in item.remedy) == ("problem", True)


def test_the_reason_for_weak_isolation_is_given(monkeypatch):
    monkeypatch.setattr(software, "why_unavailable", lambda: "bubblewrap is not installed")
    (item,) = software.examine_isolation()
    assert (item.state, "bubblewrap is not installed" in item.fact) == ("note", True)


def test_replicas_that_are_not_installed_have_their_command():
    items = only(software.examine_replicas())
    assert items["replica published"].remedy == "subpack server install published"


def test_a_token_is_reported_without_its_value(monkeypatch):
    monkeypatch.setenv(VARIABLE, SECRET)
    (item,) = module._examine_token()
    assert (item.state, VARIABLE in item.fact) == ("ok", True)
    assert SECRET not in repr(item)


def test_a_folder_without_a_release_is_a_note(tmp_path):
    (item,) = module._examine_data(tmp_path)
    assert item.state == "note"
