"""The shell steps of the GitHub Action and the example workflow, and the pre-commit hook.

The tests leave out steps that use another action and steps that install packages; ``subpack`` is the installed one. All
other steps run as on GitHub.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from archives import make_zip

from submission_builder.harness.runtime import Runtime

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "submission.yml").read_text())
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


def environment(folder, **more):
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    github = {"GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "GITHUB_ACTION_PATH": str(ROOT)}
    return os.environ | {"PATH": tools} | github | more


def run_steps(steps, folder, inputs=None):
    """Run the shell steps in order, as GitHub's bash does, and stop at the first that fails."""
    values = {name: spec.get("default", "") for name, spec in ACTION["inputs"].items()}
    values |= {"isolation": Runtime().level()} | (inputs or {})
    result = None
    for step in steps:
        if "run" not in step or "pip install" in step["run"] or "apt-get install" in step["run"]:
            continue
        given = {
            name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: values[found[1]], value)
            for name, value in step.get("env", {}).items()
        }
        script = folder / "step.sh"
        script.write_text(step["run"])
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", script]
        result = subprocess.run(
            command, cwd=folder, env=environment(folder, **given), capture_output=True, text=True, check=False
        )
        if result.returncode:
            break
    return result


def run_action(folder, **inputs):
    return run_steps(ACTION["runs"]["steps"], folder, inputs)


def test_the_action_annotates_and_summarises_the_findings(tmp_path):
    make_zip(tmp_path / "bad.zip", getter="get_models_challenge_1", names={"a|b.html": b""})
    result = run_action(tmp_path, zip="bad.zip")
    assert result.returncode == 1, result.stderr
    assert "::error title=S104" in result.stdout
    summary = (tmp_path / "summary.md").read_text()
    assert summary.startswith("### bad.zip\n")
    assert "| error | S104 | " in summary
    assert r"a\|b.html" in summary


def test_the_action_takes_several_zips_and_arguments(tmp_path):
    make_zip(tmp_path / "a.zip")
    make_zip(tmp_path / "b.zip", names={"report.html": b""})
    (tmp_path / "summary.md").write_text("before\n")
    result = run_action(tmp_path, zip="*.zip", arguments="--select S0 --ignore S004")
    assert (result.returncode, result.stdout) == (0, ""), result.stderr
    summary = (tmp_path / "summary.md").read_text()
    assert summary.startswith("before\n### a.zip\n\n0 errors, 0 warnings; ")
    assert "### b.zip" in summary


def test_the_scripts_of_the_action_contain_no_input(tmp_path):
    """The name of a zip is never run as a command."""
    assert all("${{" not in step.get("run", "") for step in ACTION["runs"]["steps"])
    result = run_action(tmp_path, zip="$(touch${IFS}owned).zip")
    assert result.returncode != 0
    assert not (tmp_path / "owned").exists()


@pytest.mark.slow
def test_the_example_workflow_builds_a_zip_that_passes_the_action(tmp_path):
    steps = WORKFLOW["jobs"]["check"]["steps"]
    assert run_steps(steps, tmp_path).returncode == 0
    last = steps[-1]
    assert last["uses"] == "./"
    result = run_action(tmp_path, **last["with"])
    assert result.returncode == 0, result.stdout


def test_a_summary_that_cannot_be_written_is_one_error(tmp_path):
    make_zip(tmp_path / "a.zip")
    command = ["subpack", "check", "--static", "a.zip", "--summary", "nowhere/summary.md"]
    result = subprocess.run(
        command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert result.stderr == "error: nowhere/summary.md cannot be written: No such file or directory\n"


@pytest.mark.parametrize(("getter", "code"), [("get_model_challenge_1", 0), ("get_models_challenge_1", 1)])
def test_the_hook_checks_the_zips_that_are_committed(tmp_path, getter, code):
    """pre-commit runs the hook; ``language: system`` makes it use the installed subpack."""
    (hook,) = HOOKS
    local = {"repos": [{"repo": "local", "hooks": [hook | {"language": "system"}]}]}
    (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump(local))
    make_zip(tmp_path / "submission.zip", getter=getter)
    (tmp_path / "notes.txt").write_text("not a zip")
    mine = environment(tmp_path, PRE_COMMIT_HOME=str(tmp_path / "home"), GIT_CONFIG_GLOBAL=os.devnull)
    for command in (["git", "init", "-q"], ["git", "add", "submission.zip", "notes.txt", ".pre-commit-config.yaml"]):
        subprocess.run(command, cwd=tmp_path, env=mine, check=True)
    result = subprocess.run(
        ["pre-commit", "run", "--all-files", "--verbose"],
        cwd=tmp_path, env=mine, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == code, result.stdout + result.stderr
    assert "submission.zip: " in result.stdout
    assert ("S104" in result.stdout) == bool(code)


def test_the_action_requires_isolation_and_installs_what_it_needs():
    assert ACTION["inputs"]["isolation"]["default"] == "namespace"
    install, check = ACTION["runs"]["steps"][-2:]
    assert install["if"] == "inputs.isolation == 'namespace'"
    assert "apt-get install --yes bubblewrap" in install["run"]
    assert '--require-isolation "$ISOLATION"' in check["run"]
