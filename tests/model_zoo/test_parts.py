"""The parts of the nets, each against torch's implementation or a calculation by hand."""

import itertools

import pytest
import torch
from torch.nn import functional

from model_zoo.nets.attention import MultiHeadSelfAttention
from model_zoo.nets.causal_block import CausalBlock, CausalConv1d
from model_zoo.nets.channel_attention import ChannelAttention
from model_zoo.nets.constant import Constant
from model_zoo.nets.conv_block import conv_block
from model_zoo.nets.depthwise_block import DepthwiseBlock
from model_zoo.nets.ensemble import Ensemble
from model_zoo.nets.head import head
from model_zoo.nets.sparse_attention import SparseAttention, pair_tokens
from model_zoo.nets.sparse_attn import SparseAttentionCNN
from model_zoo.nets.sparse_block import SparseBlock
from model_zoo.nets.squeeze_excite import SqueezeExcite
from model_zoo.nets.temporal_attention import TemporalAttention
from model_zoo.nets.transformer_block import TransformerBlock
from model_zoo.summary import n_parameters

SIZES = [(2, 1), (3, 1), (3, 2), (7, 3), (8, 7), (49, 1), (49, 4), (50, 1), (50, 4)]


def drawn(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def test_attention_equals_torchs():
    """Against torch.nn.MultiheadAttention with the same weights."""
    ours = MultiHeadSelfAttention(64, 4, 0.0).eval()
    theirs = torch.nn.MultiheadAttention(64, 4, batch_first=True).eval()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.qkv.weight)
        theirs.in_proj_bias.copy_(ours.qkv.bias)
        theirs.out_proj.load_state_dict(ours.project.state_dict())
    x = drawn(3, 64, 50)
    expected = theirs(*[x.transpose(1, 2)] * 3, need_weights=False)[0].transpose(1, 2)
    torch.testing.assert_close(ours(x), expected, rtol=0, atol=1e-6)
    assert n_parameters(ours) == 16_640


def test_attention_equals_scaled_dot_product_attention():
    ours, x = MultiHeadSelfAttention(64, 4, 0.0).eval(), drawn(3, 64, 50)
    q, k, v = ours.qkv(x.transpose(1, 2)).unflatten(-1, (3, 4, 16)).permute(2, 0, 3, 1, 4)
    mixed = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
    torch.testing.assert_close(ours(x), ours.project(mixed).transpose(1, 2), rtol=0, atol=1e-6)


def test_a_number_of_heads_that_does_not_divide_the_width_is_an_error():
    with pytest.raises(ValueError, match="n_heads=5 does not divide width=64"):
        MultiHeadSelfAttention(64, 5)


@pytest.mark.parametrize(("n_tokens", "n_rounds"), SIZES)
def test_tokens_are_paired_and_no_pair_occurs_twice(n_tokens, n_rounds):
    partner = pair_tokens(n_tokens, n_rounds, seed=3)
    token = torch.arange(n_tokens)
    assert partner.shape == (n_rounds, n_tokens)
    assert (partner != token).all()
    assert all(len(set(column)) == n_rounds for column in partner.T.tolist())
    alone = (partner.gather(1, partner) != token).sum(dim=1)
    assert alone.tolist() == [n_tokens % 2] * n_rounds


def test_the_pairing_depends_on_the_seed_only():
    state = torch.random.get_rng_state()
    assert torch.equal(pair_tokens(50, seed=1), pair_tokens(50, seed=1))
    assert not torch.equal(pair_tokens(50, seed=1), pair_tokens(50, seed=2))
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize(("n_tokens", "n_rounds"), [(50, 0), (50, 50), (1, 1)])
def test_a_number_of_rounds_out_of_range_is_an_error(n_tokens, n_rounds):
    with pytest.raises(ValueError, match=f"n_rounds={n_rounds} is not between 1 and n_tokens-1={n_tokens - 1}"):
        pair_tokens(n_tokens, n_rounds)


@pytest.mark.parametrize(("n_tokens", "n_rounds"), SIZES)
@torch.inference_mode()
def test_sparse_attention_equals_masked_dense_attention(n_tokens, n_rounds):
    """Against torch's, with a mask that allows each token itself and its partners."""
    sparse = SparseAttention(16, n_tokens, n_rounds).eval()
    x = drawn(3, 16, n_tokens)
    allowed = torch.eye(n_tokens, dtype=torch.bool)
    allowed[torch.arange(n_tokens).expand_as(sparse.partner), sparse.partner] = True
    assert (allowed.sum(dim=1) == 1 + n_rounds).all()
    q, k, v = sparse.qkv(x.transpose(1, 2)).chunk(3, dim=-1)
    mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=allowed)
    torch.testing.assert_close(sparse(x), sparse.project(mixed).transpose(1, 2), rtol=0, atol=1e-6)


@torch.inference_mode()
def test_sparse_attention_over_neighbours_equals_dense_attention_in_blocks_of_two():
    """Against torch's, with a block-diagonal mask."""
    sparse, x = SparseAttention(16, 8).eval(), drawn(3, 16, 8)
    sparse.partner.copy_(torch.tensor([[1, 0, 3, 2, 5, 4, 7, 6]]))
    blocks = torch.block_diag(*[torch.ones(2, 2)] * 4).bool()
    q, k, v = sparse.qkv(x.transpose(1, 2)).chunk(3, dim=-1)
    mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=blocks)
    torch.testing.assert_close(sparse(x), sparse.project(mixed).transpose(1, 2), rtol=0, atol=1e-6)


def test_pairs_are_redrawn_in_training_mode_only_and_depend_on_the_seed():
    x, state = drawn(2, 16, 50), torch.random.get_rng_state()
    first, again, fixed = (SparseAttention(16, 50, redraw_pairs=redraw) for redraw in (True, True, False))
    again.load_state_dict(first.state_dict())
    fixed.load_state_dict(first.state_dict())
    torch.random.set_rng_state(state)
    predictions = [first(x), first(x)]
    assert not torch.equal(*predictions)
    assert torch.equal(again(x), predictions[0])
    assert torch.equal(fixed(x), fixed(x))
    assert torch.equal(first.eval()(x), fixed(x))
    assert torch.equal(torch.random.get_rng_state(), state)


def test_more_rounds_have_a_larger_receptive_field():
    """After two layers, one token changes at most 4 tokens with one round each, and more with three rounds."""

    def reached(n_rounds):
        first, second = (SparseAttention(16, 50, n_rounds, seed).eval() for seed in (0, 1))
        x = drawn(1, 16, 50)
        changed = x.clone()
        changed[..., 7] += 1
        return (second(first(x)) != second(first(changed))).any(dim=1).sum().item()

    assert reached(1) <= 4 < reached(3)


def test_the_pairing_is_in_the_state_dict_and_is_not_a_parameter():
    first, second = SparseAttention(256, 50, seed=1), SparseAttention(256, 50, seed=2)
    assert n_parameters(first) == 263_168
    second.load_state_dict(first.state_dict())
    assert torch.equal(first.partner, second.partner)


def test_another_number_of_tokens_than_in_the_pairing_is_an_error():
    with pytest.raises(ValueError, match="n_tokens=49; the pairing was made for n_tokens=50"):
        SparseAttention(16, 50)(torch.zeros(2, 16, 49))


@pytest.mark.parametrize("n_times", [196, 198, 200])
@torch.inference_mode()
def test_predictions_for_an_odd_number_of_tokens_do_not_depend_on_the_batch(n_times):
    """Windows of 196 and 198 samples have 49 tokens."""
    net = SparseAttentionCNN(n_times=n_times, n_rounds=3).eval()
    X = drawn(4, 129, n_times)
    torch.testing.assert_close(net(X), torch.cat([net(x) for x in X.split(1)]), rtol=0, atol=1e-6)
    assert torch.equal(net(X), net(X))


def test_memory_grows_linearly_with_the_number_of_tokens():
    """In the tensors that the layer saves for the backward pass."""

    def saved(n_tokens):
        sizes = []
        with torch.autograd.graph.saved_tensors_hooks(lambda x: sizes.append(x.numel()) or x, lambda x: x):
            SparseAttention(16, n_tokens)(torch.zeros(1, 16, n_tokens))
        return sum(sizes)

    few, more, most = (saved(n) for n in (250, 500, 1000))
    assert most - more == 2 * (more - few)


def test_a_sparse_block_is_two_residual_sums_with_the_norm_after_the_first():
    block = SparseBlock(16, 7, 32, 0.0).eval()
    x = drawn(2, 16, 7)
    first = functional.layer_norm((x + block.attention(x)).transpose(1, 2), (16,), block.norm.weight, block.norm.bias)
    torch.testing.assert_close(block(x), (first + block.feed_forward(first)).transpose(1, 2), rtol=0, atol=1e-6)


@pytest.mark.parametrize("dilation", [1, 2, 4])
def test_a_causal_convolution_equals_its_sum_by_hand(dilation):
    conv, x = CausalConv1d(3, 2, 5, dilation), drawn(2, 3, 30)
    expected = torch.zeros(2, 2, 30)
    for t, back in itertools.product(range(30), range(5)):
        if t - back * dilation >= 0:
            expected[:, :, t] += x[:, :, t - back * dilation] @ conv.weight[:, :, 4 - back].T
    torch.testing.assert_close(conv(x), expected + conv.bias[:, None], rtol=0, atol=1e-6)


def test_a_causal_block_equals_its_sums_by_hand():
    """In eval mode, with two convolutions and the skip connection."""
    block, x = CausalBlock(3, 4, 3, 2, 0.0).eval(), drawn(2, 3, 20)
    branch = x
    for conv, norm in (block.branch[:2], block.branch[4:6]):
        torch.nn.init.normal_(norm.running_mean)
        padded = torch.cat([torch.zeros(2, branch.shape[1], 4), branch], dim=-1)
        taps = [conv.weight[:, :, k] @ padded[..., 2 * k : 2 * k + 20] for k in range(3)]
        summed = torch.stack(taps).sum(dim=0) + conv.bias[:, None]
        normed = (summed - norm.running_mean[:, None]) / (norm.running_var + norm.eps).sqrt()[:, None]
        branch = (normed * norm.weight[:, None] + norm.bias[:, None]).relu()
    skip = block.skip.weight[:, :, 0] @ x + block.skip.bias[:, None]
    torch.testing.assert_close(block(x), (branch + skip).relu(), rtol=0, atol=1e-5)


def test_the_output_of_a_causal_block_does_not_depend_on_later_samples():
    block, x = CausalBlock(3, 4, 7, 4, 0.0).eval(), drawn(1, 3, 80)
    changed = x.clone()
    changed[..., 50] += 1
    moved = (block(x) != block(changed)).any(dim=1).flatten().nonzero().flatten()
    assert moved.min() == 50
    assert moved.max() <= 50 + 2 * 6 * 4


@pytest.mark.parametrize(("n_in", "count"), [(129, 66_000), (48, 32_544)])
def test_a_causal_block_has_this_many_parameters(n_in, count):
    assert n_parameters(CausalBlock(n_in, 48, 7, 1, 0.3)) == count


@pytest.mark.parametrize(
    ("gate", "count"),
    [(ChannelAttention(129, 16), 2_064), (ChannelAttention(129, 8), 4_128), (TemporalAttention(), 14)],
)
def test_a_gate_is_between_0_and_1_and_has_this_many_parameters(gate, count):
    x = drawn(2, 129, 200)
    ratio = gate(x) / x
    assert n_parameters(gate) == count
    assert 0 < ratio.min() < ratio.max() < 1


def test_the_gate_of_a_channel_is_constant_over_time_and_the_gate_of_a_sample_over_channels():
    x = drawn(2, 129, 200)
    assert (ChannelAttention()(x) / x).std(dim=-1).max() < 1e-5
    assert (TemporalAttention()(x) / x).std(dim=1).max() < 1e-5


def test_a_pooled_block_ends_with_max_pooling():
    block = conv_block(3, 4, 5, 0.0, stride=1, pool=2).eval()
    x = drawn(2, 3, 31)
    torch.testing.assert_close(block(x), functional.max_pool1d(block[:4](x), 2))
    assert block(x).shape == (2, 4, 15)


def test_squeeze_and_excitation_equals_its_formula():
    gate, x = SqueezeExcite(8), drawn(2, 8, 30)
    first, _, second, _ = gate.gate
    expected = (second.weight @ (first.weight @ x.mean(-1).T + first.bias[:, None]).relu() + second.bias[:, None]).T
    torch.testing.assert_close(gate(x), x * expected.sigmoid()[..., None])


def test_the_depthwise_convolution_does_not_mix_channels():
    block, x = DepthwiseBlock(4, 7, 3, 0.0).eval(), drawn(1, 4, 60)
    changed = x.clone()
    changed[:, 2, 30] += 1
    moved = (block.branch[0](x) != block.branch[0](changed))[0].nonzero()
    assert set(moved[:, 0].tolist()) == {2}
    assert moved[:, 1].tolist() == [30 + 3 * k for k in range(-3, 4)]


def test_a_transformer_block_equals_torchs():
    """Against torch.nn.TransformerEncoderLayer with the norm first and the same weights."""
    ours = TransformerBlock(16, 4, 32, 0.0).eval()
    theirs = torch.nn.TransformerEncoderLayer(16, 4, 32, 0.0, "gelu", batch_first=True, norm_first=True).eval()
    norm, first, _, _, second, _ = ours.feed_forward
    theirs.self_attn.in_proj_weight.data, theirs.self_attn.in_proj_bias.data = ours.attention.qkv.parameters()
    theirs.self_attn.out_proj, theirs.linear1, theirs.linear2 = ours.attention.project, first, second
    theirs.norm1, theirs.norm2 = ours.attention_norm, norm
    x = drawn(2, 16, 9)
    torch.testing.assert_close(ours(x), theirs(x.transpose(1, 2)).transpose(1, 2), rtol=0, atol=1e-5)


def test_a_head_has_one_dropout_probability_per_hidden_layer():
    assert [layer.p for layer in head((8, 4, 2, 1), (0.5, 0.4)) if isinstance(layer, torch.nn.Dropout)] == [0.5, 0.4]
    with pytest.raises(ValueError, match=r"widths=\(8, 4, 1\) has 1 hidden layers, drop_prob has 2"):
        head((8, 4, 1), (0.5, 0.4))


def test_an_ensemble_is_a_weighted_sum_with_one_weight_per_member():
    with pytest.raises(ValueError, match="2 members has 1 weights; one per member is expected"):
        Ensemble([Constant(1.0), Constant(2.0)], [1.0])
    assert Ensemble([Constant(1.0), Constant(2.0)], [0.25, 0.75])(torch.zeros(3, 129, 200)).tolist() == [[1.75]] * 3
