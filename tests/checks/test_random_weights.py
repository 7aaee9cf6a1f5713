"""S210 finds parameters that keep their random initial values, under this Python and under every installed replica."""

import sys
import warnings
import zipfile

import pytest
import torch
from broken import only
from saved_weights import saved

from submission_builder.base.cache import cache_folder
from submission_builder.harness.runtime import Runtime
from submission_builder.server.images import IMAGES
from submission_builder.server.replica import installed_replica
from submission_builder.workflows.check import check

CACHE = cache_folder()  # the user's, before a fixture names another for the tests
REPLICAS = [replica for image in IMAGES.values() if (replica := installed_replica(image, CACHE))]
PYTHONS = [
    pytest.param(sys.executable, marks=pytest.mark.slow, id="here"),
    *(pytest.param(one.interpreter.executable, marks=pytest.mark.server, id=one.image) for one in REPLICAS),
]

SOURCE = """
import io
from pathlib import Path
import torch
from torch import nn
from braindecode.models import EEGNet

HERE = Path(__file__).parent

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.head = nn.Conv1d(129, 4, 9), nn.BatchNorm1d(4), nn.Linear(4, 1)
    def forward(self, x):
        return self.head(torch.relu(self.norm(self.conv((x - x.mean(-1, keepdim=True)) * {scale}))).mean(-1))

def eegnet():
    return EEGNet(n_chans=129, n_outputs=1, n_times=200, sfreq=100)

class Submission:
    def __init__(self, SFREQ, DEVICE):
        self.device = DEVICE
    def get_model_challenge_1(self):
        return self.model("c1.pt")
    def get_model_challenge_2(self):
        return self.model("c2.pt")
    def state(self, name):
        return torch.load(HERE / name, map_location=self.device, weights_only=True)
    def model(self, name):
        {model}
"""

LOAD = "net = Net(); net.load_state_dict(self.state(name)); "
WITHOUT_HEAD = (
    "state = {k: v for k, v in self.state(name).items() if 'head' not in k}; "
    "net = Net(); net.load_state_dict(state, strict=False); return net"
)
RANDOM = {
    "nothing is loaded, raw volts": ("return eegnet()", 1),
    "nothing is loaded, scaled volts": ("return Net()", 1e5),
    "a head that is not in the file": (WITHOUT_HEAD, 1e5),
    "a head that is not in the file, raw volts": (WITHOUT_HEAD, 1),
    "weights of another net than the returned one": (f"{LOAD}return Net()", 1e5),
    "a buffer that is random": (f"{LOAD}net.norm.running_mean = torch.randn(4); return net", 1e5),
}
LOADED = {
    "all of it": (f"{LOAD}return net", 1e5),
    "all of it, raw volts": (f"{LOAD}return net", 1),
    "a net of braindecode, raw volts": (
        "net = eegnet(); net.load_state_dict(self.state('eegnet-' + name)); return net",
        1,
    ),
    "a seed in the code": ("torch.manual_seed(int(name[1])); return Net()", 1e5),
    "a random part that is not used": (
        "net = Net(); net.unused = nn.Linear(4, 4); net.load_state_dict(self.state(name), strict=False); return net",
        1e5,
    ),
}


@pytest.fixture(scope="module")
def weights():
    """The weights of both nets for both challenges."""
    space = {"__file__": __file__}
    exec(SOURCE.format(scale=1, model="pass"), space)  # noqa: S102 - the source above
    files = {}
    for seed, name in enumerate(("c1.pt", "c2.pt")):
        torch.manual_seed(seed)
        files[name] = saved(space["Net"]().state_dict())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of braindecode
            files[f"eegnet-{name}"] = saved(space["eegnet"]().state_dict())
    return files


def findings(tmp_path, weights, python, model, scale):
    path = only(SOURCE.format(scale=scale, model=model))(tmp_path / "z.zip")
    with zipfile.ZipFile(path, "a") as archive:
        for name, content in weights.items():
            archive.writestr(name, content)
    report = check(path, select=["S210", "S301"], runtime=Runtime(server=python))
    assert report.outcome == "scored", report.message
    return [(one.id, one.where) for one in report.findings]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("model", "scale"), RANDOM.values(), ids=RANDOM)
def test_a_random_parameter_is_found_in_both_challenges(tmp_path, weights, python, model, scale):
    assert findings(tmp_path, weights, python, model, scale) == [("S210", "challenge 1"), ("S210", "challenge 2")]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("model", "scale"), LOADED.values(), ids=LOADED)
def test_a_net_whose_parameters_are_all_set_passes(tmp_path, weights, python, model, scale):
    assert findings(tmp_path, weights, python, model, scale) == []
