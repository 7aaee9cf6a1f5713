"""Measure the computational cost of a net: multiply-adds, receptive field and latency."""

from __future__ import annotations

import warnings
from functools import partial
from timeit import Timer
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from model_zoo.figures import Figures
from model_zoo.summary import N_CHANS, N_TIMES, n_parameters

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

    from model_zoo.registry import Architecture

_ATTENTION_ON_CPU = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu  # noqa: SLF001 - FlopCounterMode lacks it
_STEPS = 9  # of a feature map; max-pooling or the window's edge can hide some dependencies of a single step
_WINDOWS = 16  # for the same reason


def measure(architecture: Architecture) -> Figures:
    """Build a net and measure its figures; the global random state does not change."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if architecture.value:
            return Figures(parameters=0, multiply_adds=0, receptive_field=0)
        net = architecture.build({})
        samples = receptive_field(lambda n_times: architecture.build({"n_times": n_times}))
        return Figures(n_parameters(net), multiply_adds(net), samples)


def multiply_adds(net: nn.Module) -> int:
    """Count the multiply-adds of convolutions and matrix products for one window.

    Norms, gates, FFTs and the scores of sparse attention are not counted.

    Parameters
    ----------
    net
        Is in eval mode afterwards.
    """
    counter = FlopCounterMode(display=False, custom_mapping={_ATTENTION_ON_CPU: _attention_flops})
    with counter:  # gradients stay enabled: without them, torch's transformer layers run fused and are not counted
        net.eval()(torch.zeros(1, N_CHANS, N_TIMES))
    return int(counter.get_total_flops()) // 2


def _attention_flops(query: torch.Size, key: torch.Size, value: torch.Size, *_: Any, **__: Any) -> int:
    return int(sdpa_flop_count(query, key, value))  # type: ignore[no-untyped-call]


def receptive_field(build: Callable[[int], nn.Module], n_times: int = N_TIMES) -> int | None:
    """Measure the receptive field of the last feature map over time.

    A feature map is over time if one of its axes grows with the window. A step depends on a sample if its gradient
    with respect to that sample is not zero. The samples are those of the first layer's output, because the first
    layer normalises over the whole window. Of several steps, the one with the widest receptive field counts. If no
    later feature map is over time, the prediction takes its place.

    Parameters
    ----------
    build
        Builds the net for windows of the given length in samples.
    n_times
        Length of a window in samples.

    Returns
    -------
    int or None
        Samples from the first to the last on which the step depends; None if these are the whole window.
    """
    samples, maps = _traced(build(n_times), torch.randn(_WINDOWS, N_CHANS, n_times))
    _, longer = _traced(build(2 * n_times), torch.randn(2, N_CHANS, 2 * n_times))
    features = maps[""][:, :, None]  # the prediction: (windows, 1, 1)
    for name, feature_map in reversed(maps.items()):
        sizes = zip(feature_map.shape[1:], longer[name].shape[1:], strict=True)
        time_axes = [axis for axis, (size, size_of_longer) in enumerate(sizes, start=1) if size != size_of_longer]
        if time_axes and feature_map is not samples:
            features = feature_map.movedim(time_axes[0], -1)
            break
    widest = 0
    for step in torch.linspace(0, features.shape[-1] - 1, _STEPS).long():
        widest = max(widest, _span(features[..., step], samples))
        if widest == n_times:
            return None
    return widest


def _traced(net: nn.Module, X: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """Run a net on windows; return the output of the first layer, and the output of every layer by name."""
    samples: list[Tensor] = []
    maps: dict[str, Tensor] = {}

    def record(name: str, _: nn.Module, __: Any, output: object) -> Tensor | None:
        if not isinstance(output, torch.Tensor) or len(output) != len(X):
            return None
        if not samples:
            samples.append(output.detach().requires_grad_())
            output = samples[0]
        maps.pop(name, None)  # the last call of a layer determines its place in the order
        maps[name] = output
        return output

    for name, module in net.eval().named_modules():
        module.register_forward_hook(partial(record, name))
    net(X)
    return samples[0], maps


def _span(feature: Tensor, samples: Tensor) -> int:
    """Count the samples from the first to the last on which a feature depends."""
    weighted = (feature * torch.randn_like(feature)).sum()
    (gradient,) = torch.autograd.grad(weighted, samples, retain_graph=True)
    used = (gradient != 0).any(dim=0).any(dim=0).nonzero()
    return int(used.max() - used.min() + 1) if len(used) else 0


def latency_ms(net: nn.Module, batch: int) -> float:
    """Measure the time of one call on the CPU, on as many threads as torch uses.

    Parameters
    ----------
    net
        Is in eval mode afterwards.
    batch
        Windows per call.

    Returns
    -------
    float
        Mean time in milliseconds, over at least 0.2 s of calls after one warm-up call.
    """
    X = torch.randn(batch, N_CHANS, N_TIMES)
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.eval()(X)
        n_calls, seconds = Timer(lambda: net(X)).autorange()
    return 1e3 * seconds / n_calls
