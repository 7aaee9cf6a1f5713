"""Weight files that need other versions of torch or numpy than the server's."""

import pickle

import numpy as np
import pytest
import saved_weights as weights
from archives import make_zip

from submission_builder.checks.catalogue import select_checks
from submission_builder.checks.runner import check_zip


def findings(path, name, content):
    report = check_zip(make_zip(path / "z.zip", names={name: content}), select_checks(["S213", "S214"]))
    return [(finding.id, finding.message) for finding in report.findings]


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("return torch.rms_norm(x, [200])", ["torch.rms_norm"]),
        ("return torch.mul(torch.rms_norm(x, [200]), 2.)", ["torch.rms_norm"]),
        ("return torch.layer_norm(x, [200], None, None)", []),
        ("return torch._convolution(x)", []),
        ("return self.torch.rms_norm(x)", []),
        ("return torch.an_operator_of_no_version(x)", []),
    ],
)
def test_functions_of_torchscript_are_looked_up_in_both_versions(tmp_path, code, named):
    """A name that no version has in public is not judged."""
    found = findings(tmp_path, "w.pt", weights.torchscript(f"def forward(self, x):\n  {code}\n"))
    assert [message.split()[3].rstrip(",") for _, message in found] == named


@pytest.mark.parametrize("generator", [np.random.PCG64, np.random.MT19937, np.random.Philox])
def test_a_random_generator_of_numpy_2_is_found(tmp_path, generator):
    (found,) = findings(tmp_path, "model.pkl", pickle.dumps({"rng": np.random.Generator(generator(0))}))
    assert found[0] == "S213"
    assert "numpy 1.26.4" in found[1]


def test_a_pickle_without_a_generator_is_not_judged(tmp_path):
    """Arrays of numpy 2 are read by numpy 1.26, which has the module ``numpy._core``."""
    assert findings(tmp_path, "model.pkl", pickle.dumps({"w": np.ones(3), "seed": 3, "name": "PCG64"})) == []
