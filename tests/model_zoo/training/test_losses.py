"""Losses, against other implementations, and step sizes over a run."""

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance
from torch import nn

from model_zoo.registry import find_architecture
from model_zoo.training.config import TrainConfig
from model_zoo.training.losses import label_width_s, latency_loss, make_loss
from model_zoo.training.schedules import make_optimiser, make_schedule
from submission_builder.base.errors import ConfigError

LATENCY = torch.linspace(0.5, 2.5, 41)


def loss_of(logits, target, width=0.1):
    return latency_loss(logits, LATENCY, torch.tensor(target), width, 0.4).item()


def test_the_latency_loss_is_its_three_parts():
    """Cross-entropy against the label, scipy's Wasserstein distance, and the RMSE of the expectation."""
    logits = torch.randn(3, 41, generator=torch.Generator().manual_seed(0))
    target = np.array([0.7, 1.5, 2.2])
    label = np.exp(-((LATENCY.numpy() - target[:, None]) ** 2) / (2 * 0.15**2))
    label /= label.sum(1, keepdims=True)
    p = logits.softmax(1).numpy()
    t = LATENCY.numpy()
    entropy = -(label * np.log(p)).sum(1).mean()
    apart = np.mean([wasserstein_distance(t, t, a, b) for a, b in zip(p, label, strict=True)])
    rmse = np.sqrt(np.mean((p @ t - target) ** 2))
    expected = entropy + (apart + rmse) / 0.4
    assert loss_of(logits, [0.7, 1.5, 2.2], 0.15) == pytest.approx(expected, rel=1e-5)


def test_a_response_outside_of_the_window_counts_as_at_its_end():
    logits = torch.randn(1, 41, generator=torch.Generator().manual_seed(0))
    assert loss_of(logits, [0.0]) == loss_of(logits, [0.5])
    assert loss_of(logits, [3.1]) == loss_of(logits, [2.5])


def test_the_right_latency_costs_least_and_its_gradient_is_finite():
    peaks = 50 * torch.eye(41)
    costs = [loss_of(peaks[i : i + 1], [1.5]) for i in range(41)]
    assert int(np.argmin(costs)) == 20
    logits = peaks[20:21].clone().requires_grad_()
    latency_loss(logits, LATENCY, torch.tensor([1.5]), 0.1, 0.4).backward()
    assert torch.isfinite(logits.grad).all()


def test_the_label_narrows_from_its_first_to_its_last_width():
    config = TrainConfig(epochs=11)
    widths = [label_width_s(config, epoch) for epoch in range(11)]
    assert (widths[0], widths[5], widths[10]) == pytest.approx((0.4, 0.25, 0.1))
    assert widths == sorted(widths, reverse=True)


def test_a_net_that_does_not_predict_when_is_refused_by_the_latency_loss():
    with pytest.raises(ConfigError, match=r"takes a net that predicts when .* CompactResponseTimeCNN does not"):
        make_loss(TrainConfig(loss="latency"), find_architecture("cnn", 1).build({}), 1.0)


class SaysWhen(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("latency_s", LATENCY)
        self.bins = nn.Linear(200, 41)

    def latency_logits(self, x):
        return self.bins(x.mean(1))


def test_a_net_that_predicts_when_learns_by_the_latency_loss():
    net = SaysWhen()
    loss = make_loss(TrainConfig(loss="latency"), net, 0.4)(net, torch.randn(4, 129, 200), torch.full((4, 1), 1.5), 0)
    loss.backward()
    assert net.bins.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("name", ["mse", "huber", "l1"])
def test_a_loss_has_no_unit(name):
    """The same in seconds and in milliseconds."""
    X, target = torch.randn(8, 1), torch.randn(8, 1)
    loss = make_loss(TrainConfig(loss=name), nn.Identity(), 1.0)(nn.Identity(), X, target, 0)
    scaled = make_loss(TrainConfig(loss=name), nn.Identity(), 1000.0)(nn.Identity(), 1000 * X, 1000 * target, 0)
    assert loss.item() == pytest.approx(scaled.item(), rel=1e-5)


def step_sizes(**settings):
    config = TrainConfig(epochs=10, lr=1.0, **settings)
    optimiser = make_optimiser([nn.Parameter(torch.zeros(1))], config)
    schedule = make_schedule(optimiser, config, 100)
    sizes = []
    for _ in range(100):
        sizes.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    return sizes


def test_the_cosine_rises_through_the_warm_up_and_falls_to_nothing():
    sizes = step_sizes(schedule="cosine", warmup_epochs=2)
    assert int(np.argmax(sizes)) == 20
    assert max(sizes) == pytest.approx(1.0)
    assert sizes[0] == pytest.approx(0.01)
    assert sizes[-1] < 1e-3
    assert step_sizes(schedule="cosine", warmup_epochs=0)[0] == 1.0
    assert int(np.argmax(step_sizes(schedule="one_cycle"))) in (29, 30)
