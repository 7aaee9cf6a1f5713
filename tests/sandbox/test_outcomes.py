"""The vocabulary of outcomes: word, page, README and every raiser hold together."""

import ast
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from submission_builder.cli import main
from submission_builder.harness.replies import CHILD_OUTCOMES
from submission_builder.sandbox.outcomes import OUTCOMES

ROOT = Path(__file__).parents[2]
ISSUE = (
    *("scored", "import_error", "contract_error", "weights_missing", "weights_mismatch", "crashed", "bad_shape"),
    *("not_finite", "timeout", "out_of_memory", "network_attempt", "wrote_outside", "exited", "too_much_output"),
)


def raised_words():
    """Every literal that stands where an outcome belongs, in all of our sources."""
    for path in (ROOT / "submission_builder").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("ChildEnded", "Failure"):
                yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))
            if isinstance(node, ast.keyword) and node.arg == "outcome" and isinstance(node.value, ast.Constant):
                yield node.value.value


def test_the_words_are_those_that_were_agreed_on_and_two_that_say_nothing_of_the_submission():
    assert set(OUTCOMES) == {*ISSUE, "device_error", "release_error"}


def test_nothing_ends_in_another_word_and_every_word_is_reached():
    ends_here = set(raised_words())
    assert ends_here <= set(OUTCOMES)
    assert (
        set(OUTCOMES) - ends_here <= {"scored", "release_error", "wrote_outside", "weights_mismatch"} | CHILD_OUTCOMES
    )


def test_the_child_tells_only_what_cannot_be_seen_from_outside():
    """It can claim neither a score nor a fault of ours beyond its device."""
    assert set(OUTCOMES) - CHILD_OUTCOMES == {"scored", "release_error", "timeout", "exited"}


@pytest.mark.parametrize("word", OUTCOMES)
def test_every_word_has_a_page(word):
    page = CliRunner().invoke(main, ["explain", word])
    outcome = OUTCOMES[word]
    assert page.exit_code == 0
    for text in (word, outcome.on_server, outcome.causes, outcome.solution):
        assert text in page.output
    assert not re.search(r"\bplease\b|!", page.output, re.IGNORECASE)


@pytest.mark.parametrize("word", OUTCOMES)
def test_the_readme_names_it(word):
    assert f"`{word}`" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("word", set(ISSUE) - {"scored"})
def test_a_failed_run_costs_no_submission(word):
    assert "does not use up one of the day's submissions" in OUTCOMES[word].on_server


def test_a_failure_shows_what_the_server_would_do(tmp_path):
    result = CliRunner().invoke(main, ["evaluate", str(tmp_path / "no.zip"), "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert f"on the server: {OUTCOMES['contract_error'].on_server}" in result.stderr
    assert "subpack explain contract_error" in result.stderr
