"""JSON of others is decoded within bounds, with one exception."""

import json

import pytest

from submission_builder.base.json_text import MOST_VALUES, UndecodableError, decode_json


@pytest.mark.parametrize("text", ['{"a": [1, 2.5, null, true, "ü"]}', "[]", "1e308", '"\\ud800"', "NaN"])
def test_json_is_decoded_as_by_the_standard_library(text):
    assert repr(decode_json(text.encode())) == repr(json.loads(text))


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"[", b"\xff\xfe", b"{'a': 1}", b"[1,]", b"\x00", "[1]".encode("utf-16")),
        *(b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b"-" + b"9" * 101),
        b"[" + b"[]," * MOST_VALUES + b"1]",
    ],
    ids=range(12),
)
def test_anything_else_is_one_exception(content):
    with pytest.raises(UndecodableError):
        decode_json(content)


def test_every_integer_can_become_a_float():
    assert float(decode_json(b"9" * 100)) == 1e100
