"""Every reader of files and replies of others ends with a value or with its own error, whatever the bytes are.

The default run makes some inputs of each reader. ``pytest -m exhaustive`` makes 20,000 in all.
"""

import contextlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from model_zoo.card import read_card
from submission_builder.base.errors import SubpackError
from submission_builder.base.json_text import UndecodableError, decode_json
from submission_builder.base.zip_file import ZipFault, open_zip, read_entry
from submission_builder.cli.project_settings import find_settings
from submission_builder.freeze.recipe_file import read_part, read_recipe
from submission_builder.harness import replies
from submission_builder.protocol.manifest import read_manifest, stateful_challenges
from submission_builder.releases.bdf import read_header
from submission_builder.releases.events import read_events

FEW, MANY = 25, 2300

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**90),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
DEEP = (b"[" * 50_000, b'{"a":' * 50_000, b"9" * 5000, b"a = " + b"[" * 5000, b"a." * 5000 + b"a = 1")
deep = st.integers(0, len(DEEP) - 1).map(DEEP.__getitem__)
json_bytes = values.map(lambda value: json.dumps(value).encode()) | deep | st.binary(max_size=80)
keys = st.sampled_from(["c1", "c2", "output", "half", "net", "weights", "challenge", "share", "tool", "select", "a b"])
literals = st.sampled_from(
    ["1", "-1", "1e400", '"cnn"', '["cnn", 1]', "{net = 1}", "[[1]]", "nan", "1979-05-27", '"\\u0000"', "'''"]
)
toml = st.lists(st.tuples(keys, literals), max_size=5).map(
    lambda rows: "\n".join(f"{k} = {v}" for k, v in rows).encode()
)
tables = st.lists(
    st.lists(st.sampled_from(["onset", "value", "n/a", "1", "nan", "inf", '"', "", "\x00", "é", "1e999"]), max_size=4),
    max_size=6,
).map(lambda rows: "\n".join("\t".join(row) for row in rows).encode())


@st.composite
def headers(draw):
    """A BDF header with wild numbers."""
    numbers = st.sampled_from(["1", "0", "-1", "2.5", "1e999", "nan", "inf", "", "x", "9" * 8, "1_0", "é"])
    field = lambda n: draw(numbers).ljust(n)[:n].encode("latin-1")  # noqa: E731
    fixed = b"\xffBIOSEMI" + b" " * 228 + field(8) + field(8) + field(4)
    return fixed + draw(st.sampled_from([b"", b" " * 100, b"1".ljust(8) * 32 * 3, b"1e999   " * 96]))


card = st.dictionaries(
    st.sampled_from(["architecture", "challenge", "tag", "config", "nrmse", "subjects", "n_times", "x"]), values
).map(lambda value: json.dumps(value).encode())


def packed(content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", content)
    return buffer.getvalue()


def of_zip(path):
    with open_zip(path) as archive:
        for entry in archive.infolist():
            read_entry(archive, entry, 1 << 20)


def of_manifest(path):
    path.write_bytes(packed(path.read_bytes()))
    with open_zip(path) as archive:
        assert stateful_challenges(read_manifest(archive)) <= {1, 2}


def of_reply(path):
    reply = decode_json(path.read_bytes())
    if not isinstance(reply, dict):
        return
    replies.failure_in(reply)
    for read in (
        lambda: replies.predictions_in(reply, 1, 2),
        lambda: replies.shapes_in(reply),
        lambda: replies.texts_in(reply, "network"),
        lambda: replies.names_in(reply, "opened"),
    ):
        with contextlib.suppress(SubpackError):
            read()


frames = st.dictionaries(
    st.sampled_from(["predictions", "shapes", "network", "opened", "outcome", "message", "hint", "missing_module"]),
    values,
).map(lambda value: json.dumps(value).encode())
zips = st.tuples(
    st.binary(max_size=60).map(packed), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=5)
)


def changed(made):
    content = bytearray(made[0])
    for place, value in made[1]:
        content[place % len(content)] = value
    return bytes(content)


READERS = {
    "zip": ("z.zip", of_zip, zips.map(changed) | st.binary(max_size=60)),
    "manifest": ("z.zip", of_manifest, json_bytes),
    "frame": ("reply", of_reply, frames | json_bytes),
    "BDF header": ("a.bdf", read_header, headers() | st.binary(max_size=300)),
    "TSV": ("a_events.tsv", read_events, tables | st.binary(max_size=80)),
    "JSON": ("a.json", lambda path: decode_json(path.read_bytes()), json_bytes),
    "recipe": ("a.toml", read_recipe, toml | deep | st.binary(max_size=60)),
    "part of a recipe": ("a.toml", read_part, toml | deep | st.binary(max_size=60)),
    "settings": ("pyproject.toml", lambda path: find_settings(path.parent), toml | deep | st.binary(max_size=60)),
    "card": ("a.json", read_card, card | json_bytes),
}
OWN = {"BDF header": ValueError}
"""Errors of readers whose callers turn them into one of ours; the others raise ours, or one of the two of the base."""


def read_some(reader, folder, n):
    name, read, contents = READERS[reader]
    allowed = (SubpackError, ZipFault, UndecodableError, OWN.get(reader, SubpackError))
    path = Path(folder) / name

    @settings(max_examples=n, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(contents)
    @example(b"")
    def read_one(content):
        path.write_bytes(content)
        with contextlib.suppress(*allowed):
            read(path)

    read_one()


@pytest.mark.parametrize("reader", READERS)
def test_a_reader_ends_with_a_value_or_its_own_error(tmp_path, reader):
    read_some(reader, tmp_path, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_hundreds_of_inputs_end_with_a_value_or_an_error_of_ours(tmp_path, reader):
    read_some(reader, tmp_path, 10 * FEW)


@pytest.mark.exhaustive
@pytest.mark.parametrize("reader", READERS)
def test_thousands_of_inputs_end_with_a_value_or_an_error_of_ours(tmp_path, reader):
    read_some(reader, tmp_path, MANY)
