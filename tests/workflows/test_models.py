"""``models``: the nets of the zoo as a frozen result."""

import json
from dataclasses import FrozenInstanceError

import pytest

from model_zoo.registry import ARCHITECTURES
from model_zoo.shipped import weights_folder
from submission_builder.base.errors import RecipeError
from submission_builder.workflows.models import models


def only(name, challenge=None, **options):
    (model,) = models(name, challenge=challenge, **options).models
    return model


def test_every_architecture_is_listed_once():
    pairs = [(model.name, challenge) for model in models().models for challenge in model.challenges]
    assert sorted(pairs) == sorted((entry.name, entry.challenge) for entry in ARCHITECTURES)


def test_a_net_that_differs_by_challenge_is_listed_twice():
    found = [(model.challenges, model.parameters, model.tags) for model in models("cnn").models]
    assert found == [((1,), 74_753, ("c1-demo",)), ((2,), 64_001, ("c2-demo",))]


def test_models_of_one_challenge_can_be_listed():
    listed = models(challenge=2).models
    assert all(2 in model.challenges for model in listed)
    assert {model.name for model in listed} == {entry.name for entry in ARCHITECTURES if entry.challenge == 2}


def test_an_unknown_name_is_an_error_that_suggests_a_similar_one():
    with pytest.raises(RecipeError, match="no architecture 'eegnet'") as caught:
        models("eegnet")
    assert caught.value.hint == "did you mean eeg_net?"


def test_every_model_names_its_source():
    assert all(model.source for model in models().models)


def test_a_model_that_needs_more_than_torch_gives_the_reason():
    needs = {model.name: model.needs for model in models().models if model.needs}
    assert needs == {e.name: e.exempt["torch alone"] for e in ARCHITECTURES if "torch alone" in e.exempt}
    assert len(needs) == 4


def test_the_dictionary_of_a_model_holds_cost_shipped_weights_and_source():
    content = only("cnn", 2).to_dict()
    layers = content.pop("layers")
    assert content == {
        "name": "cnn",
        "parameters": 64_001,
        "multiply_adds": 3_868_184,
        "receptive_field": 23,
        "latency_ms": None,
        "challenges": [2],
        "tags": ["c2-demo"],
        "shipped": [
            {
                "tag": "c2-demo",
                "challenge": 2,
                "nrmse": 0.82038,
                "interval": [0.5821831194778044, 1.1560460140066042],
                "split": "test",
                "release": "SIMULATED-demo-1",
                "simulated": True,
            }
        ],
        "runs_on_server": True,
        "needs": None,
        "source": "a plain CNN",
    }
    assert layers[1] == {"name": "trunk.0.0", "kind": "Conv1d", "shape": [1, 32, 100], "parameters": 28_928}


def test_the_dictionary_of_the_list_is_plain_json():
    for result in (models(), models("eeg_conformer")):
        assert json.loads(json.dumps(result.to_dict())) == result.to_dict()
        assert (result.to_dict()["schema"], len(result.to_dict()["models"])) == (2, len(result.models))


def test_the_result_is_frozen():
    with pytest.raises(FrozenInstanceError):
        only("tcn").name = "other"


def test_without_a_test_score_the_score_is_that_of_the_validation_split(tmp_path, monkeypatch):
    card = json.loads((weights_folder() / "cnn.c2-demo.json").read_text())
    del card["scores"]["test"]
    (tmp_path / "cnn.c2-demo.json").write_text(json.dumps(card))
    monkeypatch.setattr("model_zoo.figures.weights_folder", lambda: tmp_path)
    (weights,) = only("cnn", 2).shipped
    assert (weights.nrmse, weights.split, weights.release) == (card["scores"]["val"]["nrmse"], "validation", None)
    assert weights.simulated


def test_layers_are_in_the_order_of_their_calls():
    calls = [(layer.kind, layer.shape) for layer in only("tcn").layers if layer.kind != "ReLU"]
    assert calls[:2] == [("Standardise", (1, 129, 200)), ("CausalConv1d", (1, 48, 200))]
    assert calls[-1] == ("Linear", (1, 1))
    assert all(model.layers is None for model in models().models)


@pytest.mark.parametrize("name", ["attn", "tcn", "sparse_attn_large", "constant"])
def test_the_layers_of_our_nets_have_all_their_parameters(name):
    model = only(name)
    assert sum(layer.n_parameters for layer in model.layers) == model.parameters


def test_the_latency_is_measured_for_1_and_64_windows_if_requested():
    progress = []
    result = models("cnn", measure=True, progress=lambda *step: progress.append(step))
    assert progress == [("nets measured", 0, 2), ("nets measured", 1, 2)]
    for model in result.models:
        assert list(model.latency_ms) == [1, 64]
        assert min(model.latency_ms.values()) > 0
    assert only("constant").latency_ms is None


def test_a_notebook_shows_the_table():
    shown = models("cnn", challenge=2)._repr_html_()
    assert shown.startswith("<pre")
    assert "trunk.0.0" in shown
    assert "0.82038" in shown
