"""Facts that hold for every net of the registry."""

import pytest
import torch

from model_zoo.nets.attention import MultiHeadSelfAttention
from model_zoo.nets.standardise import Standardise
from model_zoo.registry import ARCHITECTURES

COUNTS = {("cnn", 1): 74_753, ("cnn", 2): 64_001, ("lightweight_attn", 1): 79_489, ("lightweight_attn", 2): 79_489}

every = pytest.mark.parametrize("row", ARCHITECTURES, ids=lambda row: f"{row.name}-{row.challenge}")
trained = pytest.mark.parametrize(
    "row", [row for row in ARCHITECTURES if row.value is None], ids=lambda row: f"{row.name}-{row.challenge}"
)


def made(row):
    torch.manual_seed(0)
    return row.build({row.value: 1.5} if row.value else {}).eval()


def volts(batch=5, seed=0):
    """Windows at the scale of scalp EEG, with a flat reference channel."""
    X = torch.randn(batch, 129, 200, generator=torch.Generator().manual_seed(seed)) * 1e-5
    X[:, 128] = 0
    return X


@trained
def test_the_parameter_count_is_exact(row):
    assert sum(p.numel() for p in made(row).parameters()) == COUNTS[row.name, row.challenge]


def test_a_constant_has_no_parameters():
    assert list(made(ARCHITECTURES[-1]).parameters()) == []


@every
def test_every_window_gets_one_finite_answer(row):
    answer = made(row)(volts())
    assert answer.shape == (5, 1)
    assert answer.isfinite().all()


@every
@torch.inference_mode()
def test_a_batch_answers_as_its_windows_do_one_by_one(row):
    net, X = made(row), volts()
    torch.testing.assert_close(net(X), torch.cat([net(x) for x in X.split(1)]), rtol=0, atol=1e-6)


@trained
def test_the_answer_does_not_depend_on_the_amplifiers_gain(row):
    net = made(row)
    torch.testing.assert_close(net(volts() * 8), net(volts()), rtol=0, atol=2e-4)


@trained
def test_answers_vary_at_raw_volt_scale(row):
    """A net without standardisation inside answers a constant here: its spread would be about 1e-5."""
    assert made(row)(volts(32)).std() > 1e-3


@trained
def test_the_gradient_reaches_every_parameter(row):
    net = made(row).train()
    net(volts(16)).square().sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


@every
def test_a_net_neither_changes_its_input_nor_draws_random_numbers(row):
    net, X = made(row), volts()
    before, state = X.clone(), torch.random.get_rng_state()
    net(X)
    assert torch.equal(X, before)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_standardised_channel_has_mean_0_and_std_1():
    X = Standardise()(volts() + 1e-3)
    torch.testing.assert_close(X[:, :128].mean(-1), torch.zeros(5, 128), rtol=0, atol=1e-4)
    torch.testing.assert_close(X[:, :128].std(-1, correction=0), torch.ones(5, 128), rtol=0, atol=1e-3)


def test_a_flat_channel_gives_a_finite_answer():
    assert torch.equal(Standardise()(volts())[:, 128], torch.zeros(5, 200))


def test_attention_is_torchs_own():
    """Against torch.nn.MultiheadAttention with the same weights."""
    ours = MultiHeadSelfAttention(64, 4, 0.0).eval()
    theirs = torch.nn.MultiheadAttention(64, 4, batch_first=True).eval()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.qkv.weight)
        theirs.in_proj_bias.copy_(ours.qkv.bias)
        theirs.out_proj.load_state_dict(ours.project.state_dict())
    x = torch.randn(3, 64, 50, generator=torch.Generator().manual_seed(0))
    expected = theirs(*[x.transpose(1, 2)] * 3, need_weights=False)[0].transpose(1, 2)
    torch.testing.assert_close(ours(x), expected, rtol=0, atol=1e-6)
    assert sum(p.numel() for p in ours.parameters()) == 16_640


def test_heads_must_divide_the_width():
    with pytest.raises(ValueError, match="n_heads=5 does not divide width=64"):
        MultiHeadSelfAttention(64, 5)
