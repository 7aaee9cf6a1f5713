"""``subpack diagnose``, as a user calls it."""

import json

import pytest
from archives import make_zip
from click.testing import CliRunner

from submission_builder.cli import main

TEXT = """\
1. S105 (error): An imported module is neither on the server nor in the zip
    log, line 1: ModuleNotFoundError: No module named 'timm'
"""


def run(*args, text=None):
    return CliRunner().invoke(main, ["diagnose", *map(str, args)], input=text)


def test_a_pasted_line_is_read_from_standard_input():
    result = run("-", text="ModuleNotFoundError: No module named 'timm'\n")
    assert result.exit_code == 0
    assert result.stdout.startswith(TEXT)
    assert "    next: subpack explain S105\n" in result.stdout


def test_an_empty_log_exits_with_3_and_says_what_to_type(tmp_path):
    (tmp_path / "log").touch()
    result = run(tmp_path / "log")
    assert result.exit_code == 3
    assert result.stdout == (
        f"{tmp_path}/log: cannot tell: the log is empty\nnext: subpack diagnose {tmp_path}/log --zip ZIP\n"
    )


def test_json_has_the_keys_that_are_documented(tmp_path):
    path = make_zip(tmp_path / "z.zip", top="import timm")
    result = run("-", "--zip", path, "--static", "--json", text="")
    content = json.loads(result.stdout)
    assert set(content) == {"schema", "log", "causes", "unclear", "notes", "commands"}
    assert content["causes"][0]["word"] == "S105"
    assert content["unclear"] == "the log is empty"


def test_control_characters_of_a_log_do_not_reach_the_terminal():
    result = run(
        "-",
        text="Traceback (most recent call last):\n  File \"/app/input/res/s.py\", line 1\nKeyError: '\x07\x1b]0;x'\n",
    )
    assert "\x07" not in result.stdout
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize("args", [["nowhere.txt"], ["-", "--static"], ["-", "--server", "lock"], []])
def test_wrong_usage_exits_with_2(args):
    assert run(*args, text="").exit_code == 2


def test_a_log_of_bytes_that_are_no_text_is_read(tmp_path):
    (tmp_path / "log").write_bytes(b"\xff\xfe\x00" * 100 + b"\nMemoryError\n")
    assert run(tmp_path / "log").stdout.startswith("1. out_of_memory")
