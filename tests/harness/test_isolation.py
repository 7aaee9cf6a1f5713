"""The two isolation levels: what a submission can see, write and reach."""

import os
from pathlib import Path

import pytest
from archives import make_zip
from test_replay import failure, run

from submission_builder.base.errors import SandboxError
from submission_builder.harness.runtime import Runtime
from submission_builder.sandbox import isolation, proof

pytestmark = pytest.mark.hostile

needs_namespace = pytest.mark.skipif(proof.why_unavailable() is not None, reason=str(proof.why_unavailable()))
levels = pytest.mark.parametrize("level", [pytest.param("namespace", marks=needs_namespace), "process"])

LOOK = """
import os, sys, socket
from pathlib import Path
"""


@levels
def test_both_levels_give_the_same_predictions(tmp_path, level):
    replayed = run(make_zip(tmp_path / "z.zip", forward="return X[:, 5, 7:8]"), level=level)
    other = run(tmp_path / "z.zip", level="process")
    assert (replayed.isolation, replayed.predictions[1].tolist()) == (level, other.predictions[1].tolist())


@needs_namespace
def test_in_a_namespace_the_submission_lies_at_the_path_of_the_server(tmp_path):
    top = (
        LOOK
        + 'assert (os.getcwd(), __file__) == ("/app/program", "/app/input/res/submission.py"), (os.getcwd(), __file__)'
    )
    run(make_zip(tmp_path / "z.zip", top=top), level="namespace")


@needs_namespace
def test_in_a_namespace_the_users_files_and_our_packages_are_invisible(tmp_path):
    labels = tmp_path / "participants.tsv"
    labels.write_text("secret")
    ours = Path(isolation.__file__).parents[2]
    top = (
        LOOK
        + f"""
for path in ({str(labels)!r}, {str(ours / "submission_builder" / "base" / "errors.py")!r}, {str(Path(__file__))!r}):
    assert not Path(path).exists(), path
sys.meta_path.pop(0)
for name in ("submission_builder.base.errors", "model_zoo.registry"):
    try:
        __import__(name)
    except ImportError:
        continue
    raise AssertionError(name)"""
    )
    run(make_zip(tmp_path / "z.zip", top=top), level="namespace")


@needs_namespace
def test_in_a_namespace_there_is_no_network(tmp_path):
    top = LOOK + 'socket.create_connection(("127.0.0.1", 9), timeout=5)'
    error = failure(make_zip(tmp_path / "z.zip", top=top), level="namespace")
    assert error.outcome == "network_attempt"
    assert "127.0.0.1:9" in str(error)


@levels
def test_an_attempt_to_use_the_network_is_reported_even_if_its_exception_is_caught(tmp_path, level):
    top = LOOK + 'try:\n    socket.create_connection(("127.0.0.1", 9), timeout=5)\nexcept OSError:\n    pass'
    assert "127.0.0.1:9" in run(make_zip(tmp_path / "z.zip", top=top), level=level).network


@needs_namespace
@pytest.mark.parametrize("path", ["/app/input/res/submission.py", "/x", "/usr/x"])
def test_in_a_namespace_only_private_folders_are_writable(tmp_path, path):
    error = failure(make_zip(tmp_path / "z.zip", forward=f"open({path!r}, 'a')"), level="namespace")
    assert error.outcome == "wrote_outside"
    assert not os.path.lexists(path)


@needs_namespace
@pytest.mark.parametrize(
    "path",
    [f"{folder}/by-a-test" for folder in (*isolation.PRIVATE, ".")],
)
def test_in_a_namespace_temporary_folders_the_working_directory_and_that_of_the_submission_are_writable(tmp_path, path):
    """The server's worker mounts the last two folders writable; here they are private to each process."""
    run(make_zip(tmp_path / "z.zip", top=f"open({path!r}, 'x').close()"), level="namespace")
    assert not os.path.lexists(path)


REMOUNT = """
import ctypes, os
library = ctypes.CDLL(None, use_errno=True)
READ_ONLY, REMOUNT, BIND = 1, 32, 4096
for target in ("/usr", "/app/input/res/submission.py", "/"):
    if library.mount(None, target.encode(), None, REMOUNT | BIND, None) == 0:
        raise RuntimeError(f"remounted {target} writable")
effective = next(line for line in open("/proc/self/status") if line.startswith("CapEff"))
if int(effective.split()[1], 16):
    raise RuntimeError(f"has capabilities: {effective}")
"""


@needs_namespace
def test_in_a_namespace_no_capability_is_left_and_no_mount_can_be_changed(tmp_path):
    """Also for root, whom bubblewrap would leave the capability to remount a read-only folder writable."""
    run(make_zip(tmp_path / "z.zip", top=REMOUNT), level="namespace")


@needs_namespace
def test_in_a_namespace_root_cannot_change_kernel_settings(tmp_path):
    """Files below /proc/sys belong to the real root, and a user namespace does not change that."""
    top = (
        LOOK
        + """
for where, _, names in os.walk("/proc/sys"):
    for name in names:
        try:
            os.close(os.open(f"{where}/{name}", os.O_WRONLY))
        except OSError:
            continue
        raise AssertionError(f"{where}/{name}")"""
    )
    run(make_zip(tmp_path / "z.zip", top=top), level="namespace")


@needs_namespace
def test_in_a_namespace_other_processes_are_invisible(tmp_path):
    top = LOOK + 'assert len([p for p in os.listdir("/proc") if p.isdigit()]) <= 3'
    run(make_zip(tmp_path / "z.zip", top=top), level="namespace")


def test_a_level_that_is_unavailable_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr("submission_builder.harness.runtime.why_unavailable", lambda *_: "bubblewrap is not installed")
    with pytest.raises(SandboxError, match="isolation level namespace is not available: bubblewrap is not installed"):
        run(make_zip(tmp_path / "z.zip"), level="namespace")


def test_without_bubblewrap_the_level_is_process(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    proof.why_unavailable.cache_clear()
    try:
        assert "apt-get install bubblewrap" in proof.why_unavailable()
        assert Runtime().level() == "process"
    finally:
        proof.why_unavailable.cache_clear()


def test_a_bubblewrap_that_fails_is_detected_by_running_it(monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'setting up uid map: Permission denied' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    proof.why_unavailable.cache_clear()
    try:
        assert proof.why_unavailable() == "bubblewrap fails on this machine: setting up uid map: Permission denied"
    finally:
        proof.why_unavailable.cache_clear()
