"""Facts about every net of the registry. Where one does not hold, the entry's ``exempt`` gives the reason."""

import inspect
import io
import json
import os
import re
from pathlib import Path

import pytest
import torch

from model_zoo.nets.latency_head import LatencyNet
from model_zoo.nets.standardise import Standardise
from model_zoo.registry import ARCHITECTURES
from model_zoo.summary import layers, n_parameters
from model_zoo.training.fit import init_output_bias

GOLDEN = Path(__file__).parents[1] / "data" / "nets"
"""Golden records; ``SUBPACK_WRITE_GOLDEN=1`` writes those of the nets that are tested."""

BRAINDECODE = GOLDEN / "braindecode.json"
"""Parameters and output shape of each of braindecode's nets."""

WRITE = bool(os.environ.get("SUBPACK_WRITE_GOLDEN"))

FACTS = {"gradient", "output bias", "torch alone"}
"""Facts that an entry may be exempt from."""


def class_of(architecture):
    return architecture.kwargs.get("class_name", architecture.class_name)


NETS = list({class_of(architecture): architecture for architecture in reversed(ARCHITECTURES)}.values())[::-1]
"""One entry per net, though a net for both challenges has two."""

OWN = [net for net in NETS if net.module not in {"braindecode_net", "constant"}]
THEIRS = [net for net in NETS if net.module == "braindecode_net"]


def nets(fact=None, *, chosen=None, constant=False):
    """Parametrize a test over nets; it has to fail for those that are exempt from the fact."""
    chosen = chosen or [net for net in NETS if constant or net.value is None]
    return pytest.mark.parametrize(
        "architecture",
        [
            pytest.param(
                net,
                id=f"{net.name}-{net.challenge}",
                marks=[pytest.mark.xfail(reason=net.exempt[fact])] if fact in net.exempt else [],
            )
            for net in chosen
        ],
    )


def build(architecture):
    torch.manual_seed(0)
    return architecture.build({architecture.value: 1.5} if architecture.value else {}).eval()


def volts(batch=5, seed=0):
    """Windows at the scale of scalp EEG, with a flat reference channel."""
    X = torch.randn(batch, 129, 200, generator=torch.Generator().manual_seed(seed)) * 1e-5
    X[:, 128] = 0
    return X


def test_entries_are_unique_and_exempt_only_from_known_facts():
    assert len({(entry.name, entry.challenge) for entry in ARCHITECTURES}) == len(ARCHITECTURES)
    assert {fact for entry in ARCHITECTURES for fact in entry.exempt} == FACTS


def trace(net):
    """The number of parameters, then each call of a layer with its output shape for one window."""
    calls = (f"{call.name} {call.kind} {'×'.join(map(str, call.shape[1:]))}" for call in layers(net))
    return "\n".join([f"{n_parameters(net)} parameters", *calls]) + "\n"


@nets(chosen=OWN)
def test_parameters_and_layers_of_our_nets_equal_the_golden_file(architecture):
    golden = GOLDEN / f"{class_of(architecture)}.txt"
    found = trace(build(architecture))
    if WRITE:
        golden.write_text(found)
    assert found == golden.read_text()


@nets(chosen=THEIRS)
@torch.inference_mode()
def test_parameters_and_output_shape_of_braindecodes_nets_equal_the_golden_file(architecture):
    net = build(architecture)
    found = {"parameters": n_parameters(net), "output": list(net(volts(1)).shape[1:])}
    if WRITE:
        records = json.loads(BRAINDECODE.read_text()) | {class_of(architecture): found}
        lines = (f"  {json.dumps(name)}: {json.dumps(record)}" for name, record in sorted(records.items()))
        BRAINDECODE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    assert found == json.loads(BRAINDECODE.read_text())[class_of(architecture)]


def test_every_net_has_a_golden_record_and_nothing_else_has():
    assert {path.name for path in GOLDEN.iterdir()} == {BRAINDECODE.name, *(f"{class_of(net)}.txt" for net in OWN)}
    assert json.loads(BRAINDECODE.read_text()).keys() == {class_of(net) for net in THEIRS}


def test_a_constant_has_no_parameters():
    assert list(build(ARCHITECTURES[-1]).parameters()) == []


@nets(constant=True)
@torch.inference_mode()
def test_each_window_gets_one_finite_prediction_that_does_not_depend_on_the_batch(architecture):
    """In a batch of 64 and alone, within 1e-4 of the predictions' spread; and equal to the bit in a second call."""
    net, X = build(architecture), volts(64)
    prediction = net(X)
    assert prediction.shape == (64, 1)
    assert prediction.dtype == torch.float32
    assert prediction.isfinite().all()
    alone = torch.cat([net(x) for x in X[-4:].split(1)])
    torch.testing.assert_close(prediction[-4:], alone, rtol=1e-6, atol=min(1e-5, 1e-4 * prediction.std().item()))
    assert torch.equal(net(X[-1:]), alone[-1:])


@nets(constant=True)
@torch.inference_mode()
def test_predictions_for_unusual_windows_are_finite(architecture):
    """Zeros, a constant value, and 100 V."""
    X = torch.stack([torch.zeros(129, 200), torch.full((129, 200), 1e-5), 1e7 * volts(1)[0]])
    assert build(architecture)(X).isfinite().all()


@nets()
@torch.inference_mode()
def test_the_prediction_does_not_depend_on_the_amplifiers_gain(architecture):
    """Within 0.4 % of the predictions' spread, because the standardisation adds `eps`."""
    net = build(architecture)
    prediction = net(volts())
    torch.testing.assert_close(net(volts() * 8), prediction, rtol=0, atol=4e-3 * prediction.std().item())


@nets()
@torch.inference_mode()
def test_predictions_for_raw_volts_vary(architecture):
    """A net without standardisation would predict almost a constant, with a spread of about 1e-8."""
    assert build(architecture)(volts(32)).std() > 2e-5


@nets("gradient")
def test_the_gradient_reaches_every_parameter(architecture):
    net = build(architecture).train()
    net(volts(16)).square().sum().backward()
    for name, parameter in net.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
            assert parameter.grad.any(), name


@nets(constant=True)
@torch.inference_mode()
def test_a_call_changes_neither_its_input_nor_the_random_state(architecture):
    net, X = build(architecture), volts()
    before, state = X.clone(), torch.random.get_rng_state()
    net(X)
    assert torch.equal(X, before)
    assert torch.equal(torch.random.get_rng_state(), state)


@nets()
def test_windows_of_another_shape_are_an_error(architecture):
    net = build(architecture)
    for n_chans, n_times in [(128, 200), (130, 200), (129, 199), (129, 400)]:
        theirs = f"(batch=2, n_chans={n_chans}, n_times={n_times})"
        with pytest.raises(ValueError, match=re.escape(f"{theirs}; the net expects (batch, n_chans=129, n_times=200)")):
            net(torch.zeros(2, n_chans, n_times))


@nets()
def test_the_same_seed_gives_the_same_net(architecture):
    first, second = build(architecture).state_dict(), build(architecture).state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)


@nets()
@torch.inference_mode()
def test_predictions_depend_on_the_state_dict_only(architecture):
    """Loaded into a net of another seed, the saved state dict gives predictions that are equal to the bit."""
    net, X = build(architecture), volts()
    file = io.BytesIO()
    torch.save(net.state_dict(), file)
    file.seek(0)
    torch.manual_seed(1)
    other = architecture.build({}).eval()
    assert not torch.equal(other(X), net(X))
    other.load_state_dict(torch.load(file, weights_only=True), strict=True)
    assert torch.equal(other(X), net(X))


@nets("torch alone")
def test_a_net_is_built_without_numpy(architecture, monkeypatch):
    """So it can be built with the server's published packages, whose torch cannot convert to their numpy."""

    def converted(*args, **kwargs):
        raise AssertionError("this net converts between torch and numpy")

    monkeypatch.setattr("braindecode.modules.filter.from_numpy", converted)
    monkeypatch.setattr(torch, "from_numpy", converted)
    monkeypatch.setattr(torch.Tensor, "numpy", converted)
    build(architecture)


@nets("output bias")
@torch.inference_mode()
def test_an_untrained_net_predicts_about_the_mean_of_the_targets(architecture):
    """The output bias of a net, or the prior of a latency net, is set to the mean."""
    net = build(architecture)
    if isinstance(net, LatencyNet):
        torch.nn.init.zeros_(net.head.score.weight)
        init_output_bias(net, 1.75)
        torch.testing.assert_close(net(volts()), torch.full((5, 1), 1.75), rtol=0, atol=1e-3)
    else:
        before = net(volts())
        init_output_bias(net, 10)
        torch.testing.assert_close(net(volts()), before + 10, rtol=0, atol=0.5)


MARGIN = r"# \(batch, ([\d, ]+)\)"


def margins(net):
    """Submodules with a numeric shape in the right margin of the source, and this shape."""
    source = inspect.getsource(inspect.getmodule(type(net)))
    yield from ((getattr(net, name), shape) for name, shape in re.findall(rf"self\.(\w+)\(x\)  {MARGIN}", source))
    blocks = re.findall(r"self\.(\w+) = nn\.Sequential\(\n(.*?)\n        \)", source, re.DOTALL)
    for name, block in blocks:
        for module, line in zip(getattr(net, name), block.splitlines(), strict=False):
            yield from ((module, shape) for shape in re.findall(MARGIN, line))


@nets(chosen=OWN)
@torch.inference_mode()
def test_the_shapes_in_the_margin_equal_the_traced_shapes(architecture):
    net, outputs = build(architecture), {}
    for module in net.modules():
        module.register_forward_hook(lambda module, _, out: outputs.update({module: tuple(out.shape[1:])}))
    net(volts())
    pairs = [(outputs[module], tuple(map(int, shape.split(", ")))) for module, shape in margins(net)]
    assert pairs
    assert [traced for traced, _ in pairs] == [written for _, written in pairs]


def test_windows_without_a_batch_axis_are_an_error():
    with pytest.raises(ValueError, match=r"the windows are \(129, 200\); the net expects \(batch, n_chans=129"):
        Standardise()(torch.zeros(129, 200))


def test_a_standardised_channel_has_mean_0_and_std_1():
    X = Standardise()(volts() + 1e-3)
    torch.testing.assert_close(X[:, :128].mean(-1), torch.zeros(5, 128), rtol=0, atol=1e-4)
    torch.testing.assert_close(X[:, :128].std(-1, correction=0), torch.ones(5, 128), rtol=0, atol=1e-3)


def test_standardisation_sets_a_flat_channel_to_0():
    assert torch.equal(Standardise()(volts())[:, 128], torch.zeros(5, 200))
