"""The demo, and the shipped weights on a SIMULATED release that they were not trained on."""

import json

import pytest
from click.testing import CliRunner

from model_zoo.checkpoint import find_checkpoint
from model_zoo.registry import ARCHITECTURES
from submission_builder.base.cache import cache_folder
from submission_builder.cli import main

SHIPPED = [row for row in ARCHITECTURES if row.shipped_tag]


def run(*args):
    result = CliRunner().invoke(main, [str(arg) for arg in args])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_demo_simulates_builds_and_scores():
    """A second run uses the release in the cache and prints the same table."""
    first, again = run("demo"), run("demo")
    assert [line.split()[2] for line in first.splitlines() if line.startswith("$ subpack")] == [
        *("simulate", "build", "evaluate")
    ]
    assert "ideal observer" in first
    assert "SIMULATED-demo" in first
    assert "The release is in the cache." in again
    table, table_again = (text[text.index("$ subpack build") : text.index("nrmse: RMSE")] for text in (first, again))
    assert table == table_again


@pytest.mark.parametrize("row", SHIPPED, ids=lambda row: f"{row.name}.{row.shipped_tag}")
def test_a_shipped_net_scores_as_its_card_says_and_better_than_a_constant(row, tmp_path):
    """The score of the packed net in the replay equals the score of the trained net in its card."""
    path, json_path = tmp_path / "z.zip", tmp_path / "score.json"
    choices = {1: "constant:1.6", 2: "constant:0"} | {row.challenge: f"{row.name}.{row.shipped_tag}"}
    run("build", "--c1", choices[1], "--c2", choices[2], "-o", path)
    run("evaluate", path, "--json", json_path)
    content = json.loads(json_path.read_text())
    card = find_checkpoint(row.name, row.shipped_tag).card
    scored = content["challenges"][str(row.challenge)]
    assert content["release"]["simulated"] is True
    assert scored["nrmse"] == pytest.approx(card.scores["test"]["nrmse"], abs=2e-5)
    assert scored["nrmse"] < 1
    if row.name == "lightweight_attn":
        assert scored["interval"][1] < 1
    ideal = json.loads((next(cache_folder().glob("releases/*")) / "dataset_description.json").read_text())
    assert scored["nrmse"] > ideal["Simulated"]["ideal"][f"challenge{row.challenge}"] - 0.02


def test_no_shipped_net_was_trained_on_the_demo_release():
    for row in SHIPPED:
        card = find_checkpoint(row.name, row.shipped_tag).card
        trained_on = {data["recordings_digest"] for data in card.data}
        assert card.scores["test"]["data"]["recordings_digest"] not in trained_on
