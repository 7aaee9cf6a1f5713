"""Text from outside neither steers a terminal nor the runner of a CI job."""

import sys
import unicodedata

import pytest

from submission_builder.base.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ümläut, 日本, 😀, a:b::c", None),
        ("two\nlines\tand a tab", None),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x07", r"\x1b]8;;http://x\x07link\x1b]8;;\x07"),
        ("over\rwritten\x08\x7f", r"over\rwritten\x08\x7f"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u202eb\u2066c\u200bd", r"a\u202eb\u2066c\u200bd"),
        ("\ud800", r"\ud800"),
        ("\U000e0001", r"\U000e0001"),
        ("::error::x", r"\x3a:error::x"),
        ("a\n  ::stop-commands::x\n\t::debug::b", "a\n  \\x3a:stop-commands::x\n\t\\x3a:debug::b"),
        ("a ##[error]b", r"a #\x23[error]b"),
    ],
)  # fmt: skip
def test_unseen_characters_and_commands_are_shown_as_escapes(text, shown):
    assert printable(text) == (text if shown is None else shown)
    assert printable(printable(text)) == printable(text)


def test_every_control_and_format_character_is_escaped():
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in "\n\t":
            assert printable(character).isascii()
            assert printable(character).isprintable()
