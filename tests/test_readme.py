"""The documentation agrees with the product: README, CONTRIBUTING, CHANGELOG and docs/."""

import re
import runpy
import shlex
import tomllib
from pathlib import Path

import click
import pytest

import submission_builder as sb
from model_zoo.registry import ARCHITECTURES
from model_zoo.training.config import read_config, run_config
from submission_builder.checks.catalogue import CHECKS
from submission_builder.cli import main
from submission_builder.sandbox.outcomes import OUTCOMES
from submission_builder.workflows.evaluate.evaluation import Evaluation, RunSummary

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "tests/data/README.md")), *DOCS]
TEXT = {path: path.read_text() for path in PAGES}
README, CONTRIBUTING = TEXT[ROOT / "README.md"], TEXT[ROOT / "CONTRIBUTING.md"]
REFERENCE = "\n".join(TEXT[path] for path in DOCS)

FENCE = re.compile(r"^```.*?^```\n", re.DOTALL | re.MULTILINE)
SHELL = re.compile(r"^```(?:sh)?\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMANDS = sorted(
    {
        line
        for text in TEXT.values()
        for block in SHELL.findall(text)
        for line in block.splitlines()
        if line.startswith("subpack ")
    }
)


def name(path):
    return path.relative_to(ROOT).as_posix()


def links(path):
    """Targets of the links of a page that do not lead to the web."""
    targets = re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", TEXT[path]))
    return [target for target in targets if not re.match(r"\w+://", target)]


def anchors(path):
    """Anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", TEXT[path]), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def rows(text, heading):
    """Cells of the first table below a heading, without its head."""
    _, _, below = text.partition(f"\n{heading}\n")
    lines = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def codes(cell):
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_can_be_typed(line, tmp_path, monkeypatch):
    """Name, arguments and options are those of the command; nothing is run."""
    monkeypatch.chdir(tmp_path)
    for folder in re.findall(r"R\d_L100_bdf", line):
        (tmp_path / folder).mkdir(exist_ok=True)
    for file in re.findall(r"[\w-]+\.(?:zip|txt)", line):
        (tmp_path / file).touch()
    _, *args = shlex.split(line, comments=True)
    command = main
    while isinstance(command, click.Group) and args and not args[0].startswith("-"):
        command, args = command.commands[args[0]], args[1:]
    assert command.make_context(command.name, args)


def test_there_are_two_set_up_lines():
    """``.ci/run`` types exactly these."""
    lines = re.findall(r"^python3 -m venv \.venv && .*$", README, re.MULTILINE)
    assert [line.rsplit("&& ", 1)[1] for line in lines] == ["subpack demo", "pytest"]


def test_the_readme_is_one_page():
    assert len(README.splitlines()) <= 150


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_link_leads_to_a_file_and_a_heading_that_exist(path):
    for target in links(path):
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_the_index_links_to_every_page():
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / target).resolve() for target in links(index)}
    assert set(DOCS) - {index} <= linked
    assert "docs/README.md" in links(ROOT / "README.md")


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_file_that_is_named_exists(path):
    """Paths in backticks, and scripts in commands, from the top of the repository."""
    for found in re.findall(r"\b(?:tests|submission_builder|model_zoo|templates|weights|docs)/[\w/.*-]*\w", TEXT[path]):
        assert list(ROOT.glob(found)), found


def test_the_table_of_commands_is_complete():
    assert [codes(row[0])[0] for row in rows(README, "## Commands")] == [
        *(
            f"subpack {one}"
            for one in ("demo", "fetch", "data", "models", "train", "tune", "blend", "build", "check", "explain")
        ),
        *(
            f"subpack {one}"
            for one in ("compare", "diagnose", "evaluate", "server", "simulate", "history", "record", "calibration")
        ),
        *(f"subpack {one}" for one in ("rebuild", "submit", "submissions", "doctor", "cache")),
    ]
    assert {codes(row[0])[0].split()[1] for row in rows(README, "## Commands")} == set(main.commands)


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_is_described(command):
    assert f"subpack {command}" in REFERENCE


@pytest.mark.parametrize("architecture", sorted({one.name for one in ARCHITECTURES}))
def test_every_architecture_is_named(architecture):
    assert re.search(rf"`{architecture}[`:]", TEXT[ROOT / "docs" / "models.md"])


def test_the_table_of_outcomes_is_complete_and_names_what_is_at_fault():
    who = {None: "nobody", "machine": "this machine"}
    table = {codes(row[0])[0]: row[2] for row in rows(TEXT[ROOT / "docs" / "scores.md"], "## Outcomes")}
    assert table == {word: who.get(one.fault, one.fault) for word, one in OUTCOMES.items()}


def test_the_table_of_json_keys_is_complete():
    content = Evaluation(Path("submission.zip"), "final", RunSummary("cpu", {}, 0.0)).to_dict()
    table = {
        key: set(codes(row[1])) for row in rows(TEXT[ROOT / "docs" / "scores.md"], "## JSON") for key in codes(row[0])
    }
    assert set(table) == set(content)
    assert set(content["challenges"]["1"]) <= table["challenges"]
    assert set(content["run"]) <= table["run"]
    assert {"schema 1", f"schema {content['schema']}"} >= set(
        re.findall(r"schema \d", TEXT[ROOT / "docs" / "scores.md"])
    )


def test_every_public_name_is_described_and_every_name_of_the_examples_is_public():
    api = TEXT[ROOT / "docs" / "api.md"]
    for word in sb.__all__:
        assert re.search(rf"`(?:sb\.)?{word}\b", api), word
    assert set(re.findall(r"\bsb\.(\w+)", README + api)) <= set(sb.__all__)


def test_the_number_of_checks_is_the_catalogues():
    assert f"knows {len(CHECKS)} numbered checks" in TEXT[ROOT / "docs" / "checks.md"]


def test_the_config_of_the_training_page_is_valid():
    block = re.search(r"```toml\n(# mine.toml.*?)```", TEXT[ROOT / "docs" / "training.md"], re.DOTALL)[1]
    settings = tomllib.loads(block)
    del settings["tune"]
    assert run_config(settings, "docs/training.md").lr == 1e-3
    assert read_config(settings["architecture"])


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_table_of_scores_says_that_they_are_simulated(path):
    """Every section with an nrmse of ours in a table contains the word."""
    for section in re.split(r"^#+ ", TEXT[path], flags=re.MULTILINE):
        tables = re.findall(r"^[|│].*nrmse.*(?:\n[|│].*)*", section, re.MULTILINE)
        if any(re.search(r"\d\.\d{3}", table) for table in tables):
            assert "SIMULATED" in section, section[:60]


def test_the_table_of_rooms_is_the_one_that_is_tested():
    """CONTRIBUTING and ``tests/test_rooms.py`` allow the same imports."""

    def short(module):
        return module.removeprefix("submission_builder.")

    tested = {
        room: {short(module) for module in allowed} - {short(room.replace("/", "."))}
        for room, allowed in runpy.run_path(str(ROOT / "tests" / "test_rooms.py"))["ROOMS"].items()
    }
    tops = {"submission_builder", "model_zoo", "templates"}
    described = {}
    for label, _, allowed in rows(CONTRIBUTING, "## Rooms"):
        room = codes(label)[0].rstrip("/")
        described[room if room.split("/")[0] in tops else f"submission_builder/{room}"] = set(codes(allowed))
    assert described == tested
