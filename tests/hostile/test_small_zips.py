"""A hostile zip of at most 2 MB never needs more than 300 MB and 10 s of the processor in ``check --static``."""

import io
import json
import os
import random
import subprocess
import sys
import zipfile

import pytest

pytestmark = pytest.mark.hostile

MOST_MB, MOST_S, MOST_BYTES = 300, 10, 2_000_000
MEASURE = """
import json, resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "submission_builder", *sys.argv[1:]], capture_output=True, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
seconds = used.ru_utime + used.ru_stime
print(json.dumps([done.returncode, used.ru_maxrss * 1024 / 1e6, seconds, done.stdout, done.stderr]))
"""
ENTRY = "class Submission:\n    def __init__(self, SFREQ, DEVICE): pass\n"


def noise(n):
    return random.Random(n).randbytes(n)


def inner(*entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


def padded(content, ratio=900):
    """Contents whose ratio of compression is not conspicuous."""
    return content + b"#" + noise(len(content) // ratio + 100).replace(b"\n", b"").replace(b"\0", b"")


CLASSES = "".join(f"class A{i}:\n  def f(self): return self\n" for i in range(100_000))
TEXT = b"\x80\x04\x8d" + (150 << 20).to_bytes(8, "little") + bytes(150 << 20)
SCRIPTS = [(f"c/code/{i}.py", "f(1)\n" * 200_000) for i in range(20)]
CASES = {
    "14 sources of 5 MB, 70 kB packed": [(f"m{i}.py", "x=[1,2,3]\n" * 499_000) for i in range(14)],
    "a source of names": [("m0.py", "a\n" * 2_000_000)],
    "a source that is one expression": [("m0.py", "x = (" + "1 +" * 1_500_000 + "1)")],
    "a source of many classes": [("m0.py", CLASSES)],
    "a manifest of 60 MB": [("manifest.json", padded(b"[" + b"[]," * 20_000_000 + b"1]"))],
    "a manifest of empty lists": [("manifest.json", padded(b"[" + b"[]," * 5_000_000 + b"1]"))],
    "a pickle of one long text": [("w.pkl", padded(TEXT))],
    "a pickle of many opcodes": [("w.pkl", padded(b"\x80\x04" + b"]" * (20 << 20) + b"."))],
    "a torch file that unpacks further": [("w.pt", inner(("w/data.pkl", bytes(200 << 20))))],
    "scripts in a torch file": [("w.pt", inner(("c/data.pkl", "."), ("c/constants.pkl", "."), *SCRIPTS))],
    "20,000 names": [(f"__pycache__/{i}.pyc", "") for i in range(16_000)],
    "long names": [("a/" * 40 + "n" * 200 + f"{i}.py", "") for i in range(2000)],
}


@pytest.mark.parametrize("entries", CASES.values(), ids=CASES)
def test_a_small_zip_needs_little_memory_and_time(tmp_path, entries):
    path = tmp_path / "z.zip"
    code = ENTRY + "".join(f"import {name[:-3]}\n" for name, _ in entries if name[0] == "m" and name.endswith(".py"))
    path.write_bytes(inner(("submission.py", code), *entries))
    assert path.stat().st_size < 1.5 * MOST_BYTES
    command = [sys.executable, "-c", MEASURE, "check", "--static", "--format", "json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    status, peak_mb, seconds, out, error = json.loads(done.stdout)
    assert status in (0, 1), error
    report = json.loads(out)
    assert report["findings"] or report["passed"]
    assert peak_mb < MOST_MB
    assert seconds < MOST_S
