"""Recipe files."""

from pathlib import Path

import pytest

from submission_builder.base.errors import RecipeError
from submission_builder.freeze.recipe_file import read_model, read_recipe
from submission_builder.freeze.spec import ModelSpec, NetSpec, parse_model


@pytest.fixture
def read(tmp_path):
    def read(text):
        (tmp_path / "recipe.toml").write_text(text)
        return read_recipe(tmp_path / "recipe.toml")

    return read


def test_a_file_can_state_everything_that_flags_state(read, tmp_path):
    recipe = read("""
        output = "mine.zip"
        half = true
        c2 = "cnn:0.4+constant:1:0.6"
        [c1]
        net = "net.py:Net"
        weights = ["a.pt", "b.pt"]
        wrap = ["clamp:0.5,2.5", "shrink:0.9,1.6"]
    """)
    flags = parse_model(
        f"{tmp_path}/net.py:Net", [tmp_path / "a.pt", tmp_path / "b.pt"], ["clamp:0.5,2.5", "shrink:0.9,1.6"]
    )
    assert recipe.models == {1: flags, 2: parse_model("cnn:0.4+constant:1:0.6")}
    assert (recipe.output, recipe.half) == (tmp_path / "mine.zip", True)


def test_a_file_states_arguments_shares_state_and_training_data(read, tmp_path):
    """The share of a net with several files of weights is divided among them."""
    recipe = read("""
        c2 = "constant:-0.09"
        [[c1.members]]
        net = "nets:Net"
        weights = ["a.pt", "b.pt"]
        kwargs = { width = 64 }
        share = 0.5
        stateful = true
        data = ["HBN-EEG R1"]
        pretrained = ["LaBraM base"]
        [[c1.members]]
        net = "runs/cnn.t.pt"
        share = 0.5
    """)
    about = {"kwargs": {"width": 64}, "stateful": True, "data": ("HBN-EEG R1",), "pretrained": ("LaBraM base",)}
    own = [NetSpec("nets:Net", tmp_path / name, **about) for name in ("a.pt", "b.pt")]
    assert recipe.models[1] == ModelSpec((*own, NetSpec(f"{tmp_path}/runs/cnn.t.pt")), (0.25, 0.25, 0.5))
    assert recipe.output is None


def test_absolute_paths_are_not_changed(read):
    assert read('c1 = "/a/w.pt"\nc2 = "constant:0"').models[1].nets == (NetSpec("/a/w.pt"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("c1 = ", "is not valid TOML"),
        ('c1 = "cnn"', "has no key c2; the server expects a model for both challenges"),
        ('c1 = "cnn"\nc3 = "cnn"', "has the unknown key c3; c1, c2, half, output are known"),
        ('c1 = 3\nc2 = "cnn"', "c1 is 3; str or dict is expected"),
        ('c2 = "cnn"\n[c1]\nnet = "cnn"\nwrapp = []', "c1 has the unknown key wrapp"),
        ('c2 = "cnn"\n[c1]\nwrap = []', "c1: either net or members is expected"),
        ('c2 = "cnn"\n[c1]\nnet = "cnn"\nwrap = [3]', r"c1\.wrap holds 3; text is expected"),
        ('c2 = "cnn"\n[c1]\nmembers = []', "c1 has no members; at least one is expected"),
        ('c2 = "cnn"\n[c1]\nmembers = ["cnn"]', "c1, member 1 is 'cnn'; a table with net is expected"),
        ('c2 = "cnn"\n[c1]\ndata = []\nmembers = [{net = "cnn"}]', "c1 has members; data is expected in one of them"),
        ('c2 = "cnn"\n[[c1.members]]\nshare = 1', "c1, member 1 has no net"),
        ('c2 = "cnn"\n[[c1.members]]\nnet = "cnn"\nshare = "1"', "share is '1'; int or float is expected"),
        ('c2 = "cnn"\n[[c1.members]]\nnet = "cnn"\nshare = 0.4', "sum to 0.4"),
        (
            'c2 = "cnn"\n[c1]\nnet = "cnn+attn"\ndata = ["R1"]',
            "c1 is a sum; properties of one net are expected in members",
        ),
        ('half = "yes"\nc1 = "cnn"\nc2 = "cnn"', "half is 'yes'; bool is expected"),
    ],
)
def test_a_recipe_with_unknown_or_wrong_content_is_refused(read, text, message):
    with pytest.raises(RecipeError, match=message):
        read(text)


def test_a_similar_key_is_suggested(read):
    with pytest.raises(RecipeError) as caught:
        read('c2 = "cnn"\n[c1]\nnet = "cnn"\nwieghts = "a.pt"')
    assert caught.value.hint == "did you mean weights?"


def test_a_missing_file_is_named():
    with pytest.raises(RecipeError, match=r"nowhere\.toml does not exist"):
        read_recipe(Path("nowhere.toml"))


def test_a_missing_file_of_one_challenge_suggests_a_similar_one(tmp_path):
    (tmp_path / "c1-mean.toml").write_text('net = "cnn"')
    with pytest.raises(RecipeError, match=r"c1_mean\.toml does not exist") as caught:
        read_model(f"{tmp_path}/c1_mean.toml")
    assert caught.value.hint == f"did you mean {tmp_path}/c1-mean.toml?"


TEXT = 'c1 = "cnn"\nc2 = "constant:0"  # Gedächtnis\n'


@pytest.mark.parametrize("content", [TEXT.encode("utf-8-sig"), TEXT.replace("\n", "\r\n").encode(), TEXT.encode()])
def test_a_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path, content):
    (tmp_path / "recipe.toml").write_bytes(content)
    assert read_recipe(tmp_path / "recipe.toml").models[2] == parse_model("constant:0")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (TEXT.encode("utf-16"), "is encoded as UTF-16; UTF-8 is expected"),
        (TEXT.encode("utf-16-be"), "is encoded as UTF-16; UTF-8 is expected"),
        (TEXT.encode("latin-1"), "is not valid TOML: 'utf-8' codec can't decode byte 0xe4"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
    ],
)
def test_a_recipe_in_another_encoding_is_refused(tmp_path, content, message):
    (tmp_path / "recipe.toml").write_bytes(content)
    with pytest.raises(RecipeError, match=message):
        read_recipe(tmp_path / "recipe.toml")
