"""Figures of the nets: the file against the nets, and the measurement against known values."""

import logging
import math

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from model_zoo.figures import grouped, key_of, read_figures
from model_zoo.measuring import latency_ms, measure, multiply_adds, receptive_field
from model_zoo.nets.attention import MultiHeadSelfAttention
from model_zoo.nets.causal_block import CausalBlock
from model_zoo.nets.sparse_attention import SparseAttention
from model_zoo.nets.standardise import Standardise
from model_zoo.nets.tcn import TCN
from model_zoo.registry import ARCHITECTURES, find_architecture

REMEDY = "python tests/model_zoo/make_figures.py measures them again"
QUICK = [
    find_architecture(*key) for key in [("cnn", 1), ("cnn", 2), ("lightweight_attn", 1), ("tcn", 1), ("constant", 1)]
]


class Standardised(nn.Module):
    """Standardisation, some layers, and the mean over time."""

    def __init__(self, n_times, *layers):
        super().__init__()
        self.standardise = Standardise(n_times=n_times)
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(self.standardise(x)).mean(dim=-1)


def assert_measured(architecture):
    logging.getLogger("mne").setLevel(logging.ERROR)
    assert measure(architecture) == read_figures()[key_of(architecture)], REMEDY


def test_the_file_has_figures_of_every_net_and_of_nothing_else():
    assert list(read_figures()) == [key_of(group[0]) for group in grouped(ARCHITECTURES)], REMEDY


@pytest.mark.parametrize("architecture", QUICK, ids=key_of)
def test_the_figures_of_quick_nets_equal_a_new_measurement(architecture):
    assert_measured(architecture)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("architecture", [group[0] for group in grouped(ARCHITECTURES)], ids=key_of)
def test_all_figures_equal_a_new_measurement(architecture):
    assert_measured(architecture)


def test_multiply_adds_equal_a_count_by_hand():
    """Input channels × output channels × kernel × output samples per convolution; widths per matrix product."""
    stem = 129 * 32 * 7 * 100 + 32 * 64 * 5 * 50
    assert read_figures()["cnn CompactResponseTimeCNN"].multiply_adds == (
        stem + 64 * 128 * 3 * 25 + 128 * 64 + 64 * 32 + 32
    )
    scores_and_mixing = 2 * 4 * 50 * 50 * 16
    assert read_figures()["lightweight_attn LightweightAttentionCNN"].multiply_adds == (
        stem + 50 * 64 * 192 + scores_and_mixing + 50 * 64 * 64 + 64 * 96 * 3 * 25 + 96 * 48 + 48
    )


def test_eegnex_has_440_million_multiply_adds():
    assert read_figures()["eegnex BraindecodeNet class_name=EEGNeX"].multiply_adds == pytest.approx(0.44e9, rel=0.01)


def test_attention_inside_torchs_transformer_is_counted():
    """Torch's counter alone misses the CPU kernel, and the whole layer if gradients are disabled."""

    class Transformer(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.TransformerEncoderLayer(200, 4, 100, batch_first=True)

        def forward(self, x):
            return self.layer(x)

    assert multiply_adds(Transformer()) == 129 * (4 * 200 * 200 + 2 * 200 * 100) + 2 * 129 * 129 * 200


@pytest.mark.parametrize(("n_tokens", "factor"), [(50, 1.09), (1000, 2.94), (8192, 16.93)])
def test_dense_attention_has_more_multiply_adds_than_sparse_by_this_factor(n_tokens, factor):
    """In the sparse layer, scores and weighted sums are elementwise products, which are counted here too."""

    def work(layer):
        products = {torch.ops.aten.mul: lambda *_, out_shape, **__: 2 * math.prod(out_shape)}
        counter = FlopCounterMode(display=False, custom_mapping=products)
        with counter, torch.inference_mode():
            layer.eval()(torch.zeros(1, 256, n_tokens))
        return counter.get_total_flops() // 2

    dense, sparse = work(MultiHeadSelfAttention(256, 1)), work(SparseAttention(256, n_tokens))
    projections = 4 * n_tokens * 256**2
    assert dense == projections + 2 * n_tokens**2 * 256
    assert sparse == projections + 2 * n_tokens * 2 * 256
    assert dense / sparse == pytest.approx(factor, rel=0.005)


def test_the_receptive_field_of_a_tcn_is_373_samples_or_the_whole_window():
    """1 + 2 · 6 · (1 + 2 + 4 + 8 + 16) samples, if the window is long enough."""
    assert receptive_field(lambda n_times: TCN(n_times=n_times), 800) == 373
    assert receptive_field(lambda n_times: TCN(n_times=n_times)) is None


@pytest.mark.parametrize(
    ("layers", "samples"),
    [
        (lambda: [nn.Conv1d(129, 8, 7, stride=2), nn.ReLU(), nn.Conv1d(8, 8, 5)], 7 + 4 * 2),
        (lambda: [nn.Conv1d(129, 4, 40), nn.MaxPool1d(40, 20)], 79),
        (lambda: [CausalBlock(129, 8, 7, 4, 0.0)], 1 + 2 * 6 * 4),
        (lambda: [nn.Conv1d(129, 8, 7), nn.AdaptiveAvgPool1d(1)], 7),
        (list, None),
    ],
    ids=["strides", "max-pooling", "dilation and skip connection", "global pooling", "no layer"],
)
def test_a_receptive_field_equals_a_calculation_by_hand(layers, samples):
    torch.manual_seed(0)
    assert receptive_field(lambda n_times: Standardised(n_times, *layers())) == samples


def test_the_receptive_field_of_a_gate_over_all_samples_is_the_whole_window():
    class Gate(nn.Module):
        def forward(self, x):
            return x * x.mean(dim=-1, keepdim=True)

    assert receptive_field(lambda n_times: Standardised(n_times, nn.Conv1d(129, 8, 7), Gate())) is None


def test_measuring_does_not_change_the_global_random_state():
    state = torch.random.get_rng_state()
    measure(QUICK[0])
    assert torch.equal(torch.random.get_rng_state(), state)


def test_latency_is_measured_in_eval_mode_on_batches_of_the_given_size():
    shapes = set()

    class Recorder(nn.Module):
        def forward(self, x):
            assert not self.training
            shapes.add(tuple(x.shape))
            return x.sum()

    assert latency_ms(Recorder(), 64) > 0
    assert shapes == {(64, 129, 200)}
