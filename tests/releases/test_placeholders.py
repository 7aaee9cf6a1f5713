"""Links and pointer files in place of files that were not downloaded."""

import pytest

from submission_builder.base.errors import ReleaseError
from submission_builder.base.placeholder import find_placeholder
from submission_builder.releases.folder import open_release
from submission_builder.releases.survey import raise_if_left_out

KEY = "MD5E-s6123456--0123456789abcdef0123456789abcdef.bdf"
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n".format("0" * 64, 6123456)
ANNEX = f"/annex/objects/{KEY}\n"


def replaced(path, content):
    path.unlink()
    path.write_text(content)


def linked(path, target):
    path.unlink()
    path.symlink_to(target)


@pytest.mark.parametrize(
    ("damage", "fact", "command"),
    [
        (
            lambda path: linked(path, f"../../.git/annex/objects/xx/yy/{KEY}/{KEY}"),
            "a link whose target is missing",
            "datalad get",
        ),
        (
            lambda path: linked(path, "../../elsewhere.bdf"),
            "a link whose target is missing (../../elsewhere.bdf)",
            None,
        ),
        (lambda path: linked(path, path.name), "a link whose target is missing", None),
        (lambda path: replaced(path, LFS), "a Git LFS pointer to a file of 6,123,456 bytes", "git lfs pull"),
        (lambda path: replaced(path, LFS.partition("\nsize")[0]), "a Git LFS pointer, whose", "git lfs pull"),
        (lambda path: replaced(path, ANNEX), "a git-annex pointer", "datalad get"),
        (
            lambda path: replaced(path, f"../../.git/annex/objects/xx/yy/{KEY}/{KEY}"),
            "a git-annex pointer",
            "datalad get",
        ),
    ],
)
def test_a_bdf_that_was_not_downloaded_is_named_as_what_it_is(bdf_of, surveyed, damage, fact, command):
    """The recording is left out; the hint gives the command that downloads it, if that is certain."""
    damaged = bdf_of(1)
    damage(damaged)
    found = surveyed()
    assert [item.recording for item in found.left_out] == [damaged.name.removesuffix("_eeg.bdf")]
    with pytest.raises(ReleaseError) as caught:
        raise_if_left_out(found.left_out)
    assert f"the BDF is {fact}" in str(caught.value)
    assert (caught.value.hint or "") == "" if command is None else command in caught.value.hint


def test_a_link_to_a_file_that_is_there_is_a_recording(bdf_of, surveyed, tmp_path):
    """As git-annex has it after `datalad get`."""
    path, annex = bdf_of(1), tmp_path / ".git" / "annex" / "objects"
    annex.mkdir(parents=True)
    linked_to = path.rename(annex / KEY)
    path.symlink_to(linked_to)
    assert len(surveyed().recordings) == 4


def test_a_file_with_content_of_its_own_is_no_placeholder(bdf_of, tmp_path):
    for content in ("", "onset\tvalue\n", "see version https://git-lfs.github.com/spec/v1\n", "annex/objects/x\n"):
        (tmp_path / "file").write_text(content)
        assert find_placeholder(tmp_path / "file") is None
    assert find_placeholder(bdf_of()) is None
    assert find_placeholder(tmp_path / "nothing") is None
    assert find_placeholder(tmp_path) is None


@pytest.mark.parametrize("content", [LFS, ANNEX])
def test_events_that_were_not_downloaded_leave_the_recording_out(bdf_of, cut, content):
    path = bdf_of(2).with_name(bdf_of(2).name.replace("_eeg.bdf", "_events.tsv"))
    replaced(path, content)
    (left_out,) = cut(1).left_out
    assert left_out.reason.startswith(f"{path.name} is a ")
    assert (
        left_out.reason.endswith("pointer, whose content is not downloaded") or "of 6,123,456 bytes" in left_out.reason
    )
    assert left_out.hint
    assert cut(2).left_out == ()


@pytest.mark.parametrize(("content", "command"), [(LFS, "git lfs pull"), (ANNEX, "datalad get")])
def test_participants_that_were_not_downloaded_are_an_error(release, content, command):
    replaced(release / "participants.tsv", content)
    with pytest.raises(ReleaseError, match=r"participants.tsv is a (Git LFS|git-annex) pointer") as caught:
        open_release(release)
    assert command in caught.value.hint


def test_a_dangling_participants_table_is_an_error(release):
    linked(release / "participants.tsv", ".git/annex/objects/xx/yy/key")
    with pytest.raises(ReleaseError, match=r"participants.tsv is a link whose target is missing"):
        open_release(release)


def test_several_kinds_are_named_at_once(bdf_of, surveyed):
    """One error names every recording, and one hint every command, once."""
    replaced(bdf_of(0), LFS)
    replaced(bdf_of(1), ANNEX)
    replaced(bdf_of(2), ANNEX)
    bdf_of(3).rename(bdf_of(3).with_suffix(".BDF"))
    with pytest.raises(ReleaseError, match=r"(?s)^4 recording.*LFS.*annex.*annex.*_eeg.BDF") as caught:
        raise_if_left_out(surveyed().left_out)
    assert [caught.value.hint.count(command) for command in ("git lfs pull", "datalad get", "rename")] == [1, 1, 1]
