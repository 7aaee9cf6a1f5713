"""A recipe's file."""

from pathlib import Path

import pytest

from submission_builder.base.errors import RecipeError
from submission_builder.freeze.choices import Choice, Wanted, read_choice
from submission_builder.freeze.recipe_file import read_recipe


@pytest.fixture
def read(tmp_path):
    def read(text):
        (tmp_path / "recipe.toml").write_text(text)
        return read_recipe(tmp_path / "recipe.toml")

    return read


def test_it_says_what_the_flags_say(read, tmp_path):
    said = read("""
        output = "mine.zip"
        half = true
        c2 = "cnn:0.4+constant:1:0.6"
        [c1]
        net = "net.py:Net"
        weights = ["a.pt", "b.pt"]
        wrap = ["clamp:0.5,2.5", "shrink:0.9,1.6"]
    """)
    flags = read_choice(
        f"{tmp_path}/net.py:Net", [tmp_path / "a.pt", tmp_path / "b.pt"], ["clamp:0.5,2.5", "shrink:0.9,1.6"]
    )
    assert said.wanted == {1: flags, 2: read_choice("cnn:0.4+constant:1:0.6")}
    assert (said.output, said.half) == (tmp_path / "mine.zip", True)


def test_it_says_what_flags_cannot(read, tmp_path):
    """Arguments, shares of nets with several files, state, and what the weights rest on."""
    said = read("""
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
    own = [Choice("nets:Net", tmp_path / name, **about) for name in ("a.pt", "b.pt")]
    assert said.wanted[1] == Wanted((*own, Choice(f"{tmp_path}/runs/cnn.t.pt")), (0.25, 0.25, 0.5))
    assert said.output is None


def test_absolute_paths_stay(read):
    assert read('c1 = "/a/w.pt"\nc2 = "constant:0"').wanted[1].choices == (Choice("/a/w.pt"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("c1 = ", "is no TOML"),
        ('c1 = "cnn"', "does not say c2; the server asks for both challenges"),
        ('c1 = "cnn"\nc3 = "cnn"', "says c3, which no recipe says; it may say c1, c2, half, output"),
        ('c1 = 3\nc2 = "cnn"', "c1 is 3; str or dict is expected"),
        ('c2 = "cnn"\n[c1]\nnet = "cnn"\nwrapp = []', "c1 says wrapp, which no recipe says"),
        ('c2 = "cnn"\n[c1]\nwrap = []', "c1 takes either net or members"),
        ('c2 = "cnn"\n[c1]\nnet = "cnn"\nwrap = [3]', r"c1\.wrap holds 3; text is expected"),
        ('c2 = "cnn"\n[c1]\nmembers = []', "c1 has no members; at least one is expected"),
        ('c2 = "cnn"\n[c1]\nmembers = ["cnn"]', "c1, member 1 is no table"),
        ('c2 = "cnn"\n[c1]\ndata = []\nmembers = [{net = "cnn"}]', "c1 has members; data belongs to one of them"),
        ('c2 = "cnn"\n[[c1.members]]\nshare = 1', "c1, member 1 has no net"),
        ('c2 = "cnn"\n[[c1.members]]\nnet = "cnn"\nshare = "1"', "share is '1'; int or float is expected"),
        ('c2 = "cnn"\n[[c1.members]]\nnet = "cnn"\nshare = 0.4', "the weights sum to 0.4"),
        (
            'c2 = "cnn"\n[c1]\nnet = "cnn+attn"\ndata = ["R1"]',
            "c1 is a sum; what belongs to one net is said in members",
        ),
        ('half = "yes"\nc1 = "cnn"\nc2 = "cnn"', "half is 'yes'; bool is expected"),
    ],
)
def test_what_no_recipe_says_is_explained(read, text, message):
    with pytest.raises(RecipeError, match=message):
        read(text)


def test_a_near_miss_is_suggested(read):
    with pytest.raises(RecipeError) as caught:
        read('c2 = "cnn"\n[c1]\nnet = "cnn"\nwieghts = "a.pt"')
    assert caught.value.hint == "did you mean weights?"


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(RecipeError, match=r"nowhere\.toml cannot be read: No such file"):
        read_recipe(Path("nowhere.toml"))
