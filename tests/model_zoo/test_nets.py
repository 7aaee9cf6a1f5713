"""Facts that hold for every net of the registry; where one does not, the registry's row says why."""

import inspect
import re

import pytest
import torch

from model_zoo.nets.standardise import Standardise
from model_zoo.registry import ARCHITECTURES
from model_zoo.summary import n_parameters
from model_zoo.training.fit import start_at

COUNTS = {
    "CompactResponseTimeCNN": 74_753,
    "CompactExternalizingCNN": 64_001,
    "LightweightAttentionCNN": 79_489,
    "AttentionCNN": 91_521,
    "TCN": 196_225,
    "SparseAttentionCNN": 846_289,
    "SparseAttentionLargeCNN": 6_163_375,
    "CompactK5CNN": 82_881,
    "ResponseTimeCNN": 798_081,
    "ATCNet": 20_529,
    "AttentionBaseNet": 7_537,
    "BDTCN": 46_141,
    "BIOT": 3_202_561,
    "CTNet": 154_681,
    "ContraWR": 1_636_385,
    "Deep4Net": 223_051,
    "EEGConformer": 407_713,
    "EEGITNet": 3_571,
    "EEGInceptionERP": 17_833,
    "EEGInceptionMI": 3_734_209,
    "EEGMiner": 16_519,
    "EEGNeX": 62_353,
    "EEGNet": 3_265,
    "EEGSimpleConv": 839_429,
    "EEGTCNet": 5_869,
    "FBCNet": 39_169,
    "FBMSNet": 43_588,
    "IFNet": 23_553,
    "Labram": 5_851_977,
    "MSVTNet": 77_279,
    "SCCNet": 7_645,
    "SPARCNet": 1_447_089,
    "ShallowFBCSPNet": 207_801,
    "SignalJEPA_PostLocal": 14_617,
    "SignalJEPA_PreLocal": 14_617,
    "SincShallowNet": 9_345,
    "SleepStagerChambon2018": 21_419,
    "SyncNet": 307,
    "TIDNet": 862_881,
    "TSception": 82_955,
    "USleep": 2_487_289,
}

FACTS = {"gradient", "torch alone"}
"""What a row may be exempt from."""


def class_of(row):
    return row.kwargs.get("class_name", row.class_name)


NETS = list({class_of(row): row for row in reversed(ARCHITECTURES)}.values())[::-1]
"""Each net once, though it has a row for each challenge."""


def nets(fact=None, *, constant=False):
    """Every net; one that is exempt has to fail."""
    chosen = [row for row in NETS if constant or row.value is None]
    exempt = {class_of(row): row.exempt[fact] for row in chosen if fact in row.exempt}
    return pytest.mark.parametrize(
        "row",
        [
            pytest.param(
                row,
                id=f"{row.name}-{row.challenge}",
                marks=[pytest.mark.xfail(reason=exempt[class_of(row)])] if class_of(row) in exempt else [],
            )
            for row in chosen
        ],
    )


def made(row):
    torch.manual_seed(0)
    return row.build({row.value: 1.5} if row.value else {}).eval()


def volts(batch=5, seed=0):
    """Windows at the scale of scalp EEG, with a flat reference channel."""
    X = torch.randn(batch, 129, 200, generator=torch.Generator().manual_seed(seed)) * 1e-5
    X[:, 128] = 0
    return X


def test_rows_are_unique_and_exempt_only_from_facts_that_are_tested():
    assert len({(row.name, row.challenge) for row in ARCHITECTURES}) == len(ARCHITECTURES)
    assert {fact for row in ARCHITECTURES for fact in row.exempt} == FACTS


@nets()
def test_the_parameter_count_is_exact(row):
    assert n_parameters(made(row)) == COUNTS[class_of(row)]


def test_a_constant_has_no_parameters():
    assert list(made(ARCHITECTURES[-1]).parameters()) == []


@nets(constant=True)
@torch.inference_mode()
def test_every_window_gets_one_finite_answer_that_rests_on_it_alone(row):
    """In a batch as one by one, up to a ten-thousandth of the answers' spread; and twice the same to the bit."""
    net, X = made(row), volts()
    answer = net(X)
    assert answer.shape == (5, 1)
    assert answer.dtype == torch.float32
    assert answer.isfinite().all()
    one_by_one = torch.cat([net(x) for x in X.split(1)])
    torch.testing.assert_close(answer, one_by_one, rtol=1e-6, atol=1e-4 * answer.std().item())
    assert torch.equal(net(X), answer)


@nets(constant=True)
@torch.inference_mode()
def test_odd_windows_are_answered_too(row):
    """Zeros, one value throughout, and a hundred volts."""
    X = torch.stack([torch.zeros(129, 200), torch.full((129, 200), 1e-5), 1e7 * volts(1)[0]])
    assert made(row)(X).isfinite().all()


@nets()
@torch.inference_mode()
def test_the_answer_does_not_depend_on_the_amplifiers_gain(row):
    """Up to a few thousandths of the answers' spread: what `eps` in the standardisation leaves."""
    net = made(row)
    answer = net(volts())
    torch.testing.assert_close(net(volts() * 8), answer, rtol=0, atol=4e-3 * answer.std().item())


@nets()
@torch.inference_mode()
def test_answers_vary_at_raw_volt_scale(row):
    """A net without standardisation inside answers a constant here: its spread would be about 1e-8."""
    assert made(row)(volts(32)).std() > 2e-5


@nets("gradient")
def test_the_gradient_reaches_every_parameter(row):
    net = made(row).train()
    net(volts(16)).square().sum().backward()
    for name, parameter in net.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
            assert parameter.grad.any(), name


@nets(constant=True)
@torch.inference_mode()
def test_a_net_neither_changes_its_input_nor_draws_random_numbers(row):
    net, X = made(row), volts()
    before, state = X.clone(), torch.random.get_rng_state()
    net(X)
    assert torch.equal(X, before)
    assert torch.equal(torch.random.get_rng_state(), state)


@nets()
def test_windows_of_another_shape_are_refused(row):
    net = made(row)
    for n_chans, n_times in [(128, 200), (130, 200), (129, 199), (129, 400)]:
        theirs = f"(batch=2, n_chans={n_chans}, n_times={n_times})"
        with pytest.raises(ValueError, match=re.escape(f"{theirs}; the net takes (batch, n_chans=129, n_times=200)")):
            net(torch.zeros(2, n_chans, n_times))


@nets()
def test_the_same_seed_gives_the_same_net(row):
    first, second = made(row).state_dict(), made(row).state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)


@nets("torch alone")
def test_a_net_is_built_by_torch_alone(row, monkeypatch):
    """Where torch and numpy do not fit each other, as on a badly kept server, it is built nevertheless."""

    def crossing(*args, **kwargs):
        raise AssertionError("this net crosses to numpy")

    monkeypatch.setattr("braindecode.modules.filter.from_numpy", crossing)
    monkeypatch.setattr(torch, "from_numpy", crossing)
    monkeypatch.setattr(torch.Tensor, "numpy", crossing)
    made(row)


@nets()
@torch.inference_mode()
def test_training_starts_about_the_mean_of_the_targets(row):
    """Every answer moves by the mean, less the bias that was drawn."""
    net = made(row)
    before = net(volts())
    start_at(net, 10)
    torch.testing.assert_close(net(volts()), before + 10, rtol=0, atol=0.5)


OWN = [row for row in NETS if row.module not in {"braindecode_net", "constant"}]
MARGIN = r"# \(batch, ([\d, ]+)\)"


def margins(net):
    """Submodules whose shape stands in the right margin as numbers, with that shape."""
    source = inspect.getsource(inspect.getmodule(type(net)))
    yield from ((getattr(net, name), shape) for name, shape in re.findall(rf"self\.(\w+)\(x\)  {MARGIN}", source))
    blocks = re.findall(r"self\.(\w+) = nn\.Sequential\(\n(.*?)\n        \)", source, re.DOTALL)
    for name, block in blocks:
        for module, line in zip(getattr(net, name), block.splitlines(), strict=False):
            yield from ((module, shape) for shape in re.findall(MARGIN, line))


@pytest.mark.parametrize("row", OWN, ids=lambda row: f"{row.name}-{row.challenge}")
@torch.inference_mode()
def test_the_shapes_in_the_margin_are_those_traced(row):
    net, seen = made(row), {}
    for module in net.modules():
        module.register_forward_hook(lambda module, _, out: seen.update({module: tuple(out.shape[1:])}))
    net(volts())
    said = [(seen[module], tuple(map(int, shape.split(", ")))) for module, shape in margins(net)]
    assert len(said) > 1
    assert [traced for traced, _ in said] == [written for _, written in said]


def test_windows_without_a_batch_are_refused():
    with pytest.raises(ValueError, match=r"the windows are \(129, 200\); the net takes \(batch, n_chans=129"):
        Standardise()(torch.zeros(129, 200))


def test_a_standardised_channel_has_mean_0_and_std_1():
    X = Standardise()(volts() + 1e-3)
    torch.testing.assert_close(X[:, :128].mean(-1), torch.zeros(5, 128), rtol=0, atol=1e-4)
    torch.testing.assert_close(X[:, :128].std(-1, correction=0), torch.ones(5, 128), rtol=0, atol=1e-3)


def test_a_flat_channel_gives_a_finite_answer():
    assert torch.equal(Standardise()(volts())[:, 128], torch.zeros(5, 200))
