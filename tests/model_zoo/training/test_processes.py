"""Training with several processes, on large releases and on CUDA."""

import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch

from submission_builder.releases.store import Store

PARITY = """
import json, sys
import numpy as np, torch
from torch import nn
from model_zoo.nets.standardise import Standardise
from model_zoo.training.config import TrainConfig
from model_zoo.training.fit import fit, is_rank_zero
from model_zoo.training.splits import split_subjects
from submission_builder.protocol.windows import WindowTable

class Reader:
    def n_samples(self, recording):
        return 1000

    def window(self, recording, start):
        signal = np.random.default_rng(start).normal(size=(129, 200)) + np.repeat([start % 7 / 3, 0], 100)
        return (1e-5 * signal).astype(np.float32)

if __name__ == "__main__":
    n = 160
    target = (np.arange(n) % 7 / 7 + 1).astype(np.float32)
    subject = np.array([f"s{i // 16}" for i in range(n)])
    splits = split_subjects(WindowTable(1, np.arange(n) // 16, np.arange(n), target, subject), 0.4, 0)
    config = TrainConfig(epochs=3, batch_size=16, device="cpu", devices=int(sys.argv[1]))
    build = lambda: nn.Sequential(
        Standardise(), nn.Conv1d(129, 16, 7, 2), nn.GELU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(16, 1)
    )
    fitted = fit(build, *splits, Reader(), config, report=lambda _: None)
    if is_rank_zero():
        print(json.dumps([record.val.nrmse for record in fitted.records]))
"""


def run_command(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@pytest.mark.slow
def test_two_processes_with_the_same_global_batch_give_the_scores_of_one(tmp_path):
    """DDP with gloo on the CPU. The net has no batch statistics or dropout, which depend on the division of a batch."""
    script = tmp_path / "parity.py"
    script.write_text(PARITY)
    one, two = (json.loads(run_command(sys.executable, script, n)[0]) for n in ("1", "2"))
    assert len(one) == 3
    assert one == pytest.approx(two, abs=1e-6)
    assert one[-1] < one[0]


@pytest.mark.slow
def test_two_processes_write_one_checkpoint_and_print_once(small_release, tmp_path):
    script = tmp_path / "subpack.py"
    script.write_text("from submission_builder.cli import main\n\nmain()\n")
    args = ("train", "cnn", "--challenge", "1", "--train", small_release, "--epochs", "2", "--batch-size", "8")
    stdout, stderr = run_command(
        sys.executable, script, *args, "--device", "cpu", "--devices", "2", "-o", tmp_path / "runs"
    )
    assert re.findall(r"^ +(\d+)  \S+e-", stdout, re.MULTILINE) == ["1", "2"]
    assert stdout.count("next: ") == 1
    assert stderr == ""
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["cnn.c1-seed0.json", "cnn.c1-seed0.pt"]


MEMORY = """
import re, sys
from pathlib import Path
import numpy as np
import torch
from model_zoo.registry import find_architecture
from model_zoo.training.config import TrainConfig
from model_zoo.training.fit import fit
from model_zoo.training.splits import split_subjects
from submission_builder.protocol.windows import WindowTable
from submission_builder.releases.store import Store

torch.set_num_threads(1)  # threads have memory of their own, which varies

def anonymous_mib(_):
    status = Path("/proc/self/status").read_text()
    print(int(re.search(r"RssAnon:\\s+(\\d+)", status)[1]) // 1024, flush=True)

n, n_recordings = 600, int(sys.argv[2])
recording = np.arange(n) * n_recordings // n
start = np.arange(n) * 7919 % 19000
subject = np.array([f"s{i}" for i in recording])
table = WindowTable(1, recording, start, np.linspace(0.5, 2.5, n, dtype=np.float32), subject)
config = TrainConfig(epochs=2, batch_size=32, device="cpu")
build = lambda: find_architecture("cnn", 1).build({})
fit(build, *split_subjects(table, 0.3, 0), Store(Path(sys.argv[1])), config, report=anonymous_mib)
"""


def write_store(folder, n_recordings, n_samples=20_000):
    """A store in a sparse file; each recording is as long as one of a real release (10 MB)."""
    folder.mkdir(parents=True)
    (folder / "index.json").write_text(json.dumps({"digest": "", "n_samples": [n_samples] * n_recordings}))
    with (folder / "signals.f32").open("wb") as file:
        file.truncate(129 * n_samples * 4 * n_recordings)
    return folder


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_recordings(tmp_path):
    """The same number of windows comes from 6 recordings (62 MB) and from 60 (619 MB)."""
    script = tmp_path / "memory.py"
    script.write_text(MEMORY)
    few, many = (
        int(run_command(sys.executable, script, write_store(tmp_path / str(n), n), str(n))[0].split()[-1])
        for n in (6, 60)
    )
    assert abs(many - few) < 30, (few, many)


FULL_SIZE = """
import resource, sys
from pathlib import Path
import numpy as np
from model_zoo.registry import find_architecture
from model_zoo.training.config import TrainConfig
from model_zoo.training.fit import fit
from model_zoo.training.splits import split_subjects
from submission_builder.protocol.windows import WindowTable
from submission_builder.releases.joined import JoinedStores, join_tables
from submission_builder.releases.store import Store

resource.setrlimit(resource.RLIMIT_DATA, (8 * 2**30, 8 * 2**30))
stores = [Store(path) for path in sorted(Path(sys.argv[1]).iterdir())]
n = 107_063
def table(number):
    recording = np.arange(n) * stores[number].n_recordings // n
    subject = np.array([f"sub-{number}-{one}" for one in range(300)])[recording % 300]
    target = np.sin(recording).astype(np.float32)
    return WindowTable(2, recording, np.arange(n) * 7919 % 19000, target, subject)
reader = JoinedStores(stores)
joined = join_tables([table(i) for i in range(len(stores))], reader.first)
size = sum(store.n_samples(i) for store in stores for i in range(store.n_recordings)) * 129
config = TrainConfig(epochs=2, epoch_windows=3000, device="cpu")
cnn = find_architecture("cnn", 2)
fitted = fit(lambda: cnn.build({}), *split_subjects(joined, 0.001, 0), reader, config, report=print)
print(len(joined), 3 * size, len(fitted.records), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
def test_eleven_releases_train_in_8_gb(tmp_path):
    """As many windows as challenge 2 has, and more samples than 73 GB of BDF files (97 GB of links to one store)."""
    first = write_store(tmp_path / "stores" / "r01", 858)
    for number in range(2, 12):
        shutil.copytree(first, tmp_path / "stores" / f"r{number:02}", copy_function=os.link)
    script = tmp_path / "full_size.py"
    script.write_text(FULL_SIZE)
    stdout, _ = run_command(sys.executable, script, tmp_path / "stores")
    n_windows, n_bytes, n_epochs, mib = map(int, stdout.splitlines()[-1].split())
    assert (n_windows, n_epochs) == (1_177_693, 2)
    assert n_bytes > 73e9
    assert mib < 4096, "this includes memory-mapped pages of the store"


def test_a_sparse_store_can_be_read(tmp_path):
    store = Store(write_store(tmp_path / "store", 2))
    assert (store.n_recordings, store.n_samples(1)) == (2, 20_000)
    np.testing.assert_array_equal(store.window(1, 19_800), np.zeros((129, 200), np.float32))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("precision", ["32", "16-mixed", "bf16-mixed"])
def test_a_net_trains_on_cuda(precision, small_release, tmp_path):
    args = ("train", "lightweight_attn", "--challenge", "1", "--train", small_release, "--epochs", "2")
    more = ("--device", "cuda", "--precision", precision, "--ema-decay", "0.9", "--mixup", "0.4", "--noise", "0.1")
    program = (sys.executable, "-m", "submission_builder")
    stdout, stderr = run_command(*program, *args, *more, "--channel-dropout", "0.1", "-o", tmp_path)
    assert "next: subpack build" in stdout
    assert stderr == ""
    state = torch.load(tmp_path / "lightweight_attn.c1-seed0.pt", weights_only=True)
    assert all(value.device.type == "cpu" for value in state.values())
