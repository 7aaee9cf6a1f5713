"""``evaluate --report``: one page that loads nothing, needs no script, and escapes what comes from outside."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from archives import make_zip
from click.testing import CliRunner
from made_up import RULES, evaluation_of, small_tables, with_predictions
from read_page import Page, assert_sound

import submission_builder as sb
from submission_builder.cli import main
from submission_builder.diagnostics.diagnosis import Diagnosis, DiagnosisKind
from submission_builder.releases.survey import LeftOut
from submission_builder.report.evaluation_page import write_evaluation_page
from submission_builder.report.evaluations_page import write_evaluations_page
from submission_builder.report.palette import PALETTE
from submission_builder.scores.subject_baselines import Baseline
from submission_builder.workflows.evaluate.cost import RunCost
from submission_builder.workflows.evaluate.evaluation import Evaluation, Sample
from submission_builder.workflows.evaluate.invariance import VariantResult
from submission_builder.workflows.evaluate.together import together

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>&amp;$\\frac{'


def page_of(evaluation, path):
    write_evaluation_page(evaluation, path)
    return Page(path)


@pytest.fixture(scope="module")
def small():
    return evaluation_of(*small_tables())


def one_challenge_of(**settings):
    """Make an evaluation without windows of challenge 2, whose page has half the figures."""
    about = {key: settings.pop(key) for key in ("simulated", "name") if key in settings}
    tables, names = small_tables(**settings)
    return evaluation_of({1: tables[1], 2: tables[2].select(np.zeros(len(tables[2]), bool))}, names, **about)


@pytest.fixture(scope="module")
def one_challenge():
    return one_challenge_of()


def test_the_page_of_r5_is_sound_and_below_3_mb(r5_page, r5_evaluation):
    page = Page(r5_page)
    assert sum(len(of_one.table) for of_one in r5_evaluation.windows.values()) == 122_207
    assert r5_page.stat().st_size < 1_000_000
    assert_sound(page)
    assert page.tags.count("figure") == 17
    for number, score in r5_evaluation.challenges.items():
        assert f"{score.nrmse:.5f}" in page.text
        assert f"challenge-{number}" in page.ids
    assert f"{r5_evaluation.overall:.5f}" in page.text
    assert "SIMULATED" not in page.source
    assert page.text.count("NDARAC350XUM") >= 2  # in both tables of subjects


def test_the_same_evaluation_gives_the_same_bytes(one_challenge, tmp_path):
    pages = [page_of(one_challenge, tmp_path / name).source for name in ("a.html", "b.html")]
    assert pages[0] == pages[1]


def test_every_colour_of_a_figure_follows_the_scheme(one_challenge, tmp_path):
    figures = re.findall(r"<svg.*?</svg>", page_of(one_challenge, tmp_path / "a.html").source, flags=re.DOTALL)
    assert figures
    for figure in figures:
        assert not re.search(r"#[0-9a-f]{6}\b|rgb\(", figure)
        used = set(re.findall(r"var\(--([a-z-]+)\)", figure))
        assert used <= set(PALETTE)


def test_simulated_data_is_called_simulated_at_every_figure_and_in_every_heading(tmp_path):
    page = page_of(one_challenge_of(simulated=True), tmp_path / "a.html")
    assert all(figure["aria-label"].startswith("SIMULATED · ") for figure in page.figures)
    headings = re.findall(r"<h[12][^>]*>(.*?)</h", page.source)
    about_scores = [text for text in headings if "Score" in text or "Challenge" in text or ".zip" in text]
    assert len(about_scores) == 3
    assert all("SIMULATED" in text for text in about_scores)


def test_a_partial_score_and_a_sample_say_so_at_every_figure(one_challenge, tmp_path):
    release = replace(
        one_challenge.release,
        left_out=(LeftOut("sub-A_run-1", "the BDF is truncated"),),
        sample=Sample(0, {1: 3}, {1: 9}),
    )
    page = page_of(replace(one_challenge, release=release), tmp_path / "a.html")
    assert all(figure["aria-label"].startswith("PARTIAL · SAMPLE · ") for figure in page.figures)
    assert "without 1 of its recordings" in page.text


def test_names_and_messages_from_outside_are_text(tmp_path):
    """The zip, its manifest, subjects, recordings, release, host names and messages are all hostile."""
    evaluation = one_challenge_of(subjects=tuple(f"{HOSTILE}{i}" for i in range(6)), name=HOSTILE)
    member = {
        "architecture": HOSTILE,
        "weights": [HOSTILE],
        "trained": {"data": [{"release": HOSTILE}, 7], "tag": {"a": 1}},
    }
    hostile = replace(
        evaluation,
        path=Path(HOSTILE.replace("/", "")),
        caveats=(HOSTILE,),
        diagnoses=(Diagnosis(DiagnosisKind.TRAINED_ON, HOSTILE, HOSTILE),),
        manifest={"challenges": {HOSTILE: {"members": [member, None]}, "2": []}, "built_with": {HOSTILE: HOSTILE}},
        invariance=(VariantResult(1, HOSTILE, 1.0, 0.0, 0.0),),
    )
    failed = replace(
        hostile, challenges={}, outcome="crashed", error=sb.SubmissionError(HOSTILE, outcome="crashed", hint=HOSTILE)
    )
    for i, one in enumerate((hostile, failed)):
        page = page_of(one, tmp_path / f"{i}.html")
        assert_sound(page)
        assert "<script>alert(1)</script>" in page.text
    write_evaluations_page([hostile, replace(failed, path=Path("other"))], tmp_path / "both.html")
    assert_sound(Page(tmp_path / "both.html"))


@pytest.mark.parametrize("manifest", [{"challenges": 3}, {"challenges": {"1": {"members": [3, []]}}, "built_with": []}])
def test_any_manifest_gives_a_page(one_challenge, tmp_path, manifest):
    assert_sound(page_of(replace(one_challenge, manifest=manifest), tmp_path / "a.html"))


@pytest.mark.parametrize(
    "predictions",
    [
        lambda y: np.full(len(y), 1.5),
        lambda y: 1000 * y,
        lambda y: y,
        lambda y: np.where(np.arange(len(y)) == 3, 1e30, y),
        lambda y: -1e-7 * y,
    ],
    ids=["constant", "milliseconds", "perfect", "one outlier", "volts"],
)
def test_unusual_predictions_give_a_page(one_challenge, tmp_path, predictions):
    target = one_challenge.windows[1].table.target.astype(float)
    assert_sound(page_of(with_predictions(one_challenge, 1, predictions(target)), tmp_path / "a.html"))


@pytest.mark.parametrize("n_trials", [1, 300], ids=["one window a recording", "a density"])
def test_few_and_many_windows_give_a_page(tmp_path, n_trials):
    assert_sound(page_of(one_challenge_of(subjects=("S1", "S2"), n_trials=n_trials), tmp_path / "a.html"))


def test_a_challenge_without_windows_is_named_and_the_other_drawn(one_challenge, tmp_path):
    page = page_of(one_challenge, tmp_path / "a.html")
    assert_sound(page)
    assert "Challenge 2 has no score: it has no window." in page.text
    assert page.tags.count("figure") == 9


def test_baselines_are_marks_on_the_axis_of_scores(one_challenge, tmp_path):
    score = replace(one_challenge.challenges[1], baselines={"train mean": Baseline(1.012, 0.9)})
    page = page_of(replace(one_challenge, challenges=dict(one_challenge.challenges) | {1: score}), tmp_path / "a.html")
    axis = next(figure["aria-label"] for figure in page.figures if "Scores and baselines" in figure["aria-label"])
    assert "train mean 1.012" in axis
    assert "best public (2025) 0.887" in axis


def test_several_zips_on_several_releases_have_a_row_for_each(small, tmp_path):
    other = evaluation_of(*small_tables(subjects=("T1", "T2", "T3"), seed=2), name="R6_L100_bdf", seed=2)
    diagnosis = Diagnosis(DiagnosisKind.TRAINED_ON, "challenge 1", "no test score: all subjects are training subjects")
    both = [
        together([replace(one, path=Path(name), diagnoses=(diagnosis,)) for one in (small, other)], RULES)
        for name in ("a.zip", "b.zip")
    ]
    write_evaluations_page(both, tmp_path / "a.html")
    page = Page(tmp_path / "a.html")
    assert_sound(page)
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>', page.source)[:6]
    each = ("together", "R5_L100_bdf", "R6_L100_bdf")
    assert rows == [f"{name}, {release}" for name in ("a.zip", "b.zip") for release in each]
    assert f"a.zip, R6_L100_bdf: {diagnosis}" in page.text


def test_a_zip_without_a_score_gives_a_page_with_its_error(small, tmp_path):
    error = sb.SubmissionError("forward raised ValueError", outcome="crashed", hint="call eval()")
    failed = Evaluation(small.path, "final", small.run, outcome="crashed", error=error, zip=small.zip)
    page = page_of(failed, tmp_path / "a.html")
    assert_sound(page)
    for text in ("crashed (", "a fault of\nthe submission", "forward raised ValueError", "call eval()", "a" * 64):
        assert text in page.text
    assert "figure" not in page.tags


def test_several_releases_have_a_row_each_and_one_together(small, tmp_path):
    other = evaluation_of(*small_tables(subjects=("T1", "T2", "T3"), seed=2), name="R6_L100_bdf", seed=2)
    cost = RunCost({1: 1.0, 2: 1.0}, {1: 100.0}, 1 << 28, {}, (), ())
    both = together([replace(small, cost=cost), replace(other, cost=cost)], RULES)
    page = page_of(both, tmp_path / "a.html")
    assert_sound(page)
    for one in (small, other, both):
        assert f"{one.overall:.5f}" in page.text
    assert "R5_L100_bdf + R6_L100_bdf" in page.text
    assert page.text.count("peak memory") == 2


def test_diagnoses_come_first_and_name_their_release(one_challenge, tmp_path):
    good = Diagnosis(
        DiagnosisKind.BETTER_THAN_CONSTANT, "challenge 1", "better than the best constant, by at least .02"
    )
    poor = Diagnosis(DiagnosisKind.TRAINED_ON, "challenge 1", "no test score: 3 subjects are training subjects")
    page = page_of(replace(one_challenge, diagnoses=(good, poor)), tmp_path / "a.html")
    assert_sound(page)
    assert re.findall(r'<h2 id="([a-z]+)"', page.source)[:2] == ["diagnoses", "scores"]
    shown = dict(re.findall(r"<li( class=good)?>(challenge 1: [^<]*)</li>", page.source))
    assert shown == {" class=good": str(good), "": str(poor)}


def test_invariance_and_precision_are_tables(one_challenge, tmp_path):
    reference = VariantResult(1, "single windows, in order", 0.91, None, None)
    varied = VariantResult(1, "batches of 64", 0.95, 0.04, 0.7)
    failed = VariantResult(1, "bf16", None, None, None, outcome="crashed")
    checked = replace(one_challenge, invariance=(reference, varied), precision=(failed,))
    page = page_of(checked, tmp_path / "a.html")
    assert_sound(page)
    cells = re.findall(r'<tr><th scope="row">(batches of 64|bf16)</th>(.*?)</tr>', page.source)
    shown = {name: re.findall(r">([^<>]+)</td>", row) for name, row in cells}
    assert shown == {"batches of 64": ["1", "0.95000", "+4.0e-02", "7.0e-01"], "bf16": ["1", "–", "crashed", "–"]}


@pytest.fixture(scope="module")
def zip_path(tmp_path_factory):
    return make_zip(tmp_path_factory.mktemp("zip") / "z.zip", forward="return 1.5 + 1e4 * X.mean((1, 2))[:, None]")


def run(*args):
    return CliRunner().invoke(main, ["evaluate", *map(str, args)], catch_exceptions=False)


def test_the_command_writes_the_page_with_the_scores_that_it_prints(zip_path, small_release, tmp_path):
    out = tmp_path / "report.html"
    result = run(zip_path, "--data", small_release, "--report", out)
    assert (result.exit_code, f"wrote {out}" in result.stdout) == (0, True)
    page = Page(out)
    assert_sound(page)
    evaluated = sb.evaluate(zip_path, data=small_release)
    for score in (*(one.nrmse for one in evaluated.challenges.values()), evaluated.overall):
        assert f"{score:.5f}" in page.text
        assert f"{score:.5f}" in result.stdout
    for text in ("peak memory", "SIMULATED-small", evaluated.zip["sha256"]):
        assert text in page.text


def test_several_zips_are_ranked_and_failures_named(zip_path, small_release, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    second = make_zip(tmp_path / "second.zip", forward="return 1.6 + 0 * X.mean((1, 2))[:, None]")
    out = tmp_path / "report.html"
    assert run(zip_path, tmp_path / "broken.zip", second, "--data", small_release, "--report", out).exit_code == 1
    page = Page(out)
    assert_sound(page)
    assert page.tags.count("figure") == 3
    assert re.search(r"broken.zip: contract_error \(.*\), a fault of\s+the submission", page.text)
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>', page.source)[:3]
    overall = {path.name: sb.evaluate(path, data=small_release).overall for path in (zip_path, second)}
    assert [Path(row).name for row in rows] == [*sorted(overall, key=overall.get), "broken.zip"]


def test_the_folder_of_the_page_is_looked_at_before_the_zip_runs(zip_path, small_release):
    result = run(zip_path, "--data", small_release, "--report", "nowhere/report.html")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nowhere is not a folder" in result.stderr


def _luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_has_contrast_aa_on_its_background(scheme):
    for name in ("ink", "soft", "model", "target", "baseline", "bound", "mend", "good"):
        for paper in ("paper", "mend-paper", "good-paper") if name in ("ink", "soft", "mend", "good") else ("paper",):
            light, dark = sorted((_luminance(PALETTE[key][scheme]) for key in (name, paper)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, paper)
