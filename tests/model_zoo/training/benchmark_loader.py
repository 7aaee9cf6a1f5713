"""Cost of reading windows: the time of an epoch from a store, relative to an epoch on one batch in memory.

``python tests/model_zoo/training/benchmark_loader.py RELEASE [ARCHITECTURE]`` prints it; the goal is below 1.1.
"""

import sys
import time
from pathlib import Path

import click
import numpy as np

from model_zoo.registry import find_architecture
from model_zoo.training.config import TrainConfig
from model_zoo.training.fit import fit
from model_zoo.training.splits import split_subjects
from submission_builder.base.cache import cache_folder
from submission_builder.protocol.challenges import PROFILES
from submission_builder.workflows.train.data import load_release


class Cached:
    """A reader that returns the windows of one batch in turn, for any recording and start."""

    def __init__(self, windows):
        self._windows = windows
        self._next = 0

    def n_samples(self, recording):
        return 10**9

    def window(self, recording, start):
        self._next = (self._next + 1) % len(self._windows)
        return self._windows[self._next]


def seconds_an_epoch(table, reader, name):
    """Time of the fastest epoch without the first; each reads the training and the validation windows."""
    ends = []
    architecture = find_architecture(name, table.challenge)
    splits = split_subjects(table, 0.2, 0)
    config = TrainConfig(epochs=5, batch_size=32, device="cpu")
    fit(lambda: architecture.build({}), *splits, reader, config, report=lambda _: ends.append(time.perf_counter()))
    return float(np.min(np.diff(ends)))


def main():
    loaded = load_release(Path(sys.argv[1]), PROFILES["final"].challenges[1], cache_folder())
    name = sys.argv[2] if len(sys.argv) > 2 else "lightweight_attn"
    table = loaded.table
    cached = Cached([loaded.store.window(int(table.recording[i]), int(table.start[i])) for i in range(32)])
    ratios = []
    for _ in range(3):
        from_store, from_memory = seconds_an_epoch(table, loaded.store, name), seconds_an_epoch(table, cached, name)
        ratios.append(from_store / from_memory)
        click.echo(f"{name}: {from_store:.3f} s an epoch from the store, {from_memory:.3f} s from memory")
    click.echo(f"ratio {np.median(ratios):.3f} ({', '.join(f'{ratio:.3f}' for ratio in ratios)})")


if __name__ == "__main__":
    main()
