"""Latency nets, whose prediction is the mean of a distribution over latencies, and robust scaling."""

import pytest
import torch
from scipy.stats import median_abs_deviation

from model_zoo.nets.latency_head import LatencyHead, LatencyNet
from model_zoo.nets.robust_scale import RobustScale
from model_zoo.nets.standardise import Standardise
from model_zoo.registry import ARCHITECTURES, find_architecture

NAMES = ["latency_tcn", "latency_unet", "latency_attn", "robust_transformer"]


def volts(batch=5):
    X = torch.randn(batch, 129, 200, generator=torch.Generator().manual_seed(0)) * 1e-5
    X[:, 128] = 0
    return X


def build(name, **kwargs):
    torch.manual_seed(0)
    return find_architecture(name, 1).build(kwargs).eval()


def test_these_are_all_latency_nets():
    own = [architecture for architecture in ARCHITECTURES if architecture.module not in {"braindecode_net", "constant"}]
    assert [architecture.name for architecture in own if isinstance(architecture.build({}), LatencyNet)] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_prediction_is_the_mean_of_the_distribution_given_by_the_logits(name):
    net, X = build(name), volts()
    logits = net.latency_logits(X)
    assert logits.shape == (5, len(net.latency_s))
    assert logits.std() > 1e-3
    weights = logits.double().exp() / logits.double().exp().sum(dim=1, keepdim=True)
    torch.testing.assert_close(net(X)[:, 0].double(), weights @ net.latency_s.double(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_bins_are_equidistant_from_0_5_to_2_5_s_and_in_the_state_dict(name):
    net = build(name)
    assert net.latency_s[[0, -1]].tolist() == [0.5, 2.5]
    torch.testing.assert_close(
        net.latency_s.diff(), torch.full((len(net.latency_s) - 1,), 2 / (len(net.latency_s) - 1))
    )
    assert "head.latency_s" in net.state_dict()


def test_logits_are_divided_by_the_temperature():
    warm, cold, x = LatencyHead(8, 50), LatencyHead(8, 50, temperature=0.25), volts()[:, :8, :50] * 1e5
    cold.load_state_dict(warm.state_dict())
    torch.testing.assert_close(cold(x), 4 * warm(x))


def test_predictions_stay_within_the_window_and_the_gradient_at_its_ends_is_not_zero():
    """A clamp would have a gradient of zero there."""
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
def test_the_initial_prior_has_the_mean_of_the_targets(mean, temperature):
    head = LatencyHead(4, 50, temperature)
    head.init_output_bias(mean)
    assert head.expectation(head(torch.zeros(1, 4, 50))).item() == pytest.approx(mean, abs=1e-4)


def test_the_initial_prior_has_maximum_entropy():
    """Its logarithm is linear in the latency."""
    head = LatencyHead(4, 50)
    head.init_output_bias(1.8)
    torch.testing.assert_close(head.prior.diff(), head.prior.diff()[0].expand(49), rtol=0, atol=1e-5)


@pytest.mark.parametrize("mean", [-1.0, 0.1, 3.0])
def test_a_mean_outside_the_window_gives_a_prior_at_its_end(mean):
    head = LatencyHead(4, 50)
    head.init_output_bias(mean)
    prediction = head.expectation(head(torch.zeros(1, 4, 50))).item()
    assert prediction == pytest.approx(0.5 if mean < 0.5 else 2.5, abs=0.01)


def test_robust_scaling_equals_the_median_and_scipys_median_absolute_deviation():
    X = volts()[:, :128] + 1e-4
    scaled = RobustScale(128, limit=1e9)(X)
    spread = torch.from_numpy(median_abs_deviation(X.numpy(), axis=-1, scale="normal"))[..., None]
    centre = X.quantile(0.5, dim=-1, keepdim=True)
    torch.testing.assert_close(scaled, ((X - centre) / spread).float(), rtol=0.05, atol=0.05)


def test_an_artefact_shrinks_the_rest_of_a_standardised_channel_but_not_of_a_robustly_scaled_one():
    X, burst = volts(), volts()
    burst[:, 3, 90:100] = 1e-2
    rest = [*range(90), *range(100, 200)]
    assert Standardise()(burst)[:, 3, rest].std() < 0.1
    assert RobustScale()(burst)[:, 3, rest].std() > 0.8
    assert RobustScale()(burst).abs().max() <= 6
    assert torch.equal(RobustScale()(burst)[:, 4], RobustScale()(X)[:, 4])


def test_robust_scaling_sets_a_flat_channel_to_0():
    assert torch.equal(RobustScale()(volts())[:, 128], torch.zeros(5, 200))


def test_whole_channels_are_dropped_in_training_mode_only():
    net, X = build("robust_transformer", drop_prob=0.0), volts(16)
    dropped = net.tokens.drop_channels.train()(torch.ones(16, 129, 200))
    assert 0.03 < (dropped == 0).all(dim=-1).float().mean() < 0.2
    assert not (dropped == 0).any(dim=-1).logical_xor((dropped == 0).all(dim=-1)).any()
    assert torch.equal(net.eval()(X), net(X))
