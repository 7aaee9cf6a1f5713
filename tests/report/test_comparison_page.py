"""``compare --report``: scores, differences, optimism and plan on one page."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from archives import make_zip
from click.testing import CliRunner
from made_up import evaluation_of, small_tables, with_predictions
from read_page import Page, assert_sound

import submission_builder as sb
from submission_builder.cli import main
from submission_builder.report.comparison_page import write_comparison_page
from submission_builder.workflows.compare.comparison import MemberContribution
from submission_builder.workflows.evaluate.evaluation import Evaluation


@pytest.fixture(scope="module")
def three():
    evaluations = [replace(evaluation_of(*small_tables(), seed=seed), path=Path(f"{seed}.zip")) for seed in range(3)]
    worse = with_predictions(evaluations[0], 1, 3 * evaluations[0].windows[1].table.target)
    return [replace(worse, path=Path("worse.zip")), *evaluations[1:]]


def test_the_page_has_every_part_of_the_comparison(three, tmp_path):
    found = sb.compare(three, left_today=1)
    member = MemberContribution(Path("1.zip"), 1, "2 cnn", 0.25, 0.91, None)
    write_comparison_page(replace(found, members=(member,)), tmp_path / "a.html")
    page = Page(tmp_path / "a.html")
    assert_sound(page)
    assert page.tags.count("figure") == 6
    order = [one.path.name for one in found.candidates]
    assert order[-1] == "worse.zip"
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>', page.source)
    assert rows == [*order, *order[1:], "1.zip · 2 cnn", *order]
    for one in found.candidates:
        for score in one.scores.values():
            assert f"{score:.5f}" in page.text
        for difference in one.to_best.values():
            assert f"{difference.value:+.4f}" in page.text
    for best in found.best_of.values():
        assert f"corrected: {best.corrected:.4f}" in page.text
    for advice in found.plan:
        assert f": {advice.action} – " in page.text


def test_one_zip_has_no_difference_and_a_failure_is_named(three, tmp_path):
    error = sb.SubmissionError("forward raised", outcome="crashed")
    failed = Evaluation(Path("broken.zip"), "final", three[0].run, outcome="crashed", error=error)
    write_comparison_page(replace(sb.compare(three[:1]), failed=(failed,)), tmp_path / "a.html")
    page = Page(tmp_path / "a.html")
    assert_sound(page)
    assert page.tags.count("figure") == 3
    assert "broken.zip: crashed" in page.text
    assert "Differences" not in page.text


def test_the_command_writes_the_page(small_release, tmp_path):
    zips = [
        make_zip(tmp_path / f"{i}.zip", forward=f"return {1.5 + i} + 0 * X.mean((1, 2))[:, None]") for i in range(2)
    ]
    options = ["--data", small_release, "--report", tmp_path / "a.html"]
    result = CliRunner().invoke(main, ["compare", *map(str, [*zips, *options])], catch_exceptions=False)
    assert (result.exit_code, "wrote " in result.stdout) == (0, True)
    page = Page(tmp_path / "a.html")
    assert_sound(page)
    assert all(figure["aria-label"].startswith("SIMULATED · ") for figure in page.figures)
