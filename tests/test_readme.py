"""What the README says is so."""

import re
import shlex
from pathlib import Path

import pytest

from model_zoo.registry import ARCHITECTURES
from submission_builder.checks.catalogue import CHECKS
from submission_builder.cli import main
from submission_builder.sandbox.outcomes import OUTCOMES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
FENCED = [
    block
    for page in ("README.md", "CONTRIBUTING.md")
    for block in re.findall(r"^```(?:sh)?\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)
]
COMMANDS = [line for block in FENCED for line in block.splitlines() if line.startswith("subpack ")]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_can_be_typed(line, tmp_path, monkeypatch):
    """Name, arguments and options are what the command takes; nothing is run."""
    monkeypatch.chdir(tmp_path)
    for folder in re.findall(r"R\d_L100_bdf", line):
        (tmp_path / folder).mkdir(exist_ok=True)
    _, name, *args = shlex.split(line)
    assert main.commands[name].make_context(name, args).params


def test_there_are_two_set_up_lines():
    """``.ci/run`` types exactly these."""
    lines = re.findall(r"^python3 -m venv \.venv && .*$", README, re.MULTILINE)
    assert [line.rsplit("&& ", 1)[1] for line in lines] == ["subpack demo", "pytest"]


def test_the_number_of_checks_is_the_catalogues():
    assert f"knows {len(CHECKS)} numbered faults" in README


def test_every_command_outcome_and_architecture_is_named():
    for word in [*main.commands, *OUTCOMES, *{row.name for row in ARCHITECTURES if row.module == row.name}]:
        assert re.search(rf"\b{word}\b", README), word
