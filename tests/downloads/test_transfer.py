"""A download behind a proxy with faults: every file is whole and right, or a ``.part``."""

import random
import time

import pytest
from faulty_proxy import Fault, FaultyProxy
from s3_server import random_bytes, recording

from submission_builder.base.errors import DownloadError
from submission_builder.base.progress import silent
from submission_builder.downloads.download import download
from submission_builder.downloads.listing import list_release
from submission_builder.downloads.part import part_path
from submission_builder.downloads.plan import plan_files
from submission_builder.downloads.site import ROOT, ReleaseAddress, open_bucket
from submission_builder.downloads.transfer import CHUNK, Patience

QUICK = Patience(stall_s=0.4, attempts=3, first_wait_s=0.01, longest_wait_s=0.02)
ONE = recording("A")
SIZE = 1_000_000


@pytest.fixture
def one(s3, name):
    """A release of one file."""
    content = random_bytes(SIZE)
    s3.put(name, {ONE: content})
    return content


@pytest.fixture
def key(name):
    return f"{ROOT}/{name}/{ONE}"


@pytest.fixture
def through(s3, name, tmp_path):
    """Download a release through a proxy with the faults of a plan; the listing is from the server itself."""

    def get(plan, patience=QUICK, at_once=4, progress=silent):
        address = ReleaseAddress(ROOT, name)
        listed = list_release(open_bucket(s3.url, patience.stall_s), address, s3.url)
        planned = [one for one in plan_files(listed, tmp_path / name, silent) if one.state != "complete"]
        with FaultyProxy(s3.address, plan) as proxy:
            bucket = open_bucket(proxy.url, patience.stall_s)
            try:
                return proxy, download(bucket, planned, at_once=at_once, progress=progress, patience=patience)
            except DownloadError as error:
                return proxy, error

    return get


def first(fault):
    """The fault happens at the first request for each object."""
    return lambda key, n: fault if n == 0 else Fault()


def at_each(fault):
    return lambda key, n: fault


@pytest.mark.parametrize(
    "fault",
    [
        Fault("cut", after=400_000),
        Fault("cut", after=0),
        Fault("shorten", after=400_000),
        Fault("shorten", after=0),
        Fault("stall", after=400_000),
        Fault("stall", after=0),
        Fault("status", status=503),
        Fault("status", status=500),
        Fault("status", status=429),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.after or fault.status}",
)
def test_a_download_survives_an_interruption(through, one, on_disk, key, fault):
    """The file is whole, and what came before the interruption is not requested again."""
    proxy, (transferred,) = through(first(fault))
    assert on_disk() == {ONE: one}
    assert transferred.refused is None
    again = proxy.of(key)[1:]
    assert all(request.if_match for request in again)
    assert fault.after - CHUNK <= again[-1].start <= fault.after
    assert proxy.sent(key) <= SIZE + CHUNK


def test_a_wrong_byte_is_found_by_its_md5_and_downloaded_again(through, one, on_disk):
    _, (transferred,) = through(first(Fault("corrupt")))
    assert on_disk() == {ONE: one}
    assert transferred.received == 2 * SIZE


def test_a_file_with_a_wrong_md5_never_gets_its_name(through, one, on_disk):
    _, (transferred,) = through(at_each(Fault("corrupt")))
    assert transferred.refused == "the MD5 of what the server sent is not that of the object"
    assert [path.endswith(".part") for path in on_disk()] == [True]


def test_an_object_that_changes_between_two_parts_is_downloaded_anew(through, s3, name, one, on_disk):
    """The two versions are not mixed, although they have the same size."""
    other = random_bytes(SIZE)
    _, (transferred,) = through(first(Fault("cut", after=400_000, do=lambda: s3.put(name, {ONE: other}))))
    assert on_disk() == {ONE: other}
    assert transferred.received >= SIZE + 400_000 - CHUNK


def test_an_object_that_becomes_longer_is_downloaded_anew(through, s3, name, one, on_disk):
    other = random_bytes(SIZE + 12345)
    through(first(Fault("cut", after=400_000, do=lambda: s3.put(name, {ONE: other}))))
    assert on_disk() == {ONE: other}


def test_an_object_that_changes_each_time_is_refused(through, s3, name, one, on_disk):
    change = Fault("cut", after=400_000, do=lambda: s3.put(name, {ONE: random_bytes(SIZE)}))
    _, (transferred,) = through(at_each(change))
    assert "changed on the server" in transferred.refused
    assert ONE not in on_disk()


@pytest.mark.parametrize("kind", ["other_etag", "whole"])
def test_a_server_that_ignores_the_conditions_of_a_request_gives_no_mixed_file(through, one, on_disk, kind):
    """The rest comes with another ETag, or the whole object comes instead of the rest: no such byte is appended."""
    faults = {0: Fault("cut", after=400_000), 1: Fault(kind), 2: Fault(kind), 3: Fault(kind)}
    _, result = through(lambda key, n: faults.get(n, Fault()))
    assert not isinstance(result, DownloadError)
    assert on_disk() == {ONE: one}


def test_an_object_that_is_gone_or_private_is_refused_and_the_others_are_complete(through, s3, name, files, on_disk):
    gone, private = recording("A"), recording("B")
    s3.put(name, {private: b"secret"}, public=False)
    plan = {f"{ROOT}/{name}/{gone}": lambda: s3.remove(name, gone)}

    def remove_first(key, n):
        plan.get(key, lambda: None)()
        return Fault()

    _, results = through(remove_first)
    refused = {str(one.file.remote.path): one.refused for one in results if one.refused}
    assert set(refused) == {gone, private}
    assert "no longer" in refused[gone]
    assert "403" in refused[private]
    assert {path: content for path, content in on_disk().items() if not path.endswith(".part")} == {
        path: content for path, content in files.items() if path not in (gone, private)
    }


def test_a_server_that_stays_away_ends_the_download_and_the_next_resumes(through, one, on_disk, name, tmp_path, key):
    away = {0: Fault("cut", after=600_000)}
    _, error = through(lambda key, n: away.get(n, Fault("status", status=503)))
    ((part, begun),) = on_disk().items()
    assert part.endswith(".part")
    assert 600_000 - CHUNK <= len(begun) <= 600_000
    assert begun == one[: len(begun)]
    assert f"stopped at {len(begun):,} of {SIZE:,} bytes" in str(error)
    assert "503" in str(error)
    assert error.hint == "the same command resumes the download"
    proxy, _ = through(first(Fault()))
    assert proxy.of(key)[0].start == SIZE - proxy.sent(key) == len(begun)
    assert on_disk() == {ONE: one}


def test_parts_of_earlier_versions_are_not_used_and_are_removed(through, s3, name, one, on_disk):
    """A ``.part`` of another ETag stays until the file is complete."""
    away = {0: Fault("cut", after=600_000)}
    through(lambda key, n: away.get(n, Fault("status", status=503)))
    other = random_bytes(SIZE)
    s3.put(name, {ONE: other})
    proxy, _ = through(first(Fault()))
    assert [request.start for request in proxy.requests] == [0]
    assert on_disk() == {ONE: other}


def test_a_part_whose_content_is_damaged_is_begun_again(through, s3, name, one, on_disk, tmp_path):
    """After a power cut, a file may have its size without its content."""
    (remote,) = list_release(open_bucket(s3.url, 1), ReleaseAddress(ROOT, name), s3.url)
    part = part_path(tmp_path / name / ONE, remote)
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(500_000))
    through(first(Fault()))
    assert on_disk() == {ONE: one}


def test_an_object_without_md5_is_verified_by_its_size(through, s3, name, on_disk):
    content = random_bytes((5 << 20) + 1000)
    s3.put_in_parts(name, ONE, content)
    through(first(Fault("cut", after=3_000_000)))
    assert on_disk() == {ONE: content}


def test_a_server_without_if_match_and_without_md5_gives_no_mixed_file(through, s3, name, on_disk):
    """The ETag of the response is compared, too."""
    one, other = (random_bytes((5 << 20) + 1000) for _ in range(2))
    s3.put_in_parts(name, ONE, one)
    change = Fault("cut", after=3_000_000, do=lambda: s3.put_in_parts(name, ONE, other))
    through(lambda key, n: change if n == 0 else Fault("unconditional"))
    assert on_disk() == {ONE: other}


def test_a_connection_that_is_cut_again_and_again_is_no_reason_to_stop_while_bytes_come(through, one, on_disk, key):
    """Only attempts without a byte are counted."""
    proxy, _ = through(at_each(Fault("cut", after=50_000)))
    assert on_disk() == {ONE: one}
    assert len(proxy.of(key)) > QUICK.attempts


@pytest.mark.parametrize("seed", range(3))
def test_random_faults_at_every_second_request_change_no_byte(through, files, on_disk, seed):
    draw = random.Random(seed)

    def plan(key, n):
        kind = draw.choice(["none", "none", "cut", "shorten", "status", "corrupt" if n == 0 else "cut"])
        return Fault(kind, after=draw.randrange(300_000))

    for _ in range(20):
        _, result = through(plan)
        if not isinstance(result, DownloadError) and not any(one.refused for one in result):
            break
    assert on_disk() == files


def test_progress_never_exceeds_the_total_and_reaches_it(through, files):
    seen = []
    through(first(Fault("cut", after=100_000)), progress=lambda what, done, total: seen.append((what, done, total)))
    total = sum(map(len, files.values()))
    assert {(what, of) for what, _, of in seen} == {("download", total)}
    assert max(done for _, done, _ in seen) == seen[-1][1] == total


def test_progress_goes_back_by_what_is_thrown_away(through, one):
    seen = []
    through(first(Fault("corrupt")), progress=lambda what, done, total: seen.append(done))
    again = seen.index(SIZE) + 1
    assert seen[again] == 0
    assert seen[-1] == SIZE


def test_an_error_of_the_caller_ends_a_stalled_download_at_once(through, one):
    """As Ctrl-C does: nothing waits for the server."""

    def stop(what, done, total):
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        through(at_each(Fault("stall", after=200_000)), patience=Patience(stall_s=15), progress=stop)
    assert time.monotonic() - start < 5
