"""Measure what a net costs: multiply-adds, receptive field, time."""

from __future__ import annotations

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

_ATTENTION_ON_CPU = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu  # noqa: SLF001 - torch counts others alone
_STEPS = 9  # of a feature map; in one of them a maximum or the window's edge may hide what it depends on
_WINDOWS = 16  # likewise


def measure(row: Architecture) -> Figures:
    """Build a net and take its figures; the global random state is not touched."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if row.value:
            return Figures(parameters=0, multiply_adds=0, receptive_field=0)
        net = row.build({})
        reach = receptive_field(lambda n_times: row.build({"n_times": n_times}))
        return Figures(n_parameters(net), multiply_adds(net), reach)


def multiply_adds(net: nn.Module) -> int:
    """Count the multiply-adds of convolutions and matrix products for one window.

    What else a net does (norms, gates, FFT, the scores of sparse attention) is left out.

    Parameters
    ----------
    net
        Left in eval mode.
    """
    counter = FlopCounterMode(display=False, custom_mapping={_ATTENTION_ON_CPU: _attention_flops})
    with counter:  # with gradients: without them, torch's transformer layers run fused and are not seen
        net.eval()(torch.zeros(1, N_CHANS, N_TIMES))
    return int(counter.get_total_flops()) // 2


def _attention_flops(query: torch.Size, key: torch.Size, value: torch.Size, *_: Any, **__: Any) -> int:
    return int(sdpa_flop_count(query, key, value))  # type: ignore[no-untyped-call]


def receptive_field(build: Callable[[int], nn.Module], n_times: int = N_TIMES) -> int | None:
    """Measure how many samples one step of the last feature map over time depends on.

    A feature map is over time if it has an axis that grows with the window. The first layer normalises over
    the whole window, so samples are counted behind it. They are those with a gradient; of several steps, the
    one that sees most counts. If no feature map after it is over time, the prediction is taken.

    Parameters
    ----------
    build
        Makes the net for windows of so many samples.
    n_times
        Samples in a window.

    Returns
    -------
    int or None
        From the first to the last sample seen; None if that is the whole window.
    """
    samples, maps = _traced(build(n_times), torch.randn(_WINDOWS, N_CHANS, n_times))
    _, longer = _traced(build(2 * n_times), torch.randn(2, N_CHANS, 2 * n_times))
    features = maps[""][:, :, None]  # the prediction: (windows, 1, 1)
    for name, traced in reversed(maps.items()):
        sizes = zip(traced.shape[1:], longer[name].shape[1:], strict=True)
        grown = [axis for axis, (size, of_longer) in enumerate(sizes, start=1) if size != of_longer]
        if grown and traced is not samples:
            features = traced.movedim(grown[0], -1)
            break
    widest = 0
    for step in torch.linspace(0, features.shape[-1] - 1, _STEPS).long():
        widest = max(widest, _span(features[..., step], samples))
        if widest == n_times:
            return None
    return widest


def _traced(net: nn.Module, X: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """Hand windows to a net; return what the first layer hands on, and every layer's output by name."""
    samples: list[Tensor] = []
    maps: dict[str, Tensor] = {}

    def see(name: str, _: nn.Module, __: Any, out: object) -> Tensor | None:
        if not isinstance(out, torch.Tensor) or len(out) != len(X):
            return None
        if not samples:
            samples.append(out.detach().requires_grad_())
            out = samples[0]
        maps.pop(name, None)  # a layer that is called twice stands where it was called last
        maps[name] = out
        return out

    for name, module in net.eval().named_modules():
        module.register_forward_hook(partial(see, name))
    net(X)
    return samples[0], maps


def _span(feature: Tensor, samples: Tensor) -> int:
    """Count the samples from the first to the last on which a feature depends."""
    weighted = (feature * torch.randn_like(feature)).sum()
    (gradient,) = torch.autograd.grad(weighted, samples, retain_graph=True)
    seen = (gradient != 0).any(dim=0).any(dim=0).nonzero()
    return int(seen.max() - seen.min() + 1) if len(seen) else 0


def latency_ms(net: nn.Module, batch: int) -> float:
    """Time one call on the CPU, on as many threads as torch uses.

    Parameters
    ----------
    net
        Left in eval mode.
    batch
        Windows in the call.

    Returns
    -------
    float
        Mean over a fifth of a second or more, after a first call; in milliseconds.
    """
    X = torch.randn(batch, N_CHANS, N_TIMES)
    with torch.inference_mode():
        net.eval()(X)
        n_calls, seconds = Timer(lambda: net(X)).autorange()
    return 1e3 * seconds / n_calls
