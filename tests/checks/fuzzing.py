"""Random archives and the checks on each: ``python fuzzing.py N`` makes N of them.

As a program it checks them in another process, which has 512 MiB of memory, does not load torch, and may write only in
one temporary folder. It prints the largest resident memory of that process in MiB and the seconds of the slowest
archive.
"""

import gzip
import io
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
import zlib
from functools import partial
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from submission_builder.checks.runner import check_zip

MEMORY_MIB = 512
LONGEST_S = 10
SOURCE = "class Submission:\n    def __init__(self, SFREQ, DEVICE): pass\n"
LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
REFERENCES = pickle.dumps([["a"] * 2, {"a": 1.5}] * 2, protocol=4)
TENSOR = (
    b"\x80\x02}q\x00X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n"
    b"X\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x02tQK\x00K\x02\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtRs."
)


def packed(entries, method=zipfile.ZIP_DEFLATED):
    """A zip of names and contents, in order."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as archive:
        warnings.simplefilter("ignore")  # on duplicate names
        for name, content in entries:
            info = zipfile.ZipInfo(name)  # with a fixed time, so that the same example has the same bytes
            info.compress_type = method
            archive.writestr(info, content)
    return buffer.getvalue()


def pickled_plainly(value):
    """A pickle of a value, the same for equal values: pickle writes an object that it has met as a reference to it."""
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer)
    pickler.fast = True
    pickler.dump(value)
    return buffer.getvalue()


def torch_file(pickled, numbers):
    return packed([("w/data.pkl", pickled), ("w/byteorder", "little"), ("w/data/0", numbers)], zipfile.ZIP_STORED)


names = st.one_of(
    st.sampled_from(
        [
            *("submission.py", "net.py", "w.pt", "w.pkl", "w.joblib", "w.pt2", "w.z", "manifest.json"),
            *("../up.py", "/abs.pt", "a\\b", "w.npz"),
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
)
python = st.one_of(
    st.just(SOURCE),
    st.text(max_size=200),
    st.lists(st.sampled_from(["import torch", "torch.nn.X", "(", "[" * 300, "x = 1\0", "try:\n", "'\\d'"])).map(
        "\n".join
    ),
)
plain = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4) | st.tuples(inner)
    ),
    max_leaves=12,
)
pickles = st.one_of(
    plain.map(pickled_plainly),
    st.just(REFERENCES),
    st.just(TENSOR),
    st.just(LEGACY),
    st.binary(max_size=60).map(b"\x80\x02".__add__),
)
numbers = st.one_of(st.just(bytes(8)), st.just(b"\x00\x00\xc0\x7f" * 2), st.binary(max_size=16))
compressed = st.one_of(
    st.builds(
        lambda compress, content: compress(content),
        st.sampled_from([zlib.compress, partial(gzip.compress, mtime=0)]),
        pickles,
    ),
    st.just(zlib.compress(b"\x80\x04\x8e" + (1 << 40).to_bytes(8, "little") + bytes(100 << 20))),
)
scripts = python.map(
    lambda text: packed([("c/data.pkl", "."), ("c/constants.pkl", "."), ("c/code/c.py", text.encode())])
)
weights = st.one_of(
    pickles,
    compressed,
    scripts,
    st.builds(torch_file, pickles, numbers),
    st.just(packed([("w/data.pkl", bytes(5 << 20))])),
)
bombs = st.integers(0, 30).map(lambda mib: bytes(mib << 20))
contents = st.one_of(
    python.map(lambda text: text.encode("utf-8", "surrogatepass")), weights, weights, st.binary(max_size=200), bombs
)


@st.composite
def archives(draw):
    """A zip, which may be nested, truncated or have changed bytes."""
    entries = draw(st.lists(st.tuples(names, contents), max_size=5))
    method = draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]))
    content = packed([("submission.py", SOURCE), *entries], method)
    for _ in range(draw(st.integers(0, 2))):
        content = packed([("w.pt", content), ("submission.py", SOURCE)])
    flipped = bytearray(content)
    for place in draw(st.lists(st.integers(0, len(flipped) - 1), max_size=6)):
        flipped[place] ^= draw(st.integers(1, 255))
    return bytes(flipped[: draw(st.integers(0, len(flipped)))] if draw(st.integers(0, 4)) == 4 else flipped)


def check_here(path):
    """Check an archive and return the seconds that it took."""
    began = time.perf_counter()
    checked = check_zip(path)
    assert checked.findings or checked.passed
    assert set(checked.passed).isdisjoint(checked.skipped)
    return time.perf_counter() - began


def check_some(folder, n, check=check_here):
    """Check n archives and return the seconds of the slowest."""
    slowest = 0.0
    path = Path(folder) / "z.zip"

    @settings(max_examples=n, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(archives())
    def check_one(content):
        nonlocal slowest
        path.write_bytes(content)
        slowest = max(slowest, check(path))

    check_one()
    return slowest


def watch_writes(folder):
    """Raise if a file outside of the folder is opened for writing."""

    def hear(event, arguments):
        if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
            where = arguments[0]
            assert isinstance(where, int) or Path(where).is_relative_to(folder), where

    sys.addaudithook(hear)


def serve(folder):
    """Check the archives whose paths come from standard input, within limits; print the memory at the end."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_MIB << 20, MEMORY_MIB << 20))
    watch_writes(folder)
    for line in sys.stdin:
        sys.stdout.write(f"{check_here(Path(line.strip()))}\n")
        sys.stdout.flush()
    assert "torch" not in sys.modules
    sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10}\n")


def main(n):
    """Make n archives, and check them in another process."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-B", __file__, "serve", folder]
        mine = os.environ | {"TMPDIR": folder}
        with subprocess.Popen(command, env=mine, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as checker:

            def check(path):
                checker.stdin.write(f"{path}\n")
                checker.stdin.flush()
                line = checker.stdout.readline()
                assert line, "the process that checks the archives ended; its error is above"
                return float(line)

            seconds = check_some(folder, n, check)
            resident_mib, _ = checker.communicate()
    sys.stdout.write(f"{resident_mib.strip()} {seconds:.3f}\n")


if __name__ == "__main__":
    serve(sys.argv[2]) if sys.argv[1] == "serve" else main(int(sys.argv[1]))
