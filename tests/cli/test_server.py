"""``subpack server``, as a user calls it."""

import pytest
from click.testing import CliRunner

from submission_builder.cli import main
from submission_builder.server.images import IMAGES


def run(*args):
    return CliRunner(env={"COLUMNS": "160"}).invoke(main, ["server", *args])


def test_list_shows_every_image_with_its_torch():
    result = run("list")
    assert result.exit_code == 0
    for image in IMAGES.values():
        assert f"│ {image.name}" in result.stdout
        assert image.torch in result.stdout
    assert result.stdout.count("not installed") == len(IMAGES)


@pytest.mark.parametrize("name", IMAGES)
def test_show_lists_every_fact_with_its_grade(name):
    result = run("show", name)
    assert result.exit_code == 0
    for fact in IMAGES[name].facts:
        row = next(line for line in result.stdout.splitlines() if line.startswith(f"│ {fact.name} "))
        assert f"│ {fact.value or '–'}" in row
        assert f"│ {fact.grade}" in row
    assert f"replica: not installed (subpack server install {name})" in result.stdout


@pytest.mark.parametrize("command", ["show", "install", "remove"])
def test_an_unknown_image_is_one_error(command):
    result = run(command, "v14")
    assert result.exit_code == 1
    assert result.stderr == "error: server image 'v14' is unknown; available are: published, lock\n"


def test_a_replica_that_is_not_installed_cannot_be_removed():
    result = run("remove", "lock")
    assert result.exit_code == 1
    assert "the replica of server image lock is not installed, so nothing is removed" in result.stderr
