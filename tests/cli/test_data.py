"""``subpack data`` and ``subpack data verify``, as a user types them."""

import json
import shutil

import pytest
from click.testing import CliRunner

from submission_builder.cli import main


@pytest.fixture
def release(small_release, tmp_path):
    return shutil.copytree(small_release, tmp_path / "R5_L100_bdf")


def run(*args):
    return CliRunner().invoke(main, ["data", *map(str, args)])


@pytest.mark.parametrize("args", [(), (".",), ("R5_L100_bdf",), ("list",), ("list", ".")])
def test_releases_are_listed_without_a_subcommand(release, args):
    result = run(*args, "--json")
    assert result.exit_code == 0, result.output
    assert [one["name"] for one in json.loads(result.stdout)["releases"]] == ["R5_L100_bdf"]


def test_the_table_marks_simulated_releases_and_names_what_is_partial(release):
    bdf = next(release.glob("sub-*/eeg/*_eeg.bdf"))
    bdf.write_bytes(bdf.read_bytes()[:-1])
    result = run()
    assert "SIMULATED" in result.stdout
    assert result.stdout.count("partial  partial") == 1
    assert "--skip-unusable" in result.stdout
    assert result.stdout.count("R5_L100_bdf") == 2, "in the table, and in the note"


def test_verify_exits_with_1_if_there_is_an_error_and_with_0_after_a_warning(release):
    assert run("verify", "R5_L100_bdf").exit_code == 0
    (release / "._x").touch()
    assert run("verify", "R5_L100_bdf").exit_code == 0
    bdf = next(release.glob("sub-*/eeg/*_eeg.bdf"))
    bdf.write_bytes(bdf.read_bytes()[:-1])
    result = run("verify", "R5_L100_bdf")
    assert result.exit_code == 1
    assert "error truncated" in result.stdout
    assert "warning apple_double" in result.stdout
    content = json.loads(run("verify", "R5_L100_bdf", "--json").stdout)
    assert (content["ok"], [one["kind"] for one in content["defects"]]) == (False, ["truncated", "apple_double"])


def test_many_defects_of_a_kind_are_counted(release):
    for i in range(25):
        (release / f"._{i}").touch()
    result = run("verify", "R5_L100_bdf")
    assert "5 more of this kind" in result.stdout
    assert "0 errors, 25 warnings" in result.stdout


def test_nothing_here_is_an_error_that_says_how_to_begin():
    result = run()
    assert result.exit_code == 1
    assert "subpack fetch R5 --mini" in result.stderr
