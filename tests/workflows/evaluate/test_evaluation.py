"""The verbs evaluate and evaluate_many, called from Python."""

import json
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from archives import make_zip

import submission_builder as sb
from submission_builder.protocol.challenges import PROFILES


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return make_zip(tmp_path_factory.mktemp("zip") / "z.zip", forward="return 1.5 + 1e4 * X.mean((1, 2))[:, None]")


@pytest.fixture(scope="module")
def result(path, small_release):
    return sb.evaluate(path, data=small_release)


def test_predictions_are_a_table_whose_nrmse_is_the_score(result):
    for number in (1, 2):
        table = result.predictions(number)
        assert list(table) == ["subject", "recording", "start", "target", "prediction"]
        error = np.sqrt(np.mean((table["target"] - table["prediction"]) ** 2))
        assert result.challenges[number].nrmse == pytest.approx(error / table["target"].std(ddof=0), rel=1e-6)
    assert table["recording"].str.startswith("sub-").all()


def test_a_result_is_frozen(result):
    with pytest.raises(FrozenInstanceError):
        result.overall = 0.1


def test_to_dict_is_json_and_names_what_failed_too(result, small_release, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    failed = sb.evaluate(tmp_path / "broken.zip", data=small_release)
    for one in (result, failed):
        assert json.loads(json.dumps(one.to_dict(), allow_nan=False))["schema"] == 2
    assert result.to_dict().keys() == failed.to_dict().keys()
    assert (failed.ok, failed.fault, failed.to_dict()["scores"]["overall"]) == (False, "submission", None)
    assert failed.to_dict()["challenges"]["1"].keys() == result.to_dict()["challenges"]["1"].keys()


def test_a_release_and_an_evaluation_set_give_the_same_result(result, path, small_release):
    opened = sb.open_release(small_release)
    shared = sb.EvaluationSet(small_release, PROFILES["final"])
    for data in (opened, shared, str(small_release)):
        assert sb.evaluate(str(path), data=data).overall == result.overall


def test_a_notebook_shows_the_score_table(result):
    shown = result._repr_html_()
    assert f"{result.overall:.5f}" in shown
    assert "SIMULATED" in shown
    assert shown.startswith("<pre")


def test_zips_that_are_named_twice_are_evaluated_once(path, small_release):
    assert len(sb.evaluate_many([path, str(path)], data=small_release)) == 1


@pytest.mark.parametrize(
    ("arguments", "error"), [({"profile": "v9"}, "v9"), ({"runtime": sb.Runtime(server="x")}, "x")]
)
def test_a_wrong_argument_raises(path, small_release, arguments, error):
    with pytest.raises(sb.SubpackError, match=error):
        sb.evaluate(path, data=small_release, **arguments)
