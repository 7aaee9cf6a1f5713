"""The table of several evaluations."""

from pathlib import Path

import pytest

from submission_builder.report.evaluations_table import short_names

LONG = "a-very-long-name-of-a-submission-that-nobody-can-read"


@pytest.mark.parametrize(
    ("paths", "folder", "names"),
    [
        (["a.zip", "b.zip"], "", ["a.zip", "b.zip"]),
        (["runs/a.zip", "runs/b.zip"], "runs", ["a.zip", "b.zip"]),
        (["runs/a/s.zip", "runs/b/s.zip"], "runs", ["a", "b"]),
        (["runs/a/s.zip", "runs/b/t.zip"], "runs", ["a/s.zip", "b/t.zip"]),
        (["/x/a.zip", "b.zip"], "", ["/x/a.zip", "b.zip"]),
        (["runs/a.zip"], "runs", ["a.zip"]),
        ([f"{LONG}-1.zip", "b.zip"], "", ["a-very-long-n…an-read-1.zip", "b.zip"]),
        ([f"{LONG}-1-{LONG}", f"{LONG}-2-{LONG}"], "", [f"{LONG}-1-{LONG}", f"{LONG}-2-{LONG}"]),
    ],
)
def test_names_show_what_differs(paths, folder, names):
    """A long name is folded in the middle, unless two names would look the same."""
    assert short_names([Path(path) for path in paths]) == (folder, names)
