"""One zip on several releases: a score of each, and one of all windows together."""

import json

import numpy as np
import pytest
from archives import make_zip
from click.testing import CliRunner

import submission_builder as sb
from submission_builder.cli import main
from submission_builder.protocol.metrics import nrmse
from submission_builder.releases.simulated.release import simulate_release


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return make_zip(tmp_path_factory.mktemp("zip") / "z.zip", forward="return 1.5 + 1e4 * X.mean((1, 2))[:, None]")


@pytest.fixture(scope="module")
def other_release(simulated):
    return simulated("other", subjects=3, seed=12, trials=6)


@pytest.fixture(scope="module")
def both(path, small_release, other_release):
    return sb.evaluate(path, data=[small_release, str(other_release)])


def run(*args):
    return CliRunner().invoke(main, ["evaluate", *map(str, args)], catch_exceptions=False)


def test_each_release_has_the_score_that_it_has_alone(both, path, small_release, other_release):
    assert [part.release.name for part in both.releases] == [small_release.name, other_release.name]
    for part, folder in zip(both.releases, (small_release, other_release), strict=True):
        alone = sb.evaluate(path, data=folder)
        assert part.challenges == alone.challenges
        assert (part.overall, part.release) == (alone.overall, alone.release)


def test_the_score_together_is_that_of_all_windows(both):
    for number in (1, 2):
        parts = [part.predictions(number) for part in both.releases]
        target, prediction = (np.concatenate([part[key] for part in parts]) for key in ("target", "prediction"))
        assert both.challenges[number].nrmse == nrmse(target, prediction)
        assert both.challenges[number].n_subjects == 7
        together = both.predictions(number)
        assert list(together["recording"]) == [name for part in parts for name in part["recording"]]
    assert both.overall == pytest.approx(0.3 * both.challenges[1].nrmse + 0.7 * both.challenges[2].nrmse)
    assert both.release.simulated


@pytest.mark.parametrize("repeated", [False, True], ids=["--data A B", "--data A --data B"])
def test_the_command_takes_both_spellings(path, small_release, other_release, tmp_path, repeated):
    data = ["--data", small_release, *(["--data"] if repeated else []), other_release]
    result = run(*data, path, "--json", tmp_path / "score.json")
    assert result.exit_code == 0, result.output
    content = json.loads((tmp_path / "score.json").read_text())
    assert [one["release"]["name"] for one in content["releases"]] == ["SIMULATED-small", "SIMULATED-other"]
    for one in (content, *content["releases"]):
        assert f"{one['scores']['overall']:.5f}" in result.stdout


def test_one_release_has_no_parts(path, small_release):
    alone = sb.evaluate(path, data=[small_release])
    assert alone.releases == ()
    assert alone.to_dict()["releases"] == []
    twice = sb.evaluate(path, data=[small_release, sb.open_release(small_release)])
    assert (twice.releases, twice.overall) == ((), alone.overall)


def test_a_release_that_cannot_be_read_leaves_the_other_its_score(path, small_release, tmp_path):
    result = run("--data", small_release, tmp_path / "R9_L100_bdf", path, "--json", tmp_path / "score.json")
    assert result.exit_code == 1
    assert "R9_L100_bdf does not exist" in result.stderr
    content = json.loads((tmp_path / "score.json").read_text())
    assert [one["outcome"] for one in content["releases"]] == ["scored", "release_error"]
    assert (content["outcome"], content["scores"]["overall"]) == ("release_error", None)
    assert f"{content['releases'][0]['scores']['overall']:.5f}" in result.stdout


def test_an_error_of_the_zip_is_shown_once(small_release, other_release, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    result = run("--data", small_release, other_release, tmp_path / "broken.zip")
    assert (result.exit_code, result.stderr.count("error: ")) == (1, 1)


def test_releases_that_share_subjects_are_refused(path, small_release, tmp_path):
    (tmp_path / "R5_mini").symlink_to(small_release, target_is_directory=True)
    copy = tmp_path / "copy"
    copy.mkdir()
    for item in small_release.iterdir():
        (copy / item.name).symlink_to(item)
    assert sb.evaluate(path, data=[small_release, tmp_path / "R5_mini"]).releases == ()
    with pytest.raises(sb.ConfigError, match="share 4 subjects, such as SIM11N0001"):
        sb.evaluate(path, data=[small_release, copy])
    with pytest.raises(sb.ConfigError, match="empty list"):
        sb.evaluate(path, data=[])


def test_several_zips_on_several_releases(path, small_release, other_release, tmp_path):
    second = make_zip(tmp_path / "second.zip", forward="return 1.6 + 0 * X.mean((1, 2))[:, None]")
    result = run(path, second, "--data", small_release, other_release, "--jobs", 2, "--json", tmp_path / "all.json")
    assert result.exit_code == 0, result.output
    listed = json.loads((tmp_path / "all.json").read_text())
    assert [len(one["releases"]) for one in listed] == [2, 2]
    assert result.stdout.count("together") == 2


def test_a_sample_counts_the_windows_of_every_release(path, small_release, other_release):
    sampled = sb.evaluate(path, data=[small_release, other_release], max_windows=8)
    sample = sampled.release.sample
    for number in (1, 2):
        parts = [part.release.sample for part in sampled.releases]
        assert sample.n_windows[number] == sum(part.n_windows[number] for part in parts)
        assert sample.of[number] == sum(part.of[number] for part in parts)


def test_a_caveat_of_one_release_names_it(path, small_release, tmp_path):
    lacking = tmp_path / "lacking"
    simulate_release(lacking, subjects=3, runs=1, seed=13, trials=6)
    for part in sorted((lacking / next(lacking.glob("sub-*")).name).rglob("*_task-contrastChangeDetection*")):
        part.unlink()
    result = sb.evaluate(path, data=[small_release, lacking])
    assert any(caveat.startswith("lacking: ") for caveat in result.caveats)
    assert sum("SIMULATED" in caveat for caveat in result.caveats) == 1
