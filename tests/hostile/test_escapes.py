"""Ten ways out of the sandbox, tried as root and as an ordinary user: none reaches anything.

Every way is first tried at level ``process``. A way that fails there too was not tried: the machine does not offer it,
and the test is skipped with that reason after it has passed.
"""

import functools
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from submission_builder.sandbox import child

HERE = Path(__file__).parent
WAYS = (
    *("remount", "nested_namespaces", "keyring", "ptrace", "proc_of_the_parent", "inherited_descriptors"),
    *("abstract_sockets", "io_uring", "userfaultfd", "core_pattern"),
)
NOBODY = ["runuser", "-u", "nobody", "--"]
RECENT = "import sys; sys.exit(sys.version_info < (3, 11))"

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers of system calls are those of x86_64"),
]


def command_of(user):
    """Return the command with which a user runs Python, or skip."""
    root = os.geteuid() == 0
    if user == "root" and not root:
        pytest.skip("not tried: this user cannot become root")
    if user == "root" or not root:
        return [sys.executable]
    if shutil.which("runuser") is None:
        pytest.skip("not tried: root cannot become another user without runuser")
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([*NOBODY, python, "-c", RECENT], capture_output=True, check=False).returncode == 0:
            return [*NOBODY, python]
    pytest.skip("not tried: no Python from 3.11 on can be run by the user nobody")


@functools.cache
def result(user, level):
    """Run the ten ways at a level, in a folder that the user owns, with copies of the programs and what they import."""
    command = command_of(user)
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        package = folder / "submission_builder"
        for room in ("sandbox", "base"):
            shutil.copytree(Path(child.__file__).parents[1] / room, package / room)
        (package / "__init__.py").touch()
        for program in ("escapes.py", "escape_parent.py"):
            shutil.copy(HERE / program, folder)
        (folder / "scratch").mkdir()
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o644)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": name,
            "PYTHONDONTWRITEBYTECODE": "1",
            **dict.fromkeys(("TMPDIR", "HOME"), f"{name}/scratch"),
        }
        done = subprocess.run(
            [*command, str(folder / "escape_parent.py"), level, environment["HOME"]],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("user", ["root", "ordinary"])
def test_the_level_holds(user):
    found = result(user, "process")
    assert (found["uid"] == 0) == (user == "root")
    if found["unavailable"] and "bubblewrap" in found["unavailable"]:
        pytest.skip(f"not tried: {found['unavailable']}")
    assert found["unavailable"] is None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("user", ["root", "ordinary"])
def test_no_way_out_reaches_anything(user, way):
    if reason := result(user, "process")["unavailable"]:
        pytest.skip(f"not tried: {reason}")
    assert result(user, "namespace")["reached"][way] == []
    if way not in ("inherited_descriptors", "core_pattern", "keyring") and not result(user, "process")["reached"][way]:
        pytest.skip("not tried: this machine does not offer that way to this user without a sandbox either")
