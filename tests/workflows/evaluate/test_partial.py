"""A partial score: recordings that cannot be used are left out, and every output says so."""

import io
import json
import pickle
import shutil

import pytest
from archives import make_zip
from click.testing import CliRunner
from rich.console import Console

import submission_builder as sb
from submission_builder.cli import main
from submission_builder.protocol.challenges import PROFILES
from submission_builder.releases.bdf import read_header
from submission_builder.report.evaluation_terminal import show_evaluation
from submission_builder.report.evaluations_table import show_evaluations


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return make_zip(tmp_path_factory.mktemp("zip") / "z.zip", forward="return 1.5 + 1e4 * X.mean((1, 2))[:, None]")


@pytest.fixture
def damaged(small_release, tmp_path):
    """A release whose second recording is truncated, and of whose third recording a window reaches past the end."""
    folder = shutil.copytree(small_release, tmp_path / "R5_L100_bdf")
    _, second, third, _ = sorted(folder.glob("sub-*/eeg/*_eeg.bdf"))
    second.write_bytes(second.read_bytes()[:-1000])
    events = third.with_name(third.name.replace("_eeg.bdf", "_events.tsv"))
    names = events.read_text().splitlines()[0].split("\t")
    end = read_header(third).n_samples / 100
    late = {-2: "contrastTrial_start", -1.5: "left_target", -0.5: "left_buttonPress", -0.1: "contrastTrial_start"}
    rows = [dict.fromkeys(names, "n/a") | {"onset": f"{end + s}", "duration": "0", "value": v} for s, v in late.items()]
    with events.open("a") as file:
        file.writelines("\t".join(row.values()) + "\n" for row in rows)
    return folder


def test_without_the_option_every_unusable_recording_is_an_error(path, damaged):
    result = sb.evaluate(path, data=damaged)
    assert (result.outcome, result.partial) == ("release_error", False)
    assert "N0002" in str(result.error)


def test_the_score_is_that_of_the_release_without_these_recordings(path, damaged, small_release):
    """Challenge 1 lacks both; challenge 2 does not need the events of the third."""
    whole, result = sb.evaluate(path, data=small_release), sb.evaluate(path, data=damaged, skip_unusable=True)
    assert result.outcome == "scored"
    for number, without in ((1, ("N0002", "N0003")), (2, ("N0002",))):
        table = whole.predictions(number)
        table = table[~table["subject"].str.contains("|".join(without))]
        assert list(result.predictions(number)["prediction"]) == list(table["prediction"])
        assert result.challenges[number].n_recordings == 4 - len(without)


def test_title_json_and_caveats_say_that_the_score_is_partial(path, damaged):
    result = sb.evaluate(path, data=damaged, skip_unusable=True)
    assert result.partial
    content = json.loads(json.dumps(result.to_dict()))
    assert content["partial"] is True
    assert [one["recording"].partition("_")[0] for one in content["release"]["left_out"]] == [
        "sub-SIM11N0002",
        "sub-SIM11N0003",
    ]
    assert "truncated" in content["release"]["left_out"][0]["reason"]
    (caveat,) = [caveat for caveat in result.caveats if "PARTIAL" in caveat]
    assert "SIM11N0002" in caveat
    assert "SIM11N0003" in caveat
    for show, shown in ((show_evaluation, result), (show_evaluations, [result, result])):
        text = io.StringIO()
        show(shown, Console(file=text, width=300))
        assert "PARTIAL, without 2 of its recordings" in text.getvalue().splitlines()[0]
    assert "PARTIAL" in result._repr_html_()


def test_several_releases_are_partial_if_one_is(path, damaged, small_release, tmp_path):
    other = sb.simulate(tmp_path / "other", subjects=3, trials=2, seed=5).path
    result = sb.evaluate(path, data=[damaged, other], skip_unusable=True)
    assert result.partial
    assert [part.partial for part in result.releases] == [True, False]
    assert len(result.release.left_out) == 2


def test_a_whole_release_is_not_partial(path, small_release):
    result = sb.evaluate(path, data=small_release, skip_unusable=True)
    assert (result.partial, result.release.left_out) == (False, ())
    assert not any("PARTIAL" in caveat for caveat in result.caveats)


def test_a_release_of_which_no_recording_can_be_used_has_no_score(path, damaged):
    for bdf in damaged.glob("sub-*/eeg/*_eeg.bdf"):
        bdf.write_bytes(bdf.read_bytes()[:1000])
    result = sb.evaluate(path, data=damaged, skip_unusable=True)
    assert result.outcome == "release_error"
    assert "4 recording(s) cannot be used" in str(result.error)


def test_another_process_skips_the_same_recordings(damaged):
    skipping = sb.EvaluationSet(damaged, PROFILES["final"], skip_unusable=True)
    assert pickle.loads(pickle.dumps(skipping)).prepare().left_out == skipping.prepare().left_out  # noqa: S301 - ours


def test_the_command_gives_a_partial_score(path, damaged, tmp_path):
    arguments = ["evaluate", str(path), "--data", str(damaged)]
    assert CliRunner().invoke(main, arguments).exit_code == 1
    result = CliRunner().invoke(main, [*arguments, "--skip-unusable"])
    assert result.exit_code == 0, result.output
    assert "PARTIAL" in result.stdout
