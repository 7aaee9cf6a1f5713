"""A session handles one request at a time."""

import subprocess
import sys
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
def test_windows_are_predicted_in_order_at_every_batch_size(opened, batch):
    predictions = opened("return X[:, 5, 7:8]", batch=batch)
    np.testing.assert_array_equal(predictions.values, WINDOWS[:, 5, 7].astype(np.float64))
    assert predictions.shapes == tuple(sorted({(batch, 1), (N % batch or batch, 1)}))


def test_windows_are_contiguous_and_aligned_and_each_is_a_new_tensor(opened):
    """As from the server's DataLoader: a submission may store them."""
    body = """
    assert X.is_contiguous() and X.data_ptr() % 64 == 0 and X.is_inference()
    self.kept = getattr(self, 'kept', []) + [X]
    return torch.stack([kept[0, 5, 7] for kept in self.kept])[:, None].sum(0, keepdim=True)"""
    np.testing.assert_allclose(opened(body).values, np.cumsum(WINDOWS[:, 5, 7], dtype=np.float32), atol=1e-10)


def test_a_session_continues_after_a_failure(opened):
    with pytest.raises(
        SubmissionError, match=r"predicted shape \(7,\) for input \(batch=7, n_chans=129, n_times=200\)"
    ) as caught:
        opened("return X[:, 0, 0]", batch=7)
    assert caught.value.outcome == "bad_shape"
    with pytest.raises(SubmissionError, match="no model"):
        opened.session.predict(WINDOWS[:1])
    assert opened("return X[:, 5, 7:8]").values[0] == WINDOWS[0, 5, 7]


@pytest.mark.parametrize("shape", ["X[:1, 0, :1]", "X[:, 0, :1].T"])
def test_predictions_for_a_batch_need_one_row_per_window(opened, shape):
    with pytest.raises(SubmissionError, match=r"\(7, 1\) is expected"):
        opened(f"return {shape}", batch=7)


@pytest.mark.parametrize(
    ("body", "modified_input", "used_rng"),
    [
        ("return X[:, 5, 7:8]", False, False),
        ("return X.mul_(2)[:, 5, 7:8]", True, False),
        ("torch.rand(1); return X[:, 5, 7:8]", False, True),
    ],
)
@pytest.mark.parametrize("batch", [1, 64])
def test_a_probe_observes_a_changed_input_and_drawn_random_numbers(opened, body, modified_input, used_rng, batch):
    predictions = opened(body, batch=batch, probe=True)
    assert (predictions.modified_input, predictions.used_rng) == (modified_input, used_rng)
    assert opened(body, batch=batch).modified_input is None


def test_the_seed_is_set_before_the_submission_is_constructed(opened):
    body = "return self.layer(X)[:, 0]"
    values = []
    for seed in (1, 1, 2):
        opened(body, WINDOWS[:2])
        opened.session.load(1, seed)
        values.append(opened.session.predict(WINDOWS[:2]).values.tolist())
    assert values[0] == values[1] != values[2]


def test_windows_can_be_read_when_they_are_sliced(opened):
    class Lazy:
        def __len__(self):
            return N

        def __getitem__(self, rows):
            return WINDOWS[rows]

    seen = []
    predictions = opened("return X[:, 5, 7:8]", Lazy(), progress=lambda *done: seen.append(done))
    np.testing.assert_array_equal(predictions.values, WINDOWS[:, 5, 7])
    assert seen == [("challenge 1", n, N) for n in (0, SLOT_WINDOWS, 2 * SLOT_WINDOWS, N)]


def test_no_windows_give_no_predictions(opened):
    assert opened("return X[:, 5, 7:8]", WINDOWS[:0]).values.shape == (0,)


def test_no_file_is_left_open(tmp_path):
    """In a process of its own, because threads of other tests open and close files."""
    make_zip(tmp_path / "z.zip")
    program = f"""
import os
from pathlib import Path
from submission_builder.harness.package import open_package
from submission_builder.harness.runtime import Runtime
from submission_builder.harness.session import open_session
def open_files():
    links = [f"/proc/self/fd/{{one}}" for one in os.listdir("/proc/self/fd")]
    return sorted(os.readlink(link) for link in links if os.path.lexists(link))  # the listing's own is closed
package = open_package(Path({str(tmp_path / "z.zip")!r}))
before = open_files()
with open_session(package, Runtime(isolation="process")):
    assert len(open_files()) > len(before)
assert open_files() == before, (before, open_files())
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_submission_can_use_the_module_names_of_the_child(tmp_path):
    """``import model`` imports the submission's file, not the child's."""
    names = [path.stem for path in CHILD.glob("[!_]*.py")]
    top = "".join(f"import {name}; assert {name}.MINE\n" for name in names)
    path = make_zip(tmp_path / "z.zip", top=top, names={f"{name}.py": b"MINE = True" for name in names})
    with open_session(open_package(path), Runtime(isolation="process")) as session:
        session.load(1)
        assert session.predict(WINDOWS[:1]).values == pytest.approx(1.6)
    assert "model" in names
