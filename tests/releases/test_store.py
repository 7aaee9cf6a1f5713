"""The recording store."""

import numpy as np
import pytest

from submission_builder.base.errors import ReleaseError, WindowError
from submission_builder.releases.joined import JoinedStores
from submission_builder.releases.store import open_store


def test_a_store_is_written_once_and_again_when_a_recording_changes(bdf_of, surveyed, tmp_path):
    calls = []
    first = open_store(surveyed(), tmp_path, lambda *args: calls.append(args))
    assert calls[-1] == ("read recordings", 4, 4)
    assert open_store(surveyed(), tmp_path, lambda *args: pytest.fail("decoded again")).digest == first.digest
    content = bytearray(bdf_of().read_bytes())
    content[-1] ^= 1
    bdf_of().write_bytes(content)
    assert open_store(surveyed(), tmp_path).digest != first.digest


def test_a_recording_that_mne_cannot_decode_is_named(bdf_of, surveyed, tmp_path):
    content = bytearray(bdf_of().read_bytes())
    content[len(content) // 2 :] = np.random.default_rng(0).bytes(len(content) - len(content) // 2)
    bdf_of().write_bytes(content)
    with pytest.raises(ReleaseError, match=r"sub-SIM11N0001.*: MNE cannot read the BDF"):
        open_store(surveyed(), tmp_path / "cache")
    assert list((tmp_path / "cache" / "stores").iterdir()) == []


@pytest.mark.parametrize("name", ["signals.f32", "index.json"])
def test_a_damaged_store_is_written_again(surveyed, tmp_path, name):
    window = open_store(surveyed(), tmp_path).window(1, 7).copy()
    (damaged,) = (tmp_path / "stores").glob(f"*/{name}")
    damaged.write_bytes(damaged.read_bytes()[:50])
    np.testing.assert_array_equal(open_store(surveyed(), tmp_path).window(1, 7), window)


def test_an_interrupted_store_leaves_nothing(surveyed, tmp_path):
    def interrupt(what, done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_store(surveyed(), tmp_path / "cache", interrupt)
    assert list((tmp_path / "cache" / "stores").iterdir()) == []


def test_a_window_is_a_read_only_view(surveyed, tmp_path):
    window = open_store(surveyed(), tmp_path).window(2, 30)
    assert (window.shape, window.dtype, window.flags.owndata, window.flags.writeable) == (
        (129, 200),
        np.float32,
        False,
        False,
    )


@pytest.mark.parametrize("start", [-1, -300, 3401, 10_000])
def test_a_window_past_an_end_of_the_recording_is_an_error(surveyed, tmp_path, start):
    """A slice from a negative start would read the end of the recording, or an array of another shape."""
    found = surveyed()
    assert found.n_samples[3] == 3600
    store = open_store(found, tmp_path)
    for reader, recording in ((store, 3), (JoinedStores([store, store]), 7)):
        with pytest.raises(WindowError, match=f"samples {start} to {start + 200} .* 3600 samples"):
            reader.window(recording, start)
        assert reader.window(recording, 0).shape == reader.window(recording, 3400).shape == (129, 200)
