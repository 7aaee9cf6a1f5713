"""A session: a submission asked one thing at a time."""

import gc
from pathlib import Path

import numpy as np
import pytest
from archives import WINDOWS, make_zip

import submission_builder.harness
from submission_builder.base.errors import SubmissionError
from submission_builder.harness.package import open_package
from submission_builder.harness.runtime import Runtime
from submission_builder.harness.session import open_session
from submission_builder.harness.slots import SLOT_WINDOWS

N = len(WINDOWS)
CHILD = Path(submission_builder.harness.__file__).with_name("child")


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_every_window_is_answered_in_order_at_every_batch_size(opened, batch):
    predictions = opened("return X[:, 5, 7:8]", batch=batch)
    np.testing.assert_array_equal(predictions.values, WINDOWS[:, 5, 7].astype(np.float64))
    assert predictions.shapes == tuple(sorted({(batch, 1), (N % batch or batch, 1)}))


def test_windows_come_contiguous_aligned_and_in_memory_of_their_own(opened):
    """As the server's loader makes them; a submission may keep them."""
    body = """
    assert X.is_contiguous() and X.data_ptr() % 64 == 0 and X.is_inference()
    self.kept = getattr(self, 'kept', []) + [X]
    return torch.stack([kept[0, 5, 7] for kept in self.kept])[:, None].sum(0, keepdim=True)"""
    np.testing.assert_allclose(opened(body).values, np.cumsum(WINDOWS[:, 5, 7], dtype=np.float32), atol=1e-10)


def test_a_session_outlives_a_failure(opened):
    with pytest.raises(SubmissionError, match=r"predicted \(7,\) to a window \(batch=7") as caught:
        opened("return X[:, 0, 0]", batch=7)
    assert caught.value.outcome == "bad_shape"
    with pytest.raises(SubmissionError, match="no model"):
        opened.session.predict(WINDOWS[:1])
    assert opened("return X[:, 5, 7:8]").values[0] == WINDOWS[0, 5, 7]


@pytest.mark.parametrize("shape", ["X[:1, 0, :1]", "X[:, 0, :1].T"])
def test_an_answer_to_a_batch_needs_a_row_for_each_window(opened, shape):
    with pytest.raises(SubmissionError, match=r"it takes \(7, 1\)"):
        opened(f"return {shape}", batch=7)


@pytest.mark.parametrize(
    ("body", "modified", "drew"),
    [
        ("return X[:, 5, 7:8]", False, False),
        ("return X.mul_(2)[:, 5, 7:8]", True, False),
        ("torch.rand(1); return X[:, 5, 7:8]", False, True),
    ],
)
@pytest.mark.parametrize("batch", [1, 64])
def test_a_probe_sees_what_forward_does_beside_answering(opened, body, modified, drew, batch):
    predictions = opened(body, batch=batch, probe=True)
    assert (predictions.modified, predictions.drew) == (modified, drew)
    assert opened(body, batch=batch).modified is None


def test_a_seed_is_set_before_the_submission_is_built(opened):
    body = "return self.layer(X)[:, 0]"
    values = []
    for seed in (1, 1, 2):
        opened(body, WINDOWS[:2])
        opened.session.load(1, seed)
        values.append(opened.session.predict(WINDOWS[:2]).values.tolist())
    assert values[0] == values[1] != values[2]


def test_windows_may_be_cut_when_they_are_asked_for(opened):
    class Late:
        def __len__(self):
            return N

        def __getitem__(self, rows):
            return WINDOWS[rows]

    seen = []
    predictions = opened("return X[:, 5, 7:8]", Late(), progress=lambda *told: seen.append(told))
    np.testing.assert_array_equal(predictions.values, WINDOWS[:, 5, 7])
    assert seen == [("challenge 1", n, N) for n in (0, SLOT_WINDOWS, 2 * SLOT_WINDOWS, N)]


def test_no_window_is_no_answer(opened):
    assert opened("return X[:, 5, 7:8]", WINDOWS[:0]).values.shape == (0,)


def open_files():
    """But for what the watch of another session may be reading."""
    links = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    return sorted(link for link in links if not link.startswith("/proc/"))


def test_nothing_is_left_open(tmp_path):
    package = open_package(make_zip(tmp_path / "z.zip"))
    gc.collect()  # what earlier tests left to it holds descriptors
    before = open_files()
    with open_session(package, Runtime(isolation="process")):
        pass
    assert open_files() == before


def test_a_submission_has_its_own_files_under_the_names_of_the_childs(tmp_path):
    """What is imported as ``model`` and the like is the submission's, not what the process was started with."""
    names = [path.stem for path in CHILD.glob("[!_]*.py")]
    top = "".join(f"import {name}; assert {name}.MINE\n" for name in names)
    path = make_zip(tmp_path / "z.zip", top=top, names={f"{name}.py": b"MINE = True" for name in names})
    with open_session(open_package(path), Runtime(isolation="process")) as session:
        session.load(1)
        assert session.predict(WINDOWS[:1]).values == pytest.approx(1.6)
    assert "model" in names
