"""Progress bars: visible while work is unfinished, and gone before other output."""

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
