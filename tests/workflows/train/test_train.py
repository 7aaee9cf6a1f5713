"""The verb ``train`` from Python: settings, result, observer and conflicts."""

import dataclasses
import json

import pytest
import torch
from click.testing import CliRunner

import submission_builder as sb
from model_zoo.checkpoint import load_state
from submission_builder.cli import main

SETTINGS = {"challenge": 1, "epochs": 2, "batch_size": 8, "device": "cpu"}


class Recorder(sb.TrainObserver):
    def __init__(self):
        self.events = []

    def loaded(self, releases):
        self.events.append(("loaded", [item.release.name for item in releases]))

    def epoch(self, net, record):
        self.events.append((net, record.epoch))


@pytest.fixture(scope="module")
def observer():
    return Recorder()


@pytest.fixture(scope="module")
def run(small_release, tmp_path_factory, observer):
    folder = tmp_path_factory.mktemp("runs")
    return sb.train("cnn", train=small_release, output=folder, observer=observer, tag="x", **SETTINGS)


def test_the_result_holds_what_the_card_and_the_weights_hold(run):
    (checkpoint,) = run.checkpoints
    assert checkpoint.weights.name == "cnn.x.pt"
    card = json.loads(checkpoint.weights.with_suffix(".json").read_text())
    keys = {"train": "train", "validation": "val"}
    assert {keys[split.name]: pytest.approx(split.score.nrmse, abs=1e-5) for split in run.splits} == {
        key: score["nrmse"] for key, score in card["scores"].items()
    }
    assert run.final_split is run.held_out[-1]
    assert run.final_split.score.n_subjects == card["split"]["val_subjects"]
    assert run.curves[0].best_epoch == card["split"]["best_epoch"]
    assert run.simulated
    assert run.fold_mean_and_std is None


def test_the_result_is_frozen(run):
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.name = "other"
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.final_split.name = "other"


def test_an_observer_receives_the_releases_and_each_epoch(run, observer):
    assert observer.events == [("loaded", ["SIMULATED-small"]), ("cnn.x", 1), ("cnn.x", 2)]


def test_a_result_is_json(run):
    content = json.loads(json.dumps(run.to_dict(), allow_nan=False))
    assert (content["name"], content["challenge"], content["simulated"]) == ("cnn.x", 1, True)
    assert [split["name"] for split in content["splits"]] == ["train", "validation"]
    assert content["splits"][1]["nrmse"] == run.final_split.score.nrmse
    assert set(content["splits"][1]["baselines"]) == {"best constant", "train mean"}
    assert [epoch["epoch"] for epoch in content["curves"][0]["epochs"]] == [1, 2]
    assert content["checkpoints"][0]["card"]["weights_sha256"] == run.card.weights_sha256
    assert len(content["diagnoses"]) == len(run.diagnoses) > 0
    assert content["advice"]["build"] == run.advice.build


def test_a_notebook_shows_the_table_of_the_terminal(run):
    html = run._repr_html_()
    assert "SIMULATED · cnn.x" in html
    assert f"{run.final_split.score.nrmse:.5f}" in html


def test_the_command_writes_the_same_weights_card_and_result(run, small_release, tmp_path):
    args = ["train", "cnn", "--train", small_release, "--tag", "x", "-o", tmp_path, "--json", tmp_path / "result.json"]
    for key, value in SETTINGS.items():
        args += [f"--{key.replace('_', '-')}", value]
    done = CliRunner().invoke(main, list(map(str, args)))
    assert done.exit_code == 0, done.output
    mine, theirs = (load_state(path) for path in (run.checkpoints[0].weights, tmp_path / "cnn.x.pt"))
    assert all(torch.equal(mine[key], theirs[key]) for key in mine)
    cards = [path.with_suffix(".json").read_text() for path in (run.checkpoints[0].weights, tmp_path / "cnn.x.pt")]
    assert cards[0] == cards[1]
    content = json.loads((tmp_path / "result.json").read_text())
    expected = json.loads(json.dumps(run.to_dict()))
    for one in (content, expected):
        one["checkpoints"][0].pop("weights")
    assert content == expected


def test_settings_override_a_config_whether_file_or_mapping(small_release, tmp_path):
    """Arguments of the net are merged one by one."""
    config = {"architecture": "lightweight_attn", "challenge": 1, "epochs": 9, "lr": 0.01, "net": {"n_heads": 2}}
    path = tmp_path / "c.toml"
    lines = [f"{key} = {json.dumps(value)}" for key, value in config.items() if key != "net"]
    path.write_text("\n".join([*lines, "[net]", "n_heads = 2", "[tune]", "lr = { low = 1e-4, high = 1e-2 }"]))
    for number, source in enumerate((config, path, str(path))):
        more = {"net": {"attention_drop_prob": 0.3}, "epochs": 1, "device": "cpu", "output": tmp_path / str(number)}
        card = sb.train(config=source, train=[small_release], **more).card
        assert (card.config["epochs"], card.config["lr"]) == (1, 0.01)
        assert card.kwargs == {"n_heads": 2, "attention_drop_prob": 0.3}
    assert config["net"] == {"n_heads": 2}, "the mapping of the caller stays"


def test_releases_are_folders_names_or_open_releases(small_release, tmp_path):
    release = sb.open_release(small_release)
    for number, train in enumerate((str(small_release), [str(small_release)], release, (release,))):
        run = sb.train("cnn", train=train, output=tmp_path / str(number), **SETTINGS | {"epochs": 1})
        assert [item["release"] for item in run.data] == ["SIMULATED-small"]


@pytest.fixture(scope="module")
def other_release(simulated):
    return simulated("other", subjects=4, seed=12, trials=6)


def test_a_test_release_decides_and_the_others_do_not_change(run, small_release, other_release, tmp_path):
    tested = sb.train("cnn", train=small_release, test=other_release, tag="x", output=tmp_path, **SETTINGS)
    assert [split.name for split in tested.splits] == ["train", "validation", "test"]
    assert tested.final_split.name == "test"
    assert set(tested.final_split.subject).isdisjoint({*run.train.subject, *run.held_out[0].subject})
    assert [split.score for split in tested.splits[:2]] == [split.score for split in run.splits]
    mine, theirs = (load_state(one.checkpoints[0].weights) for one in (run, tested))
    assert all(torch.equal(mine[key], theirs[key]) for key in mine)


def test_finished_weights_are_reused_and_their_scores_are_the_same(run, small_release):
    folder = run.checkpoints[0].weights.parent
    again = sb.train("cnn", train=small_release, output=folder, tag="x", resume=True, **SETTINGS)
    assert again.curves[0].records == ()
    assert [split.score for split in again.splits] == [split.score for split in run.splits]
    with pytest.raises(sb.OutputError, match="already exists"):
        sb.train("cnn", train=small_release, output=folder, tag="x", **SETTINGS)


@pytest.mark.parametrize(
    ("verb", "arguments", "message"),
    [
        (sb.train, {"force": True, "resume": True}, "force and resume cannot both be given"),
        (sb.train, {"jobs": sb.Jobs(2)}, "one net is trained by one job"),
        (sb.train_many, {"seed": 0, "seeds": (1, 2)}, "seed and seeds cannot both be given"),
        (sb.train_many, {"seeds": (1, 2), "devices": 2}, "devices and nodes apply to a single run"),
    ],
)
def test_arguments_that_exclude_each_other_are_refused_before_anything_is_read(verb, arguments, message, tmp_path):
    with pytest.raises(sb.ConflictError, match=message):
        verb(config={"architecture": "cnn"}, train="nowhere", output=tmp_path / "runs", **SETTINGS | arguments)
    assert not (tmp_path / "runs").exists()


def test_an_unknown_setting_is_named_with_a_near_miss():
    with pytest.raises(sb.ConfigError, match=r"key epoch is unknown$") as caught:
        sb.train("cnn", challenge=1, train="nowhere", epoch=3)
    assert caught.value.hint == "for epoch, did you mean epochs?"


def test_a_helper_process_of_distributed_training_returns_nothing(small_release, tmp_path, monkeypatch):
    """It reports and writes nothing either."""
    for module in ("options", "train_net"):
        monkeypatch.setattr(f"submission_builder.workflows.train.{module}.is_rank_zero", lambda: False)
    observer = Recorder()
    assert sb.train("cnn", train=small_release, output=tmp_path, observer=observer, **SETTINGS) is None
    assert observer.events == []
    assert list(tmp_path.glob("*.pt")) == []


def test_augmentation_is_previewed_from_python(small_release):
    preview = sb.preview_augmentation("cnn", challenge=1, train=small_release, noise=0.5, device="cpu")
    assert [panel.title for panel in preview.panels] == ["as recorded", "noise = 0.5", "all together"]
    assert preview.simulated
    assert json.dumps(preview.to_dict())
    assert preview._repr_html_().startswith("<svg")
