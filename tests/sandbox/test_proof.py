"""The probe that decides the level finds every weakening of the sandbox."""

import os
from pathlib import Path

import pytest

from submission_builder.harness.runtime import Runtime
from submission_builder.sandbox import isolation, mounts, proof, seccomp
from submission_builder.sandbox.proof import why_unavailable

needs_namespace = pytest.mark.skipif(why_unavailable() is not None, reason=f"needs isolation: {why_unavailable()}")


@pytest.fixture
def probed_again(monkeypatch):
    """Forget the result of the probe, before and after."""
    why_unavailable.cache_clear()
    yield monkeypatch
    why_unavailable.cache_clear()


def without(*removed):
    """Remove a run of arguments."""

    def change(command):
        at = next(i for i in range(len(command)) if tuple(command[i : i + len(removed)]) == removed)
        return command[:at] + command[at + len(removed) :]

    return change


def with_writable(path):
    def change(command):
        at = next(i for i in range(len(command)) if command[i : i + 3] == ["--ro-bind", path, path])
        return [*command[:at], "--bind", *command[at + 1 :]]

    return change


def sharing(namespace):
    """Unshare every namespace but one."""

    def change(command):
        at = command.index("--unshare-all")
        kept = [f"--unshare-{one}" for one in ("user", "ipc", "pid", "net", "uts", "cgroup") if one != namespace]
        return command[:at] + kept + command[at + 1 :]

    return change


def with_bound(folder):
    """Bind a folder above all masks, while the root is still writable."""

    def change(command):
        at = command.index("--chdir")
        return [*command[:at], "--ro-bind", str(folder), str(folder), *command[at:]]

    return change


OURS = Path(isolation.__file__).parents[1]
WEAKENINGS = {
    "capabilities kept": (without("--cap-drop", "ALL"), ("--cap-add", "ALL"), "capabilities are left"),
    "writable bind": (with_writable("/usr/bin"), (), "/usr/bin is writable"),
    "home visible": (with_bound(Path.home()), (), f"{Path.home()}/"),
    "network": (sharing("net"), (), "the net namespace is that of the parent"),
    "shared process table": (sharing("pid"), (), "the pid namespace is that of the parent"),
    "root writable": (without("--remount-ro", "/"), (), "/ is writable"),
    "proc writable": (without("--remount-ro", "/proc"), (), "/proc is writable"),
    "shared memory of System V": (sharing("ipc"), (), "the ipc namespace is that of the parent"),
    "our packages visible": (with_bound(OURS), (), f"{OURS}/"),
}


@needs_namespace
@pytest.mark.parametrize(("change", "added", "says"), WEAKENINGS.values(), ids=WEAKENINGS)
def test_the_probe_finds_a_weakening_and_lowers_the_level(probed_again, change, added, says):
    if added and os.geteuid() != 0:
        pytest.skip("only root can keep capabilities")
    whole = isolation.bubblewrap
    probed_again.setattr(isolation, "bubblewrap", lambda *args: [*change(whole(*args)), *added])
    assert says in why_unavailable()
    assert Runtime().level() == "process"


@needs_namespace
def test_the_probe_finds_a_filter_that_allows_everything(probed_again):
    probed_again.setattr(seccomp, "filter_program", lambda _: [(0x06, 0, 0, 0x7FFF0000)])
    assert "system calls are not filtered" in why_unavailable()


@needs_namespace
def test_without_filter_and_bubblewraps_own_option_new_user_namespaces_are_found(probed_again):
    probed_again.setattr(seccomp, "filter_program", lambda _: [(0x06, 0, 0, 0x7FFF0000)])
    probed_again.setattr(isolation, "_no_user_namespaces", tuple)
    probed_again.setattr(proof, "_SHOWN", 20)
    assert "a new user namespace can be created" in why_unavailable()


@needs_namespace
def test_the_filter_alone_forbids_new_user_namespaces(probed_again):
    """Versions of bubblewrap before 0.8 have no option for that."""
    probed_again.setattr(isolation, "_no_user_namespaces", tuple)
    assert why_unavailable() is None


def test_an_architecture_without_a_filter_has_the_weaker_level(probed_again):
    probed_again.setattr(proof, "is_supported", lambda _: False)
    probed_again.setattr(proof.shutil, "which", lambda _: "/usr/bin/bwrap")
    assert why_unavailable() == f"there is no filter of system calls for {os.uname().machine}"


@needs_namespace
def test_the_probe_finds_a_hidden_file_that_is_bound(probed_again, tmp_path):
    (tmp_path / "labels.tsv").write_text("1.6")
    whole = isolation.bubblewrap
    probed_again.setattr(isolation, "bubblewrap", lambda *args: with_bound(tmp_path)(whole(*args)))
    assert f"{tmp_path / 'labels.tsv'} is visible" in why_unavailable(None, mounts.View(hidden=(tmp_path,)))
