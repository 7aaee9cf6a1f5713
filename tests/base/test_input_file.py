"""Input files that hold no content."""

import os
from pathlib import Path

import pytest

from submission_builder.base.errors import RecipeError
from submission_builder.base.input_file import require_file, require_utf8


def refusal(path):
    with pytest.raises(RecipeError) as caught:
        require_file(path, "a file of weights", RecipeError)
    assert str(caught.value).startswith(f"{path} ")
    assert str(caught.value).endswith("; a file of weights is expected")
    return str(caught.value), caught.value.hint


@pytest.mark.parametrize(
    ("content", "fact", "hint"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS pointer", "git lfs pull"),
        (b"/annex/objects/MD5E-s100--0123.pt\n", "git-annex pointer", "datalad get {path}"),
        (b"../.git/annex/objects/x1/Zq/MD5E-s100--0123.pt/MD5E-s100--0123.pt", "git-annex", "datalad get {path}"),
    ],
)
def test_a_pointer_file_is_named_with_the_command_that_fetches_its_content(tmp_path, content, fact, hint):
    path = tmp_path / "w.pt"
    path.write_bytes(content)
    message, found = refusal(path)
    assert fact in message
    assert found == hint.format(path=path)


@pytest.mark.parametrize(
    ("target", "hint"),
    [(".git/annex/objects/a/b/MD5E-s1--0.pt", "datalad get {path}"), ("../gone.pt", None), ("w.pt", None)],
)
def test_a_broken_link_is_named_with_its_target(tmp_path, target, hint):
    """A link to itself is broken too. Only git-annex has a command that fetches the target."""
    path = tmp_path / "w.pt"
    path.symlink_to(target)
    message, found = refusal(path)
    assert f"is a link whose target is missing ({target})" in message
    assert found == (hint and hint.format(path=path))


@pytest.mark.parametrize(
    ("missing", "there", "near"),
    [
        ("weights_challenge1.pt", "weights_challenge_1.pt", True),
        ("best.pth", "best.pt", True),
        ("Best.pt", "best.pt", True),
        ("weights_challenge1.pt", "weights_challenge_2.pt", False),
        ("fold1.pt", "fold2.pt", False),
        ("best.pt", "readme.md", False),
    ],
)
def test_a_similar_name_is_suggested_unless_its_numbers_differ(tmp_path, missing, there, near):
    (tmp_path / there).touch()
    message, hint = refusal(tmp_path / missing)
    assert "does not exist" in message
    assert hint == (f"did you mean {tmp_path / there}?" if near else None)


def test_a_missing_folder_is_named(tmp_path):
    message, hint = refusal(tmp_path / "runs" / "w.pt")
    assert f"nor does the folder {tmp_path / 'runs'}" in message
    assert hint is None


def test_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "is not a regular file" in refusal(tmp_path / "pipe")[0]


def test_a_folder_is_refused(tmp_path):
    assert "is a folder" in refusal(tmp_path)[0]


@pytest.mark.parametrize("content", [b"", b'w = "../.git/annex/objects/a"', b"version https://example.org"])
def test_other_content_passes(tmp_path, content):
    """Also through a link whose target exists."""
    (tmp_path / "w.pt").write_bytes(content)
    (tmp_path / "link.pt").symlink_to("w.pt")
    for name in ("w.pt", "link.pt"):
        require_file(Path(tmp_path / name), "a file of weights", RecipeError)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_text_in_utf_16_or_32_is_refused(encoding):
    """With a byte order mark (the names without an order) and without."""
    with pytest.raises(
        RecipeError, match=rf"a\.toml is encoded as {encoding[:6].upper()}; UTF-8 is expected"
    ) as caught:
        require_utf8('c1 = "ä"'.encode(encoding), Path("a.toml"), RecipeError)
    assert caught.value.hint == "save the file as UTF-8"


@pytest.mark.parametrize("content", [b"", b"x", "\ufeffä = 1".encode(), "ä".encode("latin-1"), b"\0\0\1\2"])
def test_other_encodings_and_binary_content_are_left_to_the_parser(content):
    require_utf8(content, Path("a.toml"), RecipeError)
