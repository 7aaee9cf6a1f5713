"""Fixtures that several rooms' tests share."""

import contextlib
import csv
import json
import lzma
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported: tests run beside other work

os.environ["SUBPACK_NO_LEDGER"] = "1"  # fixtures of a module or of the session record nothing

import numpy as np
import pytest

from submission_builder.base.cache import cache_folder
from submission_builder.releases.simulated.release import simulate_release
from submission_builder.server import replica
from submission_builder.server.images import IMAGES

TESTS = Path(__file__).parent
SHARED = Path(os.environ.get("SUBPACK_SHARED", TESTS.parents[1] / "shared")) / "data"


def pytest_xdist_auto_num_workers(config):
    """Run the whole default suite on all cores; named files, slow tests and others run in one process."""
    whole = config.args_source == pytest.Config.ArgsSource.TESTPATHS and config.option.markexpr.startswith("not slow")
    return None if whole else 0


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    """Keep the user's cache out of the tests; one cache serves a whole run."""
    monkeypatch.setenv("SUBPACK_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(autouse=True)
def ledger(tmp_path, tmp_path_factory, monkeypatch):
    """Keep the user's ledger out of the tests; each test has its own, which exists once something is recorded."""
    path = tmp_path_factory.getbasetemp() / "ledgers" / tmp_path.name / "ledger.sqlite3"
    monkeypatch.setenv("SUBPACK_LEDGER", str(path))
    monkeypatch.delenv("SUBPACK_NO_LEDGER", raising=False)
    return path


@pytest.fixture(autouse=True)
def _no_account(tmp_path, monkeypatch):
    """Keep the user's account on Codabench out of the tests."""
    monkeypatch.delenv("CODABENCH_TOKEN", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("SUBPACK_SUBMISSIONS", str(tmp_path / "submissions"))


@pytest.fixture(scope="session")
def another_python(tmp_path_factory):
    """A Python of another prefix, which sees our packages through a path file."""
    folder = tmp_path_factory.mktemp("another")
    venv.create(folder, symlinks=True)
    site = next(folder.glob("lib/python3*/site-packages"))
    (site / "outer.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "python"


@pytest.fixture
def replicas(another_python, tmp_path, monkeypatch):
    """A function that pretends replicas: published is this Python, and lock another one with the same packages."""
    monkeypatch.setenv("SUBPACK_CACHE", str(tmp_path / "replicas"))

    def install(*images):
        for image in images:
            python = replica._python(replica._folder(IMAGES[image], cache_folder()))
            python.parent.mkdir(parents=True)
            python.write_text(f'#!/bin/sh\nexec {sys.executable if image == "published" else another_python} "$@"\n')
            python.chmod(0o755)

    return install


@pytest.fixture(scope="session")
def r5():
    """Real event times, lengths and scores of release R5 (see data/README.md)."""
    content = json.loads(lzma.decompress((TESTS / "data" / "r5.json.xz").read_bytes()))
    for run in content["runs"]:
        run["onset"] = np.array(run["onset"])
        run["value"] = np.array(content["values"], dtype=object)[run["value"]]
        run["n_samples"] = round(100 * run["duration_s"])
    return content


def _unpacked(name, folder):
    archive = SHARED / name
    if not archive.is_file():
        pytest.skip(f"{name} is not beside the checkout (shared/data)")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))  # noqa: S202 - ours; 3.11.4
    return folder


@pytest.fixture(scope="session")
def hbn(tmp_path_factory):
    """Real event files of R1…R11, without signals."""
    return _unpacked("hbn-ccd-events.tar.xz", tmp_path_factory.mktemp("hbn"))


@pytest.fixture(scope="session")
def face13(tmp_path_factory):
    """Real EEG in the challenge's layout: one adult, two runs, another task, no externalizing score."""
    return _unpacked("face13-s01.tar.xz", tmp_path_factory.mktemp("face13")) / "R5_L100_bdf"


@pytest.fixture(scope="session")
def shared_board():
    """The public leaderboards of 2025, row by row."""
    board = SHARED / "leaderboard-2025.csv"
    if not board.is_file():
        pytest.skip(f"{board.name} is not beside the checkout (shared/data)")
    with board.open(encoding="utf-8") as rows:
        return list(csv.DictReader(rows))


@pytest.fixture(scope="session")
def simulated(tmp_path_factory):
    """A function that writes a SIMULATED release with one recording per subject and task."""

    def write(name, **settings):
        folder = tmp_path_factory.mktemp("release") / f"SIMULATED-{name}"
        simulate_release(folder, runs=1, **settings)
        return folder

    return write


@pytest.fixture(scope="session")
def small_release(simulated):
    """A SIMULATED release of four subjects."""
    return simulated("small", subjects=4, seed=11, trials=6)


@pytest.fixture(scope="session")
def s3():
    """An S3 server on this machine with an empty bucket."""
    from s3_server import S3Server  # noqa: PLC0415 - moto takes a second to import

    server = S3Server()
    yield server
    server.stop()


@contextlib.contextmanager
def _dask(program, *args, said, cwd):
    """One of Dask's programs, once it has said that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{program}", *args], stderr=subprocess.PIPE, cwd=cwd
    )
    try:
        for line in process.stderr:
            if said in line:
                yield line.split()[-1].decode()
                break
        else:
            pytest.fail(f"{program} ended with {process.wait()}")
    finally:
        process.terminate()
        process.communicate()


@pytest.fixture
def dask_scheduler(tmp_path_factory):
    """A scheduler of Dask without workers."""
    plain = ("--host", "127.0.0.1", "--no-dashboard", "--port", "0")
    with _dask("dask_scheduler", *plain, said=b"Scheduler at:", cwd=tmp_path_factory.mktemp("dask")) as address:
        assert address.startswith("tcp://127.0.0.1:")
        yield address


@pytest.fixture
def dask_of_two(dask_scheduler, tmp_path_factory):
    """A scheduler of Dask with two workers, reached over TCP; each stands in a folder of its own."""
    with dask_worker(dask_scheduler, tmp_path_factory), dask_worker(dask_scheduler, tmp_path_factory):
        yield dask_scheduler


@pytest.fixture
def dask_of_one(dask_scheduler, tmp_path_factory):
    """A scheduler of Dask with one worker."""
    with dask_worker(dask_scheduler, tmp_path_factory):
        yield dask_scheduler


def dask_worker(scheduler, tmp_path_factory):
    folder = tmp_path_factory.mktemp("worker")
    plain = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(folder), scheduler)
    return _dask("dask_worker", *plain, said=b"Registered to:", cwd=folder)
