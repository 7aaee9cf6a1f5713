"""``subpack simulate``."""

import pytest
from click.testing import CliRunner

from submission_builder.cli.simulate import simulate
from submission_builder.releases.simulated import plan

FEW = ["--subjects", "3", "--runs", "1", "--trials", "2", "--seed", "1"]


def test_the_command_writes_a_release_and_prints_its_reference_scores(tmp_path):
    """The title contains SIMULATED, and the ideal of challenge 2 is sqrt(1 - 0.8²)."""
    out = tmp_path / "R"
    result = CliRunner().invoke(simulate, [str(out), *FEW, "--alpha-correlation", "0.8"], catch_exceptions=False)
    assert result.exit_code == 0
    assert "SIMULATED release, 3 subjects, seed 1" in result.stdout
    assert "0.60000" in result.stdout
    assert f"written to {out}" in result.stdout
    assert len(list(out.glob("sub-*"))) == 3


@pytest.mark.parametrize(
    ("option", "bound"),
    [
        ("--subjects", plan.LEAST_SUBJECTS - 1),
        ("--runs", plan.MOST_RUNS + 1),
        ("--trials", plan.LEAST_TRIALS - 1),
        ("--seed", -1),
        ("--alpha-correlation", 2),
    ],
)
def test_options_have_the_limits_of_the_simulation(tmp_path, option, bound):
    """A number just outside its range is a usage error (exit status 2), and nothing is written."""
    result = CliRunner().invoke(simulate, [str(tmp_path / "R"), option, str(bound)])
    assert result.exit_code == 2
    assert not list(tmp_path.iterdir())


def test_the_help_shows_every_default():
    text = " ".join(CliRunner().invoke(simulate, ["--help"]).stdout.split())
    assert text.count("[default: ") == 5
