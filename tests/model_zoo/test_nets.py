"""Facts that hold for every net of the registry; where one does not, the registry's row says why."""

import inspect
import io
import os
import re
from pathlib import Path

import pytest
import torch

from model_zoo.nets.latency_head import LatencyNet
from model_zoo.nets.standardise import Standardise
from model_zoo.registry import ARCHITECTURES
from model_zoo.summary import n_parameters
from model_zoo.training.fit import init_output_bias

GOLDEN = Path(__file__).parents[1] / "data" / "nets"
"""Parameters, layers and shapes of each net; SUBPACK_WRITE_GOLDEN=1 writes those that are traced."""

FACTS = {"gradient", "start", "torch alone"}
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


def traced(net):
    """The number of parameters, then each layer as it is called, with what it hands on for one window."""
    lines = [f"{n_parameters(net)} parameters"]

    def see(name, module, out):
        shape = "×".join(map(str, out.shape[1:])) if isinstance(out, torch.Tensor) else "…"
        lines.append(f"{name} {type(module).__name__} {shape}")

    for name, module in net.named_modules():
        if not list(module.children()):
            module.register_forward_hook(lambda module, _, out, name=name: see(name, module, out))
    net(volts(1))
    return "\n".join(lines) + "\n"


@nets()
@torch.inference_mode()
def test_parameters_and_traced_shapes_are_those_of_the_golden_file(row):
    golden = GOLDEN / f"{class_of(row)}.txt"
    found = traced(made(row))
    if os.environ.get("SUBPACK_WRITE_GOLDEN"):
        golden.write_text(found)
    assert found == golden.read_text()


def test_every_golden_file_is_of_a_net():
    assert {path.stem for path in GOLDEN.iterdir()} == {class_of(row) for row in NETS if row.value is None}


def test_a_constant_has_no_parameters():
    assert list(made(ARCHITECTURES[-1]).parameters()) == []


@nets(constant=True)
@torch.inference_mode()
def test_every_window_gets_one_finite_answer_that_rests_on_it_alone(row):
    """In a batch of 64 as alone, up to a ten-thousandth of the predictions' spread; and twice the same to the bit."""
    net, X = made(row), volts(64)
    prediction = net(X)
    assert prediction.shape == (64, 1)
    assert prediction.dtype == torch.float32
    assert prediction.isfinite().all()
    alone = torch.cat([net(x) for x in X[-4:].split(1)])
    torch.testing.assert_close(prediction[-4:], alone, rtol=1e-6, atol=min(1e-5, 1e-4 * prediction.std().item()))
    assert torch.equal(net(X[-1:]), alone[-1:])


@nets(constant=True)
@torch.inference_mode()
def test_odd_windows_are_answered_too(row):
    """Zeros, one value throughout, and a hundred volts."""
    X = torch.stack([torch.zeros(129, 200), torch.full((129, 200), 1e-5), 1e7 * volts(1)[0]])
    assert made(row)(X).isfinite().all()


@nets()
@torch.inference_mode()
def test_the_answer_does_not_depend_on_the_amplifiers_gain(row):
    """Up to a few thousandths of the predictions' spread: what `eps` in the standardisation leaves."""
    net = made(row)
    prediction = net(volts())
    torch.testing.assert_close(net(volts() * 8), prediction, rtol=0, atol=4e-3 * prediction.std().item())


@nets()
@torch.inference_mode()
def test_answers_vary_at_raw_volt_scale(row):
    """A net without standardisation inside predictions a constant here: its spread would be about 1e-8."""
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


@nets()
@torch.inference_mode()
def test_the_weights_of_a_net_are_all_that_it_knows(row):
    """Saved as tensors and loaded into a net of another seed, they give the same predictions to the bit."""
    net, X = made(row), volts()
    file = io.BytesIO()
    torch.save(net.state_dict(), file)
    file.seek(0)
    torch.manual_seed(1)
    other = row.build({}).eval()
    assert not torch.equal(other(X), net(X))
    other.load_state_dict(torch.load(file, weights_only=True), strict=True)
    assert torch.equal(other(X), net(X))


@nets("torch alone")
def test_a_net_is_built_by_torch_alone(row, monkeypatch):
    """Where torch and numpy do not fit each other, as on a badly kept server, it is built nevertheless."""

    def crossing(*args, **kwargs):
        raise AssertionError("this net crosses to numpy")

    monkeypatch.setattr("braindecode.modules.filter.from_numpy", crossing)
    monkeypatch.setattr(torch, "from_numpy", crossing)
    monkeypatch.setattr(torch.Tensor, "numpy", crossing)
    made(row)


@nets("start")
@torch.inference_mode()
def test_training_starts_about_the_mean_of_the_targets(row):
    """A net that predictions a value moves by the mean, less the bias that was drawn; one that says when has a prior."""
    net = made(row)
    if isinstance(net, LatencyNet):
        torch.nn.init.zeros_(net.head.score.weight)
        init_output_bias(net, 1.75)
        torch.testing.assert_close(net(volts()), torch.full((5, 1), 1.75), rtol=0, atol=1e-3)
    else:
        before = net(volts())
        init_output_bias(net, 10)
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
    assert said
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
