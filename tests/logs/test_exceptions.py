"""Exceptions are read from logs as they are copied from Codabench, a terminal or a forum."""

import traceback

import pytest

from submission_builder.logs.exceptions import MOST_CHARS, clean, read_exceptions

LOG = """\
Downloading
Traceback (most recent call last):
  File "/app/ingestion_program/ingestion.py", line 39, in main
    from submission import Submission
  File "/app/input/res/submission.py", line 5, in <module>
    from parts.net import Net
  File "/app/input/res/parts/net.py", line 2, in <module>
    import timm
ModuleNotFoundError: No module named 'timm'
"""


def one(log):
    (raised,) = read_exceptions(clean(log))
    return raised


def test_type_text_line_and_frames():
    raised = one(LOG)
    assert (raised.type, raised.text, raised.at) == ("ModuleNotFoundError", "No module named 'timm'", 9)
    assert [frame.line for frame in raised.frames] == [39, 5, 2]
    assert raised.frames[-1].code == "import timm"
    assert raised.own_frames == (("submission.py", 5), ("parts/net.py", 2))
    assert not raised.raised_by_program


@pytest.mark.parametrize(
    "changed",
    [
        LOG.replace("\n", "\r\n"),
        "".join(f"2025-10-11T12:00:00.000Z {line}\n" for line in LOG.splitlines()),
        "".join(f"stderr | {line}\n" for line in LOG.splitlines()),
        LOG.replace("Traceback", "\x1b[31mTraceback").replace("timm'\n", "timm'\x1b[0m\n"),
        LOG.replace("'", "&#x27;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;"),
        LOG.replace("/app/input/res", "/app/ingested_program"),
        LOG.replace("/app/input/res", "/somewhere/else"),
        "x" * MOST_CHARS + "\n" + LOG,
        LOG.rstrip("\n"),
        LOG.replace("    import timm\n", "    import timm\n    ^^^^^^^^^^^\n"),
    ],
    ids=["CRLF", "times", "prefixes", "colours", "HTML", "2025-09", "another folder", "long", "no newline", "carets"],
)
def test_the_same_exception_is_read_however_it_was_copied(changed):
    raised = one(changed)
    assert (raised.type, raised.text) == ("ModuleNotFoundError", "No module named 'timm'")
    assert raised.own_frames == (("submission.py", 5), ("parts/net.py", 2))


def test_exceptions_that_led_to_another_are_read_in_order():
    try:
        try:
            {}["state_dict"]
        except KeyError as error:
            raise RuntimeError("no weights\nin the file") from error
    except RuntimeError:
        first, second = read_exceptions(traceback.format_exc())
    assert (first.summary, second.summary) == ("KeyError: 'state_dict'", "RuntimeError: no weights\nin the file")
    assert not second.own_frames


def test_a_syntax_error_names_its_own_file():
    log = LOG.replace(
        "    import timm\n", '    import later\n  File "/app/input/res/later.py", line 7\n    x[*i]\n      ^\n'
    )
    raised = one(log.replace("ModuleNotFoundError: No module named 'timm'", "SyntaxError: invalid syntax"))
    assert raised.own_frames[-1] == ("later.py", 7)


def test_the_last_line_alone_is_an_exception_without_frames():
    raised = one("some output\ntorch.cuda.OutOfMemoryError: CUDA out of memory.\n")
    assert (raised.type, raised.text, raised.frames, raised.at) == ("OutOfMemoryError", "CUDA out of memory.", (), 2)


@pytest.mark.parametrize(
    "log", ["", "\n\n", "epoch 1: loss 0.3\ndone", "Traceback (most recent call last):\n", 'File "x"']
)
def test_a_log_without_an_exception_has_none(log):
    assert read_exceptions(clean(log)) == ()


class CountingLines(list):
    """Lines that count how often one is read."""

    n_read = 0

    def __getitem__(self, key):
        found = super().__getitem__(key)
        self.n_read += len(found) if isinstance(key, slice) else 1
        return found

    def __iter__(self):
        self.n_read += len(self)
        return super().__iter__()


def test_the_lines_that_are_read_grow_with_the_log_and_not_with_its_square():
    lines = CountingLines()

    class Log(str):
        __slots__ = ()

        def split(self, sep):
            lines.extend(super().split(sep))
            return lines

    assert len(read_exceptions(Log((LOG + "\n") * 1000))) == 1000
    assert lines.n_read < 10 * len(lines)
