"""Nets and libraries run under the filter of system calls, with the same predictions as without it."""

import numpy as np
import pytest
from archives import WINDOWS, make_zip
from test_isolation import needs_namespace
from test_official import NETS, packed

from submission_builder.base.errors import SubmissionError
from submission_builder.harness.package import open_package
from submission_builder.harness.runtime import Runtime
from submission_builder.harness.session import open_session

pytestmark = needs_namespace

FOREST = """import numpy as np
from sklearn.ensemble import RandomForestRegressor

def predict(X):
    forest = RandomForestRegressor(5, random_state=0, n_jobs=2).fit(X[0].numpy(), np.arange(129))
    return forest.predict(X[0, :1].numpy())[0]"""
FILTER = """import scipy.optimize, scipy.signal

def predict(X):
    filtered = scipy.signal.filtfilt(*scipy.signal.butter(3, 0.2), X[0, 0].numpy()).max()
    return filtered + scipy.optimize.minimize(lambda v: (v[0] - 1.5) ** 2, [0.0]).x[0]"""
TABLE = """import io, pandas as pd

def predict(X):
    table = pd.read_csv(io.StringIO("a,b\\n1,2\\n1,4\\n"))
    return table.groupby("a")["b"].mean().iloc[0] + X[0, 0, 0].item()"""
MODULE = """import {package} as package

class Module(package.LightningModule):
    def forward(self, X):
        return X.mean()

def predict(X):
    return Module()(X).item()"""
SHALLOW = """import warnings
warnings.simplefilter("ignore")
from braindecode.models import ShallowFBCSPNet

def predict(X):
    torch.manual_seed(0)
    return ShallowFBCSPNet(129, 1, n_times=200).eval()(X).item()"""
LOADER = """class Rows(torch.utils.data.Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, i):
        return torch.full((3,), float(i))

def predict(X):
    return sum(batch.sum().item() for batch in torch.utils.data.DataLoader(Rows(), 2, num_workers=2))"""
JOBLIB = """import joblib

def predict(X):
    return sum(joblib.Parallel(n_jobs=2)(joblib.delayed(abs)(v) for v in range(-4, 4)))"""
PROCESSES = """import multiprocessing, subprocess, sys

def predict(X):
    with multiprocessing.get_context("fork").Pool(2) as pool:
        own = sum(pool.map(abs, range(-4, 4)))
    command = [sys.executable, "-c", "print(1.5)"]
    return own + float(subprocess.run(command, capture_output=True, check=True).stdout)"""
THREADS = """import asyncio, concurrent.futures

def predict(X):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return sum(pool.map(abs, range(9))) + asyncio.run(asyncio.sleep(0.01, 0.5))"""
SCRIPT = """@torch.jit.script
def scripted(x):
    return x.mean() * 2

def predict(X):
    return scripted(X).item()"""

LIBRARIES = {
    "scipy": FILTER,
    "scikit-learn": FOREST,
    "pandas": TABLE,
    "lightning": MODULE.format(package="lightning"),
    "pytorch_lightning": MODULE.format(package="pytorch_lightning"),
    "braindecode": SHALLOW,
    "worker processes of torch": LOADER,
    "worker processes of joblib": JOBLIB,
    "processes of Python": PROCESSES,
    "threads": THREADS,
    "TorchScript": SCRIPT,
}
"""Code that defines ``predict(X)``, by what it uses."""


def predictions(path, level, n=2):
    with open_session(open_package(path), Runtime(isolation=level)) as session:
        session.load(1)
        return session.predict(WINDOWS[:n]).values


@pytest.mark.hostile
@pytest.mark.parametrize("top", LIBRARIES.values(), ids=LIBRARIES)
def test_a_library_predicts_the_same_with_and_without_the_filter(tmp_path, top):
    path = make_zip(tmp_path / "z.zip", top=top, forward="return X.new_full((1, 1), float(predict(X)))")
    np.testing.assert_array_equal(predictions(path, "namespace"), predictions(path, "process"))


@pytest.mark.slow
@pytest.mark.parametrize("dynamic", [False, True])
def test_a_compiled_model_predicts_the_same_with_and_without_the_filter(tmp_path, dynamic):
    """torch.compile writes C++ and starts a compiler."""
    top = f"compiled = torch.compile(lambda X: torch.tanh(X * 3).mean((1, 2))[:, None], dynamic={dynamic})"
    path = make_zip(tmp_path / "z.zip", top=top, forward="return compiled(X)")
    try:
        expected = predictions(path, "process")
    except SubmissionError as error:
        pytest.skip(f"torch.compile does not work on this machine: {str(error).splitlines()[0]}")
    np.testing.assert_array_equal(predictions(path, "namespace"), expected)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(6))
def test_every_net_predicts_the_same_with_and_without_the_filter(tmp_path, part):
    """As ensembles of several nets; `test_official.py` compares each with the official loop."""
    path = packed(NETS[part::6], tmp_path)
    np.testing.assert_array_equal(predictions(path, "namespace"), predictions(path, "process"))


@pytest.mark.gpu
def test_with_device_cuda_the_driver_works_in_the_sandbox(tmp_path):
    """Its devices are visible then, and only then."""
    path = make_zip(tmp_path / "z.zip", forward="return X[:, 5, 7:8] * 2", top="assert torch.cuda.is_available()")
    with open_session(open_package(path), Runtime(isolation="namespace", device="cuda")) as session:
        session.load(1)
        np.testing.assert_array_equal(session.predict(WINDOWS[:2]).values, 2 * WINDOWS[:2, 5, 7].astype(np.float64))
    with open_session(open_package(path), Runtime(isolation="namespace")) as session, pytest.raises(SubmissionError):
        session.load(1)
