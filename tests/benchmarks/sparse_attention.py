"""Time and memory of one attention layer of width 256 as a function of the number of tokens: dense, SDPA and sparse.

``python tests/benchmarks/sparse_attention.py PLOT`` writes the plot (SVG or PNG, by the suffix) and prints the values.
All three layers have four projections and one head. The measurement is a forward pass of one window without gradients,
on two threads.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from timeit import Timer

os.environ.setdefault(
    "KINETO_LOG_LEVEL", "99"
)  # before torch is imported; otherwise its profiler logs every start and stop

import torch
from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch.nn import functional
from torch.profiler import ProfilerActivity, profile

from model_zoo.nets.attention import MultiHeadSelfAttention
from model_zoo.nets.sparse_attention import SparseAttention

WIDTH = 256
N_TOKENS = (50, 64, 128, 256, 512, 1000, 2048, 4096, 8192)
N_THREADS = 2
KINDS = {"dense": "C3", "SDPA": "C0", "sparse": "C2"}


class FusedAttention(MultiHeadSelfAttention):
    """The dense layer with torch's fused kernel (SDPA), which does not store the matrix of scores."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Attend over the tokens."""
        q, k, v = self.qkv(x.transpose(1, 2))[:, None].chunk(3, dim=-1)
        return self.project(functional.scaled_dot_product_attention(q, k, v)[:, 0]).transpose(1, 2)


def layers(n_tokens: int) -> dict[str, torch.nn.Module]:
    built = MultiHeadSelfAttention(WIDTH, 1), FusedAttention(WIDTH, 1), SparseAttention(WIDTH, n_tokens)
    return {kind: layer.eval() for kind, layer in zip(KINDS, built, strict=True)}


def milliseconds(layer: torch.nn.Module, x: torch.Tensor) -> float:
    """Return the time per call in the fastest of three rounds of at least 0.2 s."""
    layer(x)
    timer = Timer(lambda: layer(x))
    return min(1e3 * seconds / n_calls for n_calls, seconds in (timer.autorange() for _ in range(3)))


def peak_mib(layer: torch.nn.Module, x: torch.Tensor) -> float:
    """Return the peak of the memory that torch allocates in one call, without weights and input."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        layer(x)
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder, "trace.json")
        profiled.export_chrome_trace(str(trace))
        events = json.loads(trace.read_text())["traceEvents"]
    allocated = peak = 0
    for event in sorted((e for e in events if e["name"] == "[memory]"), key=lambda e: e["ts"]):
        allocated += event["args"]["Bytes"]
        peak = max(peak, allocated)
    return peak / 2**20


def draw(times: dict[str, list[float]], memory: dict[str, list[float]], path: Path) -> None:
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    axes = figure.subplots(1, 2)
    for axis, (what, series) in zip(axes, {"time, ms": times, "peak memory, MiB": memory}.items(), strict=True):
        for kind, values in series.items():
            axis.loglog(N_TOKENS, values, "o-", color=KINDS[kind], markersize=3, label=kind)
        axis.set(xlabel="tokens", ylabel=what)
        axis.grid(alpha=0.3)
    axes[0].legend(frameon=False)
    figure.suptitle(f"one attention layer, width {WIDTH}, one head, one window, {N_THREADS} threads")
    figure.savefig(path)


@torch.inference_mode()
def main(path: Path) -> None:
    torch.set_num_threads(N_THREADS)
    times, memory = ({kind: [] for kind in KINDS} for _ in range(2))
    for n_tokens in track(N_TOKENS, console=Console(stderr=True)):
        x = torch.randn(1, WIDTH, n_tokens)
        for kind, layer in layers(n_tokens).items():
            times[kind].append(milliseconds(layer, x))
            memory[kind].append(peak_mib(layer, x))
    table = Table()
    for heading in ("tokens", *(f"{kind}\n{unit}" for unit in ("ms", "MiB") for kind in KINDS), "dense / sparse\ntime"):
        table.add_column(heading, justify="right")
    for place, n_tokens in enumerate(N_TOKENS):
        cells = [f"{series[kind][place]:.2f}" for series in (times, memory) for kind in KINDS]
        table.add_row(str(n_tokens), *cells, f"{times['dense'][place] / times['sparse'][place]:.2f}")
    Console().print(table)
    draw(times, memory, path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
