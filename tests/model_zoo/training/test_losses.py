"""Loss functions, compared with other implementations, and learning-rate schedules."""

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance
from torch import nn

from model_zoo.registry import find_architecture
from model_zoo.training.config import TrainConfig
from model_zoo.training.losses import label_width_s, latency_loss, make_loss
from model_zoo.training.schedules import make_optimizer, make_schedule
from submission_builder.base.errors import ConfigError

LATENCY = torch.linspace(0.5, 2.5, 41)


def loss_of(logits, target, width=0.1):
    return latency_loss(logits, LATENCY, torch.tensor(target), width, 0.4).item()


def test_the_latency_loss_is_the_sum_of_three_terms():
    """Cross-entropy with the soft label, SciPy's Wasserstein distance, and the RMSE of the expected latency."""
    logits = torch.randn(3, 41, generator=torch.Generator().manual_seed(0))
    target = np.array([0.7, 1.5, 2.2])
    label = np.exp(-((LATENCY.numpy() - target[:, None]) ** 2) / (2 * 0.15**2))
    label /= label.sum(1, keepdims=True)
    p = logits.softmax(1).numpy()
    t = LATENCY.numpy()
    entropy = -(label * np.log(p)).sum(1).mean()
    distance = np.mean([wasserstein_distance(t, t, a, b) for a, b in zip(p, label, strict=True)])
    rmse = np.sqrt(np.mean((p @ t - target) ** 2))
    expected = entropy + (distance + rmse) / 0.4
    assert loss_of(logits, [0.7, 1.5, 2.2], 0.15) == pytest.approx(expected, rel=1e-5)


def test_response_times_are_clipped_to_the_range_of_the_latencies():
    logits = torch.randn(1, 41, generator=torch.Generator().manual_seed(0))
    assert loss_of(logits, [0.0]) == loss_of(logits, [0.5])
    assert loss_of(logits, [3.1]) == loss_of(logits, [2.5])


def test_the_true_latency_has_the_lowest_loss_and_a_finite_gradient():
    peaks = 50 * torch.eye(41)
    costs = [loss_of(peaks[i : i + 1], [1.5]) for i in range(41)]
    assert int(np.argmin(costs)) == 20
    logits = peaks[20:21].clone().requires_grad_()
    latency_loss(logits, LATENCY, torch.tensor([1.5]), 0.1, 0.4).backward()
    assert torch.isfinite(logits.grad).all()


def test_the_soft_label_narrows_from_the_first_to_the_last_epoch():
    config = TrainConfig(epochs=11)
    widths = [label_width_s(config, epoch) for epoch in range(11)]
    assert (widths[0], widths[5], widths[10]) == pytest.approx((0.4, 0.25, 0.1))
    assert widths == sorted(widths, reverse=True)


def test_the_latency_loss_needs_a_net_with_logits_over_latencies():
    with pytest.raises(ConfigError, match="needs a net with latency_logits and latency_s; CompactResponseTimeCNN"):
        make_loss(TrainConfig(loss="latency"), find_architecture("cnn", 1).build({}), 1.0)


class LatencyLogits(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("latency_s", LATENCY)
        self.bins = nn.Linear(200, 41)

    def latency_logits(self, x):
        return self.bins(x.mean(1))


def test_the_latency_loss_has_a_gradient_with_respect_to_the_weights():
    net = LatencyLogits()
    loss = make_loss(TrainConfig(loss="latency"), net, 0.4)(net, torch.randn(4, 129, 200), torch.full((4, 1), 1.5), 0)
    loss.backward()
    assert net.bins.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("name", ["mse", "huber", "l1"])
def test_a_loss_does_not_depend_on_the_unit_of_the_target(name):
    """It is the same in seconds and in milliseconds."""
    X, target = torch.randn(8, 1), torch.randn(8, 1)
    loss = make_loss(TrainConfig(loss=name), nn.Identity(), 1.0)(nn.Identity(), X, target, 0)
    scaled = make_loss(TrainConfig(loss=name), nn.Identity(), 1000.0)(nn.Identity(), 1000 * X, 1000 * target, 0)
    assert loss.item() == pytest.approx(scaled.item(), rel=1e-5)


def learning_rates(**settings):
    config = TrainConfig(epochs=10, lr=1.0, **settings)
    optimizer = make_optimizer([nn.Parameter(torch.zeros(1))], config)
    schedule = make_schedule(optimizer, config, 100)
    rates = []
    for _ in range(100):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


def test_the_cosine_schedule_rises_during_warm_up_and_falls_to_zero():
    rates = learning_rates(schedule="cosine", warmup_epochs=2)
    assert int(np.argmax(rates)) == 20
    assert max(rates) == pytest.approx(1.0)
    assert rates[0] == pytest.approx(0.01)
    assert rates[-1] < 1e-3
    assert learning_rates(schedule="cosine", warmup_epochs=0)[0] == 1.0


def test_the_one_cycle_schedule_peaks_after_30_percent_of_the_steps():
    assert int(np.argmax(learning_rates(schedule="one_cycle"))) in (29, 30)
