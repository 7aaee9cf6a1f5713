"""Wrappers: the effect of each on a net's predictions, and the facts that hold for nets."""

import statistics

import pytest
import torch
from torch import nn

from model_zoo.registry import find_architecture
from model_zoo.wrappers import WRAPPERS, parse
from submission_builder.base.errors import RecipeError
from submission_builder.freeze.cargo import closure

EXAMPLES = [
    "calibrate:0.9,0.1",
    "clamp:-0.05,0.05",
    "shrink:0.3,1.6",
    "running_median:3",
    "time_shifts:-4,0,4",
    "channels:0,5,128",
]
STATELESS = [text for text in EXAMPLES if not parse(text)[0].stateful]


class First(nn.Module):
    """Predict the first sample of the first channel."""

    def forward(self, x):
        return x[:, 0, :1]


def wrapped(text, net=None):
    wrapper, kwargs = parse(text)
    torch.manual_seed(0)
    return wrapper.build(net or find_architecture("cnn", 1).build({}), kwargs).eval()


def volts(batch=5):
    X = torch.randn(batch, 129, 200, generator=torch.Generator().manual_seed(0)) * 1e-5
    X[:, 128] = 0
    return X


def levels(*values):
    """Windows with one constant value each."""
    return torch.tensor(values)[:, None, None].expand(-1, 129, 200)


def test_there_is_an_example_of_every_wrapper():
    assert [parse(text)[0] for text in EXAMPLES] == list(WRAPPERS)


@pytest.mark.parametrize("wrapper", WRAPPERS, ids=lambda wrapper: wrapper.name)
def test_every_wrapper_can_be_packed(wrapper):
    assert f"{wrapper.module}.py" in [path.name for path in closure(wrapper.module)]


@pytest.mark.parametrize("text", STATELESS)
@torch.inference_mode()
def test_each_window_gets_one_prediction_that_does_not_depend_on_the_batch(text):
    net, X = wrapped(text), volts(64)
    before, state = X.clone(), torch.random.get_rng_state()
    prediction = net(X)
    assert prediction.shape == (64, 1)
    assert prediction.dtype == torch.float32
    torch.testing.assert_close(prediction, torch.cat([net(x) for x in X.split(1)]), rtol=1e-6, atol=1e-6)
    assert torch.equal(net(X), prediction)
    assert torch.equal(X, before)
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("text", EXAMPLES)
@torch.inference_mode()
def test_predictions_for_unusual_windows_are_finite(text):
    X = torch.stack([torch.zeros(129, 200), torch.full((129, 200), 1e-5), 1e7 * volts(1)[0]])
    assert wrapped(text)(X).isfinite().all()


@pytest.mark.parametrize("text", STATELESS)
def test_the_gradient_reaches_the_net(text):
    net = wrapped(text, nn.Sequential(nn.Flatten(), nn.Linear(129 * 200, 1)))
    net(volts()).sum().backward()
    assert all(parameter.grad.any() for parameter in net.parameters())


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_wrapper_adds_nothing_to_the_state_dict(text):
    """Weights are loaded into the net before it is wrapped; the state of a running median is not in the state dict."""
    net = wrapped(text)
    net(volts())
    assert net.state_dict().keys() == {f"net.{key}" for key in net.net.state_dict()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("calibrate:2,-1", [-7, -1, 1, 3]),
        ("clamp:-1,1.5", [-1, 0, 1, 1.5]),
        ("shrink:0.5,1", [-1, 0.5, 1, 1.5]),
        ("shrink:0,1", [1, 1, 1, 1]),
        ("running_median:1", [-3, 0, 1, 2]),
        ("running_median:3", [-3, -1.5, 0, 1]),
        ("time_shifts:-1,1", [-3, 0, 1, 2]),
        ("channels:0", [-3, 0, 1, 2]),
        ("channels:1", [0, 0, 0, 0]),
    ],
)
def test_a_wrapper_changes_the_predictions_like_this(text, expected):
    """The net predicts -3, 0, 1 and 2."""
    assert wrapped(text, First())(levels(-3.0, 0.0, 1.0, 2.0)).flatten().tolist() == expected


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_the_running_median_of_a_batch_equals_that_of_its_windows_one_by_one(n):
    values = torch.randn(40, generator=torch.Generator().manual_seed(0))
    net, X = wrapped(f"running_median:{n}", First()), levels(*values.tolist())
    predictions = First()(X).flatten().tolist()
    expected = torch.tensor([statistics.median(predictions[max(i - n + 1, 0) : i + 1]) for i in range(40)])
    for sizes in ([40], [1] * 40, [3, 30, 7]):
        net.reset()
        assert torch.equal(torch.cat([net(x) for x in X.split(sizes)]).flatten(), expected)


def test_a_running_median_keeps_its_state_until_it_is_reset():
    net = wrapped("running_median:3", First())
    first = net(levels(1.0))
    net(levels(5.0))
    assert net(levels(1.0)) == first
    assert net(levels(5.0)) != 1
    net.reset()
    assert net(levels(5.0)) == 5


def test_a_running_median_does_not_hide_a_nan():
    assert wrapped("running_median:3", First())(levels(1.0, torch.nan, 2.0)).isnan().flatten().tolist() == [0, 1, 1]


def test_a_shift_delays_the_window_and_repeats_its_edge():
    class Recorder(nn.Module):
        def forward(self, x):
            received.append(x[0, 0].tolist())
            return x[:, 0, :1]

    received = []
    window = torch.arange(200.0).expand(1, 129, 200)
    wrapped("time_shifts:-2,2", Recorder())(window)
    earlier, later = received
    assert earlier == [*range(2, 200), 199, 199]
    assert later == [0, 0, *range(198)]


@torch.inference_mode()
def test_the_prediction_does_not_depend_on_channels_that_are_not_selected():
    net, X, changed = wrapped("channels:0,5"), volts(), volts()
    changed[:, 6:] = torch.nan
    assert torch.equal(net(X), net(changed))
    changed[:, 5] *= -1
    assert not torch.equal(net(X), net(changed))


def test_a_wrapper_is_parsed_from_the_syntax_of_a_recipe():
    wrapper, kwargs = parse("clamp:0.5,2.5")
    assert (wrapper.name, kwargs) == ("clamp", {"low": 0.5, "high": 2.5})
    assert parse("running_median:31")[1] == {"n": 31}
    assert parse("time_shifts:-4,0,4")[1] == {"shifts": [-4, 0, 4]}
    assert parse("channels:7")[1] == {"channels": [7]}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("clmap:0,1", "there is no wrapper 'clmap'; there are calibrate, clamp, ", "did you mean clamp?"),
        ("xyzzy:0,1", "there is no wrapper 'xyzzy'", None),
        ("clamp", "clamp: '' is not a finite number; clamp:LOW,HIGH is expected", None),
        ("clamp:0.5", "clamp:0.5: 1 numbers; clamp:LOW,HIGH is expected", None),
        ("clamp:0,inf", "clamp:0,inf: 'inf' is not a finite number", None),
        ("clamp:2.5,0.5", "clamp:2.5,0.5: low=2.5 is not below high=0.5", None),
        ("shrink:1.5,1.6", "shrink:1.5,1.6: factor=1.5 is not between 0 and 1", None),
        ("running_median:2.5", "running_median:2.5: '2.5' is not a whole number; running_median:N is expected", None),
        ("running_median:0", "running_median:0: n=0 is below 1", None),
        (f"running_median:{10**20}", "too large", None),
        (f"running_median:{10**400}", "is not a whole number", None),
        ("time_shifts:", "time_shifts:: '' is not a whole number; time_shifts:SHIFTS… is expected", None),
        ("time_shifts:0,5", "the shifts 0,5 sum to 5; they should sum to 0", None),
        ("time_shifts:-200,200", "the shifts -200,200 reach beyond a window of n_times=200", None),
        ("channels:0,129", "channels 0 to 129 are not all between 0 and 128", None),
        ("channels:-1", "channels -1 to -1 are not all between 0 and 128", None),
        ("channels:3,3", "a channel is selected twice", None),
    ],
)
def test_the_error_for_an_invalid_wrapper_says_what_is_expected(text, message, hint):
    with pytest.raises(RecipeError) as caught:
        parse(text)
    assert message in str(caught.value)
    assert caught.value.hint == hint
