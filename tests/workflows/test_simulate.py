"""The verb ``simulate``, called from Python."""

import json
from dataclasses import FrozenInstanceError

import pytest

import submission_builder as sb
from submission_builder.cli.simulate import simulate as command


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    return sb.simulate(tmp_path_factory.mktemp("simulated") / "R", subjects=3, trials=2, seed=1, alpha_correlation=0.8)


def test_the_result_holds_path_settings_and_reference_scores_by_challenge(simulated):
    assert sb.open_release(simulated.path).simulated
    assert (simulated.subjects, simulated.runs, simulated.trials, simulated.seed) == (3, 1, 2, 1)
    assert set(simulated.n_windows) == set(simulated.ideal) == {1, 2}
    assert simulated.ideal[2] == pytest.approx(0.6)
    assert set(simulated.ridge) == {2}


def test_the_reference_scores_are_those_that_a_release_reads_back(simulated):
    release = sb.open_release(simulated.path)
    assert {number: release.ideal(number) for number in (1, 2)} == simulated.ideal
    assert {number: len(release.windows(number)) for number in (1, 2)} == simulated.n_windows


def test_to_dict_is_json(simulated):
    content = json.loads(json.dumps(simulated.to_dict(), allow_nan=False))
    assert content == {
        "path": str(simulated.path),
        "simulated": True,
        "seed": 1,
        "subjects": 3,
        "runs": 1,
        "trials": 2,
        "alpha_correlation": 0.8,
        "challenges": {
            "1": {"n_windows": simulated.n_windows[1], "ideal": simulated.ideal[1], "ridge": None},
            "2": {"n_windows": simulated.n_windows[2], "ideal": simulated.ideal[2], "ridge": simulated.ridge[2]},
        },
    }


def test_the_result_is_frozen(simulated):
    with pytest.raises(FrozenInstanceError):
        simulated.subjects = 4


def test_a_notebook_shows_the_reference_scores(simulated):
    shown = simulated._repr_html_()
    assert "SIMULATED" in shown
    assert f"{simulated.ideal[1]:.5f}" in shown
    assert str(simulated.path) in shown


def test_the_path_may_be_text_and_must_be_new(simulated):
    with pytest.raises(sb.OutputError, match="exists already"):
        sb.simulate(str(simulated.path))


def test_the_defaults_are_those_of_the_command():
    """24 subjects, 1 run, seed 0, 24 trials and a correlation of 0.6."""
    options = {option.name: option.default for option in command.params if option.name != "output"}
    arguments = {name: default for name, default in sb.simulate.__kwdefaults__.items() if name != "progress"}
    assert options == arguments == {"subjects": 24, "runs": 1, "seed": 0, "trials": 24, "alpha_correlation": 0.6}
