"""Latency of every net of the registry for 1 and for 64 windows on two cores, and its ratio to that of ``cnn``.

``pytest tests/benchmarks/bench_latency.py --benchmark-min-rounds=3 --benchmark-max-time=0.2`` prints a Markdown table,
sorted by latency.
"""

import pytest
import torch

from model_zoo.figures import list_entries

N_THREADS = 2
BATCHES = (1, 64)
REFERENCE = "cnn"

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def timed():
    """Every net except the constant; of two nets with one name, the one for challenge 1."""
    first = {entry.architecture.name: entry for n in (2, 1) for entry in list_entries(challenge=n)}
    return [entry for entry in first.values() if not entry.architecture.value]


@pytest.fixture(scope="module")
def medians(request):
    """Medians in milliseconds, by net and batch; the fixture prints the table when all are measured."""
    torch.set_num_threads(N_THREADS)
    measured = {}
    yield measured
    reference = measured.get(REFERENCE)
    if reference is None or any(times.keys() != set(BATCHES) for times in measured.values()):
        return  # some tests were deselected or failed
    plugins = request.config.pluginmanager
    write = plugins.get_plugin("terminalreporter").write_line
    with plugins.get_plugin("capturemanager").global_and_fixture_disabled():
        write("\n\n| net | 1 window, ms | 64 windows, ms | 64 windows, × cnn |\n|---|---|---|---|")
        for name, times in sorted(measured.items(), key=lambda item: item[1][64]):
            write(f"| `{name}` | {times[1]:.1f} | {times[64]:.1f} | {times[64] / reference[64]:.1f} |")


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("entry", timed(), ids=lambda entry: entry.architecture.name)
@torch.inference_mode()
def test_latency(entry, batch, benchmark, medians):
    benchmark.group = f"{batch} window(s), {N_THREADS} threads"
    net, X = entry.build().eval(), torch.randn(batch, 129, 200)
    net(X)
    benchmark(net, X)
    medians.setdefault(entry.architecture.name, {})[batch] = 1e3 * benchmark.stats.stats.median
