"""A submission cannot see the labels: it searches every byte that it can read for them."""

import numpy as np
import pandas as pd
import pytest
from archives import make_zip

from submission_builder.harness.runtime import Runtime
from submission_builder.protocol.challenges import PROFILES
from submission_builder.sandbox.proof import why_unavailable
from submission_builder.workflows.evaluate.evaluate import evaluate
from submission_builder.workflows.evaluate.evaluation_set import EvaluationSet

pytestmark = pytest.mark.hostile

SEARCH = """
import mmap, os, stat

SOUGHT = [bytes.fromhex(line) for line in {sought!r}]  # reversed, so that this file does not contain it

def holds(content):
    return any(content.find(part[::-1]) >= 0 for part in SOUGHT)

def file_holds(path):
    try:
        if not stat.S_ISREG(os.stat(path).st_mode) or os.path.getsize(path) == 0:
            return False
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
            return holds(content)
    except (OSError, ValueError):
        return False

def files(root):
    for where, folders, names in os.walk(root):
        if where == "/":
            folders.remove("proc")
        yield from (os.path.join(where, name) for name in names)

def others_hold():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        for name in ("environ", "cmdline", "maps"):
            try:
                with open(f"/proc/{{pid}}/{{name}}", "rb") as file:
                    if holds(file.read()):
                        yield f"/proc/{{pid}}/{{name}}"
            except OSError:
                pass
        if int(pid) != os.getpid():
            yield from memory_holds(pid)

def memory_holds(pid):
    try:
        maps = open(f"/proc/{{pid}}/maps").read().splitlines()
        memory = open(f"/proc/{{pid}}/mem", "rb", buffering=0)
    except OSError:
        return
    for line in maps:
        low, high = (int(part, 16) for part in line.split()[0].split("-"))
        try:
            memory.seek(low)
            if holds(memory.read(high - low)):
                yield f"/proc/{{pid}}/mem"
        except (OSError, ValueError, OverflowError):
            pass

found = [path for path in files({root!r}) if file_holds(path)]
found += [path for path in (f"/proc/self/fd/{{fd}}" for fd in os.listdir("/proc/self/fd")) if file_holds(path)]
if {root!r} == "/":
    found += others_hold()
n_seen = sum(1 for _ in files({root!r}))
assert not found, f"labels found in {{found}}"
assert n_seen > 10, n_seen
"""


def sought(release):
    """Return rows of participants.tsv and of an events file, and scores as float32: the bytes to search for."""
    lines = (release / "participants.tsv").read_text().splitlines()[1:]
    scores = pd.read_csv(release / "participants.tsv", sep="\t")["externalizing"].dropna().to_numpy(np.float32)
    events = next(release.glob("sub-*/eeg/*_task-contrastChangeDetection*_events.tsv")).read_text().splitlines()
    return [lines[0].encode(), "\n".join(events[5:9]).encode(), np.repeat(scores[:1], 8).tobytes()]


def outcome(tmp_path, release, root, level):
    parts = [part[::-1].hex() for part in sought(release)]
    path = make_zip(tmp_path / "z.zip", top=SEARCH.format(sought=parts, root=str(root)))
    return evaluate(
        path, EvaluationSet(release, PROFILES["final"], tmp_path / "cache"), runtime=Runtime(isolation=level)
    )


@pytest.mark.skipif(why_unavailable() is not None, reason=f"needs isolation namespace: {why_unavailable()}")
def test_in_a_namespace_no_byte_of_the_labels_is_visible(tmp_path, small_release):
    """Not in any file, any open descriptor, or anything readable of other processes."""
    evaluation = outcome(tmp_path, small_release, "/", "namespace")
    assert evaluation.outcome == "scored", evaluation.error


def test_the_search_finds_labels_that_are_visible(tmp_path, small_release):
    evaluation = outcome(tmp_path, small_release, small_release, "process")
    assert "labels found in" in str(evaluation.error)
    assert "participants.tsv" in str(evaluation.error)
    assert "events.tsv" in str(evaluation.error)
