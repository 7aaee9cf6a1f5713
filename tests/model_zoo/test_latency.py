"""Nets that say when: a distribution over latencies, its mean as the prediction; and the scaling that is not thrown."""

import pytest
import torch
from scipy.stats import median_abs_deviation

from model_zoo.nets.latency_head import LatencyHead, LatencyNet
from model_zoo.nets.robust_scale import RobustScale
from model_zoo.nets.standardise import Standardise
from model_zoo.registry import ARCHITECTURES, architecture

NAMES = ["latency_tcn", "latency_unet", "latency_attn", "robust_transformer"]


def volts(batch=5):
    X = torch.randn(batch, 129, 200, generator=torch.Generator().manual_seed(0)) * 1e-5
    X[:, 128] = 0
    return X


def made(name, **kwargs):
    torch.manual_seed(0)
    return architecture(name, 1).build(kwargs).eval()


def test_these_are_all_nets_that_say_when():
    own = [row for row in ARCHITECTURES if row.module not in {"braindecode_net", "constant"}]
    assert [row.name for row in own if isinstance(row.build({}), LatencyNet)] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_is_the_mean_of_the_distribution_that_the_logits_stand_for(name):
    net, X = made(name), volts()
    logits = net.latency_logits(X)
    assert logits.shape == (5, len(net.latency_s))
    assert logits.std() > 1e-3
    weights = logits.double().exp() / logits.double().exp().sum(dim=1, keepdim=True)
    torch.testing.assert_close(net(X)[:, 0].double(), weights @ net.latency_s.double(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_bins_go_from_half_a_second_to_two_and_a_half_and_travel(name):
    net = made(name)
    assert net.latency_s[[0, -1]].tolist() == [0.5, 2.5]
    torch.testing.assert_close(
        net.latency_s.diff(), torch.full((len(net.latency_s) - 1,), 2 / (len(net.latency_s) - 1))
    )
    assert "head.latency_s" in net.state_dict()


def test_a_lower_temperature_is_the_same_logits_scaled_up():
    warm, cold, x = LatencyHead(8, 50), LatencyHead(8, 50, temperature=0.25), volts()[:, :8, :50] * 1e5
    cold.load_state_dict(warm.state_dict())
    torch.testing.assert_close(cold(x), 4 * warm(x))


def test_no_answer_leaves_the_window_and_the_gradient_lives_at_its_ends():
    """What a clamp would be for, without what a clamp does to the gradient."""
    head = LatencyHead(1, 50)
    sharp = (
        torch.zeros(2, 50).index_put((torch.tensor([0, 1]), torch.tensor([0, 49])), torch.tensor(8.0)).requires_grad_()
    )
    prediction = head.expectation(sharp)
    assert 0.5 <= prediction[0] < 0.6
    assert 2.4 < prediction[1] <= 2.5
    prediction.sum().backward()
    assert (sharp.grad.abs().amax(dim=1) > 1e-3).all()


@pytest.mark.parametrize("mean", [0.6, 1.5, 1.6, 2.4])
@pytest.mark.parametrize("temperature", [0.5, 1.0])
def test_the_prior_starts_at_the_mean_of_the_targets(mean, temperature):
    head = LatencyHead(4, 50, temperature)
    head.init_output_bias(mean)
    assert head.expectation(head(torch.zeros(1, 4, 50))).item() == pytest.approx(mean, abs=1e-4)


def test_a_prior_is_the_flattest_with_its_mean():
    """Its logarithm is a straight line."""
    head = LatencyHead(4, 50)
    head.init_output_bias(1.8)
    torch.testing.assert_close(head.prior.diff(), head.prior.diff()[0].expand(49), rtol=0, atol=1e-5)


@pytest.mark.parametrize("mean", [-1.0, 0.1, 3.0])
def test_a_mean_outside_the_window_starts_at_its_end(mean):
    head = LatencyHead(4, 50)
    head.init_output_bias(mean)
    prediction = head.expectation(head(torch.zeros(1, 4, 50))).item()
    assert prediction == pytest.approx(0.5 if mean < 0.5 else 2.5, abs=0.01)


def test_robust_scaling_is_the_median_and_scipys_mad():
    X = volts()[:, :128] + 1e-4
    scaled = RobustScale(128, limit=1e9)(X)
    spread = torch.from_numpy(median_abs_deviation(X.numpy(), axis=-1, scale="normal"))[..., None]
    centre = X.quantile(0.5, dim=-1, keepdim=True)
    torch.testing.assert_close(scaled, ((X - centre) / spread).float(), rtol=0.05, atol=0.05)


def test_a_burst_presses_a_standardised_channel_flat_but_not_a_robust_one():
    X, burst = volts(), volts()
    burst[:, 3, 90:100] = 1e-2
    rest = [*range(90), *range(100, 200)]
    assert Standardise()(burst)[:, 3, rest].std() < 0.1
    assert RobustScale()(burst)[:, 3, rest].std() > 0.8
    assert RobustScale()(burst).abs().max() <= 6
    assert torch.equal(RobustScale()(burst)[:, 4], RobustScale()(X)[:, 4])


def test_a_flat_channel_stays_flat_under_robust_scaling():
    assert torch.equal(RobustScale()(volts())[:, 128], torch.zeros(5, 200))


def test_channels_are_dropped_in_training_alone():
    net, X = made("robust_transformer", drop_prob=0.0), volts(16)
    dropped = net.tokens.drop_channels.train()(torch.ones(16, 129, 200))
    assert 0.03 < (dropped == 0).all(dim=-1).float().mean() < 0.2
    assert not (dropped == 0).any(dim=-1).logical_xor((dropped == 0).all(dim=-1)).any()
    assert torch.equal(net.eval()(X), net(X))
