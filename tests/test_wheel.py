"""The wheel, installed into a new environment and run from another folder."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
"""A source tree on the path would hide the wheel."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Install the wheel into an environment that finds its dependencies through a path file."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(build, check=True, capture_output=True)
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    Path(site, "outer.pth").write_text(sysconfig.get_path("purelib") + "\n")
    wheel = next(folder.glob("*.whl"))
    subprocess.run([python, "-m", "pip", "install", "--no-deps", "--no-index", wheel], check=True, capture_output=True)
    return folder / "venv" / "bin"


def test_the_wheel_finds_its_weights_and_templates(installed, small_release, tmp_path):
    program = """
import model_zoo, submission_builder
from model_zoo.shipped import weights_folder
from submission_builder.freeze.builder import templates_folder
print(model_zoo.__file__, weights_folder(), templates_folder(), sep="\\n")
"""
    output = subprocess.run(
        [installed / "python", "-c", program],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
    ).stdout
    for line in output.splitlines():
        assert Path(line).is_relative_to(installed.parent), line

    def subpack(*args):
        subprocess.run([installed / "subpack", *args], cwd=tmp_path, check=True, capture_output=True, env=ENVIRONMENT)

    subpack("models")
    subpack("build", "--c1", "lightweight_attn", "--c2", "cnn")
    subpack("evaluate", "submission.zip", "--data", small_release, "--json", "score.json")
    assert json.loads((tmp_path / "score.json").read_text())["outcome"] == "scored"
