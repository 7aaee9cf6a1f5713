"""Sources are read as Python 3.10 reads them, whichever Python runs subpack."""

import ast
import json
import random
import shutil
import subprocess
import warnings
import zipfile
from pathlib import Path

import pytest

from submission_builder.checks.fstrings import newer_fstring
from submission_builder.checks.runner import check_zip
from submission_builder.checks.source import parsed

ROOT = Path(__file__).parents[2]

VALID = [
    "x[(*i, 1)] = y[(*i,)]",
    "x[(a), (b)]",
    "x[a:b, (*c, d)]",
    "def f(*args: tuple[int, ...], **more: int) -> tuple[int, ...]: pass",
    "with (open(a) as b, open(c) as d): pass",
    "match x:\n    case [1, *rest] if rest: pass",
    "type = type(1)\ntype(x)",
    "async def f():\n    return [x async for x in y] + [[z for z in x] async for x in y]",
    "async def f():\n    return [(x async for x in y) for _ in z]",
    "try: pass\nexcept (A, B): pass",
    "f'{a[\"b\"]}' f\"{a['b']!r:>{w}}\"",
    "f'{x:\\n}\\t{{}}' rf'\\d{x}\\N' f'\\N{BULLET}'",
    "f'''{\nx\n:{'a'}}'''",
    "f'{f\"{1}\"}' '{f\"{'",
    "f'{x != y} {x:=5} {(y := 2)} {x = !r}' # f'{a['b']}'",
    "return_ = x if x else'a'",
]
NEWER = {
    "y\nx[*i]": 2,
    "x[0, *i]": 1,
    "x[(a), *(b)]": 1,
    "x[*i, 1:2]": 1,
    "del x[*i]": 1,
    "y\ndef f(*args: *tuple[int, ...]): pass": 2,
    "try:\n    pass\nexcept* ValueError:\n    pass": 3,
    "y\ntype X = int": 2,
    "def f[T](x: T): pass": 1,
    "class A[T]: pass": 1,
    "async def f():\n    return [[x async for x in y] for _ in z]": 2,
    "y\nf'{a['b']}'": 2,
    'f"{f"{1}"}"': 1,
    "f'''{x['''a''']}'''": 1,
    "f'{\nx}'": 1,
    "f'{\"\\n\".join(x)}'": 1,
    "f'{x:{\"\\n\"}}'": 1,
    "f'{f\"\\n\"}'": 1,
    "f'{x:{y:{z}}}'": 1,
}
"""Line of the fault by source."""


@pytest.mark.parametrize("source", VALID)
def test_syntax_of_python_3_10_parses(source):
    assert isinstance(parsed(source.encode()), ast.Module)


@pytest.mark.parametrize(("source", "line"), NEWER.items())
def test_newer_syntax_is_an_error_in_its_line(source, line):
    error = parsed(source.encode())
    assert isinstance(error, SyntaxError)
    assert error.lineno == line


@pytest.mark.parametrize("source", [source for source in NEWER if "f'" in source or 'f"' in source])
def test_the_scan_finds_the_f_strings_of_pep_701(source):
    """The scan needs no Python that accepts them."""
    assert newer_fstring(source)[0] == NEWER[source]


@pytest.mark.parametrize("source", VALID)
def test_the_scan_accepts_the_f_strings_of_python_3_10(source):
    assert newer_fstring(source) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x = 1".encode("utf-16"), "encoded in UTF-16"),
        ("x = 1".encode("utf-16-le"), "encoded in UTF-16"),
        ("x = 'é'".encode("utf-16-be"), "encoded in UTF-16"),
        ("x = 1".encode("utf-32"), "encoded in UTF-32"),
        (b"x = 1\n\0\n", "null byte"),
        (b"x = '\xe9'", "the byte 0xe9 is not utf-8"),
        (b"# coding: nothing\nx = 1", "unknown encoding: nothing"),
        (b"\xef\xbb\xbf# coding: latin-1\nx = 1", "encoding problem"),
    ],
)
def test_the_fault_of_the_encoding_is_named(content, message):
    assert message in parsed(content).msg


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffx = 'é'".encode(),
        b"# -*- coding: latin-1 -*-\nx = '\xe9'",
        b"if True:\r\n\tx = 1\r\n",
        b"\x0cx = 1\r",
        b"",
    ],
)
def test_other_encodings_and_line_ends_parse(content):
    assert isinstance(parsed(content), ast.Module)


PROGRAM = """
import ast, json, sys, warnings
warnings.simplefilter("ignore")
def line(source):
    try:
        if sys.version_info < (3, 11):
            compile(source, "", "exec")
            return None
        from submission_builder.checks.source import parsed
        return getattr(parsed(source.encode()), "lineno", None)
    except SyntaxError:
        return 0
print(json.dumps([line(source) for source in json.load(sys.stdin)]))
"""


def python_of(version):
    """The path of a Python of this version; pyenv's own programs need a setting to find one."""
    installed = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    python = installed[-1] if installed else shutil.which(f"python{version}")
    return python or pytest.skip(f"this machine has no Python {version}")


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13"])
def test_every_python_finds_the_same(version):
    """Python 3.10 itself refuses what the others find."""
    sources = [*VALID, *NEWER]
    command = [python_of(version), "-c", PROGRAM]
    ended = subprocess.run(command, input=json.dumps(sources), capture_output=True, text=True, cwd=ROOT, check=True)
    expected = [None] * len(VALID) + [0 if version == "3.10" else line for line in NEWER.values()]
    assert dict(zip(sources, json.loads(ended.stdout), strict=True)) == dict(zip(sources, expected, strict=True))


@pytest.mark.parametrize("first", [True, False])
def test_a_submission_that_is_too_long_to_be_read_is_not_called_missing(tmp_path, first):
    """Of two entries with the same name, the last is unpacked."""
    generator = random.Random(7)
    long = "\n".join(f"# {generator.randbytes(40).hex()}" for _ in range(65_000))
    path = tmp_path / "z.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # on duplicate names
        for content in ["class Submission: pass", long][first:]:
            archive.writestr("submission.py", content)
    assert "5,000,000 bytes" in check_zip(path).skipped["S102"]
