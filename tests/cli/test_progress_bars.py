"""Progress bars: visible while work is unfinished, and gone before other output."""

import re
import sys

from submission_builder.cli.progress_bars import progress_bars


def test_bars_take_over_the_terminal_only_while_work_is_unfinished(monkeypatch, capsys):
    """Rich redirects standard output as long as bars are visible."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    stdout = sys.stdout
    with progress_bars() as progress:
        assert sys.stdout is stdout
        for total in (2, 3):
            progress("read recordings", 0, total)
            assert sys.stdout is not stdout
            progress("read recordings", total, total)
            assert sys.stdout is stdout
        progress("read recordings", 0, 2)
    assert sys.stdout is stdout, "also after work that did not finish"
    assert "read recordings" in capsys.readouterr().err


def test_two_kinds_of_work_overlap(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    stdout = sys.stdout
    with progress_bars() as progress:
        progress("a", 0, 1)
        progress("b", 0, 1)
        progress("a", 1, 1)
        assert sys.stdout is not stdout
        progress("b", 1, 1)
        assert sys.stdout is stdout


def test_a_download_is_counted_in_bytes_with_its_rate_and_other_work_in_items(monkeypatch, capsys):
    """What was on disk before counts as done, and not for the rate."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress_bars(in_bytes=("download",)) as progress:
        progress("download", 3_000_000, 6_000_000)
        progress("read", 1, 2)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", capsys.readouterr().err)
    assert "3.0/6.0 MB ?" in plain
    assert "1/2" in plain
