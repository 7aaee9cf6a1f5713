"""The vocabulary of outcomes: code, pages and documentation name the same words."""

import ast
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from submission_builder.cli import main
from submission_builder.harness.replies import CHILD_OUTCOMES
from submission_builder.sandbox.outcomes import OUTCOMES

ROOT = Path(__file__).parents[2]
OF_THE_SUBMISSION = (
    *("import_error", "contract_error", "weights_missing", "weights_mismatch", "crashed", "bad_shape", "not_finite"),
    *("timeout", "out_of_memory", "network_attempt", "wrote_outside", "exited", "too_much_output"),
)
LOCAL = {
    "device_error": "machine",
    "gpu_missing": "machine",
    "package_missing": "machine",
    "machine_error": "machine",
    "release_error": "release",
}


OF_THE_LEDGER = {"server"}
"""Outcome of an entry for a result of the server, which is no outcome of a run."""


def raised_words():
    """Every literal in our sources that is passed as an outcome."""
    for path in (ROOT / "submission_builder").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("ChildEnded", "Failure"):
                yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))
            if isinstance(node, ast.keyword) and node.arg == "outcome" and isinstance(node.value, ast.Constant):
                yield node.value.value


def test_an_outcome_is_the_fault_of_the_submission_the_release_or_the_machine():
    faults = {"scored": None, **dict.fromkeys(OF_THE_SUBMISSION, "submission"), **LOCAL}
    assert {word: outcome.fault for word, outcome in OUTCOMES.items()} == faults


def test_the_code_raises_every_outcome_and_no_other_word():
    """The words that no call holds are set by evaluate, or come from a table of the child."""
    raised = set(raised_words())
    assert raised <= set(OUTCOMES) | OF_THE_LEDGER
    assert set(OUTCOMES) - raised <= {"scored", "release_error", "machine_error"} | CHILD_OUTCOMES


def test_the_child_can_report_neither_a_score_nor_an_outcome_that_the_parent_observes():
    assert set(OUTCOMES) - CHILD_OUTCOMES == {"scored", "release_error", "machine_error", "timeout", "package_missing"}


@pytest.mark.parametrize("word", OUTCOMES)
def test_explain_prints_the_page_of_an_outcome(word):
    page = CliRunner().invoke(main, ["explain", word])
    outcome = OUTCOMES[word]
    assert page.exit_code == 0
    for text in (word, outcome.on_server, outcome.causes, outcome.solution):
        assert text in page.output
    assert not re.search(r"\bplease\b|!", page.output, re.IGNORECASE)


@pytest.mark.parametrize("word", OUTCOMES)
def test_the_documentation_names_it(word):
    pages = [ROOT / "README.md", *ROOT.glob("docs/*.md")]
    assert any(f"`{word}`" in page.read_text() for page in pages)


@pytest.mark.parametrize("word", OF_THE_SUBMISSION)
def test_a_failed_run_does_not_use_up_a_submission(word):
    assert "does not use up one of the day's submissions" in OUTCOMES[word].on_server


def test_a_failure_shows_what_the_server_would_do(tmp_path):
    (tmp_path / "z.zip").write_text("not a zip")
    result = CliRunner().invoke(main, ["evaluate", str(tmp_path / "z.zip"), "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert f"on the server: {OUTCOMES['contract_error'].on_server}" in result.stderr
    assert "subpack explain contract_error" in result.stderr
