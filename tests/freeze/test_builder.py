"""A recipe becomes a zip that makes the same predictions."""

import hashlib
import importlib.util
import json
import sys
import zipfile

import pytest
import torch

from model_zoo.card import Card, digest_subjects
from model_zoo.checkpoint import find_checkpoint, load_state, write_checkpoint
from model_zoo.registry import find_architecture
from model_zoo.shipped import weights_folder
from submission_builder.base.errors import CheckpointError, OutputError, RecipeError
from submission_builder.freeze.builder import templates_folder, write_submission
from submission_builder.freeze.recipe import resolve
from submission_builder.freeze.spec import parse_model
from submission_builder.protocol.golden import GOLDEN_NAME, golden_windows, predictions_match

RECIPE = {1: "lightweight_attn", 2: "cnn"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return write_submission(resolve(RECIPE), tmp_path_factory.mktemp("built") / "submission.zip")


def test_the_zip_is_flat_and_holds_the_template_the_sources_the_weights_and_a_manifest(built):
    with zipfile.ZipFile(built.path) as archive:
        assert archive.namelist() == [
            "attention.py",
            "cnn.c2-demo.pt",
            "cnn.py",
            "conv_block.py",
            "head.py",
            "lightweight_attn.c1-demo.pt",
            "lightweight_attn.py",
            "manifest.json",
            "standardise.py",
            "submission.py",
            "window_shape.py",
        ]
        assert archive.read("submission.py") == (templates_folder() / "submission.py").read_bytes()


def test_the_manifest_holds_the_digest_of_every_other_entry(built):
    with zipfile.ZipFile(built.path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        contents = {name: archive.read(name) for name in archive.namelist() if name != "manifest.json"}
    assert manifest["files"] == {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for name, content in contents.items()
    }


def read_manifest(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("manifest.json"))


def test_the_manifest_states_card_summary_subjects_and_data_of_the_weights(built):
    manifest = read_manifest(built.path)
    trained = manifest["challenges"]["1"]["members"][0]["trained"]
    card = weights_folder() / "lightweight_attn.c1-demo.json"
    assert trained["card"] == hashlib.sha256(card.read_bytes()).hexdigest()
    assert "SIMULATED" in trained["summary"]
    assert trained["subjects"] == digest_subjects(f"SIM1N{i:04}" for i in range(1, 151))
    assert manifest["document"] == {
        "data_sources": ["SIMULATED-train-seed1"],
        "pretrained_weights": [],
        "unknown": [],
    }
    assert manifest["built_with"]["torch"] == torch.__version__.partition("+")[0]


def test_the_manifest_holds_the_golden_predictions_of_the_nets_under_schema_3(built):
    manifest = read_manifest(built.path)
    assert manifest["schema"] == 3
    golden = manifest["golden"]
    assert golden.keys() == {"name", "predictions"}
    assert golden["name"] == GOLDEN_NAME
    assert len(json.dumps(golden)) <= 1024
    for challenge, name in RECIPE.items():
        entry = find_architecture(name, challenge)
        net = entry.build({})
        net.load_state_dict(load_state(find_checkpoint(name, entry.shipped_tag).weights))
        predictions = net.eval()(torch.from_numpy(golden_windows())).detach().flatten().tolist()
        assert all(map(predictions_match, golden["predictions"][str(challenge)], predictions))


def test_the_manifest_states_which_model_is_stateful(tmp_path):
    specs = {1: parse_model("cnn", wrap=["clamp:0.5,2.5", "running_median:5"]), 2: "cnn"}
    manifest = read_manifest(write_submission(resolve(specs), tmp_path / "submission.zip").path)
    assert [manifest["challenges"][n]["stateful"] for n in "12"] == [True, False]
    assert manifest["challenges"]["1"]["wrappers"] == [
        {"module": "clamp", "class": "Clamp", "kwargs": {"low": 0.5, "high": 2.5}},
        {"module": "running_median", "class": "RunningMedian", "kwargs": {"n": 5}},
    ]


def test_wrappers_apply_to_the_whole_ensemble_innermost_first(tmp_path, predict_in_clean_process):
    specs = {
        1: parse_model("constant:1+constant:2", wrap=["calibrate:2,0", "clamp:0,2.5", "shrink:0.5,0"]),
        2: parse_model("cnn+constant:0", wrap=["calibrate:-1,0"]),
    }
    path = write_submission(resolve(specs), tmp_path / "submission.zip").path
    first, second = predict_in_clean_process(path, tmp_path, windows())
    torch.testing.assert_close(first, torch.full((2, 1), 1.25))
    plain = write_submission(resolve({1: "constant:1", 2: "cnn"}), tmp_path / "plain.zip").path
    (tmp_path / "plain").mkdir()
    torch.testing.assert_close(second, -0.5 * predict_in_clean_process(plain, tmp_path / "plain", windows())[1])


def test_two_builds_give_the_same_bytes(built, tmp_path):
    again = write_submission(resolve(RECIPE), tmp_path / "again.zip")
    assert again.path.read_bytes() == built.path.read_bytes()


def windows():
    return torch.randn(2, 129, 200, generator=torch.Generator().manual_seed(0)) * 1e-5


def test_the_unpacked_zip_predicts_as_the_net_in_the_zoo_does(built, tmp_path, predict_in_clean_process):
    X = windows()
    for (challenge, name), frozen in zip(
        RECIPE.items(), predict_in_clean_process(built.path, tmp_path, X), strict=True
    ):
        entry = find_architecture(name, challenge)
        net = entry.build({})
        net.load_state_dict(load_state(find_checkpoint(name, entry.shipped_tag).weights))
        torch.testing.assert_close(frozen, net.eval()(X).detach(), rtol=0, atol=1e-6)
        assert frozen.std() > 0


@pytest.mark.parametrize("names", [("attn", "tcn"), ("sparse_attn", "eegnex"), ("shallow_fbcsp_net", "compact_k5")])
def test_any_architecture_can_be_packed(names, tmp_path, predict_in_clean_process):
    """Untrained, with the keyword arguments of its card."""
    specs, nets = {}, {}
    for challenge, name in enumerate(names, start=1):
        entry = find_architecture(name, challenge)
        kwargs = {"seed": 7, "n_rounds": 3} if name == "sparse_attn" else {}
        nets[challenge] = entry.build(kwargs).eval()
        empty = {key: {} for key in ("data", "split", "scores", "config", "versions")}
        card = Card(
            name, "t", challenge, kwargs, "Untrained.", "", subjects_digest="", n_parameters=0, commit=None, **empty
        )
        specs[challenge] = str(write_checkpoint(nets[challenge], card, tmp_path).weights)
    path = write_submission(resolve(specs), tmp_path / "submission.zip").path
    X = windows()
    for net, frozen in zip(nets.values(), predict_in_clean_process(path, tmp_path, X), strict=True):
        torch.testing.assert_close(frozen, net(X).detach(), rtol=1e-5, atol=1e-5)
        assert frozen.std() > 0


def test_an_ensemble_predicts_the_weighted_sum_of_its_members(tmp_path, predict_in_clean_process):
    """The members are different architectures and a constant; the predictions come from a fresh process."""
    specs = {1: "lightweight_attn:0.5+cnn:0.2+constant:1.5:0.3", 2: "cnn+constant:-1"}
    path = write_submission(resolve(specs), tmp_path / "submission.zip").path
    X = windows()

    def alone(name, challenge):
        entry = find_architecture(name, challenge)
        net = entry.build({})
        net.load_state_dict(load_state(find_checkpoint(name, entry.shipped_tag).weights))
        return net.eval()(X).detach()

    first, second = predict_in_clean_process(path, tmp_path, X)
    expected = 0.5 * alone("lightweight_attn", 1) + 0.2 * alone("cnn", 1) + 0.3 * 1.5
    torch.testing.assert_close(first, expected, rtol=0, atol=1e-6)
    torch.testing.assert_close(second, 0.5 * alone("cnn", 2) - 0.5, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("net", "message"),
    [
        ("cnn:0.5+lightweight_attn", "1 of 2 nets have a weight"),
        ("cnn:0.6+lightweight_attn:0.6", "sum to 1.2; 1 is expected"),
        ("cnn:nan+lightweight_attn:1", "sum to nan"),
        ("cnn:much+lightweight_attn:1", "'much' is not a number"),
        ("cnn+", "there is no architecture ''"),
        ("cnn+lightweigth_attn", "there is no architecture 'lightweigth_attn'"),
        ("constant:1.5:0.5+constant:1", "1 of 2 nets have a weight"),
    ],
)
def test_a_sum_with_missing_or_wrong_weights_is_refused(net, message):
    with pytest.raises(RecipeError, match=message):
        resolve({1: net, 2: "constant:0"})


def test_an_existing_zip_is_replaced_only_with_force(tmp_path):
    path = tmp_path / "submission.zip"
    path.write_text("precious")
    recipe = resolve({1: "constant:1.6", 2: "constant:0"})
    with pytest.raises(OutputError, match="already exists"):
        write_submission(recipe, path)
    assert path.read_text() == "precious"
    write_submission(recipe, path, force=True)
    assert zipfile.is_zipfile(path)


def test_nothing_is_written_if_the_folder_is_missing(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        write_submission(resolve({1: "constant:1.6", 2: "constant:0"}), tmp_path / "nowhere" / "submission.zip")
    assert list(tmp_path.iterdir()) == []


def load_submission(folder):
    spec = importlib.util.spec_from_file_location("submission_under_test", folder / "submission.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Submission(100, torch.device("cpu"))


@pytest.fixture
def unpacked(built, tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "_subpack_cargo", raising=False)
    with zipfile.ZipFile(built.path) as archive:
        archive.extractall(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("_subpack_cargo")]:
        del sys.modules[name]


def test_missing_weights_are_reported_with_the_folder_and_its_files(unpacked):
    (unpacked / "cnn.c2-demo.pt").unlink()
    submission = load_submission(unpacked)
    with pytest.raises(FileNotFoundError, match=r"cnn\.c2-demo\.pt is not in .*, which contains: attention\.py"):
        submission.get_model_challenge_2()


def test_weights_that_changed_after_the_build_are_refused(unpacked):
    path = unpacked / "cnn.c2-demo.pt"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(RuntimeError, match=r"the sha256 of .* is not the one in manifest\.json"):
        load_submission(unpacked).get_model_challenge_2()


@pytest.mark.parametrize(
    ("net", "error", "message"),
    [
        ("cnnn", RecipeError, "there is no architecture 'cnnn'"),
        ("cnn.nope", CheckpointError, "no shipped weights with tag 'nope'"),
        ("cnn.c2-demo", RecipeError, "trained for challenge 2; weights for challenge 1 are expected"),
        ("cnn:3", RecipeError, "takes no value after a colon"),
        ("constant", RecipeError, "takes a finite number after a colon"),
        ("constant:nan", RecipeError, "takes a finite number after a colon"),
        ("nowhere/cnn.x.pt", CheckpointError, "does not exist, nor does the folder nowhere"),
    ],
)
def test_an_unknown_net_is_refused(net, error, message):
    with pytest.raises(error, match=message):
        resolve({1: net, 2: "constant:0"})


def test_a_similar_architecture_is_suggested():
    with pytest.raises(RecipeError) as caught:
        resolve({1: "lightweigth_attn", 2: "constant:0"})
    assert caught.value.hint == "did you mean lightweight_attn?"
