"""``[tool.subpack]`` in pyproject.toml."""

import pytest
from archives import make_zip
from click.testing import CliRunner

from submission_builder.base.errors import CheckError
from submission_builder.cli import main
from submission_builder.cli.project_settings import ProjectSettings, find_settings


def test_the_nearest_table_above_is_read(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.subpack]\nselect = ["S1"]\n')
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (below / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert find_settings(below) == ProjectSettings(("S1",), ())
    (tmp_path / "a" / "pyproject.toml").write_text('[tool.subpack]\nignore = ["S007"]\n')
    assert find_settings(below) == ProjectSettings((), ("S007",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.subpack", "is not valid TOML"),
        ("[tool]\nsubpack = 1", "is not a table; a table with the keys select and ignore is expected"),
        ("[tool.subpack]\nselekt = []", "has the key selekt; its keys are select and ignore"),
        ('[tool.subpack]\nselect = "S1"', "select is 'S1'; a list of checks is expected"),
    ],
)
def test_a_table_that_cannot_be_read_is_an_error(tmp_path, text, message):
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(CheckError, match=message):
        find_settings(tmp_path)


def test_settings_select_checks_and_options_take_precedence(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text('[tool.subpack]\nselect = ["S105"]\n')
    bad = make_zip(tmp_path / "z.zip", top="import timm")
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["check", str(bad)]).exit_code == 1
    assert CliRunner().invoke(main, ["check", str(bad), "--select", "S104"]).exit_code == 0
    assert CliRunner().invoke(main, ["check", str(bad), "--ignore", "S105"]).exit_code == 0
