"""Downloads that end without warning: kill -9, and a full disk."""

import random
import resource
import signal
import subprocess
import sys
import time

import pytest
from faulty_proxy import FaultyProxy
from s3_server import random_bytes, recording

from submission_builder.downloads.site import ROOT

AT_ONCE = 4
IN_FLIGHT = 1 << 18  # of one file: one chunk, and what the two kernels and the library buffer

FETCH = f"""
import sys
from pathlib import Path
from submission_builder.base.progress import silent
from submission_builder.downloads.download import download
from submission_builder.downloads.listing import list_release
from submission_builder.downloads.plan import plan_files
from submission_builder.downloads.site import ROOT, ReleaseAddress, open_bucket

_, url, release, folder = sys.argv
bucket, address = open_bucket(url, 30), ReleaseAddress(ROOT, release)
listed = list_release(bucket, address, url)
planned = [file for file in plan_files(listed, Path(folder), silent) if file.state != "complete"]
download(bucket, planned, at_once={AT_ONCE}, progress=silent)
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""
"""What ``subpack fetch`` does after its imports. It prints its peak of memory in KiB."""


def start(url, release, folder, **options):
    command = [sys.executable, "-c", FETCH, url, release, str(folder)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def check_unfinished(folder, expected):
    """Every file is whole, or a ``.part`` with a correct beginning."""
    for path, content in contents(folder).items():
        if path in expected:
            assert content == expected[path], path
        else:
            target, _, suffix = path.removesuffix(".part").rpartition(".")
            assert (len(suffix), path.endswith(".part")) == (8, True), path
            assert expected[target].startswith(content), path


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_a_download_survives_kill_9_at_random_moments_and_downloads_nothing_twice(s3, name, tmp_path, kills):
    """After every kill each file is right or marked unfinished; in the end all are right, byte for byte."""
    draw = random.Random(kills)
    expected = {recording(f"S{i}"): random_bytes(draw.randrange(100_000, 600_000 * kills)) for i in range(6)}
    s3.put(name, expected)
    folder, killed = tmp_path / name, 0
    rate = sum(map(len, expected.values())) / AT_ONCE / kills  # so that a run takes about a second of transfer
    with FaultyProxy(s3.address, bytes_per_s=rate) as proxy:
        while killed < kills:
            before = proxy.sent()
            with start(proxy.url, name, folder) as process:
                while proxy.sent() == before and process.poll() is None:
                    time.sleep(0.01)
                time.sleep(draw.uniform(0, 0.7))
                process.send_signal(signal.SIGKILL)
                killed += process.wait() == -signal.SIGKILL
            check_unfinished(folder, expected)
            if contents(folder) == expected:
                break
        proxy.bytes_per_s = None
        with start(proxy.url, name, folder) as process:
            assert process.wait(60) == 0, process.stderr.read()
        assert contents(folder) == expected
        assert killed == kills
        twice = proxy.sent() - sum(map(len, expected.values()))
        assert twice <= killed * AT_ONCE * IN_FLIGHT
        for path, content in expected.items():
            starts = [request.start for request in proxy.of(f"{ROOT}/{name}/{path}")]
            assert starts == sorted(starts), path
            assert proxy.sent(f"{ROOT}/{name}/{path}") - len(content) <= (len(starts) - 1) * IN_FLIGHT, path


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "none", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a tmpfs needs root")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_becomes_full_leaves_correct_beginnings(s3, name, small_disk):
    """The space was free at the start; another program takes it during the download."""
    expected = {recording(f"S{i}"): random_bytes(700_000) for i in range(3)}
    s3.put(name, expected)
    folder = small_disk / name
    with FaultyProxy(s3.address, bytes_per_s=700_000) as proxy:
        with start(proxy.url, name, folder) as process:
            while proxy.sent() < 300_000:
                time.sleep(0.01)
            _fill(small_disk / "filler")
            assert process.wait(60) == 1
            assert "no space is left for the download" in process.stderr.read()
        check_unfinished(folder, expected)
        assert contents(folder) != expected
        (small_disk / "filler").unlink()
        proxy.bytes_per_s = None
        with start(proxy.url, name, folder) as process:
            assert process.wait(60) == 0
    assert contents(folder) == expected


def _fill(path):
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            return


def test_a_limit_on_the_size_of_files_leaves_correct_beginnings(s3, name, tmp_path):
    """A quota, which needs no root to test."""
    expected = {recording("S"): random_bytes(700_000), recording("T"): random_bytes(100_000)}
    s3.put(name, expected)

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    with start(s3.url, name, tmp_path / name, preexec_fn=limit) as process:
        assert process.wait(60) == 1
        assert "no space is left for the download: File too large" in process.stderr.read()
    check_unfinished(tmp_path / name, expected)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_size_of_an_object(s3, name, tmp_path):
    """The peak of a process that downloads 256 MiB, beside that of one that downloads 1 MiB."""
    peaks = []
    for n in (1, 256):
        release = f"{name}-{n}"
        s3.put(release, {recording("S"): random_bytes(n << 20)})
        with start(s3.url, release, tmp_path / release, stdout=subprocess.PIPE) as process:
            said, _ = process.communicate()
        assert process.returncode == 0
        assert (tmp_path / release / recording("S")).stat().st_size == n << 20
        peaks.append(int(said) / 1024)
    print("peak in MiB of 1 MiB and of 256 MiB:", *map(round, peaks))  # noqa: T201 - the figure of the documentation
    assert peaks[1] - peaks[0] < 32
